"""Warnings of a run about documents that leave as PDF though an e-invoice is required, or soon will be (A12)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.einvoice_duty import Duty, einvoice_duty, format_problem, required_from
from tui_billing.domain.law import SMALL_INVOICE_LIMIT
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Company, InvoiceFormat
from tui_billing.domain.run_selection import AnyCustomer
from tui_billing.store.repositories import Repository

WARN_BEFORE = timedelta(days=92)
"""So long before the duty begins a run says how many of its documents it will concern."""


def duty_warnings(
    store: Repository, heads: Sequence[DocumentHead], customers: Mapping[int, AnyCustomer], today: date
) -> tuple[Problem, ...]:
    """One warning per document that must be an e-invoice today; before the duty begins, one for all of them.

    Heads rule most documents out; only what is left is read whole.
    """
    company = store.get(Company, 1)
    turnover = company.previous_year_turnover if company else None
    begins = required_from(turnover)
    if company is None or company.small_business or today < begins - WARN_BEFORE:
        return ()
    ids = [d.id for d in heads if _may_concern(d, customers)]
    documents = store.get_many(Document, ids).values()
    if today >= begins:
        return tuple(
            p for d in documents if (p := format_problem(d, today, turnover)) and p.code == "ERECHNUNG_PFLICHT"
        )
    count = sum(einvoice_duty(d, today, turnover).duty is Duty.NOT_YET for d in documents)
    text = N_("{count} Belege gehen als PDF an Unternehmen: ab {begins} ist dafür eine E-Rechnung Pflicht.")
    problem = Problem("ERECHNUNG_BALD_PFLICHT", text, {"count": count, "begins": begins}, warning=True)
    return (problem,) if count else ()


def _may_concern(head: DocumentHead, customers: Mapping[int, AnyCustomer]) -> bool:
    customer = customers.get(head.customer_id)
    is_business = customer is None or customer.is_business
    return head.invoice_format is InvoiceFormat.PDF and is_business and abs(head.totals.gross) > SMALL_INVOICE_LIMIT
