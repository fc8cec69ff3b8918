"""Any steps in any order: numbers stay, no rate is over-corrected, printed batches hold, no day is billed twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fakes import add_company, add_customer, make_desk
from send_desk import drive

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchRow, BatchState, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import Document, DocumentKind, DocumentState, Line
from tui_billing.domain.messages import Refused
from tui_billing.domain.orders import CatchUp, IntervalTerms, IntervalUnit, Order, OrderLine, Period, Timing
from tui_billing.domain.parties import PaymentTerms
from tui_billing.services import (
    batch_mail,
    batch_rows,
    batches,
    documents,
    interval_end,
    interval_ledger,
    invoicing,
    orders,
    payments,
    receivables,
    verify,
)
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_figures import Accounts
from tui_billing.services.batch_print import PrintOptions, print_batches
from tui_billing.services.desk import Desk
from tui_billing.services.errors import StoreError, WrongUse
from tui_billing.services.interval_creation import apply_create
from tui_billing.services.intervals import finish, plan_select

SECOND = (DocumentKind.CANCELLATION, DocumentKind.CORRECTION)
Step = Callable[[Desk, Random], Any]


def some_day(rnd: Random, first: date = date(2026, 9, 1), days: int = 110) -> date:
    return first + timedelta(days=rnd.randrange(days))


def a_document(desk: Desk, rnd: Random) -> Document:
    return rnd.choice(desk.store.all(Document))


def an_open_batch(desk: Desk, rnd: Random) -> InvoiceBatch:
    return rnd.choice(desk.store.find(InvoiceBatch, "state", BatchState.OPEN.value))


def new(desk: Desk, rnd: Random) -> None:
    kind = rnd.choice([DocumentKind.INVOICE] * 4 + [DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO])
    lines = tuple(
        Line(
            name="x",
            quantity=D(rnd.choice(["1", "2", "0.5", "-1"])),
            unit_price=D(rnd.randrange(1, 50_000)) / 100,
            vat_rate=D(rnd.choice([19, 7])),
            discount_percent=D(rnd.choice([0, 10])),
        )
        for _ in range(rnd.randint(1, 3))
    )
    day = some_day(rnd)
    wanted = invoicing.NewDocument(
        customer_id=rnd.randint(1, 3), kind=kind, invoice_date=day, service_date=day, lines=lines,
        gross_prices=rnd.random() < 0.3, prepaid=D(rnd.choice([0, 0, 5])),
    )  # fmt: skip
    invoicing.apply_new(desk, invoicing.plan_new(desk.store, wanted))


def edit(desk: Desk, rnd: Random) -> None:
    document = a_document(desk, rnd)
    lines = tuple(replace(line, unit_price=D(rnd.randrange(1, 50_000)) / 100) for line in document.lines)
    invoicing.edit(desk, replace(document, lines=lines), expect_rev=document.rev)


def correct(desk: Desk, rnd: Random) -> None:
    document = a_document(desk, rnd)
    line = Line(position=rnd.randint(1, len(document.lines)), quantity=D(rnd.choice(["1", "0.5", "2"])))
    amount = D(rnd.randrange(1, int(abs(document.totals.gross) * 100) + 5)) / 100
    documents.correct(desk, document.id, rnd.choice([amount, (line,)]), "x")


def generate(desk: Desk, rnd: Random) -> None:
    close = date(2026, rnd.choice([9, 10, 11, 12]), rnd.choice([15, 30]))
    batches.generate(desk, BatchParameters(close_date=close, override_rules=rnd.random() < 0.2))


def print_one(desk: Desk, rnd: Random) -> None:
    options = PrintOptions(only_statement=batch_mail.gets_mail) if rnd.random() < 0.4 else None
    drive(print_batches(desk, plan_print(desk.store, an_open_batch(desk, rnd).number), options))


def pay(desk: Desk, rnd: Random) -> None:
    document = a_document(desk, rnd)
    amount = rnd.choice([abs(document.totals.payable) or D(1), D(10)])
    paid = payments.NewPayment(amount=amount, paid_date=some_day(rnd), documents=(document.number,))
    payments.add(desk, paid)


def give_back(desk: Desk, rnd: Random) -> None:
    number = rnd.choice(desk.store.all(Payment)).number
    payments.take_back(desk, number, date(2026, 12, 1), fee=D(rnd.choice([0, 3])))


def move(desk: Desk, rnd: Random) -> None:
    number = rnd.choice(desk.store.all(ReceivableEntry)).number
    receivables.edit(desk, number, receivables.Edit(batch_date=some_day(rnd), reason="x"))


DOCUMENT_STEPS: list[Step] = [
    new, new, new, edit, correct, generate, print_one, pay, give_back, move,
    lambda desk, rnd: documents.finalise(desk, a_document(desk, rnd).id),
    lambda desk, rnd: documents.cancel(desk, a_document(desk, rnd).id, "x"),
    lambda desk, rnd: batch_rows.delete(desk, an_open_batch(desk, rnd)),
    lambda desk, rnd: desk.store.undo(),
]  # fmt: skip


def run_steps(desk: Desk, rnd: Random, steps: list[Step], count: int, check: Callable[[Desk], None]) -> None:
    """What is refused changes nothing; IndexError: there was nothing to choose."""
    for _ in range(count):
        with suppress(Refused, StoreError, WrongUse, IndexError):
            rnd.choice(steps)(desk, rnd)
        check(desk)


def check_documents(desk: Desk, seen: set[str], printed: dict[int, set[int]]) -> None:
    store = desk.store
    found = {d.id: d for d in store.all(Document)}
    assert seen <= {d.number for d in found.values()}  # a number never vanishes
    seen |= {d.number for d in found.values()}
    for document in found.values():
        if document.kind not in SECOND:
            check_rates(document, store.find(Document, "reference", document.id))
    for batch in store.all(InvoiceBatch):
        if batch.state is not BatchState.OPEN:
            rows = {r.document_id for r in store.find(BatchRow, "batch_id", batch.id)}
            assert printed.setdefault(batch.id, rows) == rows
            assert all(found[i].state is not DocumentState.OPEN for i in rows)
    for customer in (1, 2, 3):
        for before, after in pairwise(Accounts(store).of(customer).figures):
            assert after.former_amount == before.amount_due


def check_rates(document: Document, seconds: list[Document]) -> None:
    """Nothing is taken back beyond what there was, at any rate."""
    taken = [r for d in seconds if d.state is not DocumentState.CANCELLED for r in d.totals.vat]
    for row in document.totals.vat:
        left = row.net + row.tax + sum((r.net + r.tax for r in taken if r.rate == row.rate), D(0))
        assert left >= 0 if row.net + row.tax >= 0 else left <= 0


@pytest.mark.parametrize("seed", range(12))
def test_documents_batches_and_payments_in_any_order(tmp_path: Path, seed: int) -> None:
    rnd, desk = Random(seed), make_desk(tmp_path)
    add_company(desk)
    for n in range(3):
        terms = PaymentTerms(days=14, skonto_percent=D(rnd.choice([0, 2])), skonto_days=7)
        add_customer(desk, str(n + 1), cutoff_day=rnd.choice([15, 30, 31, None]), terms=terms)
    seen: set[str] = set()
    printed: dict[int, set[int]] = {}
    run_steps(desk, rnd, DOCUMENT_STEPS, 60, lambda desk: check_documents(desk, seen, printed))
    assert drive(verify.verify(desk)).is_clean


def some_terms(rnd: Random) -> IntervalTerms:
    anchor = date(2026, 1, 1) + timedelta(days=rnd.choice([0, 0, 14, 30, 58]))
    return IntervalTerms(
        every=rnd.choice([1, 1, 2]),
        unit=rnd.choice([IntervalUnit.MONTH, IntervalUnit.MONTH, IntervalUnit.QUARTER, IntervalUnit.WEEK]),
        anchor=anchor,
        aligned=rnd.random() < 0.3,
        timing=rnd.choice(list(Timing)),
        catch_up=rnd.choice(list(CatchUp)),
        prorate_end=rnd.random() < 0.4,
        end=None if rnd.random() < 0.6 else anchor + timedelta(days=rnd.randrange(10, 200)),
    )


def an_order(desk: Desk, rnd: Random) -> Order:
    return rnd.choice(desk.store.all(Order))


def create(desk: Desk, rnd: Random) -> None:
    day = some_day(rnd, date(2026, 1, 1), 250)
    asked = IntervalSelectionParameters(execution_date=day, invoice_date=date(2026, 7, 1))
    plan = finish(plan_select(desk.store, asked))
    counted = plan.balance()
    assert counted.candidates == counted.taken + sum(counted.out.values())
    finish(apply_create(desk, plan))


def end_at(desk: Desk, rnd: Random) -> None:
    order = an_order(desk, rnd)
    assert order.interval is not None
    end = None if rnd.random() < 0.4 else some_day(rnd, date(2026, 1, 15), 200)
    orders.save(desk, replace(order, interval=replace(order.interval, end=end)))


def waive(desk: Desk, rnd: Random) -> None:
    order = an_order(desk, rnd)
    coming = orders.stored_preview(desk.store, order, date(2026, 7, 1)).next
    interval_ledger.waive(desk, order, rnd.choice(coming[:3]).start, "x")


def unwaive(desk: Desk, rnd: Random) -> None:
    order = an_order(desk, rnd)
    interval_ledger.unwaive(desk, order, rnd.choice(desk.store.find(Period, "order_id", order.id)).period_start)


def credit(desk: Desk, rnd: Random) -> None:
    invoicing.apply_new(desk, interval_end.plan_end_credit(desk.store, an_order(desk, rnd), date(2026, 7, 1)))


INTERVAL_STEPS: list[Step] = [
    create, create, create, end_at, waive, unwaive, credit,
    lambda desk, rnd: orders.save(desk, replace(an_order(desk, rnd), interval=some_terms(rnd))),
    lambda desk, rnd: documents.cancel(desk, a_document(desk, rnd).id, "x", free_period=rnd.random() < 0.5),
    lambda desk, rnd: documents.finalise(desk, a_document(desk, rnd).id),
]  # fmt: skip


def check_periods(desk: Desk) -> None:
    for order in desk.store.all(Order):
        periods = sorted(desk.store.find(Period, "order_id", order.id), key=lambda p: p.period_start)
        for before, after in pairwise(periods):
            assert before.period_end < after.period_start  # no day twice
        living = [
            start
            for d in desk.store.find(Document, "order_id", order.id)
            if d.state is not DocumentState.CANCELLED and d.kind is DocumentKind.INVOICE
            for start in d.period_starts
        ]
        assert len(living) == len(set(living)) and set(living) <= {p.period_start for p in periods}


@pytest.mark.parametrize("seed", range(12))
def test_orders_and_interval_invoices_in_any_order(tmp_path: Path, seed: int) -> None:
    rnd, desk = Random(seed), make_desk(tmp_path)
    add_company(desk)
    add_customer(desk, "1")
    line = OrderLine(name="x {Monat}", unit_price=D("31.37"), quantity=D(3))
    for _ in range(3):
        with suppress(Refused):
            orders.save(desk, Order(customer_id=1, lines=(line,), interval=some_terms(rnd)))
    run_steps(desk, rnd, INTERVAL_STEPS, 40, check_periods)
