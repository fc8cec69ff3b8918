"""Rows that are longer than their header, rates that nobody has, and the report that names every refused row."""

import pytest

from tui_billing.exchange.numbers import NumberFormat
from tui_billing.exchange.port import parse_customers, parse_invoices, parse_orders, parse_payments
from tui_billing.i18n import say

HEAD = "Rechnungsnummer,Kundennummer,Rechnungsdatum,Bezeichnung,Menge,Einzelpreis,Steuersatz\n"
ORDERS = "Auftragsnummer;Kundennummer;Intervall;Anfang;Bezeichnung;Einzelpreis;Steuersatz\n"


def told(problems):
    """What the clerk reads, with its place."""
    return [f"{p.where}: {say(p)}" for p in problems]


def invoices(*rows, head=HEAD, numbers=None):
    return parse_invoices((head + "\n".join(rows)).encode(), numbers)


def test_a_decimal_comma_without_quotation_marks_is_no_two_numbers():
    parsed = invoices("C-1,10001,03.11.2026,Ware,1,10,50,")
    assert parsed.items == ()
    assert told(parsed.refused) == [
        "Zeile 2: Die Zeile hat 8 Felder, die Kopfzeile 7; „10,50“ kann eine Zahl mit Dezimalkomma sein. "
        "Solche Zahlen in Anführungszeichen setzen; trennt ein Punkt die Dezimalstellen der Datei, "
        "--numbers iso angeben."
    ]


def test_one_row_that_is_longer_than_the_others_is_refused_even_where_the_rest_is_empty():
    parsed = invoices("C-1,10001,03.11.2026,Ware,1,10.50,", "C-2,10001,03.11.2026,Ware,1,7.00,,")
    assert [i.record.number for i in parsed.items] == ["C-1"]
    assert [(p.where, p.code) for p in parsed.refused] == [("Zeile 3", "ZU_VIELE_SPALTEN")]


@pytest.mark.parametrize("end", ["\n", ",\n"])
def test_rows_that_all_end_with_a_separator_are_read(end):
    head = HEAD.replace("\n", end)
    rows = ("C-1,10001,03.11.2026,Ware,1,10.50,19,", "C-2,10001,03.11.2026,Ware,2,10,19,")
    parsed = invoices(*rows, head=head)
    assert (told(parsed.refused), [i.record.lines[0].vat_rate for i in parsed.items]) == ([], [19, 19])
    semicolons = invoices(*(r.replace(",", ";").replace(".50", ",50") for r in rows), head=head.replace(",", ";"))
    assert (told(semicolons.refused), len(semicolons.items)) == ([], 2)


def test_whole_prices_with_a_separator_behind_every_row_are_read_where_the_clerk_says_iso():
    row = "C-1,10001,03.11.2026,Ware,1,10,19,"
    assert invoices(row).items == ()
    assert invoices(row, numbers=NumberFormat.ISO).items[0].record.lines[0].unit_price == 10


def test_payments_and_customers_do_not_lose_what_stands_behind_their_comma():
    payment = parse_payments(b"Bezahlt am,Betrag,Verwendungszweck\n03.11.2026,119,50,\n")
    assert (payment.items, [p.code for p in payment.refused]) == ((), ["ZU_VIELE_SPALTEN"])
    customer = parse_customers(b"Name,Skonto,Skontotage\nA,2,50,\n")
    assert (customer.items, [p.code for p in customer.refused]) == ((), ["ZU_VIELE_SPALTEN"])


@pytest.mark.parametrize(("rate", "warned"), [("19", 0), ("7", 0), ("16", 0), ("5", 0), ("0", 0), ("50", 1), ("20", 1)])
def test_a_rate_that_is_not_usual_is_taken_and_told(rate, warned):
    parsed = invoices(f"C-1,10001,03.11.2026,Ware,1,10.50,{rate}")
    assert len(parsed.items) == 1 and len(parsed.warnings) == warned
    if warned:
        assert told(parsed.warnings) == [
            f"Zeile 2: Steuersatz: „{rate}“ ist kein üblicher Steuersatz (0, 5, 7, 16, 19); bitte prüfen."
        ]


def test_a_rate_out_of_bounds_is_told_once_and_orders_are_warned_alike():
    assert [p.code for p in invoices("C-1,10001,03.11.2026,Ware,1,10.50,190").refused] == ["ZAHL_AUSSERHALB"]
    parsed = parse_orders((ORDERS + "A-1;10001;Monat;01.01.2026;Miete;1,00;50\n").encode())
    assert [(p.where, p.code) for p in parsed.warnings] == [("Zeile 2", "STEUERSATZ_UNUEBLICH")]
    assert len(parsed.items) == 1


def test_every_row_of_a_refused_record_is_named_with_the_row_that_is_bad():
    parsed = invoices("R,K,3.11.2026,Gut,1,10,19", "R,K,3.11.2026,Schlecht,x,10,19", "S,K,3.11.2026,Gut,1,10,19")
    assert [i.record.number for i in parsed.items] == ["S"]
    assert [p.where for p in parsed.refused] == ["Zeile 3", "Zeile 2"]
    assert told(parsed.refused)[1] == "Zeile 2: R ist wegen Zeile 3 abgelehnt, darum auch diese Zeile."
    orders = parse_orders((ORDERS + "A;K;Monat;01.01.2026;Miete;1,00;19\nA;;;;Strom;x;19\n").encode())
    assert (orders.items, [p.where for p in orders.refused]) == ((), ["Zeile 3", "Zeile 2"])


def test_an_invoice_never_comes_in_without_the_position_that_could_not_be_read():
    parsed = invoices("R,K,3.11.2026,Gut,1,10.00,19", "R,K,3.11.2026,Wolle, rot,1,5.00,19")
    assert parsed.items == ()
    assert [(p.where, p.code) for p in parsed.refused] == [
        ("Zeile 3", "ZU_VIELE_SPALTEN"),
        ("Zeile 2", "ZEILE_MIT_ABGELEHNT"),
    ]
