"""What the shipped Word templates are built of: the sheet, the letterhead, tables, the signature.

Sizes and margins are those of Decree 30/2020/NĐ-CP, appendix I: A4, 20 mm above and below, 30 mm left, 15 mm right,
Times New Roman 13 to 14, page numbers centred above from the second page on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
BODY, TABLE = 14, 12
PORTRAIT_WIDTH, LANDSCAPE_WIDTH = 165, 252  # mm between the margins
CENTRE, LEFT, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip

# Word wants the parts of a paragraph's properties in the order of its schema: these come after its borders.
AFTER_BORDERS = [
    "w:shd",
    "w:tabs",
    "w:suppressAutoHyphens",
    "w:kinsoku",
    "w:wordWrap",
    "w:overflowPunct",
    "w:topLinePunct",
    "w:autoSpaceDE",
    "w:autoSpaceDN",
    "w:bidi",
    "w:adjustRightInd",
    "w:snapToGrid",
    "w:spacing",
    "w:ind",
    "w:contextualSpacing",
    "w:mirrorIndents",
    "w:suppressOverlap",
    "w:jc",
    "w:textDirection",
    "w:textAlignment",
    "w:textboxTightWrap",
    "w:outlineLvl",
    "w:divId",
    "w:cnfStyle",
    "w:rPr",
    "w:sectPr",
    "w:pPrChange",
]

Place = Paper | _Cell


# ------------------------------------------------------------------------------------------------- the sheet


def sheet(title: str) -> Paper:
    """An empty A4 paper with the decree's margins, font and page numbers."""
    paper = Document()
    paper.core_properties.title = title
    paper.core_properties.author = paper.core_properties.last_modified_by = "Dondoc"
    paper.core_properties.comments = ""
    paper.core_properties.created = paper.core_properties.modified = datetime(2024, 1, 1)  # noqa: DTZ001
    for name, size, bold in (("Normal", BODY, False), ("Heading 1", BODY, True), ("Heading 2", BODY, True),
                             ("Header", 13, False)):  # fmt: skip
        _set_style(paper, name, size, bold=bold)
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    _number_pages(section.header.paragraphs[0])
    return paper


def _set_style(paper: Paper, name: str, size: int, *, bold: bool) -> None:
    style: Any = paper.styles[name]
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for attribute in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(attribute), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    for former in style.element.rPr.findall(qn("w:lang")):
        style.element.rPr.remove(former)
    style.element.rPr.insert_element_before(language, "w:eastAsianLayout", "w:specVanish", "w:oMath")
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(6 if name.startswith("Heading") else 0), Pt(6)
    shape.line_spacing_rule = WD_LINE_SPACING.SINGLE
    if name == "Normal":
        shape.widow_control = True


def _number_pages(paragraph: Paragraph) -> None:
    paragraph.alignment = CENTRE
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "2"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def annex(paper: Paper, title: str, subtitle: str) -> None:
    """A new landscape section for wide tables, with its heading."""
    section = paper.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(25), Mm(20)
    section.different_first_page_header_footer = False
    heading = say(paper, title, align=CENTRE, bold=True, indent=False)
    heading.style = paper.styles["Heading 1"]
    say(paper, subtitle, align=CENTRE, bold=True, indent=False)
    say(paper, "(Kèm theo Báo cáo số {{ so }}/BC-{{ ky_hieu }} {{ ngay_thang }} của {{ co_quan }})", align=CENTRE,
        italic=True, indent=False)  # fmt: skip


# ------------------------------------------------------------------------------------------------- paragraphs


def say(
    place: Place, text: str = "", *, align: WD_ALIGN_PARAGRAPH = JUSTIFY, size: float | None = None, bold: bool = False,
    italic: bool = False, indent: bool = True, after: float | None = None,
) -> Paragraph:  # fmt: skip
    """A paragraph; `indent` sets its first line in by 10 mm. A tag stays in one run."""
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Mm(10)
    if after is not None:
        paragraph.paragraph_format.space_after = Pt(after)
    if text:
        run = paragraph.add_run(text)
        run.bold, run.italic = bold, italic
        if size is not None:
            run.font.size = Pt(size)
    return paragraph


def tag(place: Place, text: str) -> None:
    """A paragraph that only steers (`{%p if … %}`): docxtpl takes it out."""
    place.add_paragraph(text)


