"""From a letter's notices to its subject and body.

One section per plan and wording; the subject is that of the most serious one. Templates are plain Jinja2 text: the
first line is the subject, the rest the section. An office puts a file of the same name into its `letters/` folder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import jinja2
import pendulum
from sqlmodel import Session

from calendars.working_days import WorkingDays
from models.columns import ZONE
from models.outbox import Letter

from .facts import Facts, load, unit_of
from .rows import Reader, Words
from .sections import Section, sections_of
from .tongues import English, Tongue, Vietnamese, shorten

SHIPPED = Path(__file__).resolve().parent / "templates"
SUBJECT_LENGTH = 150  # Apprise writes a subject as one unfolded word: much longer ones are refused by SMTP servers
BATCH = 400  # letters read at a time
FRAME = "_thu.j2"
RULE = "-" * 60
SUBJECT_LINE = re.compile(r"\s*(Tiêu đề|Subject)\s*:(?P<subject>[^\n]*)\n(?P<section>.*)", re.DOTALL)
VIETNAMESE, ENGLISH = Vietnamese(), English()


class BadTemplate(ValueError):
    """A letter cannot be written; the sentence names the template, the line and the cure."""


class Composed(NamedTuple):
    """A letter ready to be read: NFC, no line ends in the subject."""

    subject: str
    body: str


@dataclass(frozen=True)
class Wording:
    """How this office writes.

    `calendar` counts working days; `folders` hold its own templates; `links` is the portal's address as others reach
    it (None: no links at all), `unit_page` the path of the page where a unit answers, for example `/don-vi/{unit}`
    (None: letters to units say how to answer on paper); a link is open for `link_days`. `bilingual` puts English below
    the Vietnamese.
    """

    calendar: WorkingDays
    folders: tuple[Path, ...] = ()
    links: str | None = None
    unit_page: str | None = None
    link_days: int | None = None
    bilingual: bool = False

    @property
    def tongues(self) -> tuple[Tongue, ...]:
        """The languages of a letter, Vietnamese first."""
        return (VIETNAMESE, ENGLISH) if self.bilingual else (VIETNAMESE,)

    @cached_property
    def templates(self) -> dict[str, Templates]:
        """The templates of each language, an office's own before the shipped ones."""
        vietnamese = [*self.folders, SHIPPED / "vi"]
        english = [*(folder / "en" for folder in self.folders), SHIPPED / "en"]
        return {"vi": Templates(vietnamese), "en": Templates(english)}

    def link_to(self, recipient: str) -> str | None:
        """Where a unit answers, or None when there is no such page or others cannot reach it."""
        if not self.links or not self.unit_page:
            return None
        return self.links + self.unit_page.format(unit=quote(unit_of(recipient)))

    def sections(self, reader: Reader, letter: Letter) -> list[Section]:
        """What a letter says, with the addresses this office gives."""
        link = self.link_to(letter.recipient)
        return sections_of(reader, letter, link=link, page_of=self.page_of, link_days=self.link_days)

    def page_of(self, plan_id: str) -> str | None:
        """Where a tracker looks at a plan, or None when others cannot reach the portal."""
        return f"{self.links}/plans/{quote(plan_id)}" if self.links and plan_id else None

    def problems(self, wordings: Iterable[str]) -> list[str]:
        """What is wrong with the templates of these wordings, a sentence each: missing, or not readable as Jinja2."""
        found = []
        for name in [FRAME, *sorted(set(wordings))]:
            try:
                self.templates["vi"].frame() if name == FRAME else self.templates["vi"].parts(name)
            except BadTemplate as problem:
                found.append(str(problem))
        return found


