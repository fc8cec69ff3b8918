"""Files that are broken, half right or meant for another program: refused with line and reason, never half read."""

from datetime import date
from decimal import Decimal

import pytest

from tui_billing.exchange.numbers import NumberFormat, parse_number
from tui_billing.exchange.port import parse_customers, parse_invoices
from tui_billing.i18n import say

HEAD = "Rechnungsnummer;Kundennummer;Rechnungsdatum;Bezeichnung;Menge;Einzelpreis;MwSt\n"


def told(problems):
    """What the clerk reads, with its place."""
    return [f"{p.where}: {say(p)}" if p.where else say(p) for p in problems]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('Nummer;Name;Ort\n1;"a;b\n2;c;d\n3;e;f\n', "Zeile 2: Hier stimmen die Anführungszeichen nicht: "),
        ('Nummer;Name\n1;a\n2;"Müller "Söhne" GmbH"\n', "Zeile 3: Hier stimmen die Anführungszeichen nicht: "),
        (f'Name\n"{"x" * 200_000}"\n', "Zeile 2: Ein Feld hat mehr als 131072 Zeichen; "),
        ("Name\nMüller\n".encode("utf-16"), "Die Datei ist in UTF-16 gespeichert; bitte als „CSV UTF-8“ speichern."),
        (b"Name;Ort\nM\xc3\xbcller;K\xf6ln\n", "Zeile 2: Die Datei mischt Zeichensätze: Zeile 2 ist in UTF-8, "),
        ("Name\nA\nMüller\n".encode("cp850"), "Zeile 3: Das Zeichen mit dem Code 129 gibt es weder in UTF-8 noch "),
        ("Ort\nX\n", "Zeile 1: Die Spalte „Name“ (name) fehlt in der Kopfzeile; dort steht: Ort"),
        ("Nummer|Name\n1|X\n", "Zeile 1: Die Spalte „Name“ (name) fehlt in der Kopfzeile; dort steht: Nummer|Name"),
        ("\n\nOrt\nX\n", "Zeile 3: Die Spalte „Name“ (name) fehlt in der Kopfzeile; dort steht: Ort"),
        ("Name;Firma\nX;Y\n", "Zeile 1: Die Spalte „Firma“ kommt zweimal vor."),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_refused_whole(data, expected):
    parsed = parse_customers(data if isinstance(data, bytes) else data.encode())
    assert parsed.items == () and told(parsed.fatal)[0].startswith(expected)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("Zahlungsziel", "-5", "Zahlungsziel: „-5“ ist keine ganze Zahl von 0 bis 999."),
        ("Zahlungsziel", "100000", "Zahlungsziel: „100000“ ist keine ganze Zahl von 0 bis 999."),
        ("Stichtag", "32", "Stichtag: „32“ ist keine ganze Zahl von 0 bis 31."),
        ("Skonto %", "150", "Skonto %: „150“ liegt nicht zwischen 0 und 100."),
        ("Skonto", "-2", "Skonto: „-2“ liegt nicht zwischen 0 und 100."),
        ("Land", "XX", "Land: „XX“ ist kein Land; zwei Buchstaben wie DE oder AT angeben."),
        ("Versandart", "Fax", "Versandart: „Fax“ ist unbekannt; möglich: brief, e-mail, email, letter, mail, post."),
        ("Mandatsdatum", "2026-02-30", "Mandatsdatum: „2026-02-30“ ist kein Datum (TT.MM.JJJJ oder JJJJ-MM-TT)."),
    ],
)
def test_a_refusal_names_the_column_as_the_file_does_and_the_value_as_typed(column, value, expected):
    parsed = parse_customers(f"Name;{column}\nA;{value}\n".encode())
    assert told(parsed.refused) == [f"Zeile 2: {expected}"]


@pytest.mark.parametrize(
    ("typed", "code"), [("Deutschland", "DE"), ("germany", "DE"), ("A", "AT"), ("ÖSTERREICH", "AT"), ("ch", "CH")]
)
def test_a_country_may_be_a_code_or_a_name(typed, code):
    assert parse_customers(f"Name;Land\nA;{typed}\n".encode()).items[0].record.address.country == code


def test_the_separator_line_that_excel_writes_is_no_header():
    parsed = parse_customers('sep=,\nName,Ort\n"Müller, Söhne",Köln\n'.encode())
    assert [(i.line, i.record.name) for i in parsed.items] == [(3, "Müller, Söhne")]


