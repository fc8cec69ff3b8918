"""Rules F1-F5 and E3: what clerks type."""

import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain import inputs
from tui_billing.domain.format import day, day_short
from tui_billing.i18n import say

TODAY = date(2026, 11, 22)


def codes(result: tuple[object, list[object]]) -> str:
    return " ".join(problem.code for problem in result[1])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("1.3.26", "01.03.2026", id="F1.1"),
        pytest.param("01.03.2026", "01.03.2026", id="F1.2"),
        pytest.param("010326", "01.03.2026", id="F1.3"),
        pytest.param("01032026", "01.03.2026", id="F1.4"),
        pytest.param("1.3.", "01.03.2026", id="F1.5"),
        pytest.param("0103", "01.03.2026", id="F1.6"),
        pytest.param("1/3/26", "01.03.2026", id="F1.7"),
        pytest.param("1-3-2026", "01.03.2026", id="F1.8"),
        pytest.param("2026-03-01", "01.03.2026", id="F1.9"),
        pytest.param("15", "15.11.2026", id="F1.10"),
        pytest.param("15.", "15.11.2026", id="day with a dot"),
        pytest.param("h", "22.11.2026", id="F1.12"),
        pytest.param("Heute", "22.11.2026", id="F1.13"),
        pytest.param("today", "22.11.2026", id="English today"),
        pytest.param("gestern", "21.11.2026", id="yesterday"),
        pytest.param("morgen", "23.11.2026", id="tomorrow"),
        pytest.param("übermorgen", "24.11.2026", id="the day after"),
        pytest.param("+14", "06.12.2026", id="F1.14"),
        pytest.param("-7", "15.11.2026", id="F1.15"),
        pytest.param("+1m", "22.12.2026", id="F1.16"),
        pytest.param("-1j", "22.11.2025", id="F1.17"),
        pytest.param("+ 2 w", None, id="no blank before the unit"),
        pytest.param("+2w", "06.12.2026", id="weeks"),
        pytest.param("ultimo", "30.11.2026", id="F1.18"),
        pytest.param("1. März 2026", "01.03.2026", id="F1.19"),
        pytest.param("1. Mrz 26", "01.03.2026", id="F1.20"),
        pytest.param("1. maerz", "01.03.2026", id="F1.21"),
        pytest.param("24 Dez", "24.12.2026", id="F1.22"),
        pytest.param("3. Jänner 27", "03.01.2027", id="Austrian January"),
        pytest.param("1 October 2026", "01.10.2026", id="English month"),
        pytest.param("29.2.26", None, id="F1.23"),
        pytest.param("29.2.28", "29.02.2028", id="F1.24"),
        pytest.param("13.02.2026", "13.02.2026", id="F1.25"),
        pytest.param("02.13.2026", None, id="F1.26"),
        pytest.param("31.11.26", None, id="F1.27"),
        pytest.param("00.01.26", None, id="F1.28"),
        pytest.param("1.3.026", None, id="F1.29"),
        pytest.param("1.3.20266", None, id="five digits"),
        pytest.param("1.3/26", None, id="mixed signs"),
        pytest.param("31", None, id="November has 30 days"),
        pytest.param("٠١.٠٣.٢٠٢٦", None, id="F1.32"),
        pytest.param("１.３.26", None, id="full width digits"),
        pytest.param("⑩.3.26", None, id="a circled digit"),
        pytest.param("+⑩", None, id="a circled step"),
        pytest.param("1. Ⅿai", None, id="a Roman numeral"),
        pytest.param("²", None, id="superscript"),
        pytest.param("abc", None, id="F1.33"),
        pytest.param("1. jux 26", None, id="no month"),
        pytest.param("1. ma 26", None, id="two letters"),
        pytest.param("103", None, id="three digits"),
        pytest.param("1.3.69", "01.03.2069", id="69 is 2069"),
        pytest.param("1.3.70", "01.03.1970", id="70 is 1970"),
        pytest.param("01.03.0026", None, id="year 26"),
        pytest.param("+9999j", None, id="beyond the calendar"),
        pytest.param("  1.3.26  ", "01.03.2026", id="blanks around"),
        pytest.param("1. 3. 2026", "01.03.2026", id="blanks after dots"),
        pytest.param("", None, id="nothing"),
        pytest.param("1.3.26; DROP", None, id="rest behind"),
    ],
)
def test_dates(typed: str, expected: str | None) -> None:
    value, problems = inputs.parse_date(typed, TODAY)
    assert day(value) == (expected or "")
    assert bool(problems) is (expected is None)
    assert all(say(problem) for problem in problems)


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_printed_dates_read_back_whatever_today_is(value: date, today: date) -> None:
    for text in (
        day(value),
        day_short(value),
        value.isoformat(),
        f"{value:%d%m%y}",
        f"{value:%d%m%Y}",
        day(value, "en"),
    ):
        assert inputs.parse_date(text, today) == (value, [])


@given(st.integers(-999, 999))
def test_steps_in_days(n: int) -> None:
    assert inputs.parse_date(f"{n:+d}", TODAY) == (TODAY + timedelta(days=n), [])


