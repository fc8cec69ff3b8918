"""Orders from CSV: what is read, and which rows are refused with their line and reason."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from tui_billing.domain.documents import VatCategory
from tui_billing.domain.orders import CatchUp, IntervalUnit, PriceBasis, Proration, Timing
from tui_billing.exchange.numbers import NumberFormat
from tui_billing.exchange.orders_csv import parse_orders

HEAD = "Auftragsnummer;Kundennummer;Intervall;Anfang;Bezeichnung;Preis"


def refused(*rows: str, head: str = HEAD) -> list[tuple[str, str]]:
    parsed = parse_orders("\n".join((head, *rows)).encode())
    return [(p.where, p.code) for p in (*parsed.fatal, *parsed.refused)]


def test_the_example_file_is_read_whole() -> None:
    parsed = parse_orders((Path(__file__).parents[2] / "data" / "orders.csv").read_bytes())
    assert (len(parsed.items), parsed.refused, parsed.fatal) == (3, (), ())
    first, second, third = (item.record for item in parsed.items)
    assert (first.order.document_type, first.billed_until) == ("Beitragsrechnung", date(2026, 12, 31))
    assert [line.unit_price for line in second.order.lines] == [D("450.00"), D("19.90")]
    assert second.order.interval is not None and third.order.interval is not None
    assert (second.order.interval.unit, second.order.interval.timing) == (IntervalUnit.QUARTER, Timing.IN_ARREARS)
    terms = third.order.interval
    assert (terms.aligned, terms.proration, terms.catch_up) == (True, Proration.DAILY, CatchUp.COMBINED)
    assert (terms.start, third.order.lines[0].price_basis) == (date(2026, 2, 15), PriceBasis.MONTH)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("A-1;10001;Monat;;Miete;1,00", ("Zeile 2", "ANKER_FEHLT")),
        ("A-1;10001;Dekade;01.01.2026;Miete;1,00", ("Zeile 2", "WERT_UNBEKANNT")),
        ("A-1;10001;Monat;31.02.2026;Miete;1,00", ("Zeile 2", "DATUM_UNGUELTIG")),
        (";10001;Monat;01.01.2026;Miete;1,00", ("Zeile 2", "FELD_LEER")),
        ("A-1;;Monat;01.01.2026;Miete;1,00", ("Zeile 2", "FELD_LEER")),
        ("A-1;10001;Monat;01.01.2026;;1,00", ("Zeile 2", "FELD_LEER")),
        ("A-1;10001;Monat;01.01.2026;Miete;zwei", ("Zeile 2", "ZAHL_UNGUELTIG")),
        ("A-1;10001;Monat;01.01.2026;Miete;1.234", ("Zeile 2", "ZAHLENFORMAT_MEHRDEUTIG")),
    ],
)
def test_a_bad_row_is_refused_with_line_and_reason(row: str, problem: tuple[str, str]) -> None:
    assert problem in refused(row)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (";0;1;19", "FELD_LEER"),
        ("1,00;101;1;19", "ZAHL_AUSSERHALB"),
        ("1,00;-1;1;19", "ZAHL_AUSSERHALB"),
        ("1,00;0;0;19", "ZAHL_AUSSERHALB"),
        ("1,00;0;1;190", "ZAHL_AUSSERHALB"),
        ("1,00;0;1;0,19", "STEUERSATZ_UNGUELTIG"),
    ],
)
def test_an_order_is_as_strict_with_amounts_and_rates_as_an_invoice(cells: str, code: str) -> None:
    head = "Auftragsnummer;Kundennummer;Bezeichnung;Preis;Rabatt;Preiseinheit;USt"
    parsed = parse_orders(f"{head}\nA-1;10001;Miete;{cells}\n".encode(), NumberFormat.DE)
    assert [(p.where, p.code) for p in parsed.refused] == [("Zeile 2", code)]


def test_a_small_business_imports_orders_without_tax() -> None:
    text = "Auftragsnummer;Kundennummer;Bezeichnung;Preis\nA-1;10001;Miete;1,00\n"
    (line,) = parse_orders(text.encode(), default_rate=D(0)).items[0].record.order.lines
    assert (line.vat_category, line.vat_rate) == (VatCategory.EXEMPT, 0)


def test_what_a_later_position_says_of_the_order_holds_where_the_first_says_nothing() -> None:
    rows = ("A-1;10001;;;Miete;1,00", "A-1;10001;Monat;01.01.2026;Nebenkosten;2,00")
    order = parse_orders("\n".join((HEAD, *rows)).encode()).items[0].record.order
    assert order.interval is not None


def test_a_later_position_may_not_contradict_its_order() -> None:
    rows = ("A-1;10001;Monat;01.01.2026;Miete;1,00", "A-1;10002;;;Nebenkosten;2,00")
    assert refused(*rows) == [("Zeile 3", "AUFTRAG_WIDERSPRUCH"), ("Zeile 2", "ZEILE_MIT_ABGELEHNT")]


def test_an_order_without_interval_is_billed_by_hand() -> None:
    parsed = parse_orders("\n".join((HEAD, "A-1;10001;;;Umzug;300,00")).encode())
    assert parsed.items[0].record.order.interval is None


def test_exemption_reason_and_14b_note_are_read() -> None:
    head = f"{HEAD};Befreiungsgrund;Bauleistung privat"
    parsed = parse_orders("\n".join((head, "A-1;10001;;;Miete;300,00;§ 4 Nr. 12 UStG;ja")).encode())
    order = parsed.items[0].record.order
    assert (order.exemption_reason, order.property_work) == ("§ 4 Nr. 12 UStG", True)


def test_windows_encoding_and_comma_are_read_too() -> None:
    text = 'order number,customer,interval,anchor,name,price\nA-1,10001,jährlich,2026-01-01,"Gebühr, groß",96.00'
    parsed = parse_orders(text.encode("cp1252"))
    order = parsed.items[0].record.order
    assert (order.lines[0].name, order.lines[0].unit_price) == ("Gebühr, groß", D("96.00"))


def test_control_characters_do_not_come_in() -> None:
    parsed = parse_orders("\n".join((HEAD, "A-1;10001;;;rot\x1b[31m;1,00")).encode())
    assert "\x1b" not in parsed.items[0].record.order.lines[0].name
