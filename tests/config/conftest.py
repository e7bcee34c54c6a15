"""A small config folder that is right in everything, for tests to break in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest

from config.findings import Finding
from config.plan_files import check_paths

UNITS = """\
units:
  ubnd: {name: Ủy ban nhân dân tỉnh, kind: ubnd-tinh}
  so: {name: Sở Giáo dục và Đào tạo, kind: so, parent: ubnd, contacts: {dau_moi: {email: so@dondoc.example}}}
  so/tccb: {name: Phòng Tổ chức cán bộ, kind: phong, parent: so, contacts: {dau_moi: {email: tccb@dondoc.example}}}
  so/lanh-dao: {name: Lãnh đạo Sở, kind: lanh-dao, parent: so}
  truong-a: {name: Trường A, kind: truong, parent: so, sample: true}
  truong-b: {name: Trường B, kind: truong, parent: so, sample: true}
groups:
  cac-truong: {name: Các trường trực thuộc, members: [truong-a, truong-b]}
  lien-quan: {name: Các đơn vị liên quan, open: true}
"""

HEAD = """\
id: ke-hoach
title: Kế hoạch cải cách hành chính
issued_by: so
issued_on: 2026-01-05
track_from: 2026-01-05
tracker: so/tccb
leadership: so/lanh-dao
"""

REPORTS = """\
reports:
  nam: {when: trước ngày 15/12 hằng năm, by: [cac-truong, so/tccb], to: so}
"""

TASKS = """\
tasks:
  - {code: I.1, title: Tuyên truyền cải cách hành chính, lead: cac-truong, when: Thường xuyên}
"""

SPOT = "‸"


@dataclass
class Checked:
    """The findings of a check, and where the mark ‸ stood in the texts (counted from 1; 0 without a mark)."""

    findings: list[Finding]
    line: int = 0
    column: int = 0

    @property
    def lines(self) -> list[str]:
        """The findings as printed, without the folder in front."""
        return [f"{Path(one.path).name}:{str(one)[len(one.path) + 1 :]}" for one in self.findings]

    def at_mark(self, code: str) -> Finding:
        """The finding of this code at the mark; the test fails when there is none."""
        here = [one for one in self.findings if (one.code, one.line, one.column) == (code, self.line, self.column)]
        assert here, f"no {code} at {self.line}:{self.column} in {self.lines}"
        return here[0]

    def codes(self, level: str = "error") -> set[str]:
        """The codes of a level."""
        return {one.code for one in self.findings if one.level == level}


class Folder:
    """A config folder on disk; every file is right until a test writes another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "plans").mkdir(parents=True)
        self.write("units.yaml", UNITS)
        self.write("plans/ke-hoach.yaml", HEAD + REPORTS + TASKS)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the folder."""
        file = self.path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def right_head(self, *, without: str = "") -> str:
        """The right head of a plan, maybe without one key."""
        return "".join(line for line in HEAD.splitlines(keepends=True) if not without or line.split(":")[0] != without)

    def check(self, *names: str) -> Checked:
        """Check some files, or the whole folder."""
        return Checked(check_paths([self.path / name for name in names] or [self.path]))

    def check_file(self, name: str, text: str) -> Checked:
        """Write a file, its mark ‸ taken out, and check it."""
        before, mark, after = dedent(text).lstrip("\n").partition(SPOT)
        self.write(name, before + after)
        checked = self.check(name)
        if mark:
            checked.line, checked.column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return checked

    def check_plan(self, *, head: str = HEAD, reports: str = REPORTS, tasks: str = TASKS, more: str = "") -> Checked:
        """Check a plan made of a right head, reports and tasks, whichever the test does not replace."""
        return self.check_file("plans/ke-hoach.yaml", "".join(dedent(part) for part in (head, more, reports, tasks)))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A right config folder."""
    return Folder(tmp_path / "config")


@pytest.fixture
def right() -> SimpleNamespace:
    """The texts of the right folder, to change a word of."""
    return SimpleNamespace(units=UNITS, head=HEAD, reports=REPORTS, tasks=TASKS)
