"""kill -9 in the middle of a run, again and again, with a server that fails at every step: no mail twice, none lost.

Full form with 10,000 mails: pytest -m slow tests/faults/test_dispatch_torture.py
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "dispatch"))

from dispatch_torture import items_to_do, torture_desk
from fakes import add_company, add_customer, add_invoice
from fault_server import FaultServer

from tui_billing.domain.documents import Document
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.settings import Setting
from tui_billing.services.sending import settle_orphans

BEFORE_DOT = ("greeting", "ehlo", "mail", "rcpt", "data")
CONNECTIONS = 2


class RandomFaults:
    """Fails now and then at any step, and counts the faults after the dot."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.after_dot = 0

    def before(self, line: bytes) -> str:
        return self.random.choice(["drop", "451 4.3.0 later"]) if self.random.random() < 0.01 else "ok"

    def within(self, line: bytes) -> str:
        """A small mail is in the network whole, dot and all, when its content is cut off: that counts as behind it."""
        answer = self.before(line)
        self.after_dot += answer == "drop"
        return answer

    def after(self, line: bytes) -> str:
        if self.random.random() >= 0.02:
            return "ok"
        self.after_dot += 1
        return self.random.choice(["drop", "garble"])


def prepare(folder: Path, count: int) -> None:
    """A company, a few customers and a run of so many rows with small files."""
    desk = torture_desk(folder, 1)
    add_company(desk)
    customers = [add_customer(desk, str(n)) for n in range(20)]
    stored = desk.files.write("documents/2026/x.pdf", b"%PDF" + b"x" * 2000)
    with desk.store.transaction("Daten") as tx:
        tx.insert(Setting(key="mail.connections", value=str(CONNECTIONS)))
        for n in range(count):
            customer = customers[n % len(customers)]
            document = add_invoice(tx, customer)
            tx.insert(
                RunRow(
                    run_id=1,
                    document_id=document.id,
                    customer_id=customer.id,
                    number=document.number,
                    address=customer.emails,
                    file=stored.relative,
                    file_hash=stored.sha256,
                )
            )
    desk.store.close()


def execute_until_killed(folder: Path, port: int, seconds: float) -> bool:
    """Start an execution, kill it so many seconds after it began to send; whether it was killed before its end."""
    script = Path(__file__).parent / "dispatch_torture.py"
    child = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(port)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None
    with child.stdout, child.stderr:
        child.stdout.readline()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return True
        assert child.returncode == 0, child.stderr.read().decode()[-2000:]
    return False


def torture(folder: Path, count: int, seed: int, rounds_of: float) -> dict[str, int]:
    """Kill and fail until nothing is left to do; returns what was counted."""
    prepare(folder, count)
    faults, kills = RandomFaults(seed), 0
    chance = random.Random(seed)
    steps = dict.fromkeys(BEFORE_DOT, faults.before)
    with FaultServer({**steps, "content": faults.within, "stored": faults.after}) as server:
        desk = torture_desk(folder, server.port)
        while True:
            # each life may last a little longer, so that a busy machine comes to the end too
            kills += execute_until_killed(folder, server.port, chance.uniform(0.05, rounds_of * (1 + kills / 8)))
            settle_orphans(desk)
            if not items_to_do(desk):
                break
        time.sleep(0.2)  # what the server still holds comes to its end
    delivered = Counter(m.data.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode() for m in server.stored)
    by_id = {d.message_id: d for d in desk.store.all(Dispatch)}
    rows = desk.store.all(RunRow)
    states = Counter(r.state for r in rows)
    sent = [d for d in by_id.values() if d.state is RowState.SENT]
    documents = Counter(i for m in delivered.elements() for i in by_id[m].document_ids)
    result = {
        "mails": len(rows),
        "kills": kills,
        "faults after the dot": faults.after_dot,
        "delivered": sum(delivered.values()),
        "duplicates": sum(n - 1 for n in documents.values()),
        "booked as sent, not delivered": sum(d.message_id not in delivered for d in sent),
        "delivered, not booked": sum(by_id[m].state not in (RowState.SENT, RowState.UNKNOWN) for m in delivered),
        "sent": states[RowState.SENT],
        "unknown": states[RowState.UNKNOWN],
        "others": len(rows) - states[RowState.SENT] - states[RowState.UNKNOWN],
        "documents marked as mailed": sum(bool(d.mailed_at) for d in desk.store.all(Document)),
    }
    desk.store.close()
    return result


def check(result: dict[str, int], count: int) -> None:
    print(result)
    assert result["duplicates"] == 0
    assert result["booked as sent, not delivered"] == 0
    assert result["delivered, not booked"] == 0
    assert result["others"] == 0
    assert result["sent"] + result["unknown"] == count
    assert result["documents marked as mailed"] == result["sent"]
    assert result["unknown"] <= result["kills"] * CONNECTIONS + result["faults after the dot"]
    assert result["kills"] > 0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is for POSIX")
def test_500_mails_with_kills_and_faults_none_twice_none_lost(tmp_path: Path) -> None:
    check(torture(tmp_path, 500, seed=7, rounds_of=0.9), 500)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is for POSIX")
def test_10000_mails_with_kills_and_faults_none_twice_none_lost(tmp_path: Path) -> None:
    check(torture(tmp_path, 10_000, seed=11, rounds_of=3), 10_000)


def test_two_processes_at_once_send_each_mail_once(tmp_path: Path) -> None:
    prepare(tmp_path, 60)
    with FaultServer() as server:
        threads = [threading.Thread(target=execute_until_killed, args=(tmp_path, server.port, 60.0)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.stored) == 60
    desk = torture_desk(tmp_path, 1)
    assert {r.state for r in desk.store.all(RunRow)} == {RowState.SENT}
    desk.store.close()
