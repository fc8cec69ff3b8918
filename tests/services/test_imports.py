"""Imports end to end over the engine in memory: all or nothing, numbers kept, ranges go on behind them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from desks import COMPANY, memory_desk

from tui_billing.domain import law_notes
from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, DocumentState, Line
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Address, Company, Customer, PaymentTerms
from tui_billing.i18n import say
from tui_billing.services import customers, documents, exports, imports

DATA = Path(__file__).parents[2] / "data"
SENT = {"R1": "", "R2": "3.11.2026"}
HEAD = "Nummer;Kunde;Datum;Bezeichnung;Menge;Preis;Brutto;Art;Versendet am\n"


@pytest.fixture
def desk(tmp_path):
    desk = memory_desk(tmp_path)
    with desk.store.transaction("Firma") as tx:
        tx.insert(COMPANY)
    return desk


@pytest.fixture
def with_customers(desk):
    imports.apply_customers(desk, imports.plan_customers(desk.store, (DATA / "customers.csv").read_bytes()))
    return desk


def take(desk, text, **options):
    plan = imports.plan_invoices(desk.store, text.encode())
    list(imports.apply_invoices(desk, plan, **options))
    return plan


def test_the_example_files_are_taken_whole(with_customers):
    for name in ("invoices.csv", "invoices.json"):
        plan = imports.plan_invoices(with_customers.store, (DATA / name).read_bytes())
        assert plan.refused == ()
        list(imports.apply_invoices(with_customers, plan))
    rows = {d.number: d.totals.gross for d in with_customers.store.scan(Document)}
    assert rows == {
        "RE-2026-90001": Decimal("420.06"),
        "RE-2026-90002": Decimal("59.38"),
        "RE-2026-90003": Decimal("482.70"),
        "RE-2026-90004": Decimal("11.16"),
        "RE-2026-90005": Decimal("141.31"),
    }
    assert with_customers.store.count(ReceivableEntry) == 5


def test_the_range_goes_on_behind_an_imported_number(with_customers):
    plan = imports.plan_invoices(with_customers.store, (DATA / "invoices.csv").read_bytes())
    list(imports.apply_invoices(with_customers, plan))
    customer = next(with_customers.store.scan(Customer))
    line = Line(name="x", unit_price=Decimal(1))
    built = documents.build(
        COMPANY, customer, kind=DocumentKind.INVOICE, invoice_date=date(2026, 11, 20), lines=(line,)
    )
    with with_customers.store.transaction("neu") as tx:
        assert documents.add(tx, built).number == "RE-2026-90005"


def test_one_refused_row_stores_nothing_unless_partial(with_customers):
    text = HEAD + "R1;20001;1.11.2026;A;1;10,00;11,90;;\nR2;99999;1.11.2026;A;1;10,00;;;\n"
    with pytest.raises(Refused) as refusal:
        take(with_customers, text)
    assert [p.code for p in refusal.value.problems] == ["KUNDE_UNBEKANNT", "IMPORT_ABGEBROCHEN"]
    assert with_customers.store.count(Document) == 0
    plan = take(with_customers, text, partial=True)
    assert [(p.where, p.code) for p in plan.refused] == [("Zeile 3", "KUNDE_UNBEKANNT")]
    assert [d.number for d in with_customers.store.scan(Document)] == ["R1"]


def test_a_sum_that_is_not_that_of_the_positions_is_refused(with_customers):
    plan = imports.plan_invoices(with_customers.store, (HEAD + "R1;20001;1.11.2026;A;1;10,00;11,91;;\n").encode())
    assert [p.code for p in plan.refused] == ["BRUTTO_WEICHT_AB"]


def test_a_number_that_exists_is_refused(with_customers):
    text = HEAD + "R1;20001;1.11.2026;A;1;10,00;;;\n"
    take(with_customers, text)
    assert [p.code for p in imports.plan_invoices(with_customers.store, text.encode()).refused] == ["NUMMER_VERGEBEN"]


def test_an_invoice_that_was_sent_before_comes_in_final_and_sent(with_customers):
    text = HEAD + "R1;20001;1.11.2026;A;1;10,00;;;\nR2;20001;1.11.2026;A;1;10,00;;;2.11.2026\n"
    text = text.replace("Versendet am", "Versendet am;Leistung von;Leistung bis").replace(
        ";2.11.2026\n", ";2.11.2026;1.11.2026;30.11.2026\n"
    )
    take(with_customers, text)
    first, second = with_customers.store.all(Document)
    assert (first.state, first.was_sent) == (DocumentState.OPEN, False)
    assert (second.state, second.mailed_at[:10]) == (DocumentState.FINAL, "2026-11-02")


def test_a_credit_memo_comes_in_negative_whatever_the_sign_of_its_sum(with_customers):
    take(with_customers, HEAD + "G1;20001;1.11.2026;A;1;10,00;11,90;Gutschrift;\n")
    document = next(with_customers.store.scan(Document))
    assert (document.kind, document.totals.gross) == (DocumentKind.CREDIT_MEMO, Decimal("-11.90"))


def test_an_existing_customer_is_refused_or_updated_on_request(with_customers):
    text = "Nummer;Name;Ort\n20001;Neuer Name;Süd\n20099;Ganz neu;Nord\n"
    with pytest.raises(Refused):
        imports.apply_customers(with_customers, imports.plan_customers(with_customers.store, text.encode()))
    plan = imports.plan_customers(with_customers.store, text.encode(), update=True)
    result = imports.apply_customers(with_customers, plan)
    assert (result.created, result.updated) == (1, 1)
    assert with_customers.store.find_one(Customer, "number", "20001").name == "Neuer Name"


def test_a3_rows_of_a_kleinunternehmer_are_exempt_unless_the_file_shows_tax(with_customers):
    with with_customers.store.transaction("§ 19") as tx:
        tx.put(replace(tx.need(Company, 1), small_business=True))
    head = "Nummer;Kunde;Datum;Bezeichnung;Preis;Leistungsdatum;USt\n"
    rows = "".join(f"R{n};20001;1.11.2026;A;500,00;1.11.2026;{rate}\n" for n, rate in enumerate(("", "0", "19")))
    take(with_customers, head + rows)
    found = with_customers.store.all(Document)
    assert [(d.lines[0].vat_category.value, d.totals.gross) for d in found] == [
        ("E", Decimal("500.00")),
        ("E", Decimal("500.00")),
        ("S", Decimal("595.00")),
    ]
    assert [[p.code for p in check_document(d)] for d in found] == [[], [], ["KLEINUNTERNEHMER_OHNE_STEUERAUSWEIS"]]


def test_b12_a_row_without_a_rate_gets_the_rate_of_the_day_of_its_supply(with_customers):
    """Period December 2020, invoice of January 2021: 16 %; a rate that stands in the file stays."""
    head = "Nummer;Kunde;Datum;Bezeichnung;Preis;Leistung von;Leistung bis;USt\n"
    rows = "R1;20001;5.1.2021;A;100,00;1.12.2020;31.12.2020;\nR2;20001;5.1.2021;A;100,00;1.12.2020;31.12.2020;19\n"
    take(with_customers, head + rows + "R3;20001;5.1.2021;A;100,00;1.1.2021;31.1.2021;\n")
    rates = [d.lines[0].vat_rate for d in with_customers.store.all(Document)]
    assert rates == [Decimal(16), Decimal(19), Decimal(19)]


def test_a5_a_delivery_address_comes_in_and_decides_on_the_intra_community_supply(with_customers):
    head = "Nummer;Kunde;Datum;Bezeichnung;Preis;Steuerkategorie;Leistungsdatum;Lieferung an;Lieferort;Lieferland\n"
    take(with_customers, head + "R1;20001;1.11.2026;Maschine;500,00;K;1.11.2026;Lager;Wien;at\n")
    document = next(with_customers.store.scan(Document))
    assert (document.delivery_name, document.delivery_address) == ("Lager", Address(city="Wien", country="AT"))
    assert "LIEFERLAND_NICHT_EU" not in {p.code for p in check_document(document)}
    assert law_notes.notes(document)[0] == "Lieferanschrift: Lager, Wien, AT"


def test_an_update_changes_only_what_the_file_has_columns_for(with_customers):
    """A list of names and mail addresses takes nobody's Stichtag, bank account or Skonto away."""
    before = with_customers.store.find_one(Customer, "number", "20001")
    full = replace(before, cutoff_day=15, iban="DE02120300000000202051", terms=PaymentTerms(days=30, skonto_days=14))
    with with_customers.store.transaction("voll") as tx:
        full = tx.put(full)
    text = "Nummer;Name;Straße;Zahlungsziel\n20001;Neuer Name;Ring 5;21\n"
    imports.apply_customers(with_customers, imports.plan_customers(with_customers.store, text.encode(), update=True))
    after = with_customers.store.find_one(Customer, "number", "20001")
    expected = replace(
        full,
        name="Neuer Name",
        address=replace(full.address, street="Ring 5"),
        terms=replace(full.terms, days=21),
        rev=after.rev,
    )
    assert after == expected


