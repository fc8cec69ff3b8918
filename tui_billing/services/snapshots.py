"""Seller and buyer of open documents follow their mended records; a final one keeps what it was printed with (A9)."""

from collections.abc import Iterable
from dataclasses import replace

from tui_billing.domain.documents import SECOND_KINDS, Document, DocumentHead, DocumentState
from tui_billing.domain.parties import Company, Customer, Party, buyer_party, seller_party
from tui_billing.store.repositories import Transaction


def follow_customer(tx: Transaction, customer: Customer) -> int:
    """Bring the buyer's snapshot of every open document in step with the mended customer; returns how many.

    Terms and language of an open document stay its own.
    """
    heads = tx.find(DocumentHead, "customer_id", customer.id)
    buyer = buyer_party(customer)
    return _store(
        tx,
        (
            (document, replace(document, buyer=buyer, invoice_format=customer.invoice_format))
            for document in tx.get_many(Document, [h.id for h in heads if h.state is DocumentState.OPEN]).values()
        ),
    )


def follow_company(tx: Transaction, company: Company) -> int:
    """Bring the seller's snapshot of every open document in step with the mended company; returns how many.

    How the supply is taxed (Kleinunternehmer, Ist-Versteuerung) was decided when the document was made, and a
    Korrektur keeps the seller of its original.
    """
    seller = seller_party(company)
    found = tx.find(Document, "state", DocumentState.OPEN)
    return _store(tx, ((d, replace(d, seller=_followed(d, seller))) for d in found if d.kind not in SECOND_KINDS))


def _followed(document: Document, seller: Party) -> Party:
    before = document.seller
    return replace(seller, small_business=before.small_business, cash_accounting=before.cash_accounting)


def _store(tx: Transaction, pairs: Iterable[tuple[Document, Document]]) -> int:
    changed = 0
    for before, after in pairs:
        if after != before:
            tx.put(replace(after, file="", file_hash=""))  # its PDF shows the old contents
            changed += 1
    return changed
