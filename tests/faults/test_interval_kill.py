"""kill -9 at random moments of a creation of 1,000 interval invoices, then resumed: each period exactly once (A8.4).

Ten rounds here, one hundred with `-m slow`. A round may be killed several times before it is let through.
"""

import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import killed_work
import pytest
from killed_work import ADDRESS, at_once

from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import Document, NumberRange
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine, Period
from tui_billing.domain.parties import Company, Customer
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create, resume
from tui_billing.services.intervals import finish, plan_select

SIZE = 1000
DAY = date(2027, 1, 1)
pytestmark = killed_work.needs_fork


def open_desk(folder: Path) -> Desk:
    return killed_work.open_desk(folder, DAY)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 yearly orders, nothing billed."""
    folder = tmp_path_factory.mktemp("template") / "data"
    desk = open_desk(folder)
    terms = IntervalTerms(unit=IntervalUnit.YEAR, anchor=DAY)
    with desk.store.transaction("Anfang") as tx:
        tx.insert(Company(name="Muster GmbH", address=ADDRESS, tax_number="22/815/08150"))
        customer = tx.insert(Customer(number="10001", name="Verein", address=ADDRESS))
        lines = (OrderLine(name="Beitrag {Jahr}", unit_price=Decimal(96)),)
        for n in range(SIZE):
            tx.insert(Order(number=f"A-{n:04d}", customer_id=customer.id, lines=lines, interval=terms))
    desk.store.close()
    return folder


def work(folder: Path) -> None:
    """What a clerk does: go on with what is unfinished, else select and create."""
    desk = open_desk(folder)
    unfinished = [c for c in desk.store.all(IntervalCreation) if not c.finished]
    for creation in unfinished:
        finish(resume(desk, creation.id))
    plan = finish(plan_select(desk.store, IntervalSelectionParameters(execution_date=DAY, invoice_date=DAY)))
    finish(apply_create(desk, plan))
    desk.store.close()


def check(folder: Path) -> None:
    """Every period once, every number once and without a gap, every document with its receivable."""
    desk = open_desk(folder)
    documents = desk.store.all(Document)
    periods = desk.store.all(Period)
    assert Counter((p.order_id, p.period_start) for p in periods).most_common(1)[0][1] == 1
    assert {p.order_id for p in periods} == set(range(1, SIZE + 1))
    assert sorted(d.number for d in documents) == [f"RE-2027-{n:05d}" for n in range(1, SIZE + 1)]
    assert {p.document_id for p in periods} == {d.id for d in documents}
    assert {r.document_id for r in desk.store.all(ReceivableEntry)} == {d.id for d in documents}
    assert desk.store.all(NumberRange)[0].last == SIZE
    creations = desk.store.all(IntervalCreation)
    assert all(c.finished for c in creations)
    assert sorted(i for c in creations for i in c.document_ids) == sorted(d.id for d in documents)
    desk.store.close()


def torture(template: Path, folder: Path, rounds: int, seed: int) -> int:
    """How often the creation was killed."""
    return killed_work.torture(
        template, folder, work, rounds=rounds, seed=seed, kills=3, seconds=(0.02, 1.2), check=check
    )


def test_a_creation_killed_at_random_moments_bills_each_period_once(template: Path, tmp_path: Path) -> None:
    assert torture(template, tmp_path, rounds=10, seed=11) >= 10


@pytest.mark.slow
def test_a_creation_killed_one_hundred_times_bills_each_period_once(template: Path, tmp_path: Path) -> None:
    assert torture(template, tmp_path, rounds=100, seed=12) >= 100


def create(folder: Path) -> None:
    """One clerk presses Erstellen; who comes second is told which periods are billed already."""
    desk = open_desk(folder)
    plan = finish(plan_select(desk.store, IntervalSelectionParameters(execution_date=DAY, invoice_date=DAY)))
    result = finish(apply_create(desk, plan))
    told = sum(p.code == "SCHON_BERECHNET" for p in result.failed.values())
    assert len(result.document_ids) + told == len(plan.rows)


def test_two_clerks_who_press_erstellen_at_once_create_each_invoice_once(template: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(template, data)
    assert at_once(create, data) == [0, 0]
    check(data)
