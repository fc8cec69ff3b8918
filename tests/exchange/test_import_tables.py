"""Import files as offices write them: encodings, separators, number formats, and every refusal with its line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tui_billing.domain.documents import DocumentKind
from tui_billing.domain.parties import Channel, InvoiceFormat
from tui_billing.exchange.numbers import NumberFormat, find_format, parse_number
from tui_billing.exchange.port import csv_bytes, parse_customers, parse_invoices, parse_payments

DATA = Path(__file__).parents[2] / "data"
HEAD = "Nummer;Kunde;Datum;Bezeichnung;Menge;Preis\n"


def codes(problems):
    return [(p.where, p.code) for p in problems]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234,56", "7"], NumberFormat.DE),
        (["12,5"], NumberFormat.DE),
        ([",50"], NumberFormat.DE),
        (["1234.56", "7"], NumberFormat.ISO),
        (["0.5"], NumberFormat.ISO),
        (["12", "7"], NumberFormat.DE),
        (["1.234"], None),
        (["1.234", "7,50"], None),
        (["1,234"], None),
        (["1,5", "1.5"], None),
        (["1.234.567,00"], NumberFormat.DE),
    ],
)
def test_a_number_format_is_found_only_where_no_value_is_ambiguous(cells, expected):
    found, problems = find_format((f"Zeile {n}", c) for n, c in enumerate(cells, 2))
    assert found == expected
    assert bool(problems) == (expected is None)


@pytest.mark.parametrize(
    ("text", "numbers", "expected"),
    [
        ("1.234", NumberFormat.DE, "1234"),
        ("1.234", NumberFormat.ISO, "1.234"),
        ("1.234,5 €", NumberFormat.DE, "1234.5"),
        ("1.23", NumberFormat.DE, None),
        ("1,5", NumberFormat.ISO, None),
        ("1_000", NumberFormat.ISO, None),
        ("NaN", NumberFormat.ISO, None),
        ("1e5", NumberFormat.ISO, None),
        ("٣", NumberFormat.DE, None),
        ("0,12345", NumberFormat.DE, None),
        ("-5", NumberFormat.DE, "-5"),
    ],
)
def test_a_number_is_read_in_the_file_s_format_or_refused(text, numbers, expected):
    value = parse_number(text, numbers, 4)
    assert value == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_customers_are_read_in_every_usual_encoding_and_separator(encoding, separator):
    rows = [["Kundennummer", "Name", "PLZ", "Ort", "E-Mail", "Versandart"]]
    rows += [["7", "Bäckerei Öztürk & Söhne", "20999", "Süd", "a@b.example", "E-Mail"]]
    text = "\r\n".join(separator.join(r) for r in rows)
    parsed = parse_customers(text.encode(encoding))
    assert not parsed.refused and not parsed.fatal
    customer = parsed.items[0].record
    assert (customer.number, customer.name, customer.channel) == ("7", "Bäckerei Öztürk & Söhne", Channel.EMAIL)


def test_the_example_file_of_customers_reads_without_a_refusal():
    parsed = parse_customers((DATA / "customers.csv").read_bytes())
    assert (codes(parsed.refused), parsed.fatal, parsed.warnings) == ([], (), ())
    first, second, third, _, fifth = (i.record for i in parsed.items)
    assert (first.terms.skonto_percent, first.terms.skonto_days, first.cutoff_day) == (Decimal("2.00"), 7, 15)
    assert second.invoice_format is InvoiceFormat.ZUGFERD and second.vat_id == "DE136695976"
    assert third.address.po_box == "12 34 56" and third.channel is Channel.LETTER
    assert fifth.emails == ("zoe@ab.example", "office@ab.example")


def test_the_example_files_of_customers_in_json_and_of_payments_read_without_a_refusal():
    parsed = parse_customers((DATA / "customers.json").read_bytes())
    assert (codes(parsed.refused), parsed.fatal, parsed.warnings) == ([], (), ())
    assert [(i.record.number, i.record.address.country) for i in parsed.items] == [("20006", "DE"), ("20007", "AT")]
    paid = parse_payments((DATA / "payments.csv").read_bytes())
    assert (codes(paid.refused), paid.fatal, len(paid.items)) == ([], (), 2)


def test_each_refused_customer_names_its_line_and_reason():
    text = "Nummer;Name;E-Mail;IBAN;Stichtag;Versandart\n"
    text += "1;;x;DE03120300000000202051;40;Fax\n2;Gut;;;;\n2;Noch einmal;;;;\n"
    parsed = parse_customers(text.encode())
    assert [i.record.name for i in parsed.items] == ["Gut"]
    assert {w for w, _ in codes(parsed.refused)} == {"Zeile 2", "Zeile 4"}
    assert len([p for p in parsed.refused if p.where == "Zeile 2"]) >= 4
    assert ("Zeile 4", "KUNDE_DOPPELT") in codes(parsed.refused)


def test_the_example_files_of_invoices_read_without_a_refusal():
    parsed = parse_invoices((DATA / "invoices.csv").read_bytes())
    assert (codes(parsed.refused), parsed.fatal) == ([], ())
    first = parsed.items[0].record
    assert (first.number, first.kind, len(first.lines)) == ("RE-2026-90001", DocumentKind.INVOICE, 2)
    assert first.lines[0].unit_price == Decimal("28.50") and first.lines[1].vat_rate == Decimal(7)
    second = parse_invoices((DATA / "invoices.json").read_bytes())
    assert (codes(second.refused), second.items[0].record.invoice_date) == ([], date(2026, 11, 9))
    assert second.items[0].record.lines[1].quantity == Decimal("3.5")


def test_one_bad_position_refuses_the_whole_invoice_and_nothing_else():
    text = HEAD + "R1;K;1.11.2026;Gut;1;10,00\nR1;K;1.11.2026;Schlecht;x;10,00\nR2;K;2.11.2026;Gut;1;5,00\n"
    parsed = parse_invoices(text.encode(), NumberFormat.DE)
    assert [i.record.number for i in parsed.items] == ["R2"]
    assert codes(parsed.refused) == [("Zeile 3", "ZAHL_UNGUELTIG"), ("Zeile 2", "ZEILE_MIT_ABGELEHNT")]


def test_rows_of_one_invoice_that_contradict_each_other_are_refused():
    text = HEAD + "R1;K;1.11.2026;A;1;10,00\nR1;L;1.11.2026;B;1;10,00\n"
    assert codes(parse_invoices(text.encode()).refused) == [
        ("Zeile 3", "ZEILEN_WIDERSPRECHEN"),
        ("Zeile 2", "ZEILE_MIT_ABGELEHNT"),
    ]


@pytest.mark.parametrize("value", ["03/01/2026", "1.3.", "h", "+14", "32.01.2026", "2026-02-30", "010326"])
def test_a_date_in_a_file_is_complete_and_unambiguous_or_refused(value):
    text = HEAD + f"R1;K;{value};A;1;10,00\n"
    assert ("Zeile 2", "DATUM_UNGUELTIG") in codes(parse_invoices(text.encode()).refused)


@pytest.mark.parametrize(("value", "expected"), [("1.3.2026", 3), ("01.03.26", 3), ("2026-03-01", 3)])
def test_german_and_iso_dates_are_read(value, expected):
    text = HEAD + f"R1;K;{value};A;1;10,00\n"
    assert parse_invoices(text.encode()).items[0].record.invoice_date == date(2026, expected, 1)


def test_an_ambiguous_number_refuses_the_file_and_says_the_switch():
    parsed = parse_invoices((HEAD + "R1;K;1.11.2026;A;1;1.234\n").encode())
    assert codes(parsed.fatal) == [("Zeile 2", "ZAHLENFORMAT_MEHRDEUTIG")]
    assert parse_invoices((HEAD + "R1;K;1.11.2026;A;1;1.234\n").encode(), NumberFormat.DE).items[0].record.lines[
        0
    ].unit_price == Decimal(1234)


def test_a_quoted_cell_may_hold_line_breaks_and_the_line_number_stays_right():
    text = (
        'Nummer;Kunde;Datum;Bezeichnung;Menge;Preis;Kopftext\nR1;K;1.11.2026;A;1;1,00;"eins\nzwei"\nR2;K;x;B;1;1,00;\n'
    )
    parsed = parse_invoices(text.encode())
    assert parsed.items[0].record.header_text == "eins\nzwei"
    assert codes(parsed.refused) == [("Zeile 4", "DATUM_UNGUELTIG")]


def test_missing_double_and_unknown_columns_are_told():
    assert codes(parse_customers(b"Nummer;Ort\n1;x\n").fatal) == [("Zeile 1", "SPALTE_FEHLT")]
    assert codes(parse_customers(b"Name;Firma\n1;x\n").fatal) == [("Zeile 1", "SPALTE_DOPPELT")]
    parsed = parse_customers(b"Name;Lieblingsfarbe\nA;blau\n")
    assert codes(parsed.warnings) == [("Zeile 1", "SPALTE_UNBEKANNT")] and len(parsed.items) == 1


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00\x01\x02", b"PK\x03\x04\x00"])
def test_a_file_that_is_no_table_is_refused_as_a_whole(data):
    assert parse_customers(data).fatal


def test_control_characters_in_a_cell_do_not_come_through():
    parsed = parse_customers(b"Name\nA\x1b[31mB\x07C\n")
    assert "\x1b" not in parsed.items[0].record.name and "\x07" not in parsed.items[0].record.name


@pytest.mark.parametrize("text", ["{", "[1]", '{"invoices": [{"number": "1", "lines": []}]}', '{"invoices": 3}'])
def test_json_that_holds_no_invoice_gives_a_sentence_and_no_record(text):
    assert parse_invoices(text.encode()).items == ()


def test_lists_out_defuse_formulas_and_open_in_german_spreadsheets():
    data = csv_bytes(("Nummer", "Name"), [("1", "=HYPERLINK(1)"), ("2", "Öz;türk")])
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == 'Nummer;Name\r\n1;\'=HYPERLINK(1)\r\n2;"Öz;türk"\r\n'
