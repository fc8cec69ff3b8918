"""Full disk, I/O errors and read-only disks at any call: what was acknowledged stays, the rest is refused in words."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_model import NoSync

from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import Engine, NotWritten, ReadOnly, StoreError
from tui_billing.store.journal_engine import open_engine


class Faulty(NoSync):
    """Fails at the n-th call of one kind: a write stores only half before it does."""

    def __init__(self, kind: str, at: int, error: int, forever: bool = False) -> None:
        self.kind, self.at, self.error, self.forever = kind, at, error, forever
        self.count = 0
        self.failed = 0

    def _maybe(self, kind: str) -> bool:
        if kind != self.kind:
            return False
        self.count += 1
        if self.count != self.at and not (self.forever and self.count > self.at):
            return False
        self.failed += 1
        return True

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if self._maybe("pwrite"):
            os.pwrite(fd, data[: len(data) // 2], offset)
            raise OSError(self.error, os.strerror(self.error))
        if self._maybe("short"):
            return os.pwrite(fd, data[: max(1, len(data) // 3)], offset)
        return super().pwrite(fd, data, offset)

    def _fail(self, kind: str) -> None:
        if self._maybe(kind):
            raise OSError(self.error, os.strerror(self.error))

    def fdatasync(self, fd: int) -> None:
        self._fail("fdatasync")

    def fsync(self, fd: int) -> None:
        self._fail("fsync")

    def fsync_folder(self, path: Path) -> None:
        self._fail("fsync_folder")

    def rename(self, source: Path, target: Path) -> None:
        self._fail("rename")
        super().rename(source, target)

    def ftruncate(self, fd: int, size: int) -> None:
        self._fail("ftruncate")
        super().ftruncate(fd, size)


def add(engine: Engine, number: str) -> None:
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": number, "text": "x" * 600})
        tx.insert("orders", {"number": f"A{number}"})


def numbers(engine: Engine) -> list[str]:
    found = [d["number"] for d in engine.scan("invoices")]
    assert [d["number"] for d in engine.scan("orders")] == [f"A{n}" for n in found]
    return found


def session(folder: Path, ops: NoSync) -> list[str]:
    """Commits and compactions that go on after every refusal; returns what was acknowledged."""
    done: list[str] = []
    engine = open_engine(folder, ops=ops)
    for step in range(1, 9):
        try:
            add(engine, f"R{step}")
            done.append(f"R{step}")
        except ReadOnly:
            engine.close()
            engine = open_engine(folder, ops=ops)
            done = [n for n in numbers(engine) if n in done or n == f"R{step}"]
        except StoreError:
            pass
        assert numbers(engine) == done
        if step % 3 == 0:
            try:
                compact(folder, full=step % 2 == 0, ops=ops)
            except (OSError, StoreError):
                pass
    engine.close()
    return done


KINDS = ["pwrite", "short", "fdatasync", "fsync", "fsync_folder", "rename", "ftruncate"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_failure_at_any_call_loses_nothing(ram: Path, kind: str) -> None:
    for at in range(1, 200):
        folder = ram / f"{kind}{at}"
        try:
            open_engine(folder).close()
            ops = Faulty(kind, at, errno.ENOSPC)
            done = session(folder, ops)
        except StoreError as error:
            pytest.fail(f"{kind} {at}: {error!r}")
        assert numbers(open_engine(folder)) == done, f"{kind} {at}"
        assert [f for f in verify(folder) if not f.warning] == []
        if not ops.failed:
            return
    pytest.fail("the session never ends")


@pytest.mark.parametrize("kind", ["pwrite", "fsync"])
def test_creating_a_store_may_fail_at_any_call_and_be_tried_again(ram: Path, kind: str) -> None:
    for at in range(1, 50):
        folder, ops = ram / f"{kind}{at}", Faulty(kind, at, errno.ENOSPC)
        try:
            open_engine(folder, ops=ops).close()
        except StoreError:
            pass
        engine = open_engine(folder)
        add(engine, "R1")
        assert numbers(engine) == ["R1"]
        if not ops.failed:
            return


def test_a_full_disk_is_said_and_the_next_transaction_works_when_there_is_room(ram: Path) -> None:
    ops = Faulty("pwrite", 10**9, errno.ENOSPC, forever=True)
    engine = open_engine(ram / "data", ops=ops)
    add(engine, "R1")
    ops.at = 0
    with pytest.raises(NotWritten, match="Nichts wurde gespeichert"):
        add(engine, "R2")
    assert numbers(engine) == ["R1"]
    ops.at = 10**9
    add(engine, "R3")
    assert numbers(open_engine(ram / "data")) == ["R1", "R3"]


def test_an_fsync_is_never_tried_again_and_an_unclear_outcome_is_said(ram: Path) -> None:
    ops = Faulty("fdatasync", 10**9, errno.EIO, forever=True)
    engine = open_engine(ram / "data", ops=ops)
    add(engine, "R1")
    ops.at = ops.count + 1
    with pytest.raises(ReadOnly, match="unklar"):
        add(engine, "R2")
    assert ops.failed == 2  # the commit's and the truncation's, none of them twice
    with pytest.raises(ReadOnly, match="unklar"):
        add(engine, "R3")
    assert ops.failed == 2
    again = open_engine(ram / "data")
    add(again, "R4")
    assert numbers(again) in (["R1", "R4"], ["R1", "R2", "R4"])


class ReadOnlyDisk(NoSync):
    """As a disk that is mounted read-only."""

    def _refuse(self, *_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self._refuse()
        return super().open(path, flags, mode)

    rename = ftruncate = mkdir = unlink = _refuse  # type: ignore[assignment]


def test_a_read_only_disk_can_be_read_and_says_why_nothing_is_written(ram: Path) -> None:
    engine = open_engine(ram / "data")
    add(engine, "R1")
    compact(ram / "data")
    add(engine, "R2")
    reader = open_engine(ram / "data", ops=ReadOnlyDisk())
    assert numbers(reader) == ["R1", "R2"]
    assert reader.find_ids("invoices", "number", "R1") == [1]
    writes: list[Callable[[], object]] = [lambda: add(reader, "R3"), lambda: reader.undo("anna")]
    for write in writes:
        with pytest.raises(ReadOnly, match="der Datenträger ist nur lesbar"):
            write()
    with pytest.raises(ReadOnly):
        open_engine(ram / "other", ops=ReadOnlyDisk())


def test_an_interrupt_in_the_middle_of_a_commit_leaves_nothing_of_it(
    ram: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(ram / "data", ops=NoSync())
    add(engine, "R1")

    def interrupted(self: NoSync, fd: int) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(NoSync, "fdatasync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add(engine, "R2")
    add(engine, "R3")
    assert numbers(engine) == numbers(open_engine(ram / "data")) == ["R1", "R3"]
