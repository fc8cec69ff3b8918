"""A journal or the high-water mark that is gone is said, though the store opens without it."""

from pathlib import Path

import pytest

from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.fsops import FsOps
from tui_billing.store.journal_engine import open_engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five transactions in three journals: three, one, one."""
    made = tmp_path / "data"
    engine = open_engine(made)
    for i in range(1, 6):
        with engine.transaction(f"Rechnung {i}", by="anna") as tx:
            tx.insert("invoices", {"number": f"R{i}"})
        if i in (3, 4):
            compact(made)
    engine.close()
    return made


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("journal/*.jsonl"))


def cut(path: Path, lines: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-lines]))


@pytest.mark.parametrize(("gone", "last"), [(1, 3), (2, 4)])
def test_a_lost_beginning_of_the_audit_trail_is_a_finding(folder: Path, gone: int, last: int) -> None:
    for path in journals(folder)[:gone]:
        path.unlink()
    (broken,) = verify(folder)
    assert (broken.code, broken.file, broken.index) == ("JOURNAL_LOST", "journal/000000000001.jsonl", 1)
    assert (broken.warning, broken.params) == (False, {"last": last})


def test_a_broken_beginning_is_reported_once(folder: Path) -> None:
    path = journals(folder)[0]
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert [f.code for f in verify(folder)] == ["JOURNAL_DAMAGED"]


def spoil(mark: Path, how: str) -> None:
    mark.unlink() if how == "gone" else mark.write_bytes(b"" if how == "empty" else b"0" * 87)


@pytest.mark.parametrize(("how", "warning"), [("gone", False), ("empty", False), ("torn", True)])
def test_a_mark_that_no_power_loss_can_have_taken_is_an_error_until_the_next_write(
    folder: Path, how: str, warning: bool
) -> None:
    spoil(folder / "journal" / "acknowledged", how)
    (found,) = verify(folder)
    assert (found.code, found.file, found.warning) == ("MARK_LOST", "journal/acknowledged", warning)
    assert found.params == {"seq": 5}
    with open_engine(folder).transaction("weiter") as tx:
        tx.insert("invoices", {"number": "R6"})
    assert verify(folder) == []


@pytest.mark.parametrize("how", ["gone", "empty", "torn"])
def test_before_the_first_compaction_a_power_loss_may_have_taken_the_mark(tmp_path: Path, how: str) -> None:
    with open_engine(tmp_path / "data").transaction("neu") as tx:
        tx.insert("invoices", {"number": "R1"})
    spoil(tmp_path / "data/journal/acknowledged", how)
    assert [(f.code, f.warning) for f in verify(tmp_path / "data")] == [("MARK_LOST", True)]


def test_the_mark_is_durable_before_the_next_journal_is_there(tmp_path: Path) -> None:
    class Watched(FsOps):
        def __init__(self) -> None:
            self.calls: list[str] = []

        def fdatasync(self, fd: int) -> None:
            self.calls.append(Path(f"/proc/self/fd/{fd}").resolve().name)
            super().fdatasync(fd)

        def rename(self, source: Path, target: Path) -> None:
            self.calls.append(target.name)
            super().rename(source, target)

    ops = Watched()
    engine = open_engine(tmp_path / "data", ops=ops)
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": "R1"})
    compact(tmp_path / "data", ops=ops)
    assert ops.calls[-2:] == ["acknowledged", "000000000002.jsonl"]


def test_a_store_in_which_nothing_was_written_yet_needs_no_mark(tmp_path: Path) -> None:
    open_engine(tmp_path / "data").close()
    assert verify(tmp_path / "data") == []


def test_without_the_mark_the_manifest_still_knows_what_the_journals_must_hold(folder: Path) -> None:
    (folder / "journal" / "acknowledged").unlink()
    _first, second, third = journals(folder)
    third.unlink()
    cut(second, 2)
    _mark, broken, *_more = verify(folder)
    assert (broken.code, broken.file, broken.index) == ("JOURNAL_SHORT", f"journal/{second.name}", 4)
    assert broken.params == {"seq": 4, "last": 3}
