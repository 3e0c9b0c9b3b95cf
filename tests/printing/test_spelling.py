"""Comparison and storage of names."""

# ruff: noqa: RUF001

import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.printago.model.spelling import alike, distinct, folded, folded_number, similar, tidied

SAME = [
    ("Benchy", "BENCHY"),
    ("Cable Clip", "  cable\u00a0\u00a0clip\t"),
    ("Cable Clip", "cable\u3000\u2009clip\n"),
    ("Schrägstütze", unicodedata.normalize("NFD", "Schrägstütze")),
    ("Straße", "STRASSE"),
    ("P1S 03", "Ｐ１Ｓ　０３"),
    ("Fine Flow", "\ufb01ne \ufb02ow"),
    ("Bob's jig", "Bob’s jig"),
    ("Bob's jig", "Bob`s jig"),
    ('3" pipe', "3″ pipe"),
    ('"Left" bracket', "“Left” bracket"),
    ("P1S-03", "P1S–03"),
    ("P1S-03", "P1S‑03"),
    ("P1S-03", "P1S−03"),
    ("P1S-03", "P1S\u00ad-03\u200b"),
    ("Printer", "\u200eprinter\u200f"),
    ("Printer", "\u202bprinter\u202c\ufeff"),
    ("Vida", "VİDA"),
    ("Sıra", "SIRA"),
    ("🔥 Hot", "🔥\ufe0f hot"),
    ("👨\u200d🔧 bench", "👨🔧 Bench"),
    ("1/2 inch", "½ inch"),
    ("1 1/2 inch", "1½ inch"),
    ("m2", "m²"),
    ("a b", "a\x00b"),
    ("ΟΔΟΣ", "οδος"),
    ("きろ", "きろ"),
    ("キロ", "ｷﾛ"),
    ("e\u0301" * 120, "É" * 120),
]
DIFFERENT = [
    ("Benchy", "Benchy 2"),
    ("P1S 03", "P1S 3"),
    ("P1S-03", "P1S 03"),
    ("Resume", "Résumé"),
    ("🔥", "❄"),
    ("#5 washer", "5 washer"),
    ("Cable Clip", "CableClip"),
    ("き", "ぎ"),
    ("10²", "102"),
    ("M3₂0", "M320"),
    ("1½ inch", "11/2 inch"),
    ("A" * 255, "A" * 254),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_a_name_are_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded(folded(one)) == folded(one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_names_are_not_the_same(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text(max_size=20))
def test_case_composition_and_surrounding_spaces_do_not_matter(text: str) -> None:
    key = folded(text)
    others = [text.upper(), text.lower(), f"\u200e{text}\u00a0", tidied(text), key]
    others += [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert {folded(other) for other in others} == {key}
    assert tidied(tidied(text)) == tidied(text)


@pytest.mark.parametrize("text", ["", " ", "\u00a0\t", "\u200b", "\ufeff\u2060", "\u3164", "\u2800", "\x00"])
def test_invisible_text_is_not_a_name(text: str) -> None:
    assert folded(text) == ""
    assert alike(text, ["", " ", "\u200b", "Benchy"], str) == []


def test_order_number_is_the_same_with_and_without_number_sign() -> None:
    assert folded_number("#1001") == folded_number("1001") == folded_number(" # 1001 ") == folded_number("＃１００１")
    assert folded_number("#ab-1") == folded_number("AB‑1")
    assert folded_number("1001") != folded_number("01001")


def test_name_is_stored_composed_and_trimmed() -> None:
    assert tidied("\u00a0 Schra\u0308g\u200b\t") == "Schräg"
    assert tidied("Left\nclip\x00") == "Left clip"
    assert tidied("👨\u200d🔧  ²\u00a0x") == "👨\u200d🔧  ²\u00a0x"
    assert tidied("\ufeff\u200e") == ""


def test_exact_spelling_wins_else_all_similar_names_match() -> None:
    names = ["Benchy", "BENCHY", "Benchy 2"]
    assert alike("Benchy", names, str) == ["Benchy"]
    assert alike("benchy", names, str) == ["Benchy", "BENCHY"]
    assert alike("benchy 2", names, str) == ["Benchy 2"]
    assert alike("bench", names, str) == []


def test_names_are_compared_by_the_given_spelling() -> None:
    orders = [("#1001", 1), ("1001", 2), ("1002", 3)]
    assert alike("1001", orders, lambda order: order[0]) == [("1001", 2)]
    assert alike("# 1001", orders, lambda order: order[0]) == []
    assert alike("# 1001", orders, lambda order: order[0], folded_number) == orders[:2]


def test_similar_names_come_best_first_and_there_are_three_at_most() -> None:
    names = ["Benchy 3", "Benchy", "Vase", "Bench", "Benchy XL", "Work bench with two drawers and a long name"]
    assert similar("benchi", names) == ["Bench", "Benchy", "Benchy 3"]
    assert similar("VASE", names) == ["Vase"]
    assert similar("drawers", names) == ["Work bench with two drawers and a long name"]
    assert similar("zzz", names) == []
    assert similar("", names) == similar(" \u200b", names) == []


def test_similar_name_is_listed_once_though_it_contains_the_text() -> None:
    assert similar("bench", ["Bench", "Work bench at the wall"]) == ["Bench", "Work bench at the wall"]


def test_first_forty_characters_decide_what_is_similar() -> None:
    long = "a" * 40
    assert similar(long + "x" * 100, [long + "y" * 100]) == [long + "y" * 100]
    assert similar("b", ["c" * 40 + "b"]) == []
    assert similar("b", ["c" * 39 + "b"]) == ["c" * 39 + "b"]


def test_names_that_are_spelled_alike_get_their_id() -> None:
    names = {"part:one": "Clip", "part:two": "CLIP", "sku:three": "Vase", "four": "clip "}
    assert distinct(names) == {
        "part:one": "Clip (one)",
        "part:two": "CLIP (two)",
        "sku:three": "Vase",
        "four": "clip  (four)",
    }
