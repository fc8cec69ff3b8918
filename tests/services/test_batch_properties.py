"""Whatever clerks do in any order: a document is in one batch at most, and the chain of statements holds (D5.8)."""

import tempfile
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from fakes import add_company, add_customer, make_desk
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchRow, BatchState, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.messages import Refused
from tui_billing.services import batch_rows, batches
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_figures import Accounts, parts
from tui_billing.services.batch_print import print_batches
from tui_billing.services.errors import StoreError

D = Decimal
days = st.dates(date(2026, 9, 1), date(2027, 2, 28))
cents = st.integers(-9_000, 9_000).map(lambda c: D(c) / 100)
stichtage = st.sampled_from([15, 30, 31, None])


@st.composite
def scenes(draw):
    """Up to four customers with Stichtage, up to twelve documents, up to six payments."""
    people = draw(st.lists(stichtage, min_size=1, max_size=4))
    owner = st.integers(1, len(people))
    entries = draw(st.lists(st.tuples(owner, days, cents), max_size=12))
    payments = draw(st.lists(st.tuples(owner, days, cents), max_size=6))
    return people, entries, payments


closes = st.sampled_from([date(2026, m, d) for m in (9, 10, 11, 12) for d in (15, 30)] + [date(2027, 2, 28)])
steps = st.lists(
    st.tuples(st.sampled_from(["generate", "override", "exclude", "print", "delete", "drop", "undo"]), closes),
    max_size=14,
)


def build(scene):
    people, entries, payments = scene
    desk = make_desk(Path(tempfile.mkdtemp()))
    add_company(desk)
    for n, cutoff in enumerate(people):
        add_customer(desk, f"{n + 1}", cutoff_day=cutoff)
    with desk.store.transaction("Belege") as tx:
        for n, (customer, day, amount) in enumerate(entries, 1):
            tx.insert(ReceivableEntry(document_id=n, customer_id=customer, number=f"RE-{n}", batch_date=day,
                                      amount=amount, net=amount))  # fmt: skip
        for customer, day, amount in payments:
            tx.insert(Payment(customer_id=customer, paid_date=day, amount=amount))
    return desk


def act(desk, action, close):
    """One thing that a clerk does; what is refused changes nothing, nor does an undo of what has moved on."""
    open_batches = desk.store.find(InvoiceBatch, "state", BatchState.OPEN.value)
    try:
        if action in ("generate", "override", "exclude"):
            batches.generate(
                desk,
                BatchParameters(
                    close_date=close,
                    override_rules=action == "override",
                    exclude_on_close_date=action == "exclude",
                ),
            )
        elif action == "print" and open_batches:
            for _ in print_batches(desk, plan_print(desk.store, open_batches[0].number)):
                pass
        elif action == "delete" and open_batches:
            batch_rows.delete(desk, open_batches[-1])
        elif action == "drop" and open_batches:
            batch_rows.drop(desk, open_batches[-1], customer_ids=open_batches[-1].customer_ids[:1])
        elif action == "undo":
            desk.store.undo()
    except (Refused, StoreError):
        pass


def check(desk):
    """What always holds."""
    rows = desk.store.all(BatchRow)
    assert max(Counter(r.document_id for r in rows).values(), default=1) == 1
    held = {r.document_id: r.batch_id for r in rows}
    assert {e.document_id: e.batch_id for e in desk.store.all(ReceivableEntry) if e.batch_id} == held
    batches_ = {b.id: b for b in desk.store.all(InvoiceBatch)}
    assert set(held.values()) <= batches_.keys()
    assert len({b.number for b in batches_.values()}) == len(batches_)
    for customer in range(1, 5):
        account = Accounts(desk.store).of(customer)
        for before, after in pairwise(account.figures):
            assert after.former_amount == before.amount_due
        if account.figures:
            last = account.figures[-1]
            documents = sum((r.amount for b in account.batches for r in b.rows), D(0))
            paid = [p.amount for p in desk.store.find(Payment, "customer_id", customer) if p.paid_date <= last.closing]
            assert last.amount_due == documents - sum(paid, D(0))


@settings(max_examples=40, deadline=None)
@given(scenes(), steps)
def test_after_any_steps_each_document_is_in_one_batch_at_most_and_the_chain_holds(scene, todo):
    desk = build(scene)
    for action, close in todo:
        before = {r.document_id: r.batch_id for r in desk.store.all(BatchRow)}
        act(desk, action, close)
        if action in ("generate", "override", "exclude"):
            after = {r.document_id: r.batch_id for r in desk.store.all(BatchRow)}
            assert before.items() <= after.items()
        check(desk)


@settings(max_examples=40, deadline=None)
@given(scenes(), closes, st.booleans(), st.booleans())
def test_generate_delete_and_generate_is_the_same_as_generate(scene, close, override, exclude):
    desk = build(scene)
    parameters = BatchParameters(close_date=close, override_rules=override, exclude_on_close_date=exclude)
    plan = batches.plan_generate(desk.store, parameters)
    assert plan.hash == batches.plan_generate(desk.store, parameters).hash
    if plan.refusals:
        return
    first = batches.apply_generate(desk, plan)
    before = [(p.customer.number, p.rows, p.figures.amount_due) for p in parts(desk.store, first)]
    batch_rows.delete(desk, first)
    second = batches.generate(desk, parameters)
    after = [(p.customer.number, p.rows, p.figures.amount_due) for p in parts(desk.store, second)]
    assert [_shape(x) for x in before] == [_shape(x) for x in after]
    assert second.number == first.number + 1


def _shape(one):
    number, rows, due = one
    return number, [r.document_id for r in rows], due


@settings(max_examples=30, deadline=None)
@given(scenes(), closes)
def test_what_is_not_taken_today_is_taken_by_a_later_close_date_that_fits(scene, close):
    people, _, _ = scene
    desk = build(scene)
    try:
        batches.generate(desk, BatchParameters(close_date=close))
    except Refused:
        pass
    for cutoff in sorted({c for c in people if c}):
        late = next(d for n in range(1, 40) if (d := date(2027, 3, 1) + timedelta(days=n)).day == cutoff)
        try:
            batches.generate(desk, BatchParameters(close_date=late))
        except Refused:
            pass
    left = [e for e in desk.store.all(ReceivableEntry) if not e.batch_id]
    assert all(people[e.customer_id - 1] is None for e in left)
