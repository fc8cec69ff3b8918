"""A run whose process was killed is unterbrochen, not läuft; executing it again takes up the rest (E9.1)."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fakes import TODAY, FakeTransport, add_company, add_customer, add_invoice, make_desk

from tui_billing.dispatch.lease import Lease
from tui_billing.domain.runs import InvoiceRun, RowState, RunParameters, RunState
from tui_billing.services import run_lease, runs
from tui_billing.services.desk import Desk
from tui_billing.services.run_execution import execute
from tui_billing.services.run_work import FIRST_GROUP

NOVEMBER = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))


def run_of(desk: Desk, documents: int) -> InvoiceRun:
    add_company(desk)
    customer = add_customer(desk, "K1")
    for _ in range(documents):
        add_invoice(desk, customer)
    return runs.apply_create_run(desk, runs.plan_create_run(desk.store, NOVEMBER, TODAY))


def shown(desk: Desk, run_id: int) -> RunState:
    return run_lease.as_it_stands(desk, desk.store.need(InvoiceRun, run_id)).state


def test_a_run_is_running_while_its_process_works_and_names_nobody_afterwards(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    run = run_of(desk, 3)
    steps = execute(desk, run.id)
    next(steps)
    assert shown(desk, run.id) is RunState.RUNNING
    list(steps)
    assert shown(desk, run.id) is RunState.DONE
    assert desk.store.need(InvoiceRun, run.id).owners == ()
    assert list((tmp_path / "sending").iterdir()) == []


def test_a_run_whose_leases_are_dead_is_interrupted_and_resumes(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    run = run_of(desk, 2)
    with desk.store.transaction("wie nach kill -9") as tx:
        tx.put(replace(run, state=RunState.RUNNING, owners=("gone",)))
    assert shown(desk, run.id) is RunState.INTERRUPTED
    assert desk.store.need(InvoiceRun, run.id).state is RunState.RUNNING, "nobody writes what is only seen"
    list(execute(desk, run.id))
    assert shown(desk, run.id) is RunState.DONE


def test_the_first_of_two_processes_leaves_the_run_to_the_other(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={"kK2@kunde.example": runs_refusal()})
    desk = make_desk(tmp_path, transport=transport)
    add_company(desk)
    for number in ("K1", "K2"):
        add_invoice(desk, add_customer(desk, number))
    run = runs.apply_create_run(desk, runs.plan_create_run(desk.store, NOVEMBER, TODAY))
    other = Lease(tmp_path)
    with desk.store.transaction("ein zweiter Prozess") as tx:
        tx.put(replace(run, state=RunState.RUNNING, owners=(other.token,)))
    list(execute(desk, run.id))
    stored = desk.store.need(InvoiceRun, run.id)
    assert (stored.state, stored.owners) == (RunState.RUNNING, (other.token,))
    other.release()
    assert shown(desk, run.id) is RunState.INTERRUPTED


def runs_refusal():  # type: ignore[no-untyped-def]
    from tui_billing.dispatch.port import Outcome

    return Outcome(RowState.REFUSED, "550 unknown", 550)


def test_progress_moves_from_the_first_group_on_and_counts_pdfs_honestly(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    run = run_of(desk, 3 * FIRST_GROUP)
    seen = list(execute(desk, run.id))
    assert (seen[0].done, seen[0].total, seen[0].prepared) == (0, 30, 0)
    assert min(p.done for p in seen if p.done) == 1
    assert all(p.done <= p.prepared <= p.total for p in seen), "a PDF is made before its mail is sent"
    first_mail = next(p for p in seen if p.done)
    assert first_mail.prepared < 30 or len(seen) > 30, "the first mails leave before the last PDF is made"
    assert (seen[-1].done, seen[-1].prepared) == (30, 30)


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[3]]
from fakes import FakeRenderer, FakeTransport
from tui_billing.services.run_execution import execute
from tui_billing.wiring import open_desk
import dataclasses, time
from datetime import date
desk = open_desk(Path(sys.argv[1]), "anna", today=date(2026, 11, 22))
slow = FakeTransport(on_dot=lambda envelope: time.sleep(60))
desk = dataclasses.replace(desk, renderer=lambda: FakeRenderer(), transport=lambda: slow)
for step in execute(desk, 1):
    print(step.done, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is for POSIX")
def test_kill_9_in_the_middle_of_a_run_is_seen_by_everybody_else(tmp_path: Path) -> None:
    from tui_billing.store.journal_engine import open_engine

    root = Path(__file__).parents[2]
    desk = make_desk(tmp_path / "data", engine=open_engine(tmp_path / "data", create=True))
    run = run_of(desk, 3)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "data"), str(root), str(root / "tests")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        end = time.monotonic() + 20
        while not rows_in(desk, run.id, RowState.IN_FLIGHT) and time.monotonic() < end:
            time.sleep(0.05)
            desk.store.refresh()
        assert shown(desk, run.id) is RunState.RUNNING
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]
    assert shown(desk, run.id) is RunState.INTERRUPTED
    opened = run_lease.opened(desk, desk.store.need(InvoiceRun, run.id))
    assert opened.state is RunState.INTERRUPTED
    assert rows_in(desk, run.id, RowState.UNKNOWN) == 1, "what it had in flight is ungeklärt as soon as one looks"
    desk.store.close()


def rows_in(desk: Desk, run_id: int, state: RowState) -> int:
    return runs.open_run(desk.store, run_id).counts[state.value]
