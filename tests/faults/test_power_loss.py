"""A power loss at any moment: everything acknowledged is there, nothing in parts, and writing goes on.

The same checker must find five bugs that are put in on purpose.
"""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crash_model import Disk, NoSync, Recorder, lay_out, losses

from tui_billing.store import compact as compaction
from tui_billing.store import state as state_module
from tui_billing.store.compact import compact
from tui_billing.store.engine import Engine, StoreError
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.schema import TABLES

Snapshot = str


def dumped(engine: Engine) -> Snapshot:
    """All records as text."""
    return json.dumps({t: list(engine.scan(t)) for t in TABLES}, sort_keys=True)


class Session:
    """A scripted session with everything that writes: commits, a torn end, two compactions, deletions, an undo."""

    def __init__(self, root: Path, ops: Recorder) -> None:
        self.folder, self.ops = root / "data", ops
        self.engine = open_engine(self.folder, ops=ops)
        self.snapshots: list[Snapshot] = [dumped(self.engine)]
        self.note(0)

    def note(self, seq: int) -> None:
        """From here on transaction `seq` is promised."""
        self.ops.events.append(("acknowledged", seq))

    def commit(self, work: Callable[[Any], Any], undoable: bool = False) -> None:
        with self.engine.transaction("Sitzung", by="anna", undoable=undoable) as tx:
            work(tx)
        self.done()

    def done(self) -> None:
        self.snapshots.append(dumped(self.engine))
        self.note(self.engine.seq)

    def invoice(self, number: int, size: int) -> None:
        self.commit(lambda tx: tx.insert("invoices", {"number": f"R{number}", "text": f"{number} " * size}))

    def run(self) -> None:
        self.invoice(1, 2000)
        self.invoice(2, 1)
        self.commit(lambda tx: [tx.insert("orders", {"number": f"A{i}", "text": "ä" * 400}) for i in range(3)])
        compact(self.folder, full=True, ops=self.ops)
        self.commit(lambda tx: tx.put("invoices", {**tx.get("invoices", 1), "text": "neu"}), undoable=True)
        self.engine.close()
        self.engine = open_engine(self.folder, ops=self.ops)
        self.invoice(3, 2500)
        self.commit(lambda tx: tx.delete("orders", 2))
        compact(self.folder, full=False, ops=self.ops)
        self.invoice(4, 300)
        self.engine.undo("anna")
        self.done()
        compact(self.folder, full=True, ops=self.ops)
        self.commit(lambda tx: [tx.delete("orders", 1), tx.delete("orders", 3)])
        compact(self.folder, full=True, ops=self.ops)
        self.invoice(5, 3000)


def check(state: dict[str, bytes], folder: Path, snapshots: list[Snapshot], promised: int) -> str:
    """Empty, or what is wrong with the store after this loss."""
    lay_out(state, folder.parent)
    try:
        engine = open_engine(folder, ops=NoSync())
        found = dumped(engine)
        if found not in snapshots[promised : promised + 2]:
            return f"promised transaction {promised}, found {engine.seq}, or parts of one"
        with engine.transaction("danach") as tx:
            tx.insert("customers", {"number": "K1"})
        engine.close()
        compact(folder, full=promised % 2 == 0, ops=NoSync())
        again = open_engine(folder, ops=NoSync())
        if again.count("customers") != 1 or [e.seq for e in again.history()] != list(range(again.seq, 0, -1)):
            return "writing does not go on"
        again.close()
    except StoreError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def explore(root: Path, most: int, stop_at_first: bool = False, seed: int = 1) -> tuple[int, list[str]]:
    """(number of states, failures) of the session with a power loss after each system call."""
    ops = Recorder(root / "live")
    (root / "live").mkdir(parents=True)
    session = Session(root / "live", ops)
    session.run()
    pick, disk, promised, count, failures = random.Random(seed), Disk(), -1, 0, []
    for event in ops.events:
        if event[0] == "acknowledged":
            promised = event[1]
            continue
        disk.apply(event)
        for state in losses(disk, pick, most):
            count += 1
            folder = root / "crashed" / "data"
            wrong = check(state, folder, session.snapshots, max(0, promised))
            shutil.rmtree(root / "crashed", ignore_errors=True)
            if wrong:
                failures.append(f"after {event[:2]}: {wrong}")
                if stop_at_first:
                    return count, failures
    return count, failures


def test_no_power_loss_takes_what_was_acknowledged(ram: Path) -> None:
    count, failures = explore(ram, 13)
    assert failures == []
    assert count >= 1000


@pytest.mark.slow
def test_no_power_loss_takes_what_was_acknowledged_in_many_more_states(ram: Path) -> None:
    results = [explore(ram / str(seed), 60, seed=seed) for seed in range(2, 6)]
    assert [failures for _, failures in results if failures] == []
    assert sum(count for count, _ in results) >= 9000


def no_fsync_on_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recorder, "fdatasync", lambda self, fd: None)


def rename_without_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recorder, "fsync", lambda self, fd: None)


def manifest_too_early(patch: pytest.MonkeyPatch) -> None:
    publish = compaction._Compactor._publish

    def early(self: Any, files: Any, manifest: Any) -> None:
        manifest.save(self.folder, self.ops, self.mode)
        publish(self, files, manifest)

    patch.setattr(compaction._Compactor, "_publish", early)


def new_journal_without_folder_fsync(patch: pytest.MonkeyPatch) -> None:
    real = Recorder.fsync_folder
    patch.setattr(Recorder, "fsync_folder", lambda self, path: None if path.name == "journal" else real(self, path))


def no_hash_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state_module, "checked_hash", lambda head, line: line[6:70].decode("latin-1"))


BUGS = [
    no_fsync_on_commit,
    rename_without_fsync,
    manifest_too_early,
    new_journal_without_folder_fsync,
    no_hash_check,
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_the_checker_finds_a_bug_that_was_put_in(
    bug: Callable[[pytest.MonkeyPatch], None], ram: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    _, failures = explore(ram, 30, stop_at_first=True)
    assert failures
