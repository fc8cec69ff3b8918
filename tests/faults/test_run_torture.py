"""Two runs over the same invoices, two processes at each, kill -9 and faults: per run each document once, none lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "dispatch"))

from dispatch_torture import torture_desk
from fakes import TODAY, add_company, add_customer, add_invoice
from fault_server import FaultServer
from test_dispatch_torture import BEFORE_DOT, CONNECTIONS, RandomFaults

from tui_billing.domain.runs import Dispatch, RowState, RunParameters, RunRow
from tui_billing.domain.settings import Setting
from tui_billing.services import documents, runs
from tui_billing.services.desk import Desk
from tui_billing.services.sending import settle_orphans

PROCESSES = 2
LEFT = {RowState.OPEN, RowState.RENDERED, RowState.DEFERRED, RowState.IN_FLIGHT, RowState.FAILED}
ROOT = Path(__file__).parents[2]


def prepare(folder: Path, count: int, mode: str) -> None:
    """Invoices of 20 customers, every third sent before, in two runs that take what was sent as copies."""
    desk = torture_desk(folder, 1)
    add_company(desk)
    customers = [add_customer(desk, str(n)) for n in range(20)]
    with desk.store.transaction("Daten") as tx:
        tx.insert(Setting(key="mail.connections", value=str(CONNECTIONS)))
        tx.insert(Setting(key="mail.mode", value=mode))
        for n in range(count):
            document = add_invoice(tx, customers[n % 20])
            if n % 3 == 0:
                documents.mark_output(tx, document, at="2026-11-12T08:00:00+00:00", mailed=False)
    period = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30), include_sent=True)
    for _ in range(2):
        runs.apply_create_run(desk, runs.plan_create_run(desk.store, period, TODAY))
    desk.store.close()


def start(folder: Path, port: int, order: list[int]) -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/faults/run_torture.py"), str(folder), str(port), *map(str, order)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def let_live(children: list["subprocess.Popen[bytes]"], seconds: float) -> int:
    """Kill those that have not ended by then; how many that were."""
    end, killed = time.monotonic() + seconds, 0
    for child in children:
        assert child.stdout is not None and child.stderr is not None
        with child.stdout, child.stderr:
            try:
                child.wait(max(0.01, end - time.monotonic()))
                assert child.returncode == 0, child.stderr.read().decode()[-2000:]
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                killed += 1
    return killed


def is_done(desk: Desk) -> bool:
    """Nothing left but what waits for a clerk."""
    waiting = {d for one in desk.store.find(Dispatch, "state", RowState.UNKNOWN) for d in one.document_ids}
    return all(r.state not in LEFT or r.document_id in waiting for r in desk.store.all(RunRow))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is for POSIX")
@pytest.mark.parametrize("mode", ["per_document", "per_customer"])
def test_two_runs_by_two_processes_with_kills_send_each_document_once_a_run(tmp_path: Path, mode: str) -> None:
    prepare(tmp_path, 60, mode)
    faults, content, chance, kills, lives = RandomFaults(5), RandomFaults(6), random.Random(5), 0, 0
    at_each_step = {**dict.fromkeys(BEFORE_DOT, faults.before), "content": content.after, "stored": faults.after}
    with FaultServer(at_each_step) as server:
        desk = torture_desk(tmp_path, server.port)
        while lives == 0 or not is_done(desk):
            children = [start(tmp_path, server.port, chance.sample((1, 2), 2)) for _ in range(PROCESSES)]
            kills += let_live(children, chance.uniform(0.05, 0.2) * (1 + 2 * lives))
            settle_orphans(desk)
            lives += 1
        time.sleep(0.2)  # what the server still holds comes to its end
    by_id = {d.message_id: d for d in desk.store.all(Dispatch)}
    mails = [by_id[m.data.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()] for m in server.stored]
    delivered = Counter((d.run_id, i) for d in mails for i in d.document_ids)
    originals = Counter(i for d in mails if not d.copy for i in d.document_ids)
    rows = {(r.run_id, r.document_id): r for r in desk.store.all(RunRow)}
    assert max(delivered.values()) == max(originals.values()) == 1, "once a run, and once as the original"
    assert {key for key, row in rows.items() if row.state is RowState.SENT} <= set(delivered)
    assert {rows[key].state for key in delivered} <= {RowState.SENT, RowState.UNKNOWN}
    unknown = sum(d.state is RowState.UNKNOWN for d in by_id.values())
    # What breaks in the content of a small mail may be seen only behind its dot.
    assert unknown <= kills * CONNECTIONS + faults.after_dot + content.after_dot
    assert kills > 0
    spooled = {p.name for p in (tmp_path / "documents/2026/mail").iterdir()}
    assert spooled == {d.spool.rpartition("/")[2] for d in by_id.values()}
    desk.store.close()
