"""A12 in a run: one warning per PDF that is no invoice any more; before that one sentence for all."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from einvoice_cases import BUYER, CONSUMER, SELLER, invoice

from tui_billing.domain.documents import Document, DocumentHead, Line
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Company, Customer, CustomerHead, InvoiceFormat
from tui_billing.i18n import say
from tui_billing.services.einvoice_warnings import duty_warnings
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Store


def warnings(today: date, turnover: D | None, **changes: object) -> tuple[Problem, ...]:
    store = Store(MemoryEngine(), "anna")
    with store.transaction("Vorbereitung") as tx:
        tx.insert(Company(name="Muster GmbH", previous_year_turnover=turnover, **changes))  # type: ignore[arg-type]
        business = tx.insert(Customer(number="1", name="Käufer AG"))
        consumer = tx.insert(Customer(number="2", name="Frau Groß", is_business=False))
        made = invoice(invoice_format=InvoiceFormat.PDF)
        for number, customer, buyer, price in (
            ("RE-1", business, BUYER, "1000"),
            ("RE-2", business, BUYER, "10"),
            ("RE-3", consumer, CONSUMER, "1000"),
        ):
            lines = (Line(name="x", unit_price=D(price)),)
            document = invoice(*lines, invoice_format=InvoiceFormat.PDF, seller=SELLER, buyer=buyer)
            tx.insert(replace(document, id=0, number=number, customer_id=customer.id))
        tx.insert(replace(made, id=0, number="RE-4", customer_id=business.id, invoice_format=InvoiceFormat.ZUGFERD))
    heads = sorted(store.all(DocumentHead), key=lambda d: d.id)
    assert len(heads) == len(store.all(Document)) == 4
    return duty_warnings(store, heads, {c.id: c for c in store.all(CustomerHead)}, today)


def test_before_the_duty_begins_one_sentence_for_all() -> None:
    (problem,) = warnings(date(2026, 11, 22), D(900_000))
    assert problem.warning
    assert say(problem) == "1 Belege gehen als PDF an Unternehmen: ab 01.01.2027 ist dafür eine E-Rechnung Pflicht."
    assert warnings(date(2026, 9, 1), D(900_000)) == ()
    assert warnings(date(2026, 11, 22), D(800_000)) == ()


def test_afterwards_one_warning_per_document() -> None:
    """A12.3: service in November 2026, sent in 2027."""
    (problem,) = warnings(date(2027, 1, 5), D(900_000))
    assert (problem.code, problem.where, problem.warning) == ("ERECHNUNG_PFLICHT", "RE-1", True)


def test_a_small_business_is_never_warned() -> None:
    assert warnings(date(2028, 1, 5), None, small_business=True) == ()
