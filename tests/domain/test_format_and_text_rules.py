"""Rules B9, C7, E5, E8 and hostile text: formats, placeholders, file names, clean texts."""

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.documents import Document, DocumentKind
from tui_billing.domain.file_names import document_file_name, safe, unique
from tui_billing.domain.format import day, day_short, local_day, money, number, percent
from tui_billing.domain.inputs import parse_amount
from tui_billing.domain.parties import Party
from tui_billing.domain.placeholders import contains, fill, period_values
from tui_billing.domain.texts import clean, clean_block, csv_cell, fold

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("1234.5", "1.234,50 €", id="B9.1"),
        pytest.param("-1234567.891", "-1.234.567,89 €", id="B9.1 negative"),
        pytest.param("0.004", "0,00 €", id="B9.1 nearly nothing"),
        pytest.param("-0.004", "0,00 €", id="B9.1 no negative zero"),
        pytest.param("-0.00", "0,00 €", id="negative zero as stored"),
        pytest.param("999.999", "1.000,00 €", id="rounded up"),
    ],
)
def test_money(value: str, expected: str) -> None:
    assert money(D(value)) == expected.replace(" ", NBSP)
    assert money(D(value), symbol=False) == expected.removesuffix(" €")


def test_money_in_english() -> None:
    assert money(D("-1234.5"), "en") == "-€1,234.50"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("1250.0000", 0, "1.250"),
        ("0.3245", 2, "0,3245"),
        ("3.75", 2, "3,75"),
        ("3.5", 2, "3,50"),
        ("1000", 0, "1.000"),
        ("100", 0, "100"),
        ("-0.0", 1, "0,0"),
        ("-1.5", 0, "-1,5"),
        ("1E+3", 0, "1.000"),
    ],
)
def test_numbers_keep_their_own_decimals(value: str, decimals: int, expected: str) -> None:
    assert number(D(value), min_decimals=decimals) == expected


def test_percents_and_days() -> None:
    assert (percent(D("2.50")), percent(D(19)), percent(D(19), "en")) == (f"2,5{NBSP}%", f"19{NBSP}%", "19%")
    assert (day(date(2026, 11, 22)), day(date(2026, 3, 1), "en"), day(None)) == ("22.11.2026", "1 Mar 2026", "")
    assert day_short(date(2026, 11, 2)) == "02.11.26"


@given(st.decimals(-(10**11), 10**11, places=2))
def test_a_printed_amount_reads_back(value: D) -> None:
    assert parse_amount(money(value)) == (value, [])


QUARTER = (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("period", "key", "expected"),
    [
        pytest.param(QUARTER, "von", "01.10.2026", id="C7.1 von"),
        pytest.param(QUARTER, "bis", "31.12.2026", id="C7.1 bis"),
        pytest.param(QUARTER, "Leistungszeitraum", "01.10.2026-31.12.2026", id="C7.1 both"),
        pytest.param((date(2026, 11, 1), date(2026, 11, 30)), "Monat", "November 2026", id="C7.2 month"),
        pytest.param((date(2026, 1, 31), date(2026, 2, 27)), "Monat", "Januar 2026/Februar 2026", id="C7.2 two months"),
        pytest.param(QUARTER, "Quartal", "4. Quartal 2026", id="C7.3"),
        pytest.param(
            (date(2026, 11, 30), date(2027, 2, 27)), "Quartal", "4. Quartal 2026/1. Quartal 2027", id="C7.3 two"
        ),
        pytest.param((date(2027, 1, 1), date(2027, 12, 31)), "Jahr", "2027", id="C7.4"),
        pytest.param((date(2026, 7, 1), date(2027, 6, 30)), "Jahr", "2026/2027", id="C7.4 two years"),
        pytest.param((date(2026, 12, 28), date(2027, 1, 3)), "KW", "KW 53/2026", id="C7.5"),
        pytest.param((date(2026, 7, 1), date(2026, 12, 31)), "Halbjahr", "2. Halbjahr 2026", id="C7.6"),
        pytest.param((date(2026, 7, 1), date(2026, 7, 1)), "Leistungszeitraum", "01.07.2026", id="one day"),
    ],
)
def test_values_of_a_period(period: tuple[date, date], key: str, expected: str) -> None:
    assert period_values(*period)[key] == expected


def test_period_values_in_english_and_without_a_period() -> None:
    values = period_values(*QUARTER, "Herbst", "en")
    assert (values["Quartal"], values["Monat"]) == ("Q4 2026", "October 2026/December 2026")
    assert values["Abrechnungszeitraum"] == "Herbst"
    assert set(period_values(None, None).values()) == {""}


@pytest.mark.parametrize(
    ("text", "expected", "unknown"),
    [
        pytest.param("{abrechnungszeitraum}", "{von} bis x", (), id="C7.9 any case, C7.10 one pass"),
        pytest.param("{Unbekannt}", "{Unbekannt}", ("Unbekannt",), id="C7.9 unknown"),
        pytest.param("{von.__class__}", "{von.__class__}", (), id="C7.9 no attribute access"),
        pytest.param("{0}", "{0}", (), id="C7.9 no position"),
        pytest.param("100 % {{von}}", "100 % {von}", (), id="C7.9 literal braces"),
        pytest.param("{{{von}}}", "{01.10.2026}", (), id="value in literal braces"),
        pytest.param("{ von }{", "01.10.2026{", (), id="blanks inside, one brace alone"),
        pytest.param("{X} {x} {X}", "{X} {x} {X}", ("X", "x"), id="each unknown name once"),
        pytest.param("%s %(von)s {!r} {:>9}", "%s %(von)s {!r} {:>9}", (), id="no format language"),
    ],
)
def test_placeholders(text: str, expected: str, unknown: tuple[str, ...]) -> None:
    values = period_values(*QUARTER, "{von} bis x")
    assert fill(text, values) == (expected, unknown)