def test_a_customer_without_a_number_gets_the_next_free_one(desk):
    plan = imports.plan_customers(desk.store, b"Nummer;Name\n10001;Eins\n;Zwei\n")
    assert imports.apply_customers(desk, plan).numbers == ("10001", "10002")


def test_without_a_company_no_invoice_comes_in(tmp_path):
    with pytest.raises(Refused) as refusal:
        imports.plan_invoices(memory_desk(tmp_path).store, (DATA / "invoices.csv").read_bytes())
    assert refusal.value.problems[0].code == "COMPANY_MISSING"


def test_exported_customers_come_in_again_as_they_were(with_customers, tmp_path):
    with with_customers.store.transaction("feindlich") as tx:
        tx.insert(Customer(number="20099", name='=HYPERLINK("x"); OHG', note="a\nb"))
    data = exports.customers_csv(with_customers.store)
    other = memory_desk(tmp_path)
    imports.apply_customers(other, imports.plan_customers(other.store, data))
    assert other.store.all(Customer) == with_customers.store.all(Customer)


def test_a_mended_address_reaches_the_open_documents_and_no_final_one(with_customers):
    text = HEAD.replace("Versendet am", "Leistung von;Leistung bis;Versendet am")
    rows = "".join(f"{n};20001;1.11.2026;A;1;10,00;;;1.11.2026;2.11.2026;{sent}\n" for n, sent in SENT.items())
    take(with_customers, text + rows)
    customer = with_customers.store.find_one(Customer, "number", "20001")
    customers.save_customer(with_customers, replace(customer, address=replace(customer.address, street="Neuer Weg 1")))
    streets = {d.number: d.buyer.address.street for d in with_customers.store.scan(Document)}
    assert streets == {"R1": "Neuer Weg 1", "R2": "Hauptstraße 12"}