def heading(place: Paper, text: str, level: int = 1) -> None:
    """A heading of the body, set in like its paragraphs."""
    paragraph = place.add_paragraph(text, style=f"Heading {level}")
    paragraph.paragraph_format.first_line_indent = Mm(10)
    paragraph.alignment = JUSTIFY


def rule(place: Place, inset: float) -> None:
    """A thin line, `inset` mm from both sides."""
    paragraph = place.add_paragraph()
    shape = paragraph.paragraph_format
    shape.left_indent = shape.right_indent = Mm(inset)
    shape.space_before, shape.space_after = Pt(0), Pt(2)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(3)
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *AFTER_BORDERS)


# ------------------------------------------------------------------------------------------------- tables


def grid(place: Paper, widths: Sequence[float], *, style: str | None = None) -> Table:
    """A table of one row whose columns are so many mm wide."""
    table: Table = place.add_table(rows=1, cols=len(widths))
    table.style = place.styles[style] if style else None
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return table


def _fill(cell: _Cell, text: str, *, bold: bool = False, align: WD_ALIGN_PARAGRAPH = LEFT, size: float = TABLE) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(text)
    run.bold = bold
    run.font.size = Pt(size)


def _row(table: Table, texts: Sequence[str], centred: Sequence[int] = (), *, bold: bool = False) -> None:
    for place, (cell, text) in enumerate(zip(table.add_row().cells, texts, strict=True)):  # type: ignore[no-untyped-call]
        _fill(cell, text, bold=bold, align=CENTRE if place in centred else LEFT)
        cell.width = table.columns[place].width


def rows_table(
    place: Paper, columns: Sequence[tuple[str, float, str]], each: str, *, centred: Sequence[int] = (),
    section: str = "", total: Sequence[str] = (), whole_rows: bool = True,
    one_piece: bool = False,
) -> None:  # fmt: skip
    """A bordered table: (heading, mm, cell) each, one row for `each` ("d in dong"), then a row of sums.

    `section` names what a heading row over all columns says, where it says anything. The end of a page never splits
    `whole_rows`, nor a table in `one_piece`.
    """
    table = grid(place, [width for _, width, _ in columns], style="Table Grid")
    for cell, (title, _, _) in zip(table.rows[0].cells, columns, strict=True):
        _fill(cell, title, bold=True, align=CENTRE)
    _on_every_page(table)
    blank = [""] * (len(columns) - 1)
    _row(table, [f"{{%tr for {each} %}}", *blank])
    if section:
        _row(table, [f"{{%tr if {section} %}}", *blank])
        _row(table, [f"{{{{ {section} }}}}", *blank], bold=True)
        whole = table.rows[-1].cells[0].merge(table.rows[-1].cells[-1])
        for empty in whole.paragraphs[1:]:
            empty._p.getparent().remove(empty._p)
        _row(table, ["{%tr endif %}", *blank])
    _row(table, [text for _, _, text in columns], centred)
    _row(table, ["{%tr endfor %}", *blank])
    if total:
        _row(table, total, centred, bold=True)
    if whole_rows:
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    if one_piece:
        for row in table.rows[:-1]:
            for paragraph in (paragraph for cell in row.cells for paragraph in cell.paragraphs):
                paragraph.paragraph_format.keep_with_next = True
    say(place, indent=False, after=0, size=6)


def _on_every_page(table: Table) -> None:
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


# ------------------------------------------------------------------------------------------------- the parts of a paper


