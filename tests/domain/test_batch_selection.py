"""Rules D1.10 to D4.6: which documents a batch takes, and the reason for each."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.batch_selection import (
    BatchParameters,
    CustomerFacts,
    Rules,
    by_customer,
    in_range,
    number_key,
)
from tui_billing.domain.batch_states import ALLOWED, BatchAction, refusal
from tui_billing.domain.batches import BatchState, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import DocumentKind
from tui_billing.domain.plans import balance
from tui_billing.i18n import speak

D = Decimal


def entry(day: date, id: int = 1, customer: int = 1, **more) -> ReceivableEntry:
    return ReceivableEntry(id=id, document_id=id, customer_id=customer, batch_date=day, amount=D(100), **more)


def customer(number: int = 1, cutoff_day: int | None = 20, later: date | None = None) -> CustomerFacts:
    return CustomerFacts(number, str(number), f"Kunde {number}", cutoff_day, later)


def rules(close: date, **more) -> Rules:
    month_end = more.pop("month_end", True)
    return Rules(BatchParameters(close_date=close, **more), month_end=month_end)


@pytest.mark.parametrize(
    ("rule", "day", "close", "override", "reason"),
    [
        ("D2.1", date(2013, 10, 10), date(2013, 10, 20), False, ""),
        ("D2.2", date(2013, 11, 10), date(2013, 10, 20), False, "after_close_date"),
        ("D2.3", date(2013, 11, 10), date(2013, 10, 20), True, ""),
        ("D2.4", date(2013, 11, 10), date(2013, 11, 20), False, ""),
    ],
)
def test_the_help_texts_invoice_that_was_moved_by_a_month(rule, day, close, override, reason):
    verdict = rules(close, override_rules=override).verdict(entry(day), customer())
    assert (verdict.is_in, verdict.out_reason) == (not reason, reason), rule


@pytest.mark.parametrize(
    ("rule", "exclude", "override", "reason"),
    [
        ("D2.5 default", False, False, ""),
        ("D2.5 excluded", True, False, "on_close_date"),
        ("D2.6 excluded and overridden", True, True, ""),
    ],
)
def test_a_document_on_the_close_date_itself(rule, exclude, override, reason):
    asked = rules(date(2013, 10, 20), exclude_on_close_date=exclude, override_rules=override)
    assert asked.verdict(entry(date(2013, 10, 20)), customer()).out_reason == reason, rule


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (DocumentKind.INVOICE, ""),
        (DocumentKind.CREDIT_MEMO, ""),
        (DocumentKind.DEBIT_MEMO, ""),
        (DocumentKind.CANCELLATION, ""),
        (DocumentKind.CORRECTION, ""),
        (DocumentKind.SELF_BILLING, "kind"),
    ],
)
def test_these_kinds_are_rows(kind, reason):
    """D2.10"""
    asked = rules(date(2013, 10, 20))
    assert asked.verdict(entry(date(2013, 10, 1), kind=kind), customer()).out_reason == reason


def test_override_takes_any_stichtag_but_not_a_blank_one():
    """D2.12"""
    asked = rules(date(2026, 11, 22), override_rules=True)
    taken = [c for c in (15, 30, None) if asked.takes_customer(customer(c or 99, c))]
    assert taken == [15, 30]


def test_the_help_texts_customers_on_the_15th():
    """D1.10: never 2, 4, 6."""
    asked = rules(date(2013, 11, 15))
    stichtage = {1: 15, 2: None, 3: 15, 4: 30, 5: 15, 6: 30}
    facts = {n: customer(n, d) for n, d in stichtage.items()}
    rows = [entry(date(2013, 11, 3), n, n) for n in stichtage]
    verdicts = [(r, asked.verdict(r, facts[r.customer_id])) for r in rows]
    assert [t.facts.number for t in by_customer(verdicts, facts)] == ["1", "3", "5"]
    assert balance(v for _, v in verdicts).as_json() == {
        "candidates": 6,
        "in": 3,
        "out": {"no_cutoff_day": 1, "cutoff_day": 2},
        "eur": {"candidates": "600.00", "in": "300.00", "out": {"no_cutoff_day": "100.00", "cutoff_day": "200.00"}},
    }


def test_a_customer_whose_later_batch_is_printed_is_refused_unless_overridden():
    """D4.6"""
    late = customer(later=date(2026, 11, 20))
    row = entry(date(2026, 10, 1))
    assert rules(date(2026, 10, 20)).verdict(row, late).out_reason == "later_batch"
    assert rules(date(2026, 10, 20), override_rules=True).verdict(row, late).is_in


def test_override_never_takes_what_another_batch_holds():
    verdict = rules(date(2026, 10, 20), override_rules=True).verdict(
        entry(date(2026, 10, 1)), customer(), other_batch=7
    )
    assert verdict.out_reason == "in_batch"
    assert verdict.reasons[0].text.format(**verdict.reasons[0].params) == "schon im Rechnungsstapel 7"


def test_a_cancelled_document_is_out():
    assert rules(date(2026, 10, 20)).verdict(entry(date(2026, 10, 1), cancelled=True), customer()).out_reason == (
        "cancelled"
    )


def test_the_explanation_stops_at_the_first_reason_that_decides():
    verdict = rules(date(2026, 11, 15)).verdict(entry(date(2026, 12, 1)), customer(cutoff_day=30))
    assert [(r.code, r.passed) for r in verdict.reasons] == [
        ("in_batch", True),
        ("customer_range", True),
        ("no_cutoff_day", True),
        ("cutoff_day", False),
        ("later_batch", None),
        ("after_close_date", None),
        ("on_close_date", None),
    ]
    assert speak(verdict.reasons[3].text, verdict.reasons[3].params) == (
        "Stichtag 30 fällt nicht auf das Abschlussdatum 15.11.2026"
    )


def test_the_literal_comparison_is_asked_where_it_is_set():
    """D1.9"""
    close = date(2027, 2, 28)
    assert not rules(close, month_end=False).takes_customer(customer(cutoff_day=31))
    assert rules(close).takes_customer(customer(cutoff_day=31))


@pytest.mark.parametrize(
    ("number", "low", "high", "expected"),
    [
        ("10004", "10001", "10010", True),
        ("9", "10", "", False),
        ("K9", "K1", "K10", True),
        ("K10", "K1", "K9", False),
        ("10001", "10001", "10001", True),
        ("10001", "", "", True),
    ],
)
def test_a_customer_range_is_inclusive_and_counts_as_people_do(number, low, high, expected):
    assert in_range(number, low, high) is expected
    facts = CustomerFacts(1, number, "x", 15)
    assert rules(date(2026, 11, 15), customer_from=low, customer_to=high).takes_customer(facts) is expected


@given(st.lists(st.text(alphabet="aK0189-", max_size=6), max_size=6))
def test_any_customer_numbers_have_an_order(numbers):
    assert len(sorted(numbers, key=number_key)) == len(numbers)
    assert all(number_key(n) == number_key(n.upper()) for n in numbers)


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.one_of(st.none(), st.integers(1, 31)),
    st.booleans(),
    st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 12, 31))),
)
def test_override_takes_at_least_what_the_rules_take(day, close, cutoff_day, exclude, later):
    facts = customer(cutoff_day=cutoff_day, later=later if later and later > close else None)
    plain = rules(close, exclude_on_close_date=exclude).verdict(entry(day), facts)
    forced = rules(close, exclude_on_close_date=exclude, override_rules=True).verdict(entry(day), facts)
    assert forced.is_in is (cutoff_day is not None)
    assert forced.is_in or not plain.is_in
    assert plain.is_in <= (day <= close)


def test_every_action_has_an_answer_in_every_state_with_its_reason():
    """D4.2"""
    assert {s: set(a) for s, a in ALLOWED.items()} == {s: set(BatchAction) for s in BatchState}
    printed = InvoiceBatch(number=7, state=BatchState.PRINTED)
    for action in (BatchAction.DELETE, BatchAction.DROP, BatchAction.ADD):
        problem = refusal(printed, action)
        assert problem is not None
        assert problem.code == "STAPEL_GEDRUCKT"
        assert problem.text.format(**problem.params).startswith("Stapel 7 ist bereits gedruckt")
    assert refusal(InvoiceBatch(number=7), BatchAction.DELETE) is None
