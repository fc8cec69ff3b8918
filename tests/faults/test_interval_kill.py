"""kill -9 at random moments of a creation of 1,000 interval invoices, then resumed: each period exactly once (A8.4).

Ten rounds here, one hundred with `-m slow`. A round may be killed several times before it is let through.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import FakeRenderer, FakeTransport

from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import Document, NumberRange
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine, Period
from tui_billing.domain.parties import Address, Company, Customer
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create, resume
from tui_billing.services.intervals import finish, plan_select
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store

SIZE = 1000
DAY = date(2027, 1, 1)
ADDRESS = Address(street="Weg 1", postcode="20999", city="Nordhafen")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 needs POSIX")


def open_desk(folder: Path) -> Desk:
    return Desk(
        store=Store(open_engine(folder, create=True), "anna"),
        files=Files(folder),
        folder=folder,
        user="anna",
        today=lambda: DAY,
        renderer=FakeRenderer,
        transport=FakeTransport,
        now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
    )


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


def killed_work(folder: Path, after: float) -> bool:
    """Work in a child that is killed after so many seconds; whether it was killed in the middle."""
    child = os.fork()
    if child == 0:
        try:
            work(folder)
            os._exit(0)
        except BaseException:
            os._exit(1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


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
    rng = random.Random(seed)
    kills = 0
    for n in range(rounds):
        data = folder / str(n)
        shutil.copytree(template, data)
        for _ in range(rng.randint(1, 3)):
            kills += killed_work(data, rng.uniform(0.02, 1.2))
        work(data)
        check(data)
        shutil.rmtree(data)
    return kills


def test_a_creation_killed_at_random_moments_bills_each_period_once(template: Path, tmp_path: Path) -> None:
    assert torture(template, tmp_path, rounds=10, seed=11) >= 10


@pytest.mark.slow
def test_a_creation_killed_one_hundred_times_bills_each_period_once(template: Path, tmp_path: Path) -> None:
    assert torture(template, tmp_path, rounds=100, seed=12) >= 100


def test_two_clerks_who_press_erstellen_at_once_create_each_invoice_once(template: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(template, data)
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            try:
                desk = open_desk(data)
                parameters = IntervalSelectionParameters(execution_date=DAY, invoice_date=DAY)
                plan = finish(plan_select(desk.store, parameters))
                result = finish(apply_create(desk, plan))
                told = sum(p.code == "SCHON_BERECHNET" for p in result.failed.values())
                assert len(result.document_ids) + told == len(plan.rows)
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    check(data)