def test_whether_a_placeholder_stands_in_a_text() -> None:
    assert contains("für {VON}", "von") and not contains("für {{von}} von", "von")


@given(st.text())
def test_text_without_braces_is_left_alone(text: str) -> None:
    if "{" not in text and "}" not in text:
        assert fill(text, period_values(*QUARTER)) == (text, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("RE/2026:0042", "RE-2026-0042", id="E5.1"),
        pytest.param("Müller & Söhne", "Mueller-Soehne", id="umlauts"),
        pytest.param("../../x", "x", id="E5.2"),
        pytest.param("..\\..\\etc\\passwd", "etc-passwd", id="backslashes"),
        pytest.param("Straße\r\n\x1b[31m", "Strasse-31m", id="control characters"),
        pytest.param("Žižka é ø", "Zizka-e", id="accents"),
        pytest.param("....", "", id="nothing is left"),
        pytest.param("a..b", "a.b", id="two dots"),
        pytest.param("٣", "", id="other digits"),
    ],
)
def test_safe_parts_of_file_names(text: str, expected: str) -> None:
    assert safe(text) == expected


@given(st.text())
def test_a_safe_part_has_only_allowed_characters(text: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    made = safe(text)
    assert set(made) <= allowed and ".." not in made and len(made) <= 80 and safe(made) == made


INVOICE = Document(number="RE/2026:0042", buyer=Party(number="K 1007"))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("type_number", "Rechnung_RE-2026-0042.pdf"),
        ("customer_type_number", "K-1007_Rechnung_RE-2026-0042.pdf"),
        ("type_number_customer", "Rechnung_RE-2026-0042_K-1007.pdf"),
    ],
)
def test_patterns_of_file_names(pattern: str, expected: str) -> None:
    assert document_file_name(INVOICE, pattern) == expected
    assert document_file_name(INVOICE, pattern, copy=True) == "Kopie_" + expected  # E8.1


def test_file_names_of_other_kinds_and_types() -> None:
    credit = replace(INVOICE, kind=DocumentKind.CREDIT_MEMO)
    assert document_file_name(credit) == "Kaufmaennische-Gutschrift_RE-2026-0042.pdf"
    assert document_file_name(replace(INVOICE, document_type="Wartung")) == "Wartung_RE-2026-0042.pdf"
    assert document_file_name(replace(INVOICE, number="", buyer=Party())) == "Rechnung_ohne-Nummer.pdf"
    assert document_file_name(INVOICE, extension=".xml") == "Rechnung_RE-2026-0042.xml"


def test_equal_names_are_counted() -> None:
    """E5.2"""
    assert unique(["a.pdf", "b.pdf", "A.pdf", "a.pdf", "a_2.pdf"]) == [
        "a.pdf",
        "b.pdf",
        "A_3.pdf",
        "a_4.pdf",
        "a_2.pdf",
    ]
    assert unique(["x", "x"]) == ["x", "x_2"]


@given(st.lists(st.sampled_from(["a.pdf", "A.pdf", "a_2.pdf", "b.pdf", "a_3.pdf"])))
def test_unique_names_are_unique_in_any_case(names: list[str]) -> None:
    made = unique(names)
    assert len({name.lower() for name in made}) == len(names) == len(made)


@pytest.mark.parametrize(
    ("text", "line", "block"),
    [
        pytest.param("a\x1b[31mb", "a[31mb", "a[31mb", id="ESC"),
        pytest.param("a\r\nb\nc\td", "a b c d", "a\nb\nc d", id="line ends and tab"),
        pytest.param("a\u202eb\u2066c\u200b\ufeff", "abc", "abc", id="bidi and invisible"),
        pytest.param("u\u0308", "ü", "ü", id="composed"),
        pytest.param("[b]a [/] b[/b] <img src=x> # | `", "[b]a [/] b[/b] <img src=x> # | `", None, id="markup stays"),
        pytest.param("a\ud800b", "ab", "ab", id="lone surrogate"),
        pytest.param("\x9b31m\x00\x7f", "31m", "31m", id="C1 and NUL"),
        pytest.param("Größe – 5\u00a0€", "Größe – 5\u00a0€", None, id="German text stays"),
    ],
)
def test_clean_text(text: str, line: str, block: str | None) -> None:
    assert clean(text) == line
    assert clean_block(text) == (line if block is None else block)


@given(st.text(alphabet=st.characters()))
def test_clean_text_is_printable_and_stays_clean(text: str) -> None:
    made = clean(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or 0x202A <= ord(c) <= 0x202E for c in made)
    assert clean(made) == made and made.encode() is not None
    assert "\n" not in made


def test_folded_text_ignores_case_umlauts_and_accents() -> None:
    assert fold("MÜLLER & Söhne, Straße, Café") == "mueller & soehne, strasse, cafe"
    assert fold("mueller") == fold("Müller") == fold("Mu\u0308ller")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("  =1+1", "'  =1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+49 89 1234", "'+49 89 1234"),
        ("-5,00", "-5,00"),
        ("\t=1", "'\t=1"),
        ("Müller", "Müller"),
        ("", ""),
    ],
)
def test_spreadsheet_formulas_are_text(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


def test_the_day_of_a_timestamp_is_that_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert local_day("2026-11-21T23:30:00+00:00") == date(2026, 11, 22)
        assert local_day("2026-11-21T22:30:00Z") == date(2026, 11, 21)
    finally:
        monkeypatch.undo()
        time.tzset()
