"""Plans as config (admin): look, edit, see what would change, apply."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from starlette.exceptions import HTTPException

from actions.move import Refused
from models.database import reading

from .. import plan_edit
from ..house import House
from ..pages import Pages
from ..record import deed
from ..rights import Admin
from ..words import N_

READ = ["GET", "HEAD"]
Text = Annotated[str, Form(max_length=plan_edit.LONGEST)]
Short = Annotated[str, Form(max_length=200)]
router = APIRouter(include_in_schema=False)


@router.api_route("/config", methods=READ)
def plan_list(request: Request, visitor: Admin) -> Response:
    """The plan files, and what the ledger runs of each."""
    house, pages = _house(request), _pages(request)
    with reading(house.engine) as session:
        found = plan_edit.files(house, session)
    return pages.show(request, "config.html", files=found, states=plan_edit.STATES, folder=house.settings.config,
                      closed=plan_edit.why_not_writable(house))  # fmt: skip


@router.api_route("/config/new", methods=READ)
def new(request: Request, visitor: Admin) -> Response:
    """An empty page for one more plan."""
    return _show(request, plan_edit.Edit("", "", ""), plan_id="", base="")


@router.api_route("/config/plans/{plan_id}", methods=READ)
def edit(request: Request, visitor: Admin, plan_id: str) -> Response:
    """One plan's file, to be edited."""
    house = _house(request)
    try:
        text = plan_edit.text_of(plan_edit.path_of(house, plan_id))
    except Refused:
        text = ""
    if not text:
        raise HTTPException(HTTPStatus.NOT_FOUND, "không có tệp của kế hoạch này")
    return _show(request, plan_edit.examine(house, plan_id, text), plan_id=plan_id, base=plan_edit.fingerprint(text))


@router.post("/config/check")
def check(
    request: Request, visitor: Admin, text: Text = "", plan_id: Short = "", base: Short = "", step: Short = "",
    upload: Annotated[UploadFile | None, File()] = None,
) -> Response:  # fmt: skip
    """Findings, what would change and the coming year; with `step=messages` also every reminder. Writes nothing."""
    house = _house(request)
    try:
        given = _uploaded(upload) or text
        edited = plan_edit.examine(house, plan_id, given)
        plan_edit.look_ahead(house, edited, messages=step == "messages")
    except Refused as refused:
        return _show(request, plan_edit.Edit(text, "", plan_id), plan_id=plan_id, base=base, wrong=str(refused))
    return _show(request, edited, plan_id=plan_id, base=base, looked=True)


@router.post("/config/apply")
def apply(request: Request, visitor: Admin, text: Text = "", plan_id: Short = "", base: Short = "") -> Response:
    """Write the file and the ledger, or neither."""
    house = _house(request)
    edited = plan_edit.Edit(text, "", plan_id)
    try:
        edited = plan_edit.examine(house, plan_id, text)
        plan_edit.apply(house, edited, base, lambda: deed(house, visitor, "apply plan", f"plan {edited.plan_id}"))
    except Refused as refused:
        return _show(request, edited, plan_id=plan_id, base=base, wrong=str(refused), looked=bool(edited.findings))
    return _pages(request).go(request, "/config", said=N_("Đã áp dụng kế hoạch; Prefect nhận trong vòng một phút."))


def _uploaded(upload: UploadFile | None) -> str:
    """The text of a file that was chosen; Refused for what is no text."""
    if upload is None or not upload.filename:
        return ""
    raw = upload.file.read(plan_edit.LONGEST + 1)
    if len(raw) > plan_edit.LONGEST:
        raise Refused("tệp kế hoạch lớn hơn 1 MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("tệp không phải văn bản UTF-8; lưu lại bằng UTF-8 rồi gửi") from None


def _show(
    request: Request, edited: plan_edit.Edit, *, plan_id: str, base: str, wrong: str | None = None, looked: bool = False
) -> Response:
    house, pages = _house(request), _pages(request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return pages.show(request, "config-edit.html", status, edit=edited, plan_id=plan_id, base=base, wrong=wrong,
                      looked=looked, closed=plan_edit.why_not_writable(house),
                      folder=house.settings.config)  # fmt: skip


def _house(request: Request) -> House:
    house: House = request.app.state.door.house
    return house


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