def test_empty_fields_behind_the_last_column_are_no_fault():
    assert len(parse_customers(b"Name;Ort\nA;B;;;\n").items) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5,00-", "-5.00"), ("−5,00", "-5.00"), ("EUR 5,00", "5.00"), ("5,00 EUR", "5.00"), ("--5,00", None)],
)
def test_a_minus_behind_or_a_currency_in_front_is_read(text, expected):
    assert parse_number(text, NumberFormat.DE, 2) == (None if expected is None else Decimal(expected))


def test_a_day_with_midnight_behind_it_is_that_day_and_any_other_hour_is_none():
    for value, expected in (("2026-11-03T00:00:00", 1), ("03.11.2026 00:00", 1), ("03.11.2026 08:00", 0)):
        parsed = parse_invoices((HEAD + f"R;K;{value};A;1;10,00;19\n").encode())
        assert len(parsed.items) == expected
        assert all(i.record.invoice_date == date(2026, 11, 3) for i in parsed.items)


def test_a_rate_that_a_spreadsheet_keeps_as_a_fraction_is_refused():
    parsed = parse_invoices((HEAD + "R;K;3.11.2026;A;1;10,00;0,19\n").encode())
    assert told(parsed.refused) == ["Zeile 2: MwSt: „0,19“ ist kein Steuersatz; gemeint ist wohl 19 %."]


def test_numbers_that_differ_by_a_control_character_only_are_one_invoice():
    parsed = parse_invoices((HEAD + "R\x07;K;3.11.2026;A;1;10,00;19\nR;K;3.11.2026;B;1;5,00;19\n").encode())
    assert [(i.record.number, len(i.record.lines)) for i in parsed.items] == [("R", 2)]


def test_what_holds_for_the_whole_invoice_may_stand_in_any_of_its_rows():
    text = "Rechnungsnummer;Kundennummer;Rechnungsdatum;Bezeichnung;Einzelpreis;Brutto\n"
    text += "R;K;3.11.2026;A;100;\nR;;;B;100;238\n"
    assert parse_invoices(text.encode()).items[0].record.gross == Decimal(238)


def test_two_rows_that_contradict_each_other_are_both_named():
    text = HEAD + "R;K;3.11.2026;A;1;10;19\nR;;;B;1;10;19\nR;L;;C;1;10;19\n"
    assert told(parse_invoices(text.encode()).refused) == [
        "Zeile 4: Kundennummer: „L“ widerspricht „K“ in Zeile 2 derselben Rechnung.",
        "Zeile 2: R ist wegen Zeile 4 abgelehnt, darum auch diese Zeile.",
        "Zeile 3: R ist wegen Zeile 4 abgelehnt, darum auch diese Zeile.",
    ]


JSON_LINES = '"customer_number": "K", "invoice_date": "2026-11-03", "lines": [{"name": "A", "unit_price": 1.5}]'


def test_two_objects_of_one_number_are_two_invoices_and_the_second_is_refused():
    text = '[{"number": "R", ' + JSON_LINES + '}, {"number": "R", ' + JSON_LINES + "}]"
    parsed = parse_invoices(text.encode())
    assert len(parsed.items) == 1
    assert told(parsed.refused) == ["Eintrag 2: Belegnummer R steht schon in Eintrag 1."]


def test_json_takes_the_names_of_csv_files_and_tells_keys_that_it_does_not_know():
    text = '{"invoices": [{"Rechnungsnummer": "R", "Kundennummer": 7, "Rechnungsdatum": "3.11.2026", "Farbe": "rot",'
    text += ' "lines": [{"Bezeichnung": "A", "Einzelpreis": 1.50, "Größe": 3}]}]}'
    parsed = parse_invoices(text.encode())
    assert parsed.items[0].record.lines[0].unit_price == Decimal("1.50")
    assert told(parsed.warnings) == [
        "Eintrag 1: Die Spalte „Farbe“ ist unbekannt und wird übergangen.",
        "Eintrag 1: Die Spalte „Größe“ ist unbekannt und wird übergangen.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"number":', "Zeile 1: Die Datei ist ab Spalte 12 dieser Zeile kein gültiges JSON."),
        ("[" * 100_000, "Die Datei ist zu tief verschachtelt."),
    ],
)
def test_broken_json_is_a_german_sentence(text, expected):
    assert told(parse_invoices(text.encode()).fatal) == [expected]


def test_customers_come_from_json_as_the_program_shows_them():
    text = '[{"number": "7", "name": "a [/] b", "address": {"city": "Köln", "country": "DE"}, "channel": "email", '
    text += '"emails": ["a@b.example", "c@d.example"], "is_business": false, "terms": {"days": 30}}]'
    customer = parse_customers(text.encode()).items[0].record
    assert (customer.name, customer.address.city, customer.terms.days) == ("a [/] b", "Köln", 30)
    assert (customer.emails, customer.is_business) == (("a@b.example", "c@d.example"), False)