class Templates:
    """The templates of one language, compiled once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.loader = jinja2.FileSystemLoader([str(folder) for folder in folders])
        # Plain text, not HTML: nothing to escape. A missing word must be an error, and an absent one prints nothing.
        self.environment = jinja2.Environment(
            loader=self.loader,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: "" if value is None else value,
            autoescape=False,
        )
        self._parts: dict[str, tuple[jinja2.Template, jinja2.Template]] = {}

    def parts(self, wording: str) -> tuple[jinja2.Template, jinja2.Template]:
        """The subject and the section of a wording."""
        if wording not in self._parts:
            self._parts[wording] = self._compile(wording)
        return self._parts[wording]

    def frame(self) -> jinja2.Template:
        """What stands around the sections: greeting, signature, foot."""
        try:
            return self.environment.get_template(FRAME)
        except jinja2.TemplateError as error:
            raise bad_template(FRAME, error) from error

    def _compile(self, wording: str) -> tuple[jinja2.Template, jinja2.Template]:
        name = f"{wording}.j2"
        try:
            source, _, _ = self.loader.get_source(self.environment, name)
            match = SUBJECT_LINE.match(source)
            if match is None:
                raise BadTemplate(f"mẫu thư {name}: dòng đầu phải là “Tiêu đề: …”")
            skipped = "\n" * source[: match.start("section")].count("\n")  # so that errors name the line of the file
            subject = self.environment.from_string(match["subject"].strip())
            return subject, self.environment.from_string(skipped + match["section"])
        except jinja2.TemplateError as error:
            raise bad_template(name, error) from error


def bad_template(name: str, error: jinja2.TemplateError) -> BadTemplate:
    """A Jinja2 error as a sentence."""
    if isinstance(error, jinja2.TemplateNotFound):
        return BadTemplate(f"không có mẫu thư {error.name}: đặt tệp này vào thư mục letters/ của cấu hình")
    line = f", dòng {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
    return BadTemplate(f"mẫu thư {name}{line}: {error.message}")


# ------------------------------------------------------------------ composing


def compose(session: Session, letter: Letter, now: datetime, wording: Wording) -> Composed:
    """Write one letter as of `now`. LookupError when none of its notices still speaks; BadTemplate for a template."""
    return compose_many(session, [letter.id or 0], now, wording)[letter.id or 0]


def compose_many(session: Session, letter_ids: Sequence[int], now: datetime, wording: Wording) -> dict[int, Composed]:
    """Write many letters, {letter id: subject and body}; a constant number of queries per 400 letters."""
    now = pendulum.instance(now).in_timezone(ZONE)
    return {
        letter.id or 0: Composed(subject_line(parts, wording), body_text(parts, letter, wording, now, facts))
        for facts, letter, parts in _sectioned(session, letter_ids, now.date(), wording, bodies=True)
    }


def subjects_of(session: Session, letter_ids: Sequence[int], now: datetime, wording: Wording) -> dict[int, str]:
    """Only the subjects, {letter id: subject}: what a simulation of thousands of letters needs."""
    now = pendulum.instance(now).in_timezone(ZONE)
    return {
        letter.id or 0: subject_line(parts, wording)
        for _, letter, parts in _sectioned(session, letter_ids, now.date(), wording, bodies=False)
    }


def subject_of(session: Session, letter: Letter, now: datetime, wording: Wording) -> str:
    """The subject of one letter."""
    return subjects_of(session, [letter.id or 0], now, wording)[letter.id or 0]


def letter_code(letter_id: int) -> str:
    """The mã thư printed at the foot of a letter and sent in its header."""
    return f"TH{letter_id:06d}"


def _sectioned(
    session: Session, letter_ids: Sequence[int], today: date, wording: Wording, *, bodies: bool
) -> Iterator[tuple[Facts, Letter, list[Section]]]:
    for start in range(0, len(letter_ids), BATCH):
        facts = load(session, letter_ids[start : start + BATCH], today=today, bodies=bodies)
        reader = Reader(facts, today, wording.calendar, VIETNAMESE)
        for letter in facts.letters.values():
            parts = wording.sections(reader, letter)
            if parts:
                yield facts, letter, parts


def subject_line(parts: Sequence[Section], wording: Wording) -> str:
    """The most serious section's subject and how many others there are, at most 150 characters."""
    more = VIETNAMESE.and_more(len(parts) - 1)
    return shorten(subject_of_section(parts[0], wording, VIETNAMESE), SUBJECT_LENGTH - len(more)) + more


def subject_of_section(section: Section, wording: Wording, tongue: Tongue) -> str:
    """One section's own subject, on one line."""
    subject, _ = wording.templates[tongue.folder].parts(section.wording)
    return " ".join(clean(render(subject, section.wording, section.words)).split())


def body_text(parts: Sequence[Section], letter: Letter, wording: Wording, now: datetime, facts: Facts) -> str:
    """The whole letter: Vietnamese, and English below a rule when the office wants both."""
    said = [_body(parts, letter, now, wording, VIETNAMESE)]
    if wording.bilingual:
        reader = Reader(facts, now.date(), wording.calendar, ENGLISH)
        english = wording.sections(reader, letter)
        said.append(_body(english, letter, now, wording, ENGLISH))
    return f"\n{RULE}\n\n".join(said)


def _body(parts: Sequence[Section], letter: Letter, now: datetime, wording: Wording, tongue: Tongue) -> str:
    templates = wording.templates[tongue.folder]
    hour = {"gio": f"{now:%H:%M}", "nhieu_muc": len(parts) > 1, "ma_thu": letter_code(letter.id or 0)}
    sections = []
    for part in parts:
        _, template = templates.parts(part.wording)
        text = clean(render(template, part.wording, part.words | hour)).strip()
        sections.append({"dau_de": subject_of_section(part, wording, tongue), "van_ban": text})
    frame = {**parts[0].words, **hour, "muc": sections, "loai": parts[0].wording}
    return clean(render(templates.frame(), FRAME, frame)).strip() + "\n"


def render(template: jinja2.Template, wording: str, words: Words) -> str:
    """Fill one template; a word it does not know is named."""
    try:
        return template.render(words)
    except jinja2.TemplateError as error:
        raise bad_template(wording if wording.endswith(".j2") else f"{wording}.j2", error) from error


def clean(text: str) -> str:
    """NFC, no blanks at line ends, never two empty lines in a row."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[ \t\u00a0]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text)
