"""A journal or the high-water mark that is gone is said, though the store opens without it."""

from pathlib import Path

import pytest

from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.findings import first_broken
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


@pytest.mark.parametrize("empty", [True, False])
def test_a_lost_mark_of_what_was_acknowledged_is_a_warning_until_the_next_write(folder: Path, empty: bool) -> None:
    mark = folder / "journal" / "acknowledged"
    mark.write_bytes(b"") if empty else mark.unlink()
    (found,) = verify(folder)
    assert (found.code, found.file, found.warning) == ("MARK_LOST", "journal/acknowledged", True)
    with open_engine(folder).transaction("weiter") as tx:
        tx.insert("invoices", {"number": "R6"})
    assert verify(folder) == []


def test_a_store_in_which_nothing_was_written_yet_needs_no_mark(tmp_path: Path) -> None:
    open_engine(tmp_path / "data").close()
    assert verify(tmp_path / "data") == []


def test_without_the_mark_the_manifest_still_knows_what_the_journals_must_hold(folder: Path) -> None:
    (folder / "journal" / "acknowledged").unlink()
    _first, second, third = journals(folder)
    third.unlink()
    cut(second, 2)
    broken = first_broken(verify(folder))
    assert broken is not None
    assert (broken.code, broken.file, broken.index) == ("JOURNAL_SHORT", f"journal/{second.name}", 4)
    assert broken.params == {"seq": 4, "last": 3}