def test_the_reason_of_an_exemption_comes_in_with_the_invoice(with_customers):
    text = "Nummer;Kunde;Datum;Bezeichnung;Preis;Steuerkategorie;Befreiungsgrund\n"
    take(with_customers, text + "R1;20001;1.11.2026;Seminar;100,00;E;§ 4 Nr. 21 UStG\n")
    document = next(with_customers.store.scan(Document))
    assert (document.exemption_reason, document.totals.tax) == ("§ 4 Nr. 21 UStG", Decimal("0.00"))


def test_work_on_property_for_a_private_buyer_carries_the_note_on_keeping_the_invoice(with_customers):
    text = "Nummer;Kunde;Datum;Bezeichnung;Preis;Grundstücksleistung\n"
    take(with_customers, text + "R1;20004;1.11.2026;Dachreparatur;100,00;ja\nR2;20004;1.11.2026;Beratung;100,00;\n")
    told = {d.number: [n for n in law_notes.notes(d) if "§ 14b" in n] for d in with_customers.store.scan(Document)}
    assert (len(told["R1"]), told["R2"]) == (1, [])


def test_a_sent_invoice_that_the_law_forbids_is_a_refused_row_and_keeps_no_other_out(with_customers):
    text = "Nummer;Kunde;Datum;Bezeichnung;Preis;Versendet am;Leistungsdatum\n"
    text += "R1;20001;1.11.2026;A;1000,00;2.11.2026;\nR2;20001;1.11.2026;A;1000,00;2.11.2026;1.11.2026\n"
    plan = take(with_customers, text, partial=True)
    assert [(p.where, p.code) for p in plan.refused] == [("Zeile 2", "LEISTUNGSZEITPUNKT_FEHLT")]
    assert [d.number for d in with_customers.store.scan(Document)] == ["R2"]


def test_a_drawn_customer_number_never_takes_one_of_a_later_row(desk):
    plan = imports.plan_customers(desk.store, b"Nummer;Name\n;Eins\n10001;Zwei\n")
    imports.apply_customers(desk, plan)
    assert {c.name: c.number for c in desk.store.scan(Customer)} == {"Eins": "10002", "Zwei": "10001"}


def test_one_bad_row_is_told_in_the_singular(desk):
    with pytest.raises(Refused) as refusal:
        imports.apply_customers(desk, imports.plan_customers(desk.store, b"Nummer;Name\n1;\n"))
    assert say(refusal.value.problems[-1]).startswith("Eine Zeile ist fehlerhaft, nichts wurde übernommen.")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("address.country", "XX", "LAND"),
        ("language", "fr", "SPRACHE"),
        ("terms.days", -5, "FRIST"),
        ("terms.days", 100_000, "FRIST"),
        ("terms.skonto_percent", Decimal(101), "SKONTO"),
    ],
)
def test_a_customer_is_saved_only_with_a_country_a_language_and_terms_that_there_are(desk, field, value, code):
    with pytest.raises(Refused) as refusal:
        customers.save_customer(desk, customers.new_customer({"name": "X", field: value}))
    assert [(p.code, p.where) for p in refusal.value.problems] == [(code, field)]