@given(st.text(max_size=12))
def test_no_text_breaks_a_reader(text: str) -> None:
    for result in (
        inputs.parse_date(text, TODAY),
        inputs.parse_amount(text),
        inputs.parse_quantity(text),
        inputs.parse_percent(text, 100),
        inputs.parse_cutoff_day(text),
        inputs.parse_iban(text),
        inputs.parse_vat_id(text),
        inputs.parse_creditor_id(text),
        inputs.parse_leitweg_id(text),
        inputs.parse_email(text),
    ):
        assert all(say(problem) for problem in result[1])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("1.234,56", "1234.56", id="F2.1"),
        pytest.param("1234,56", "1234.56", id="F2.2"),
        pytest.param("1234.56", "1234.56", id="F2.3"),
        pytest.param("1.234", "1234.00", id="F2.4"),
        pytest.param("1.23", "1.23", id="F2.5"),
        pytest.param("1.5", "1.50", id="F2.6"),
        pytest.param("1.234.567,8", "1234567.80", id="F2.7"),
        pytest.param("1 234,56", "1234.56", id="F2.8"),
        pytest.param("1\u00a0234,56", "1234.56", id="no-break space"),
        pytest.param("-5,00", "-5.00", id="F2.9"),
        pytest.param("5,00-", "-5.00", id="F2.10"),
        pytest.param("−5", "-5.00", id="typographic minus"),
        pytest.param(",50", "0.50", id="F2.11"),
        pytest.param("12", "12.00", id="F2.12"),
        pytest.param("1.234,56 €", "1234.56", id="F2.13"),
        pytest.param("€ 12,5", "12.50", id="F2.14"),
        pytest.param("12,50 EUR", "12.50", id="F2.15"),
        pytest.param("1,234.56", None, id="F2.16"),
        pytest.param("1.23.456", None, id="F2.17"),
        pytest.param("12,345", None, id="F2.18"),
        pytest.param("1e5", None, id="F2.19"),
        pytest.param("NaN", None, id="F2.20"),
        pytest.param("1_000", None, id="F2.21"),
        pytest.param("٣", None, id="F2.22"),
        pytest.param("--5", None, id="F2.23"),
        pytest.param("12.3456", None, id="F2.24"),
        pytest.param("", None, id="F2.25"),
        pytest.param("€", None, id="a currency alone"),
        pytest.param("-5-", None, id="minus on both sides"),
        pytest.param("1234.567", None, id="no thousands group"),
        pytest.param("0.123", None, id="thousands of nothing"),
        pytest.param("12 34", None, id="blank in a wrong place"),
        pytest.param("1.234,56 €€", None, id="two currencies"),
        pytest.param("1'234.56", None, id="Swiss"),
        pytest.param("Infinity", None, id="infinity"),
        pytest.param("9999999999999", None, id="thirteen digits"),
        pytest.param("-0,00", "0.00", id="no negative zero"),
    ],
)
def test_amounts(typed: str, expected: str | None) -> None:
    value, problems = inputs.parse_amount(typed)
    assert (None if value is None else str(value)) == expected
    assert bool(problems) is (expected is None)


def test_prices_and_quantities_have_more_decimals() -> None:
    assert inputs.parse_amount("0,3245", 6) == (D("0.3245"), [])
    assert str(inputs.parse_amount("3,5", 6)[0]) == "3.50"
    assert codes(inputs.parse_amount("0,1234567", 6)) == "ZU_VIELE_NACHKOMMASTELLEN"
    assert inputs.parse_quantity("1.250") == (D(1250), [])
    assert inputs.parse_quantity("0,0001") == (D("0.0001"), [])
    assert codes(inputs.parse_quantity("0,00001")) == "ZU_VIELE_NACHKOMMASTELLEN"


@given(st.text(alphabet="0123456789.,- ", max_size=14))
def test_an_amount_is_exact_or_refused(text: str) -> None:
    value, problems = inputs.parse_amount(text)
    assert (value is None) is bool(problems)
    if value is not None:
        digits = "".join(c for c in text if c.isdigit()).strip("0")
        assert str(abs(value)).replace(".", "").strip("0") == digits


@pytest.mark.parametrize(
    ("typed", "expected", "code"),
    [
        pytest.param("19", "19", "", id="F5.1"),
        pytest.param("19 %", "19", "", id="F5.1 sign"),
        pytest.param("2,5", "2.5", "", id="F5.1 decimals"),
        pytest.param("0,19", "0.19", "PROZENT_SEHR_KLEIN", id="F5.1 meinten Sie 19 %?"),
        pytest.param("101", None, "PROZENT_ZU_GROSS", id="F5.1 discount"),
        pytest.param("-1", None, "PROZENT_NEGATIV", id="negative"),
        pytest.param("0", "0", "", id="zero"),
        pytest.param("100", "100", "", id="everything"),
        pytest.param("%", None, "ZAHL_FEHLT", id="sign alone"),
    ],
)
def test_percents(typed: str, expected: str | None, code: str) -> None:
    result = inputs.parse_percent(typed, 100)
    assert (None if result[0] is None else str(result[0])) == expected
    assert codes(result) == code


