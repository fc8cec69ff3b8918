"""Rechnungsstellung: by hand, once from an order, edited while angelegt, cancelled (ruling 1)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import Document, DocumentKind, DocumentState, Line, VatCategory
from tui_billing.domain.messages import Refused
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine
from tui_billing.domain.parties import Address
from tui_billing.services import documents, invoicing, orders
from tui_billing.services.desk import Desk
from tui_billing.services.errors import Stale
from tui_billing.services.interval_creation import select_and_create
from tui_billing.services.intervals import finish
from tui_billing.services.invoicing import NewDocument

DAY = date(2026, 11, 22)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = make_desk(tmp_path)
    add_company(made)
    add_customer(made, "10001")
    return made


def new(**more: object) -> NewDocument:
    values: dict[str, object] = {
        "customer_id": 1,
        "invoice_date": DAY,
        "service_date": DAY,
        "lines": (Line(name="Beratung", quantity=D(2), unit_price=D("50.00")),),
        **more,
    }
    return NewDocument(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "number", "gross"),
    [
        (DocumentKind.INVOICE, "RE-2026-00001", "119.00"),
        (DocumentKind.CREDIT_MEMO, "GS-2026-00001", "-119.00"),
        (DocumentKind.DEBIT_MEMO, "LA-2026-00001", "119.00"),
    ],
)
def test_a_document_by_hand_has_its_number_at_once(desk: Desk, kind: DocumentKind, number: str, gross: str) -> None:
    document = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new(kind=kind)))
    assert (document.number, document.state, document.totals.gross) == (number, DocumentState.OPEN, D(gross))
    (entry,) = desk.store.all(ReceivableEntry)
    assert entry.amount == D(gross)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"service_date": None, "lines": (Line(name="x", unit_price=D(500)),)}, "LEISTUNGSZEITPUNKT_FEHLT"),
        ({"lines": (Line(name=" ", article=" ", unit_price=D(500)),)}, "LEISTUNGSBESCHREIBUNG_FEHLT"),
    ],
)
def test_what_the_law_demands_is_asked_before_a_number_is_drawn(
    desk: Desk, changes: dict[str, object], code: str
) -> None:
    plan = invoicing.plan_new(desk.store, new(**changes))
    assert code in [p.code for p in plan.blocking]
    with pytest.raises(Refused):
        invoicing.apply_new(desk, plan)
    assert desk.store.count(Document) == 0


def test_control_characters_come_out_as_text(desk: Desk) -> None:
    line = Line(name="a [/] b\x1b[31m\r\nBcc: x", unit_price=D(50))
    document = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new(lines=(line,))))
    assert "\x1b" not in document.lines[0].name
    assert "\n" not in document.lines[0].name


def test_an_open_document_is_edited_and_its_receivable_follows(desk: Desk) -> None:
    document = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new()))
    edited = invoicing.edit(desk, replace(document, lines=(replace(document.lines[0], quantity=D(3)),)))
    assert (edited.number, edited.totals.gross) == (document.number, D("178.50"))
    assert desk.store.all(ReceivableEntry)[0].amount == D("178.50")
    with pytest.raises(Stale):
        invoicing.edit(desk, document)


def test_an_edit_brings_in_nothing_that_the_law_forbids_but_may_leave_an_address_for_later(desk: Desk) -> None:
    made = add_invoice(desk, add_customer(desk, "10009", address=Address()))
    edited = invoicing.edit(desk, replace(made, header_text="Guten Tag"))
    with pytest.raises(Refused) as refused:
        invoicing.edit(desk, replace(edited, lines=(replace(edited.lines[0], name=" "),)))
    assert [p.code for p in refused.value.problems] == ["LEISTUNGSBESCHREIBUNG_FEHLT"]


def test_a_final_document_is_not_edited_but_cancelled_by_a_storno(desk: Desk) -> None:
    document = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new()))
    documents.finalise(desk, document.id)
    with pytest.raises(Refused):
        invoicing.edit(desk, desk.store.need(Document, document.id))
    storno = documents.cancel(desk, document.id, "falscher Kunde")
    assert (storno.kind, storno.totals.gross) == (DocumentKind.CANCELLATION, D("-119.00"))


def test_an_open_document_is_cancelled_without_a_storno_and_keeps_its_number(desk: Desk) -> None:
    document = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new()))
    gone = documents.cancel(desk, document.id, "doppelt")
    assert (gone.number, gone.state, desk.store.count(Document)) == (document.number, DocumentState.CANCELLED, 1)


def once(desk: Desk, **more: object) -> Order:
    lines = (OrderLine(name="Umzug {Jahr}", unit_price=D(300)),)
    return orders.save(desk, Order(customer_id=1, lines=lines, header_text="{Leistungszeitraum}", **more))[0]  # type: ignore[arg-type]


def test_an_order_without_interval_is_billed_once(desk: Desk) -> None:
    order = once(desk)
    plan = invoicing.plan_from_order(desk.store, order, invoice_date=DAY)
    document = invoicing.apply_new(desk, plan)
    assert (document.order_number, document.service_date, document.totals.net) == (order.number, DAY, D("300.00"))
    again = invoicing.plan_from_order(desk.store, order, invoice_date=DAY)
    assert [p.code for p in again.blocking] == ["AUFTRAG_SCHON_BERECHNET"]
    assert invoicing.plan_from_order(desk.store, order, invoice_date=DAY, again=True).blocking == ()


def test_the_period_of_an_order_billed_once_stands_in_its_texts(desk: Desk) -> None:
    plan = invoicing.plan_from_order(
        desk.store, once(desk), invoice_date=DAY, period_from=date(2026, 10, 1), period_to=date(2026, 10, 31)
    )
    assert plan.document.header_text == "01.10.2026-31.10.2026"
    assert plan.document.lines[0].name == "Umzug 2026"
    assert (plan.document.period_from, plan.document.service_date) == (date(2026, 10, 1), None)


@pytest.mark.parametrize("interval", [None, IntervalTerms(anchor=DAY)])
def test_exemption_reason_and_14b_note_of_an_order_stand_on_its_documents(
    desk: Desk, interval: IntervalTerms | None
) -> None:
    rent = (OrderLine(name="Miete", unit_price=D(700), vat_category=VatCategory.EXEMPT, vat_rate=D(0)),)
    reason = "Steuerfrei nach § 4 Nr. 12 UStG"
    order = Order(customer_id=1, lines=rent, interval=interval, exemption_reason=f" {reason}\x07 ", property_work=True)
    saved = orders.save(desk, order)[0]
    if interval is None:
        document = invoicing.plan_from_order(desk.store, saved, invoice_date=DAY).document
    else:
        parameters = IntervalSelectionParameters(execution_date=DAY, invoice_date=DAY)
        finish(select_and_create(desk, parameters))
        (document,) = desk.store.all(Document)
    assert (document.exemption_reason, document.property_work) == (reason, True)


def test_exemption_reason_and_14b_note_are_typed_and_edited(desk: Desk) -> None:
    made = invoicing.apply_new(desk, invoicing.plan_new(desk.store, new(exemption_reason="§ 4\n", property_work=True)))
    assert (made.exemption_reason, made.property_work) == ("§ 4", True)
    edited = invoicing.edit(desk, replace(made, exemption_reason="§ 4 Nr. 22 \x1b", property_work=False))
    assert (edited.exemption_reason, edited.property_work) == ("§ 4 Nr. 22", False)


def test_an_order_with_intervals_is_not_billed_by_hand(desk: Desk) -> None:
    order = once(desk, interval=IntervalTerms(anchor=DAY))
    with pytest.raises(Refused):
        invoicing.plan_from_order(desk.store, order, invoice_date=DAY)


def test_a_blocked_customer_gets_no_new_document(desk: Desk) -> None:
    blocked = add_customer(desk, "10002", blocked=True)
    plan = invoicing.plan_new(desk.store, new(customer_id=blocked.id))
    assert [p.code for p in plan.blocking] == ["KUNDE_GESPERRT"]


def test_open_documents_are_offered_for_editing(desk: Desk) -> None:
    customer = add_customer(desk, "10003", address=Address(street="x", postcode="1", city="y"))
    first = add_invoice(desk, customer)
    second = add_invoice(desk, customer)
    documents.finalise(desk, first.id)
    assert [d.id for d in invoicing.open_documents(desk.store)] == [second.id]
