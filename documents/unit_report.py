"""A unit's own report of a period as .docx, in the form of Decree 30/2020/NĐ-CP."""

from __future__ import annotations

from models.papers import Letterhead, ReportFigure, ReportLine, UnitReport

__all__ = ["Letterhead", "ReportFigure", "ReportLine", "UnitReport"]
