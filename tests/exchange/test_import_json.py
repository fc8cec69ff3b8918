"""JSON files are read as strictly as tables: no amount is guessed, and no field stands twice without a word."""

from decimal import Decimal

import pytest

from tui_billing.exchange.numbers import NumberFormat
from tui_billing.exchange.port import parse_customers, parse_invoices
from tui_billing.i18n import say


def told(problems):
    """What the clerk reads, with its place."""
    return [f"{p.where}: {say(p)}" if p.where else say(p) for p in problems]


def invoices(*positions, head=""):
    """A file with one invoice for each of these positions."""
    start = '"customer_number": "K", "invoice_date": "2026-11-03", ' + head
    entries = ['{"number": "R' + str(n) + '", ' + start + f'"lines": [{p}]}}' for n, p in enumerate(positions, 1)]
    return f"[{', '.join(entries)}]".encode()


def position(amount, **more):
    return '{"name": "A", "unit_price": ' + amount + "".join(f', "{k}": {v}' for k, v in more.items()) + "}"


@pytest.mark.parametrize(
    ("price", "numbers", "expected"),
    [
        ('"1.234"', NumberFormat.DE, "1234"),
        ('"1.234"', NumberFormat.ISO, "1.234"),
        ('"1.234,50"', None, "1234.50"),
        ('"1234.50"', None, "1234.50"),
        ("1.234", NumberFormat.DE, "1.234"),
        ("1.234", None, "1.234"),
    ],
)
def test_a_number_of_json_is_iso_and_a_text_follows_the_file_s_format(price, numbers, expected):
    parsed = parse_invoices(invoices(position(price)), numbers)
    assert not parsed.fatal and not parsed.refused
    assert parsed.items[0].record.lines[0].unit_price == Decimal(expected)


def test_an_ambiguous_text_of_json_refuses_the_file_as_in_a_table():
    parsed = parse_invoices(invoices(position('"1.234"'), position("5")))
    assert [(p.where, p.code) for p in parsed.fatal] == [("Eintrag 1", "ZAHLENFORMAT_MEHRDEUTIG")]
    skonto = '[{"name": "A", "terms": {"skonto_percent": "1.234"}}]'
    assert [p.code for p in parse_customers(skonto.encode()).fatal] == ["ZAHLENFORMAT_MEHRDEUTIG"]


def test_a_text_of_the_other_format_is_refused_and_told_in_the_form_that_was_asked_for():
    parsed = parse_invoices(invoices(position('"1.5"')), NumberFormat.DE)
    assert told(parsed.refused) == [
        "Eintrag 1: unit_price: „1.5“ ist keine Zahl der Form 1.234,56 mit höchstens 6 Nachkommastellen."
    ]
    parsed = parse_invoices(invoices(position("1.2345678")), NumberFormat.DE)
    assert told(parsed.refused) == [
        "Eintrag 1: unit_price: „1.2345678“ ist keine Zahl der Form 1234.56 mit höchstens 6 Nachkommastellen."
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"price": "9"},
            "„lines[1].unit_price“ und „lines[1].price“ sind dasselbe Feld; es darf nur einmal vorkommen.",
        ),
        ({"unit_price": "9"}, "Das Feld „lines[1].unit_price“ kommt zweimal vor."),
        ({"note": '{"Preis": 9}'}, "„lines[1].unit_price“ und „lines[1].note.Preis“ sind dasselbe Feld; es darf "),
    ],
)
def test_a_field_that_stands_twice_refuses_its_entry_and_no_other(more, expected):
    parsed = parse_invoices(invoices(position("1", **more), position("2")))
    assert [i.record.number for i in parsed.items] == ["R2"]
    assert {p.code for p in parsed.refused} == {"SPALTE_DOPPELT"}
    assert told(parsed.refused)[0].startswith(f"Eintrag 1: {expected}")


def test_a_head_that_names_a_field_or_its_lines_twice_is_refused():
    parsed = parse_invoices(invoices(position("1"), head='"Kundennummer": "L", '))
    assert told(parsed.refused) == [
        "Eintrag 1: „customer_number“ und „Kundennummer“ sind dasselbe Feld; es darf nur einmal vorkommen."
    ]
    parsed = parse_invoices(invoices(position("1"), head='"lines": [], '))
    assert told(parsed.refused) == ["Eintrag 1: Das Feld „lines“ kommt zweimal vor."]
    assert parsed.items == ()


def test_a_list_that_stands_twice_refuses_the_file():
    parsed = parse_customers(b'{"customers": [{"name": "A"}], "customers": [{"name": "B"}]}')
    assert told(parsed.fatal) == ["Das Feld „customers“ kommt zweimal vor."] and parsed.items == ()


def test_two_keys_of_one_column_refuse_a_customer():
    parsed = parse_customers(b'[{"name": "A", "city": "X", "address": {"city": "Y"}}, {"name": "B"}]')
    assert [i.record.name for i in parsed.items] == ["B"]
    assert told(parsed.refused) == [
        "Eintrag 1: „city“ und „address.city“ sind dasselbe Feld; es darf nur einmal vorkommen."
    ]


def test_a_line_may_not_contradict_its_invoice():
    parsed = parse_invoices(invoices(position("1", customer_number='"L"'), position("1", customer_number='"K"')))
    assert [i.record.number for i in parsed.items] == ["R2"]
    assert told(parsed.refused) == ["Eintrag 1: customer_number: „L“ in „lines“ widerspricht „K“ im Eintrag selbst."]