def letterhead(paper: Paper, *, kind: str | None, about: str | None = None) -> None:
    """The two columns above: who writes, and the state's name; `kind` is in the number ("BC"), `about` the "V/v …"."""
    table = grid(paper, [66, 104])
    left, right = table.rows[0].cells
    left.paragraphs[0]._p.getparent().remove(left.paragraphs[0]._p)
    right.paragraphs[0]._p.getparent().remove(right.paragraphs[0]._p)
    tag(left, "{%p if co_quan_cap_tren %}")
    say(left, "{{ co_quan_cap_tren }}", align=CENTRE, size=12, indent=False, after=0)
    tag(left, "{%p endif %}")
    say(left, "{{ co_quan_ban_hanh }}", align=CENTRE, size=12, bold=True, indent=False, after=0)
    rule(left, 20)
    number = f"Số: {{{{ so }}}}/{kind}-{{{{ ky_hieu }}}}" if kind else "Số: {{ so }}/{{ ky_hieu }}"
    say(left, number, align=CENTRE, size=13, indent=False, after=2)
    if about:
        say(left, about, align=CENTRE, size=12, indent=False, after=0)
    say(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", align=CENTRE, size=12, bold=True, indent=False, after=0)
    say(right, "Độc lập - Tự do - Hạnh phúc", align=CENTRE, size=13, bold=True, indent=False, after=0)
    rule(right, 23)
    say(right, "{{ dia_danh }}, {{ ngay_thang }}", align=CENTRE, size=13, italic=True, indent=False, after=2)
    tag(paper, "{%p if du_thao %}")
    say(paper, "DỰ THẢO", align=LEFT, size=13, bold=True, indent=False, after=0)
    tag(paper, "{%p endif %}")


def title(paper: Paper, kind: str, about: str) -> None:
    """The kind of paper and what it is about, with the line below."""
    say(paper, kind, align=CENTRE, bold=True, indent=False, after=0).paragraph_format.space_before = Pt(12)
    say(paper, about, align=CENTRE, bold=True, indent=False, after=0)
    rule(paper, 62)


def greeting(paper: Paper, each: str | None = None) -> None:
    """`Kính gửi:` one receiver on the same line, several below each other."""
    many = each or "kinh_gui"
    tag(paper, f"{{%p if {many}|length == 1 %}}")
    say(paper, f"Kính gửi: {{{{ {many}[0] }}}}.", align=CENTRE, indent=False, after=10)
    tag(paper, f"{{%p elif {many} %}}")
    say(paper, "Kính gửi:", align=LEFT, after=0).paragraph_format.left_indent = Mm(30)
    tag(paper, f"{{%p for noi in {many} %}}")
    line = say(paper, "- {{ noi }}{{ '.' if loop.last else ';' }}", align=LEFT, indent=False, after=0)
    line.paragraph_format.left_indent = Mm(50)
    tag(paper, "{%p endfor %}")
    say(paper, indent=False, after=0)
    tag(paper, "{%p endif %}")


def signature(paper: Paper, receivers: Sequence[str | Callable[[_Cell], None]]) -> None:
    """`Nơi nhận` to the left, who signs to the right; room for a signature, a seal and a name."""
    paper.paragraphs[-1].paragraph_format.keep_with_next = True  # no signature stands alone on a page
    say(paper, indent=False, after=0, size=6).paragraph_format.keep_with_next = True
    table = grid(paper, [80, 90])
    left, right = table.rows[0].cells
    left.paragraphs[0]._p.getparent().remove(left.paragraphs[0]._p)
    right.paragraphs[0]._p.getparent().remove(right.paragraphs[0]._p)
    say(left, "Nơi nhận:", align=LEFT, size=12, bold=True, italic=True, indent=False, after=0)
    for receiver in receivers:
        if callable(receiver):
            receiver(left)
        else:
            say(left, receiver, align=LEFT, size=11, indent=False, after=0)
    tag(right, "{%p for dong in chuc_vu_ky %}")
    say(right, "{{ dong }}", align=CENTRE, bold=True, indent=False, after=0)
    tag(right, "{%p endfor %}")
    for _ in range(4):
        say(right, align=CENTRE, indent=False, after=0)
    say(right, "{{ nguoi_ky }}", align=CENTRE, bold=True, indent=False, after=0)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def receivers_loop(purpose: str = "") -> Callable[[_Cell], None]:
    """A line of `Nơi nhận` for each of `kinh_gui`."""

    def write(cell: _Cell) -> None:
        tag(cell, "{%p for noi in kinh_gui %}")
        say(cell, f"- {{{{ noi }}}}{purpose};", align=LEFT, size=11, indent=False, after=0)
        tag(cell, "{%p endfor %}")

    return write


def optional(condition: str, text: str) -> Callable[[_Cell], None]:
    """A line of `Nơi nhận` that may be absent."""

    def write(cell: _Cell) -> None:
        tag(cell, f"{{%p if {condition} %}}")
        say(cell, text, align=LEFT, size=11, indent=False, after=0)
        tag(cell, "{%p endif %}")

    return write
