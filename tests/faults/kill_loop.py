"""Kill four writers and a compaction with SIGKILL at random moments, over and over: `python tests/faults/kill_loop.py
ROUNDS [FOLDER]` prints what was acknowledged and what is wrong. Each writer draws numbers, notes each one as soon as
its transaction is acknowledged, and moves a unit between two accounts in the same transaction.
"""

import os
import random
import select
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tui_billing.store.compact import compact
from tui_billing.store.journal_engine import open_engine

WRITERS = 4


def write(folder: Path, who: int, note: int) -> None:
    """Draw numbers until killed."""
    engine = open_engine(folder)
    engine.compact_at = 1 << 60
    for step in range(10**9):
        with engine.transaction("ziehen", by=str(who)) as tx:
            counter = tx.get("numbers", 1) or {}
            last = counter["last"] + 1
            tx.put("numbers", {**counter, "last": last}, counter["rev"])
            tx.insert("invoices", {"number": f"R{last}", "customer_id": who, "pad": "x" * (step % 5 * 400)})
            for account, amount in ((1, -1), (2, 1)):
                doc = tx.get("customers", account) or {}
                tx.put("customers", {**doc, "balance": doc["balance"] + amount}, doc["rev"])
        os.write(note, b"%d\n" % last)


def keep_compacting(folder: Path) -> None:
    """Compact until killed, now and then completely."""
    for step in range(10**9):
        compact(folder, full=step % 3 == 0)
        time.sleep(0.02)


def child(work: Any, *arguments: Any) -> int:
    """A process that never comes back."""
    pid = os.fork()
    if pid == 0:
        try:
            work(*arguments)
        except BaseException as error:
            os.write(2, f"writer failed: {error!r}\n".encode())
        os._exit(1)
    return pid


def check(folder: Path, acknowledged: list[int]) -> list[str]:
    """What is wrong with the store after a kill."""
    engine = open_engine(folder, create=False)
    numbers = [int(d["number"][1:]) for d in engine.scan("invoices")]
    last = (engine.get("numbers", 1) or {})["last"]
    wrong = []
    if lost := set(acknowledged) - set(numbers):
        wrong.append(f"acknowledged and lost: {sorted(lost)[:5]}")
    if sorted(numbers) != list(range(1, last + 1)):
        wrong.append(f"numbers twice or gaps: {len(numbers)} documents, counter {last}")
    balances = [(engine.get("customers", i) or {})["balance"] for i in (1, 2)]
    if balances != [-last, last]:
        wrong.append(f"a part of a transaction: balances {balances}, counter {last}")
    if len(numbers) > 5_000:
        wrong += [f"audit trail: {n}" for n in _trail(engine, last)]
    engine.close()
    return wrong


def _trail(engine: Any, last: int) -> list[str]:
    seqs = [e.seq for e in engine.history(limit=10**9)]
    return [] if seqs == list(range(engine.seq, 0, -1)) else ["numbers of transactions do not follow"]


def await_notes(reader: int, count: int) -> bytes:
    """Wait until so many transactions have been acknowledged, or two seconds."""
    noted, end = b"", time.monotonic() + 2
    while noted.count(b"\n") < count and select.select([reader], [], [], max(0, end - time.monotonic()))[0]:
        noted += os.read(reader, 1 << 16)
    return noted


def run(folder: Path, rounds: int, seed: int = 1) -> tuple[int, list[str]]:
    """(acknowledged transactions, what went wrong) over all rounds, in one data folder that keeps growing."""
    pick = random.Random(seed)
    engine = open_engine(folder)
    with engine.transaction("Anfang") as tx:
        tx.insert("numbers", {"name": "invoice", "year": 2026, "last": 0})
        tx.insert("customers", {"number": "K1", "balance": 0})
        tx.insert("customers", {"number": "K2", "balance": 0})
    engine.close()
    acknowledged: list[int] = []
    for number in range(rounds):
        reader, note = os.pipe()
        pids = [child(write, folder, who, note) for who in range(WRITERS)]
        pids.append(child(keep_compacting, folder))
        os.close(note)
        noted = await_notes(reader, pick.randrange(25))
        time.sleep(pick.uniform(0, 0.01))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
        while more := os.read(reader, 1 << 16):
            noted += more
        os.close(reader)
        acknowledged += [int(line) for line in noted.split()]
        if wrong := check(folder, acknowledged):
            return len(acknowledged), [f"round {number + 1}: {w}" for w in wrong]
    return len(acknowledged), []


def main() -> int:
    """Run and print; 1 where something is wrong."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        count, wrong = run(Path(folder) / "data", rounds)
    print(f"{rounds} rounds, {count} transactions acknowledged, {len(wrong)} failures", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
