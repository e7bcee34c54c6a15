"""Plans as config: nothing is written before "apply", and then the file and the ledger, or neither."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from config.plan_files import load_config
from config.settings import SHIPPED_CONFIG, Settings
from models.accounts import Deed, Role
from models.database import reading
from models.ledger import Occurrence
from models.plan import Plan, Process

from .conftest import SECRET, Browser, SmallHouse, browser

PLAN = "sgddt-hp-kl50"


@pytest.fixture
def own(house: SmallHouse, tmp_path: Path) -> SmallHouse:
    """A house with a config folder of its own that may be written: the shipped one with one plan."""
    folder = tmp_path / "config"
    (folder / "plans").mkdir(parents=True)
    for path in SHIPPED_CONFIG.glob("*.yaml"):
        shutil.copyfile(path, folder / path.name)
    shutil.copyfile(SHIPPED_CONFIG / "plans" / f"{PLAN}.yaml", folder / "plans" / f"{PLAN}.yaml")
    settings = Settings(home=tmp_path, secret_key=SECRET, config=folder)
    return replace(house, settings=settings, config=load_config(folder))


def file_of(house: SmallHouse, plan_id: str = PLAN) -> Path:
    """The plan's file."""
    return house.settings.config / "plans" / f"{plan_id}.yaml"


def open_editor(admin: Browser, plan_id: str = PLAN) -> str:
    """The fingerprint of what the editor shows."""
    page = admin.get(f"/config/plans/{plan_id}")
    assert page.status_code == 200, page.text
    return page.text.split('name="base" value="')[1].split('"')[0]


def ledger(house: SmallHouse) -> tuple[int, int, int]:
    """How many plans, processes and occurrences there are."""
    with reading(house.engine) as session:
        return tuple(len(session.exec(select(table)).all()) for table in (Plan, Process, Occurrence))  # type: ignore[return-value]


def deeds(house: SmallHouse) -> list[tuple[str, str]]:
    """(what, outcome)."""
    with reading(house.engine) as session:
        return [(row.what, row.outcome) for row in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]


def test_the_list_says_what_runs_and_what_does_not(own: SmallHouse) -> None:
    """A file that was never applied, plans of the ledger without a file, and a file with errors."""
    admin = browser(own)
    page = admin.get("/config").text
    assert "Chưa áp dụng" in page
    assert "Không còn tệp; sổ vẫn theo dõi" in page
    file_of(own).write_text("id: [", encoding="utf-8")

    assert "Tệp có lỗi" in admin.get("/config").text


def test_a_plan_is_applied_and_the_house_works_by_it(own: SmallHouse) -> None:
    """Check shows the year ahead and writes nothing; apply writes the ledger, and the running house takes it up."""
    admin = browser(own)
    base, before = open_editor(admin), ledger(own)
    text = file_of(own).read_text(encoding="utf-8")
    title = load_config(own.settings.config).plans[PLAN].title
    edited = text.replace(title, f"{title} (sửa đổi)")
    assert edited != text
    checked = admin.post("/config/check", plan_id=PLAN, base=base, text=edited.replace("\n", "\r\n"))
    assert checked.status_code == 200, checked.text
    assert "Áp dụng sẽ đổi trong sổ" in checked.text
    assert "Đến hạn trong một năm tới" in checked.text
    assert ledger(own) == before
    assert file_of(own).read_text(encoding="utf-8") == text

    done = admin.post("/config/apply", plan_id=PLAN, base=base, text=edited)

    assert done.status_code == 303, done.text
    assert file_of(own).read_text(encoding="utf-8") == edited
    assert own.config.plans[PLAN].title.endswith("(sửa đổi)")
    with reading(own.engine) as session:
        assert session.get_one(Plan, PLAN).title.endswith("(sửa đổi)")
    assert "Đang chạy đúng như tệp" in admin.get("/config").text
    assert deeds(own)[-1] == ("apply plan", "done")
    again = admin.post("/config/check", plan_id=PLAN, base=open_editor(admin), text=edited)
    assert "Không có gì thay đổi." in again.text


def test_bad_yaml_changes_nothing_and_says_where(own: SmallHouse) -> None:
    """Line and column of what is wrong; apply is refused, recorded, and nothing is written."""
    admin = browser(own)
    base, before = open_editor(admin), ledger(own)
    text = file_of(own).read_text(encoding="utf-8")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one.startswith("tracker:"))
    wrong = re.sub(r"(?m)^tracker:.*$", "tracker: khong-co-don-vi", text)
    page = admin.post("/config/check", plan_id=PLAN, base=base, text=wrong)
    assert re.search(rf'<span class="place">{line}:\d+</span>', page.text), page.text[:3000]
    assert "khong-co-don-vi" in page.text
    assert "/config/apply" not in page.text

    for bad in (wrong, "id: [", "", "a: 1\na: 2", "\t", text.replace("title:", "titel:"), "- 1\n- 2", "&a [*a]"):
        answer = admin.post("/config/apply", plan_id=PLAN, base=base, text=bad)
        assert answer.status_code == 422, bad
    assert ledger(own) == before
    assert file_of(own).read_text(encoding="utf-8") == text


def test_two_admins_do_not_write_over_each_other(own: SmallHouse) -> None:
    """Whoever began from an older file is told, and the newer one stays."""
    one, two = browser(own), browser(own)
    first, second = open_editor(one), open_editor(two)
    text = file_of(own).read_text(encoding="utf-8")
    assert one.post("/config/apply", plan_id=PLAN, base=first, text=f"{text}\n# một\n").status_code == 303
    late = two.post("/config/apply", plan_id=PLAN, base=second, text=f"{text}\n# hai\n")

    assert late.status_code == 422
    assert "người khác sửa" in late.text
    assert "# hai" in late.text  # what was typed is not lost
    assert file_of(own).read_text(encoding="utf-8").endswith("# một\n")