def test_the_warning_asks_for_nineteen_per_cent() -> None:
    (problem,) = inputs.parse_percent("0,19")[1]
    assert problem.warning and say(problem).replace("\u00a0", " ") == "0,19 % ist sehr wenig: meinten Sie 19 %?"


@pytest.mark.parametrize(
    ("reader", "typed", "value", "code"),
    [
        pytest.param("iban", "DE02 1203 0000 0000 2020 51", "DE02120300000000202051", "", id="F3.1"),
        pytest.param("iban", "de02120300000000202051", "DE02120300000000202051", "", id="F3.2"),
        pytest.param("iban", "DE89370400440532013000", "DE89370400440532013000", "", id="F3.3"),
        pytest.param("iban", "AT611904300234573201", "AT611904300234573201", "", id="F3.4"),
        pytest.param("iban", "DE03120300000000202051", None, "IBAN_PRUEFZIFFER", id="F3.5"),
        pytest.param("iban", "DE0212030000000020205", None, "IBAN_LAENGE", id="F3.6"),
        pytest.param("iban", "ÄÖ02", None, "IBAN_UNGUELTIG", id="IBAN with umlauts"),
        pytest.param("iban", "", None, "IBAN_FEHLT", id="no IBAN"),
        pytest.param("vat_id", "DE 136 695 976", "DE136695976", "", id="F4.1"),
        pytest.param("vat_id", "DE136695970", None, "USTID_PRUEFZIFFER", id="F4.1 check digit"),
        pytest.param("vat_id", "atu37675002", "ATU37675002", "", id="Austria"),
        pytest.param("vat_id", "GR094259216", "EL094259216", "", id="Greece is EL"),
        pytest.param("vat_id", "CHE-107.787.577 IVA", "CHE107787577IVA", "", id="Switzerland"),
        pytest.param("vat_id", "136695976", None, "USTID_UNGUELTIG", id="no country"),
        pytest.param("creditor_id", "DE98 ZZZ 09999999999", "DE98ZZZ09999999999", "", id="F4.2"),
        pytest.param("creditor_id", "DE99ZZZ09999999999", None, "GLAEUBIGER_ID_PRUEFZIFFER", id="F4.2 check digit"),
        pytest.param("creditor_id", "DE98ZZZ0999999999", None, "GLAEUBIGER_ID_UNGUELTIG", id="17 characters"),
        pytest.param("leitweg_id", "04011000-1234512345-06", "04011000-1234512345-06", "", id="Leitweg-ID"),
        pytest.param("leitweg_id", "04011000-1234512345-07", None, "LEITWEG_ID_PRUEFZIFFER", id="Leitweg check digit"),
        pytest.param("email", "Rechnung@Firma.DE", "Rechnung@firma.de", "", id="E3.2"),
        pytest.param("email", "  a@b.de\t", "a@b.de", "", id="E3.1 stripped"),
        pytest.param("email", "info@straße.de", "info@straße.de", "", id="E3.3 domain with umlauts"),
        pytest.param("email", "jörg@firma.de", None, "EMAIL_UMLAUT", id="E3.4"),
        pytest.param("email", "a@b..de", None, "EMAIL_UNGUELTIG", id="E3.6"),
        pytest.param("email", "a@b.de, c@d.de", None, "EMAIL_UNGUELTIG", id="two addresses"),
        pytest.param("email", "A <a@b.de>", None, "EMAIL_UNGUELTIG", id="with a name"),
        pytest.param("email", "a@b.de\r\nBcc: x@y.de", None, "EMAIL_UNGUELTIG", id="header injection"),
        pytest.param("email", "a@localhost", None, "EMAIL_UNGUELTIG", id="no ending"),
        pytest.param("email", "A@Firma.Local", "A@firma.local", "EMAIL_NUR_INTERN", id="in the house only"),
        pytest.param("cutoff_day", "15", 15, "", id="Stichtag"),
        pytest.param("cutoff_day", "", None, "", id="no Stichtag"),
        pytest.param("cutoff_day", "ultimo", 31, "", id="last day"),
        pytest.param("cutoff_day", "0", None, "STICHTAG_UNGUELTIG", id="day 0"),
        pytest.param("cutoff_day", "32", None, "STICHTAG_UNGUELTIG", id="day 32"),
    ],
)
def test_ids_and_addresses(reader: str, typed: str, value: object, code: str) -> None:
    result = getattr(inputs, f"parse_{reader}")(typed)
    assert (result[0], codes(result)) == (value, code)


def test_umlaut_domains_go_out_by_idna_2008() -> None:
    assert inputs.ascii_address("info@straße.de") == "info@xn--strae-oqa.de"
    assert inputs.ascii_address("a@b.de") == "a@b.de"


def test_the_libraries_are_loaded_on_first_use_only() -> None:
    code = (
        "import sys, tui_billing.domain.inputs, tui_billing.domain.law;"
        "print([m for m in ('schwifty', 'stdnum', 'email_validator', 'idna') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
