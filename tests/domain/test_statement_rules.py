"""Rule D5: former amount, payments, carry-over, new rows and amount due; D6.1 and D6.2 for the dummy batch."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.batches import BatchStatement, Payment, ReceivableEntry
from tui_billing.domain.statement_rules import (
    CustomerBatch,
    differences,
    entry_effect,
    figures,
    payment_effect,
    payment_lines,
)

D = Decimal


def entry(day: date, amount: str, *, id: int = 1) -> ReceivableEntry:
    return ReceivableEntry(id=id, document_id=id, batch_date=day, amount=D(amount), net=D(amount))


def batch(close: date, *rows: ReceivableEntry, id: int = 0) -> CustomerBatch:
    return CustomerBatch(id or close.toordinal(), close.toordinal(), close, rows)


def paid(day: date, amount: str, *, id: int = 1, skonto: str = "0") -> Payment:
    return Payment(id=id, paid_date=day, amount=D(amount), skonto=D(skonto), text="Überweisung")


def shown(f) -> tuple[str, ...]:
    new = f.invoiced + f.taxes
    return tuple(f"{v:.2f}" for v in (f.former_amount, f.payments, f.carry_over, new, f.amount_due))


HELP_BATCHES = (
    batch(date(2013, 4, 30), entry(date(2013, 4, 10), "1000")),
    batch(date(2013, 5, 31), entry(date(2013, 5, 20), "500")),
    batch(date(2013, 11, 30), entry(date(2013, 11, 10), "300")),
)
IN_MAY, IN_NOVEMBER = paid(date(2013, 5, 12), "1000"), paid(date(2013, 11, 12), "1000")


@pytest.mark.parametrize(
    ("rule", "payment", "place", "expected"),
    [
        ("D5.1", IN_MAY, 1, ("1000.00", "1000.00", "0.00", "500.00", "500.00")),
        ("D5.2", IN_MAY, 2, ("500.00", "0.00", "500.00", "300.00", "800.00")),
        ("D5.3", IN_NOVEMBER, 1, ("1000.00", "0.00", "1000.00", "500.00", "1500.00")),
        ("D5.4", IN_NOVEMBER, 2, ("1500.00", "1000.00", "500.00", "300.00", "800.00")),
        ("D5.5 before", IN_MAY, 0, ("0.00", "0.00", "0.00", "1000.00", "1000.00")),
        ("D5.5 after", IN_NOVEMBER, 0, ("0.00", "0.00", "0.00", "1000.00", "1000.00")),
    ],
)
def test_the_help_texts_payment_moves_between_may_and_november(rule, payment, place, expected):
    assert shown(figures(HELP_BATCHES, [payment])[place]) == expected, rule


def test_the_recomputed_may_statement_names_what_has_changed_and_by_how_much():
    """D5.6"""
    sent = figures(HELP_BATCHES, [IN_MAY])[1]
    now = figures(HELP_BATCHES, [IN_NOVEMBER])[1]
    archived = BatchStatement(
        former_amount=sent.former_amount,
        payments=sent.payments,
        carry_over=sent.carry_over,
        invoiced=sent.invoiced,
        amount_due=sent.amount_due,
    )
    assert [(d.field, d.as_sent, d.recomputed, d.change) for d in differences(archived, now)] == [
        ("payments", D(1000), D(0), D(-1000)),
        ("carry_over", D(0), D(1000), D(1000)),
        ("amount_due", D(500), D(1500), D(1000)),
    ]
    effect = payment_effect(IN_MAY, IN_NOVEMBER, now)
    assert (effect.former_amount, effect.payments, effect.amount_due) == (D(0), D(-1000), D(1000))


def test_a_row_counts_where_it_was_assigned_whatever_its_date_says_later():
    """D5.7"""
    moved = replace(HELP_BATCHES[1].rows[0], batch_date=date(2013, 12, 24))
    changed = (HELP_BATCHES[0], replace(HELP_BATCHES[1], rows=(moved,)), HELP_BATCHES[2])
    assert figures(changed, [IN_MAY]) == figures(HELP_BATCHES, [IN_MAY])


def test_a_payment_on_the_closing_day_counts_in_that_statement_only():
    """D5.9"""
    batches = (
        batch(date(2026, 10, 15), entry(date(2026, 10, 1), "100")),
        batch(date(2026, 11, 15), entry(date(2026, 11, 1), "10")),
    )
    october, november = figures(batches, [paid(date(2026, 10, 15), "40.00")])
    assert (october.payments, november.payments) == (D("40.00"), D(0))


def test_a_returned_direct_debit_and_its_bank_fee():
    """D5.11"""
    batches = (
        batch(date(2026, 10, 31), entry(date(2026, 10, 20), "119.00")),
        batch(date(2026, 11, 30), entry(date(2026, 11, 9), "3.00")),
    )
    payments = [paid(date(2026, 11, 3), "119.00"), paid(date(2026, 11, 9), "-119.00", id=2)]
    assert shown(figures(batches, payments)[1]) == ("119.00", "0.00", "119.00", "3.00", "122.00")


def test_a_late_batch_with_the_same_close_date_counts_no_payment_twice():
    """D3.1"""
    close = date(2026, 11, 15)
    batches = (batch(close, entry(date(2026, 11, 1), "100"), id=1), batch(close, entry(close, "20"), id=2))
    first, second = figures(batches, [paid(date(2026, 11, 2), "30")])
    assert shown(first) == ("0.00", "30.00", "-30.00", "100.00", "70.00")
    assert shown(second) == ("70.00", "0.00", "70.00", "20.00", "90.00")


def test_a_batch_with_an_older_date_that_is_printed_later_counts_no_payment_twice():
    batches = (
        batch(date(2026, 11, 30), entry(date(2026, 11, 1), "100")),
        batch(date(2026, 10, 31), entry(date(2026, 10, 1), "20")),
        batch(date(2026, 12, 31), entry(date(2026, 12, 1), "5")),
    )
    payments = [
        paid(date(2026, 10, 20), "30"),
        paid(date(2026, 11, 20), "40", id=2),
        paid(date(2026, 12, 1), "9", id=3),
    ]
    assert [f.payments for f in figures(batches, payments)] == [D(70), D(0), D(9)]
    assert figures(batches, payments)[1].closing == date(2026, 11, 30)


def test_skonto_counts_in_zahlungen_and_stands_on_a_line_of_its_own():
    batches = (batch(date(2026, 12, 15), entry(date(2026, 11, 23), "1190.00")),)
    payment = paid(date(2026, 12, 7), "1166.20", skonto="23.80")
    (now,) = figures(batches, [payment])
    assert (now.payments, now.amount_due) == (D("1190.00"), D(0))
    assert [(line.amount, line.is_skonto) for line in payment_lines(now.counted)] == [
        (D("1166.20"), False),
        (D("23.80"), True),
    ]


def test_what_a_document_names_as_paid_before_counts_in_zahlungen_of_its_statement():
    """B5.1, D5: gross 119,00 with 50,00 prepaid is 69,00 to pay, once, whatever statement comes next."""
    row = replace(entry(date(2026, 11, 1), "119.00"), number="RE-1", prepaid=D("50.00"))
    batches = (batch(date(2026, 11, 15), row), batch(date(2026, 12, 15), entry(date(2026, 12, 1), "10", id=2)))
    first, second = figures(batches, [paid(date(2026, 12, 1), "69.00")])
    assert shown(first) == ("0.00", "50.00", "-50.00", "119.00", "69.00")
    assert shown(second) == ("69.00", "69.00", "0.00", "10.00", "10.00")
    assert [(line.text, line.amount, line.is_prepaid) for line in payment_lines(first.counted, first.prepaid)] == [
        ("RE-1", D("50.00"), True)
    ]
    gone = replace(row, amount=D("-119.00"), net=D("-119.00"), prepaid=D("-50.00"), document_id=3)
    assert figures((batch(date(2026, 11, 15), row, gone),), [])[0].amount_due == 0


def test_the_effect_of_a_prepaid_part_is_named_with_the_payments():
    row = replace(entry(date(2026, 11, 1), "119.00"), batch_id=7)
    effect = entry_effect(row, replace(row, prepaid=D(50)), 7, frozenset())
    assert (effect.payments, effect.invoiced, effect.amount_due) == (D(50), D(0), D(-50))
    assert entry_effect(row, replace(row, prepaid=D(50)), 8, frozenset({7})).former_amount == D(-50)


OLD = (entry(date(2026, 8, 3), "800"), entry(date(2026, 9, 20), "200"))
NEW = (entry(date(2026, 11, 3), "119"), entry(date(2026, 11, 10), "-19"), entry(date(2026, 11, 15), "50"))
UPGRADE_PAYMENTS = (paid(date(2026, 10, 1), "800"), paid(date(2026, 11, 2), "150", id=2))


def test_the_first_real_statement_behind_a_dummy_batch():
    """D6.1"""
    batches = (batch(date(2026, 10, 15), *OLD), batch(date(2026, 11, 15), *NEW))
    assert shown(figures(batches, UPGRADE_PAYMENTS)[1]) == ("200.00", "150.00", "50.00", "150.00", "200.00")


def test_the_same_statement_without_a_dummy_batch_has_the_same_total():
    """D6.2"""
    batches = (batch(date(2026, 11, 15), *OLD, *NEW),)
    assert shown(figures(batches, UPGRADE_PAYMENTS)[0]) == ("0.00", "950.00", "-950.00", "1150.00", "200.00")


def test_a_cancelled_row_counts_nothing():
    kept, gone = entry(date(2026, 11, 1), "10"), replace(entry(date(2026, 11, 2), "99"), cancelled=True)
    assert figures((batch(date(2026, 11, 15), kept, gone),), [])[0].amount_due == D(10)
    assert entry_effect(replace(gone, cancelled=False, batch_id=7), replace(gone, batch_id=7), 7, frozenset())
    assert entry_effect(
        replace(kept, batch_id=5), replace(kept, batch_id=5, amount=D(12)), 7, frozenset({5})
    ).former_amount == D(2)


cents = st.integers(-500_000, 500_000).map(lambda c: D(c) / 100)
days = st.dates(date(2026, 1, 1), date(2027, 1, 31))
prepaid = st.sampled_from([D(0)] * 4 + [D("50.00"), D("-0.01")])


@st.composite
def accounts(draw):
    """12 monthly batches in any print order, up to 120 rows and 80 payments."""
    rows = [
        ReceivableEntry(id=n, document_id=n, batch_date=d, amount=a, net=a, prepaid=p)
        for n, (d, a, p) in enumerate(draw(st.lists(st.tuples(days, cents, prepaid), max_size=120)))
    ]
    closes = [date(2026, m, 28) + timedelta(days=3) for m in range(1, 13)]
    if draw(st.booleans()):
        closes = draw(st.permutations(closes))
    parts: list[list[ReceivableEntry]] = [[] for _ in closes]
    for row in rows:
        parts[draw(st.integers(0, 11))].append(row)
    batches = tuple(CustomerBatch(n, n, c, tuple(p)) for n, (c, p) in enumerate(zip(closes, parts, strict=True)))
    payments = [
        Payment(id=n, paid_date=d, amount=a, skonto=s)
        for n, (d, a, s) in enumerate(draw(st.lists(st.tuples(days, cents, cents), max_size=80)))
    ]
    return batches, payments


@given(accounts())
def test_each_former_amount_is_the_total_before_and_the_last_total_is_everything(account):
    """D5.8"""
    batches, payments = account
    found = figures(batches, payments)
    for before, after in pairwise(found):
        assert after.former_amount == before.amount_due
        assert after.closing >= before.closing
    for each in found:
        assert each.carry_over == each.former_amount - each.payments
        assert each.amount_due == each.carry_over + each.invoiced + each.taxes
    everything = sum((r.amount - r.prepaid for b in batches for r in b.rows), D(0))
    received = sum((p.amount + p.skonto for p in payments if p.paid_date <= found[-1].closing), D(0))
    assert found[-1].amount_due == everything - received


@given(accounts(), cents, prepaid, st.data())
def test_the_effects_of_a_changed_document_are_the_differences_of_every_statement(account, amount, part, data):
    batches, payments = account
    held = [(b, r) for b in batches for r in b.rows]
    if not held:
        return
    batch_, old = data.draw(st.sampled_from(held))
    old = replace(old, batch_id=batch_.batch_id)
    new = replace(old, amount=amount, net=amount, prepaid=part)
    changed = tuple(replace(b, rows=tuple(new if r.id == old.id else r for r in b.rows)) for b in batches)
    before, after = figures(batches, payments), figures(changed, payments)
    for place, (one, was, now) in enumerate(zip(batches, before, after, strict=True)):
        earlier = frozenset(b.batch_id for b in batches[:place])
        effect = entry_effect(old, new, one.batch_id, earlier)
        for name in ("former_amount", "payments", "invoiced", "taxes", "amount_due"):
            assert getattr(effect, name) == getattr(now, name) - getattr(was, name)


@given(accounts(), days, st.data())
def test_the_effects_of_a_moved_payment_are_the_differences_of_every_statement(account, day, data):
    batches, payments = account
    if not payments:
        return
    old = data.draw(st.sampled_from(payments))
    new = replace(old, paid_date=day)
    before = figures(batches, payments)
    after = figures(batches, [new if p is old else p for p in payments])
    for was, now in zip(before, after, strict=True):
        effect = payment_effect(old, new, now)
        assert effect.former_amount == now.former_amount - was.former_amount
        assert effect.payments == now.payments - was.payments
        assert effect.amount_due == now.amount_due - was.amount_due
