"""A unit is known however its name is printed, and is not taken for its neighbour of the same name."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import pytest

from documents.draft.parties import assigned, unit_list
from documents.draft.register import Register
from documents.draft.words import clean, key, keys
from tests.documents.draft import compare


@lru_cache
def register(home: str) -> Register:
    """The names as seen from an office."""
    return Register(compare.config().units, home)


SAME = [
    ("sgddt-hp", "sgddt-hp/tccb", ("Phòng Tổ chức Cán bộ", "Phòng TCCB", "phòng TCCB Sở", "PHÒNG TỔ CHỨC CÁN BỘ",
    "Phòng Tổ chức - Cán bộ Sở Giáo dục và Đào tạo",
                                   "Phòng Tổ chức cán bộ Sở GD&ĐT")),
    ("sgddt-hp", "ubnd-hp", ("Ủy ban nhân dân thành phố", "Uỷ ban nhân dân thành phố", "UBND TP",
    "UBND thành phố Hải Phòng", "UBND Thành phố")),
    ("sgddt-hp", "stttt-hp", ("Sở Thông tin và Truyền thông", "Sở TT&TT", "Sở TTTT", "Sở Thông tin & Truyền thông")),
    ("ubnd-hp", "sldtbxh-hp", ("Sở Lao động Thương binh và Xã hội", "Sở LĐTBXH", "Sở LĐ-TB&XH",
    "Sở Lao động - Thương binh và Xã hội", "Sở LĐ - TB và XH")),
    ("ubnd-hp", "svhtt-hp", ("Sở Văn hóa và Thể thao", "Sở Văn hoá và Thể thao", "sở văn hóa và thể thao")),
    ("ubnd-hp", "ubnd-quan-huyen-hp", ("Ủy ban nhân dân các quận, huyện", "UBND các quận, huyện",
    "UBND các quận - huyện")),
    ("ubnd-hp", "sgddt-hp", ("Sở GD&ĐT", "Sở GD-ĐT", "Sở GDĐT", "Sở GD và ĐT", "Sở Giáo dục & Đào tạo",
    "Sở Giáo dục và Ðào tạo")),
    ("pgd-haian", "pgd-haian", ("Phòng GD&ĐT", "Phòng GD&ĐT quận", "Phòng Giáo dục và Đào tạo quận Hải An")),
    ("pgd-haian", "ubnd-haian", ("UBND quận", "Ủy ban nhân dân quận Hải An")),
    ("pgd-haian", "truong-haian", ("các trường MN, TH, THCS", "Các trường Mầm non, Tiểu học, Trung học cơ sở")),
    ("sgddt-bt", "snv-bt", ("Sở Nội vụ", "Sở Nội vụ tỉnh", "Sở Nội vụ tỉnh Bến Tre")),
    ("ubnd-konray", "ubnd-konray", ("Ủy ban nhân dân huyện", "UBND huyện Kon Rẫy", "UBND")),
]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("home", "unit", "name"), [(home, unit, name) for home, unit, names in SAME for name in names])
def test_variants_of_a_name_are_the_unit(home: str, unit: str, name: str, form: str) -> None:
    """Abbreviated, capital, composed or decomposed, tone on the other vowel, đ as eth."""
    found, rest = unit_list(clean(unicodedata.normalize(form, name)), register(home))

    assert ([one.id for one in found], rest) == ([unit], "")
    assert found[0].doubt is None


@pytest.mark.parametrize(
    ("home", "name"),
    [
        ("sgddt-hp", "Phòng Nội vụ"),  # Kon Rẫy has one, this office has not
        ("ubnd-hp", "UBND quận"),
        ("sgddt-bt", "Sở Tài chính"),  # only Hải Phòng's is known
        ("sgddt-hp", "Sở Nội vụ tỉnh Bắc Giang"),
        ("ubnd-konray", "Phòng Tài chính - Kế hoạch"),  # not Phòng Tài chính
        ("ubnd-hp", "Sở Văn hóa, Thể thao và Du lịch"),  # not Sở Văn hóa và Thể thao
        ("ubnd-hp", "UBND cấp xã"),
    ],
)
def test_a_neighbour_of_like_name_is_not_taken(home: str, name: str) -> None:
    """An unknown unit stays unknown, with its whole printed name."""
    found, rest = unit_list(name, register(home))

    assert [(one.id, one.text) for one in found] == [(None, name)]
    assert rest == ""


def test_a_name_without_diacritics_is_doubtful() -> None:
    """Found, never silently."""
    found, _ = unit_list("cac truong MN, TH, THCS", register("pgd-haian"))

    assert found[0].id == "truong-haian"
    assert found[0].doubt


def test_a_name_that_only_begins_like_a_group_is_doubtful() -> None:
    """Each of fourteen districts has this office: the group is proposed, and one must look."""
    found, _ = unit_list("Phòng Giáo dục và Đào tạo", register("ubnd-hp"))

    assert found[0].id == "pgd-quan-huyen-hp"
    assert found[0].doubt


def test_a_group_whose_name_has_a_comma_is_one() -> None:
    """“Các phòng, Thanh tra Sở” is one group of units.yaml; what follows is another."""
    found, _ = unit_list("Các Phòng, Thanh tra Sở, các đơn vị trực thuộc", register("sgddt-bt"))

    assert [one.id for one in found] == ["cac-phong-thanh-tra-bt", "cac-don-vi-truc-thuoc-bt"]


SENTENCES = [
    ("Sở Nội vụ chủ trì, phối hợp với Sở Tài chính và UBND các quận, huyện rà soát biên chế.", ["snv-hp"],
    ["stc-hp", "ubnd-quan-huyen-hp"], None),
    ("Chủ trì: Sở Nội vụ; Phối hợp: Sở Tài chính", ["snv-hp"], ["stc-hp"], None),
    ("Giao Sở Nội vụ chủ trì thực hiện", ["snv-hp"], [], None),
    ("Đề nghị Ban Tuyên giáo Thành ủy chỉ đạo báo chí", ["btg-thanh-uy-hp"], [], "request"),
    ("Sở Nội vụ phối hợp với Sở Tài chính triển khai", ["snv-hp"], ["stc-hp"], "cooperate"),
    ("Giám đốc Sở Nội vụ; Sở Tài chính", ["snv-hp", "stc-hp"], [], None),
    ("- Sở Nội vụ\n- Sở Tài chính", ["snv-hp", "stc-hp"], [], None),
    ("Sở Kế hoạch và Đầu tư, Sở Khoa học và Công nghệ", ["skhdt-hp", "skhcn-hp"], [], None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lead", "cooperating", "duty"), SENTENCES)
def test_who_does_what_in_a_sentence(text: str, lead: list[str], cooperating: list[str], duty: str | None) -> None:
    """Lead, cooperating units and the kind of duty."""
    who = assigned(text, register("ubnd-hp"))

    assert [side.found.id for side in who.lead] == lead
    assert [side.found.id for side in who.cooperating] == cooperating
    assert who.duty == duty


def test_keys_tell_words_apart() -> None:
    """What is the same word is one key; another tone, vowel or đ is another."""
    assert key("hoà") == key("hòa") == key("HÒA") == key(unicodedata.normalize("NFD", "hoà"))
    assert key("kỹ") == key("kĩ")
    assert len({key(word) for word in ("Hà", "Hạ", "Hả", "Hã", "Há", "Ha", "Hâ", "Hăm")}) == 8
    assert key("tay") != key("tai")
    assert keys("Sở GD&ĐT") == keys("Sở Giáo dục và Đào tạo")
