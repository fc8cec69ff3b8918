"""What is printed for one customer of a batch: the statement and, behind it, documents that were never output (D8)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.due_dates import due_date
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company, Customer, buyer_party, seller_party
from tui_billing.domain.runs import Dispatch
from tui_billing.domain.statement_rules import Figures, payment_lines
from tui_billing.domain.statements import Statement, StatementRow
from tui_billing.services.batch_figures import Accounts, CustomerPart, customers_of, part_of
from tui_billing.store.repositories import Repository

GROUP = 40
"""Customers per rendering job: enough to keep the workers busy, few enough to stay small."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One customer's statement and the documents behind it; `fresh` go out as originals, `sent` went before."""

    part: CustomerPart
    statement: Statement
    fresh: tuple[Document, ...]
    sent: tuple[DocumentHead, ...]

    @property
    def fingerprint(self) -> str:
        """The same as long as everything that is printed is the same."""
        return hashlib.sha256(repr((self.statement, self.fresh)).encode()).hexdigest()


class Bundler:
    """Makes bundles one customer at a time. `pending` are the open batches that are printed together, in order."""

    def __init__(self, reader: Repository, company: Company, pending: Sequence[InvoiceBatch] = ()) -> None:
        self.reader, self.company = reader, company
        self.accounts = Accounts(reader, pending)

    def bundles(self, batch: InvoiceBatch, customers: Sequence[Customer] | None = None) -> Iterator[Bundle]:
        """Every customer with rows, in the order of their numbers."""
        for customer in customers_of(self.reader, batch) if customers is None else customers:
            bundle = self.bundle(batch, customer)
            if bundle is not None:
                yield bundle

    def bundle(self, batch: InvoiceBatch, customer: Customer) -> Bundle | None:
        """One customer of the batch, None where he has no row (D2.11)."""
        part = part_of(self.accounts, customer, batch)
        if part is None:
            return None
        heads = self.reader.get_many(DocumentHead, [r.document_id for r in part.rows])
        fresh = [i for i, h in heads.items() if is_fresh(self.reader, h)]
        documents = self.reader.get_many(Document, fresh)
        statement = statement_of(self.company, batch, part, heads)
        return Bundle(
            part,
            statement,
            tuple(documents[r.document_id] for r in statement.rows if r.document_id in documents),
            tuple(
                heads[r.document_id] for r in statement.rows if r.document_id in heads and r.document_id not in fresh
            ),
        )


def is_fresh(reader: Repository, head: DocumentHead) -> bool:
    """Never output, and not on its way in a mail whose outcome is not known (E1)."""
    if head.was_sent or (head.state is DocumentState.CANCELLED and not head.final_at):
        return False
    return not reader.find_ids(Dispatch, "open_document", head.id)


def statement_of(
    company: Company, batch: InvoiceBatch, part: CustomerPart, heads: dict[int, DocumentHead]
) -> Statement:
    """The paper: rows carry the date that is printed on the document, so a moved Rechnungsdatum changes nothing."""
    f: Figures = part.figures
    rows = [
        StatementRow(
            document_id=e.document_id,
            number=e.number,
            kind=e.kind,
            batch_date=heads[e.document_id].invoice_date if e.document_id in heads else e.batch_date,
            net=e.net,
            tax=e.tax,
            gross=e.amount,
        )
        for e in part.rows
    ]
    return Statement(
        batch_number=batch.number,
        close_date=batch.close_date,
        seller=seller_party(company),
        buyer=buyer_party(part.customer),
        language=part.customer.language,
        terms=part.customer.terms,
        due_date=due_date(batch.close_date, part.customer.terms),
        period_from=f.period_from,
        former_amount=f.former_amount,
        payments=f.payments,
        carry_over=f.carry_over,
        invoiced=f.invoiced,
        taxes=f.taxes,
        amount_due=f.amount_due,
        rows=tuple(sorted(rows, key=lambda r: (r.batch_date, r.document_id))),
        payment_rows=payment_lines(f.counted, f.prepaid),
    )


def need_customers(reader: Repository, batch: InvoiceBatch, low: str, high: str) -> list[Customer]:
    """The batch's customers in a range of numbers. Raises Refused where none lies in it."""
    from tui_billing.domain.batch_selection import in_range

    found = [c for c in customers_of(reader, batch) if in_range(c.number, low, high)]
    if not found:
        text = N_("Im Rechnungsstapel {number} ist kein Kunde von {low} bis {high}.")
        params = {"number": batch.number, "low": low or "…", "high": high or "…"}
        raise Refused(Problem("KUNDENBEREICH_LEER", text, params, where=str(batch.number)))
    return found
