"""Several processes and threads on one data folder: visible at once, fair, clear when it cannot work."""

import gc
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui_billing.store import locks
from tui_billing.store.compact import compact, spawn
from tui_billing.store.engine import Busy, ReadOnly
from tui_billing.store.fsops import FsOps
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.locks import FileLock


def forked(work: Callable[[], None]) -> int:
    """Run in a child process; returns its exit code's pid."""
    pid = os.fork()
    if pid == 0:
        gc.freeze()  # else all children look through the tests' whole heap at the same moment, one with the lock
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return pid


def joined(pid: int) -> None:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def add(folder: Path, number: str) -> None:
    engine = open_engine(folder)
    with engine.transaction("neu", by="anna") as tx:
        tx.insert("invoices", {"number": number, "customer_id": 1})
    engine.close()


def test_what_another_process_committed_is_seen_by_the_next_question(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    seen = engine.seq
    for i in range(1, 4):
        joined(forked(lambda i=i: add(tmp_path, f"R{i}")))  # type: ignore[misc]
        assert engine.find_ids("invoices", "number", f"R{i}") == [i]
    assert engine.changes_since(seen).ids == {"invoices": {1, 2, 3}}


def test_a_compaction_by_another_process_is_not_noticed(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    add(tmp_path, "R1")
    seen = engine.refresh()
    add(tmp_path, "R2")
    joined(forked(lambda: compact(tmp_path) and None))
    add(tmp_path, "R3")
    assert [d["number"] for d in engine.scan("invoices")] == ["R1", "R2", "R3"]
    assert engine.changes_since(seen).ids == {"invoices": {2, 3}}
    assert engine.changes_since(0).ids == {"invoices": {1, 2, 3}}
    assert [e.seq for e in engine.history()] == [3, 2, 1]


def test_a_scan_survives_a_compaction_in_between(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    with engine.transaction("viele") as tx:
        for i in range(1200):
            tx.insert("invoices", {"number": f"R{i}"})
    numbers = []
    for position, doc in enumerate(engine.scan("invoices")):
        numbers.append(doc["number"])
        if position == 100:
            compact(tmp_path)
    assert numbers == [f"R{i}" for i in range(1200)]


def test_the_journal_is_compacted_by_a_process_of_its_own_when_it_is_large(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    engine.compact_at = 1000
    with engine.transaction("groß") as tx:
        tx.insert("invoices", {"number": "R1", "text": "x" * 2000})
    assert engine._compaction is not None
    assert engine._compaction.wait(30) == 0
    assert (tmp_path / "tables" / "invoices.0001.json").exists()
    assert engine.get("invoices", 1) is not None


def test_a_compaction_leaves_at_once_when_another_is_at_work(tmp_path: Path) -> None:
    open_engine(tmp_path).close()
    lock = FileLock(tmp_path / "compact.lock", FsOps(), 0o600)
    lock.acquire()
    assert compact(tmp_path, wait=False) is None
    assert spawn(tmp_path).wait(30) == 0
    lock.close()


def test_who_holds_the_lock_is_said_after_a_second_and_then_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_BILLING_USER", "berta")
    holder = open_engine(tmp_path)
    said: list[str] = []
    waiting = open_engine(tmp_path, patience=0.3, on_wait=said.append)
    waiting.lock.notice_after = 0.05
    with holder.transaction("lange"), pytest.raises(Busy) as caught, waiting.transaction("auch"):
        pass
    assert said == [f"berta (Prozess {os.getpid()})"]
    assert "berta" in str(caught.value)
    with waiting.transaction("jetzt") as tx:
        tx.insert("invoices", {"number": "R1"})


def test_a_wait_that_was_given_up_lets_go_as_soon_as_it_gets_the_lock(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock", FsOps(), 0o600, patience=0.05) for _ in range(3))
    first.acquire()
    with pytest.raises(Busy):
        second.acquire()
    first.release()
    third.patience = 5
    third.acquire()
    third.release()
    for lock in (first, second, third):
        lock.close()


def test_eight_writers_at_full_speed_let_everybody_in(ram: Path) -> None:
    open_engine(ram).close()
    reader, note = os.pipe()

    def write() -> None:
        engine, worst, end = open_engine(ram), 0.0, time.monotonic() + 2
        while time.monotonic() < end:
            start = time.monotonic()
            with engine.transaction("neu") as tx:
                worst = max(worst, time.monotonic() - start)
                tx.insert("payments", {"customer_id": 1})
        os.write(note, f"{worst}\n".encode())

    for pid in [forked(write) for _ in range(8)]:
        joined(pid)
    os.close(note)
    with os.fdopen(reader) as noted:
        waits = [float(line) for line in noted]
    assert len(waits) == 8
    assert max(waits) < 2


def test_a_process_that_has_had_its_turn_goes_to_the_end_of_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TURN", 0.0)
    first, second = FileLock(tmp_path / "lock", FsOps(), 0o600), FileLock(tmp_path / "lock", FsOps(), 0o600)
    order = []
    first.acquire()
    thread = threading.Thread(target=lambda: (second.acquire(), order.append("second"), second.release()))
    thread.start()
    while first._try_turnstile():
        pass
    first.release()
    first.acquire()
    order.append("first")
    first.release()
    thread.join()
    assert order == ["second", "first"]


class Network(FsOps):
    def filesystem(self, path: Path) -> str:
        return "nfs4"


def test_on_a_network_drive_the_store_refuses_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReadOnly, match="Netzlaufwerk"):
        open_engine(tmp_path / "data", ops=Network())
    assert not (tmp_path / "data").exists()


def test_where_locks_do_not_work_the_store_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_flock", lambda fd, *, wait: None)
    with pytest.raises(ReadOnly, match="Dateisperren wirken"):
        open_engine(tmp_path / "data")


def modes(folder: Path) -> set[str]:
    return {oct(stat.S_IMODE(p.stat().st_mode)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_private_whatever_the_umask_says(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder = tmp_path / "data"
        add(folder, "R1")
        compact(folder)
        open_engine(folder).find("invoices", "number", "R1")
    finally:
        os.umask(before)
    assert modes(folder) == {"0o600"}
    assert {oct(stat.S_IMODE(p.stat().st_mode)) for p in (folder, *folder.iterdir()) if p.is_dir()} == {"0o700"}


def test_a_folder_that_its_group_shares_on_purpose_stays_shared(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o2770)
    before = os.umask(0o077)
    try:
        add(folder, "R1")
        compact(folder)
    finally:
        os.umask(before)
    assert modes(folder) == {"0o660"}
    assert {oct(stat.S_IMODE(p.stat().st_mode)) for p in (folder, *folder.iterdir()) if p.is_dir()} == {"0o2770"}


def test_opening_the_store_loads_nothing_heavy() -> None:
    code = (
        "import sys; import tui_billing.store.journal_engine; "
        "print([m for m in ('tinydb', 'textual', 'asyncio', 'subprocess', 'pymupdf') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "[]\n", done.stderr
