"""Templates with what every page knows: language, date, visitor, addresses, and what the last deed said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from config.keys import Keys
from models.plan import Process

from . import words
from .guard import LOOPBACK, is_secure
from .house import House
from .rights import NOBODY, Right, Visitor

HERE = Path(__file__).resolve().parent
CODED = Markup('<span class="code">{}</span> {}')
SAID = "dondoc_said"
SAID_SECONDS = 60


class Spoken(Extension):
    """Fixed sentences, `_("…")`, are translated once, when a template is compiled for its language: a page says
    hundreds of them. What is named only while a page is shown, `_(name)`, still asks the catalogue."""

    SENTENCE = ("name", "lparen", "string", "rparen")

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens of a template, each `_ ( "…" )` as the one string it stands for."""
        say = words.translator(str(self.environment.globals["language"]))
        held: list[Token] = []
        for token in stream:
            held.append(token)
            while held and not self._may_be_sentence(held):
                yield held.pop(0)
            if len(held) == len(self.SENTENCE):
                yield Token(token.lineno, "string", say(held[2].value))
                held.clear()
        yield from held

    def _may_be_sentence(self, held: Sequence[Token]) -> bool:
        return held[0].value == "_" and tuple(one.type for one in held) == self.SENTENCE[: len(held)]


class Direct(Context):
    """Calls what a template calls. Jinja asks each time whether the function wants its context; ours never do, macros
    excepted, and a page has five hundred calls."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The function's answer."""
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(self.eval_ctx, *args, **kwargs) if isinstance(called, Macro) else called(*args, **kwargs)


def _environment(language: str, static: dict[str, str]) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        extensions=[Spoken],
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        auto_reload=False,  # the files of a running portal do not change
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.context_class = Direct
    made.filters["path"] = lambda text: quote(str(text), safe="")
    made.globals |= {"_": words.translator(language), "language": language, "static": static, "words": words,
                     "Right": Right}  # fmt: skip
    return made


@lru_cache(maxsize=4096)
def _titled(code: str, title: str) -> str:
    return CODED.format(code, title) if code else title


@lru_cache(maxsize=2)
def _unreadable(language: str) -> Markup:
    return Markup("<i>{}</i>").format(words.translator(language)(words.HIDDEN))


class Pages:
    """Shows pages of one house. Routes find it as `request.app.state.pages`."""

    def __init__(self, house: House, keys: Keys) -> None:
        self.house = house
        self.keys = keys
        static = {
            file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
            for file in (HERE / "static").iterdir()
        }
        self.templates = {language: _environment(language, static) for language in (words.VIETNAMESE, words.ENGLISH)}

    def language(self, request: Request) -> str:
        """The language a visitor has asked for; Vietnamese without a word."""
        return words.ENGLISH if request.query_params.get("lang") == words.ENGLISH else words.VIETNAMESE

    def show(self, request: Request, template: str, status: int = HTTPStatus.OK, **page: Any) -> HTMLResponse:
        """One page in the language of the request. `page` is what the template speaks of."""
        language = self.language(request)
        visitor: Visitor = getattr(request.state, "visitor", NOBODY)
        said = self.keys.unsign("said", request.cookies.get(SAID, ""))

        def link(path: str, **query: object) -> str:
            if language != words.VIETNAMESE:
                query["lang"] = language
            return f"{path}?{urlencode(query)}" if query else path

        def other_language() -> str:
            query = {key: value for key, value in request.query_params.items() if key != "lang"}
            if language == words.VIETNAMESE:
                query["lang"] = words.ENGLISH
            return f"{request.url.path}?{urlencode(query)}" if query else request.url.path

        def with_query(**changes: object) -> str:
            """This page with some of its filters changed; None takes one away, and paging begins anew."""
            query: dict[str, object] = {key: value for key, value in request.query_params.items() if key != "after"}
            query = {key: value for key, value in (query | changes).items() if value not in (None, "")}
            return f"{request.url.path}?{urlencode(query)}" if query else request.url.path

        def may_read(process: Process) -> bool:
            return not process.confidential or visitor.may_read_confidential(process.plan_id)

        def title_of(process: Process) -> str:
            return _titled(process.code, process.title) if may_read(process) else _unreadable(language)

        def plain_title_of(process: Process) -> str:
            if not may_read(process):
                return words.translator(language)(words.HIDDEN)
            return f"{process.code} {process.title}" if process.code else process.title

        known = {
            "may_read": may_read,
            "title_of": title_of,
            "plain_title_of": plain_title_of,
            "link": link,
            "other_language": other_language(),
            "with_query": with_query,
            "query": request.query_params,
            "visitor": visitor,
            "csrf": visitor.csrf,
            "said": said,
            "read_only": self.house.settings.read_only,
            "now": self.house.clock.now(),
            "shifted": self.house.clock.shifted,
            "prefect": self._prefect(request, visitor),
            "date": lambda day: words.short_date(day, language),
            "long_date": lambda day: words.long_date(day, language),
            "moment": lambda at: words.moment(at, language),
        }
        html = self.templates[language].get_template(template).render(known | page)
        response = HTMLResponse(html, status)
        if said is not None:
            response.delete_cookie(SAID, path="/", httponly=True, samesite="lax")
        return response

    def go(self, request: Request, path: str, said: str | None = None) -> RedirectResponse:
        """After a deed: the page to look at next (a path of this portal), and a sentence to show there once."""
        language = self.language(request)
        if language != words.VIETNAMESE:
            path += ("&" if "?" in path else "?") + urlencode({"lang": language})
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        if said:
            response.set_cookie(
                SAID,
                self.keys.sign("said", words.translator(language)(said)),
                max_age=SAID_SECONDS,
                path="/",
                httponly=True,
                samesite="lax",
                secure=is_secure(request, self.house.settings),
            )
        return response

    def _prefect(self, request: Request, visitor: Visitor) -> PrefectLinks | None:
        here = request.url.hostname in LOOPBACK and not self.house.settings.read_only
        return PrefectLinks(self.house) if here and visitor.may(Right.SEE) else None


def local_path(text: str | None, otherwise: str = "/") -> str:
    """A path of this portal, or `otherwise`: never an address of another host."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or any(c < " " for c in text):
        return otherwise
    parts = urlsplit(text)
    return otherwise if parts.scheme or parts.netloc else text


class PrefectLinks:
    """Prefect's own pages. It listens on this machine only, so these links are shown on this machine only."""

    def __init__(self, house: House) -> None:
        self.base = f"http://127.0.0.1:{house.settings.prefect_port}"
        self._now = house.clock.to_real(house.clock.now())

    def run(self, run_id: str) -> str:
        """One run."""
        return f"{self.base}/runs/flow-run/{run_id}"

    def runs(self, state: str = "") -> str:
        """All runs, or those of one state. Without the years around today Prefect shows the past seven days only."""
        span = {"type": "range", "startDate": self._day(-1096), "endDate": self._day(1096)}
        return f"{self.base}/runs?{urlencode(({'state': state} if state else {}) | span)}"

    def _day(self, distance: int) -> str:
        return f"{self._now + timedelta(days=distance):%Y-%m-%dT00:00:00.000Z}"