def test_a_new_plan_is_uploaded(own: SmallHouse) -> None:
    """Another shipped plan as a file: checked, then applied under the name its id says."""
    admin = browser(own)
    other = "pgd-haian-cchc-2024"
    raw = (SHIPPED_CONFIG / "plans" / f"{other}.yaml").read_bytes()
    page = admin.post("/config/check", plan_id="", base="", text="", files={"upload": ("../../x.yaml", raw)})
    assert page.status_code == 200, page.text
    assert "Áp dụng sẽ đổi trong sổ" in page.text
    assert admin.post("/config/apply", plan_id="", base="", text=raw.decode()).status_code == 303

    assert file_of(own, other).read_bytes().decode() == raw.decode()
    assert other in own.config.plans
    assert not list(own.settings.config.parent.glob("x.yaml"))


def test_a_new_plan_does_not_replace_one_that_is_there(own: SmallHouse) -> None:
    """ "New" with the id of a plan that has a file began from nothing: refused."""
    admin = browser(own)
    text = file_of(own).read_text(encoding="utf-8")

    assert admin.post("/config/apply", plan_id="", base="", text=text).status_code == 422
    assert file_of(own).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["../units", "..", "a/b", "/etc/passwd", "A", "a b", "a.yaml", "", "x" * 101, "a\x00"])
def test_no_name_leads_out_of_the_folder(own: SmallHouse, name: str) -> None:
    """Neither as the plan's id, nor as the id the text says, nor in the address."""
    admin = browser(own)
    before = sorted(path for path in own.settings.home.rglob("*.yaml"))
    units = (own.settings.config / "units.yaml").read_bytes()
    text = file_of(own).read_text(encoding="utf-8").replace(f"id: {PLAN}", f'id: "{name}"', 1)

    assert admin.post("/config/apply", plan_id=name, base="", text=text).status_code == 422
    assert admin.post("/config/apply", plan_id="", base="", text=text).status_code == 422
    if name and "\x00" not in name:
        address = name.replace("%", "%25").replace(".", "%2e").replace("/", "%2f")
        assert admin.ask("GET", f"/config/plans/{address}").status_code == 404
    assert sorted(path for path in own.settings.home.rglob("*.yaml")) == before
    assert (own.settings.config / "units.yaml").read_bytes() == units


def test_the_shipped_config_is_not_written(house: SmallHouse) -> None:
    """Without a folder of its own the page says how to get one, and apply is refused."""
    admin = browser(house)
    page = admin.get("/config").text
    assert "DONDOC_CONFIG=" in page
    base = open_editor(admin)
    file = SHIPPED_CONFIG / "plans" / f"{PLAN}.yaml"
    before = file.read_bytes()

    assert admin.post("/config/apply", plan_id=PLAN, base=base, text=before.decode() + "\n# x").status_code == 422
    assert file.read_bytes() == before


def test_the_file_is_as_it_was_when_the_ledger_refuses(own: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The write comes last; if the commit fails after it, the old text is put back."""
    from portal import plan_edit

    admin = browser(own)
    base = open_editor(admin)
    text = file_of(own).read_text(encoding="utf-8")
    real = plan_edit._write_whole

    def break_after(path: Path, said: str) -> None:
        real(path, said)
        if said != text:
            raise RuntimeError("the machine stops here")

    monkeypatch.setattr(plan_edit, "_write_whole", break_after)
    before = ledger(own)

    assert admin.post("/config/apply", plan_id=PLAN, base=base, text=f"{text}\n# x\n").status_code == 500
    assert file_of(own).read_text(encoding="utf-8") == text
    assert ledger(own) == before


@pytest.mark.parametrize(
    "upload", [b"\xff\xfe\x00", b"a: \x00", "id: có dấu".encode("utf-16"), b"x" * (1024 * 1024 + 1)]
)
def test_a_file_that_is_no_text_is_refused(own: SmallHouse, upload: bytes) -> None:
    """Another encoding, a zip, a NUL, too large: a sentence."""
    answer = browser(own).post("/config/check", plan_id="", base="", text="", files={"upload": ("a.yaml", upload)})

    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text


def test_a_bomb_of_aliases_does_not_go_off(own: SmallHouse) -> None:
    """Ten lines that would be a billion words are read in no time, or refused."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=False)
    )
    answer = browser(own).post("/config/check", plan_id=PLAN, base="", text=f"id: {PLAN}\n{bomb}")

    assert answer.status_code in (200, 422)
    assert "Áp dụng</button>" not in answer.text


def test_html_in_a_plan_is_text(own: SmallHouse) -> None:
    """In the editor, in findings and in what would change."""
    admin = browser(own)
    text = file_of(own).read_text(encoding="utf-8") + "\n</textarea><script>alert(1)</script>: 1\n"
    page = admin.post("/config/check", plan_id=PLAN, base="", text=text).text

    assert "<script>alert(1)" not in page


def test_plans_as_config_are_an_admins(own: SmallHouse) -> None:
    """A coordinator of the very plan sees none of it."""
    for role in (Role.COORDINATOR, Role.VIEWER):
        here = browser(own, role)
        for path in ("/config", "/config/new", f"/config/plans/{PLAN}"):
            assert here.get(path).status_code == 403
        assert here.post("/config/apply", plan_id=PLAN, base="", text="x").status_code == 403
