"""How long records are kept (rule A10): whole calendar years after the year of the document; ends inclusive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

from tui_billing.domain.documents import Document
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Address, Customer


class Retained(StrEnum):
    """Kinds of records with a retention period of their own."""

    INVOICE = "invoice"
    BOOKS = "books"
    LETTER = "letter"


YEARS = {Retained.INVOICE: 8, Retained.BOOKS: 10, Retained.LETTER: 6}
"""§ 147(3) AO, § 14b UStG in the version of BEG IV; old documents too."""


def retention_end(day: date, kind: Retained = Retained.INVOICE) -> date:
    """The last day on which the record must be kept."""
    return date(day.year + YEARS[kind], 12, 31)


def first_free_day(day: date, kind: Retained = Retained.INVOICE) -> date:
    """The first day on which the record may be deleted."""
    return retention_end(day, kind) + timedelta(days=1)


def deletion_problems(document: Document, today: date) -> list[Problem]:
    """Why this document may not be deleted today; empty where its retention is over."""
    end = retention_end(document.invoice_date)
    if today > end:
        return []
    text = N_("{number} muss bis {end} aufbewahrt werden (§ 147 AO, § 14b UStG).")
    return [Problem("AUFBEWAHRUNGSFRIST", text, {"number": document.number, "end": end}, where=document.number)]


def erasure(customer: Customer, documents: Sequence[Document], today: date) -> tuple[Customer | None, list[Problem]]:
    """What an erasure request (Art. 17 DSGVO) leaves: None to delete, else the blocked customer with the least data.

    Documents are never touched; name and address stay in their snapshots until the retention is over.
    """
    kept = [document for document in documents if deletion_problems(document, today)]
    if not kept:
        return None, []
    end = max(retention_end(document.invoice_date) for document in kept)
    text = N_("Der Kunde wird gesperrt, nicht gelöscht: {count} Belege sind bis {end} aufzubewahren.")
    problem = Problem("GESPERRT_STATT_GELOESCHT", text, {"count": len(kept), "end": end}, customer.number, True)
    return minimised(customer), [problem]


def minimised(customer: Customer) -> Customer:
    """Blocked for new documents; only what names him, his country, language and terms stay.

    Address, tax ids and bank account stand in the snapshots of the documents that must be kept.
    """
    return replace(
        Customer(id=customer.id, rev=customer.rev, number=customer.number, name=customer.name),
        blocked=True,
        address=Address(country=customer.address.country),
        language=customer.language,
        is_business=customer.is_business,
        terms=replace(customer.terms, direct_debit=False),
        invoice_format=customer.invoice_format,
    )
