"""kill -9 while a batch of 1,000 customers is printed, then printed again: once, all or nothing, the same bytes.

And two clerks who generate the same close date at once put no document into two batches.
"""

import hashlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import killed_work
import pytest
from killed_work import ADDRESS, at_once, open_desk

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchRow, BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, DocumentState, Line
from tui_billing.domain.parties import Company, Customer
from tui_billing.services import batches, documents
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_print import print_batches

SIZE = 1000
CLOSE = date(2026, 11, 15)
pytestmark = killed_work.needs_fork


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """1,000 customers with a never output invoice and a payment each, in memory."""
    shared = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
    desk = open_desk(root / "data")
    with desk.store.transaction("Anfang") as tx:
        company = tx.insert(Company(name="Muster GmbH", address=ADDRESS, tax_number="22/815/08150"))
        for n in range(SIZE):
            customer = tx.insert(Customer(number=f"{10001 + n}", name=f"Verein {n}", address=ADDRESS, cutoff_day=15))
            document = documents.build(
                company,
                customer,
                kind=DocumentKind.INVOICE,
                invoice_date=date(2026, 11, 3),
                lines=(Line(name="Beitrag", unit_price=Decimal(n + 1)),),
                service_date=date(2026, 11, 3),
            )
            documents.add(tx, document)
            tx.insert(Payment(customer_id=customer.id, amount=Decimal(7), paid_date=date(2026, 11, 4)))
    desk.store.close()
    yield root / "data"
    shutil.rmtree(root)


@pytest.fixture
def batched(template: Path) -> Iterator[Path]:
    """The template with its batch generated."""
    folder = template.parent / "batched"
    shutil.copytree(template, folder)
    desk = open_desk(folder)
    batches.generate(desk, BatchParameters(close_date=CLOSE))
    desk.store.close()
    yield folder
    shutil.rmtree(folder)


def printing(folder: Path) -> None:
    """Print batch 1 unless it is printed."""
    desk = open_desk(folder)
    batch = desk.store.need(InvoiceBatch, 1)
    if batch.state is BatchState.OPEN:
        for _ in print_batches(desk, plan_print(desk.store, 1)):
            pass
    desk.store.close()


def state(folder: Path) -> dict[str, str]:
    """Every archived file that a record names -> its hash; checked to be all or nothing."""
    desk = open_desk(folder)
    batch = desk.store.need(InvoiceBatch, 1)
    statements = desk.store.all(BatchStatement)
    final = [d for d in desk.store.all(Document) if d.state is DocumentState.FINAL]
    desk.store.close()
    if batch.state is BatchState.OPEN:
        assert (statements, final) == ([], [])
        return {}
    assert Counter(s.customer_id for s in statements) == Counter(range(1, SIZE + 1))
    assert len(final) == SIZE
    named = {r.file: r.file_hash for r in (*statements, *final, batch)}
    assert len(named) == 2 * SIZE + 1
    for relative, sha256 in named.items():
        assert hashlib.sha256((folder / relative).read_bytes()).hexdigest() == sha256
    return named


def torture(batched: Path, rounds: int, seed: int) -> int:
    """How often the printing was killed; each round ends with the files of one that nobody disturbed."""
    whole = batched.parent / "whole"
    shutil.copytree(batched, whole)
    start = time.monotonic()
    printing(whole)
    seconds = time.monotonic() - start
    expected = state(whole)
    shutil.rmtree(whole)

    def check(data: Path) -> None:
        assert state(data) == expected

    moments = (0.05, seconds * 1.1)
    return killed_work.torture(
        batched,
        batched.parent,
        printing,
        rounds=rounds,
        seed=seed,
        kills=2,
        seconds=moments,
        between=state,
        check=check,
    )


def test_a_killed_printing_is_resumed_and_prints_once_with_identical_bytes(batched: Path) -> None:
    assert torture(batched, rounds=2, seed=6) >= 2


@pytest.mark.slow
def test_a_printing_killed_at_forty_moments_prints_once_with_identical_bytes(batched: Path) -> None:
    assert torture(batched, rounds=40, seed=7) >= 30


def test_two_clerks_who_generate_the_same_close_date_put_no_document_into_two_batches(template: Path) -> None:
    folder = template.parent / "clerks"
    shutil.copytree(template, folder)

    def generate(data: Path) -> None:
        batches.generate(open_desk(data), BatchParameters(close_date=CLOSE))

    codes = at_once(generate, folder)
    assert codes == [0, 3]
    desk = open_desk(folder)
    rows = desk.store.all(BatchRow)
    assert Counter(r.document_id for r in rows) == Counter(range(1, SIZE + 1))
    assert {e.batch_id for e in desk.store.all(ReceivableEntry)} == {1}
    assert desk.store.count(InvoiceBatch) == 1
    desk.store.close()
    shutil.rmtree(folder)


def test_two_clerks_who_print_the_same_batch_print_it_once(batched: Path) -> None:
    def print_it(data: Path) -> None:
        desk = open_desk(data)
        for _ in print_batches(desk, plan_print(desk.store, 1)):
            pass

    assert at_once(print_it, batched) == [0, 3]
    assert state(batched)
