"""A desk with a company, customers, invoices with files, and a run over them: the start of every test of sending."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

from fakes import FakeTransport, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.documents import Document
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.sending import MailJob, SendItem, plan_jobs

R = TypeVar("R")


def drive(steps: Generator[Progress, None, R]) -> R:
    """Run to the end and return the result."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def sending_desk(folder: Path, transport: FakeTransport | None = None, **more: Any) -> Desk:
    """A desk whose company can send."""
    desk = make_desk(folder, transport=transport or FakeTransport(), **more)
    add_company(desk)
    return desk


def add_row(desk: Desk, number: str, *, run_id: int = 1, customer: Any = None, **fields: Any) -> SendItem:
    """A customer (unless given), an invoice with its file, and a row of a run for it."""
    customer = customer or add_customer(desk, number)
    document = add_invoice(desk, customer, **fields)
    stored = desk.files.write(f"documents/2026/{document.number}.pdf", f"%PDF {customer.number} {number}".encode() * 20)
    with desk.store.transaction("Zeile") as tx:
        row = tx.insert(
            RunRow(
                run_id=run_id,
                document_id=document.id,
                customer_id=customer.id,
                number=document.number,
                gross=document.totals.gross,
                address=customer.emails,
                file=stored.relative,
                file_hash=stored.sha256,
            )
        )
    return SendItem(
        document_id=document.id,
        customer_id=customer.id,
        recipients=customer.emails,
        files=((f"Rechnung_{document.number}.pdf", stored.relative),),
        file_hash=stored.sha256,
        row_id=row.id,
        document_rev=document.rev,
        size=600,
    )


def jobs_of(desk: Desk, count: int, make: Callable[[Desk, str], SendItem] = add_row) -> list[MailJob]:
    """A run of `count` rows, one mail each."""
    return plan_jobs([make(desk, str(n)) for n in range(1, count + 1)], run_id=1)


def row_states(desk: Desk) -> list[RowState]:
    return [r.state for r in desk.store.all(RunRow)]


def dispatch_states(desk: Desk) -> list[RowState]:
    return [d.state for d in desk.store.all(Dispatch)]


def mailed(desk: Desk) -> list[bool]:
    return [bool(d.mailed_at) for d in desk.store.all(Document)]
