"""A backup is made while others write, is a data folder itself and can be restored."""

import json
import threading
from pathlib import Path

import pytest
from tinydb import Query, TinyDB

from tui_billing.store.backup import backup, restore
from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import StoreError
from tui_billing.store.journal_engine import JournalEngine, open_engine


def filled(folder: Path, count: int = 5) -> JournalEngine:
    engine = open_engine(folder)
    for i in range(count):
        with engine.transaction("neu", by="anna") as tx:
            tx.insert("invoices", {"number": f"R{i}", "text": "Grüße"})
        if i == count // 2:
            compact(folder)
    (folder / "documents" / "2026").mkdir(parents=True)
    (folder / "documents" / "2026" / "R1.pdf").write_bytes(b"%PDF")
    return engine


def test_a_backup_holds_everything_but_the_indexes(tmp_path: Path) -> None:
    engine = filled(tmp_path / "data")
    made = backup(tmp_path / "data", tmp_path / "copy")
    assert (made.seq, made.folder) == (5, tmp_path / "copy")
    assert not (tmp_path / "copy" / "cache").exists()
    copy = open_engine(tmp_path / "copy")
    assert list(copy.scan("invoices")) == list(engine.scan("invoices"))
    assert (tmp_path / "copy/documents/2026/R1.pdf").read_bytes() == b"%PDF"
    assert verify(tmp_path / "copy") == []


def test_writing_goes_on_in_both_without_touching_the_other(tmp_path: Path) -> None:
    engine = filled(tmp_path / "data")
    backup(tmp_path / "data", tmp_path / "copy")
    with engine.transaction("danach") as tx:
        tx.insert("invoices", {"number": "R9"})
    compact(tmp_path / "data")
    copy = open_engine(tmp_path / "copy")
    assert (engine.count("invoices"), copy.count("invoices")) == (6, 5)
    with copy.transaction("auch") as tx:
        tx.insert("invoices", {"number": "R9"})
    compact(tmp_path / "copy")
    assert verify(tmp_path / "data") == verify(tmp_path / "copy") == []


def test_a_backup_while_others_write_is_one_state_between_two_transactions(tmp_path: Path) -> None:
    folder, stop = tmp_path / "data", threading.Event()
    filled(folder).close()

    def write() -> None:
        engine = open_engine(folder)
        while not stop.is_set():
            with engine.transaction("zwei") as tx:
                tx.insert("orders", {"number": f"A{tx.count('orders')}"})
                tx.insert("customers", {"number": f"K{tx.count('customers')}"})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for i in range(3):
            made = backup(folder, tmp_path / f"copy{i}")
            copy = open_engine(made.folder)
            assert copy.count("orders") == copy.count("customers") == made.seq - 5
            assert verify(made.folder) == []
    finally:
        stop.set()
        writer.join()


def test_a_restore_leaves_the_backup_as_it_is(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    backup(tmp_path / "data", tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "back")
    back = open_engine(tmp_path / "back")
    with back.transaction("weiter") as tx:
        tx.insert("invoices", {"number": "R9"})
    assert back.find_ids("invoices", "number", "R9") == [6]
    assert list((tmp_path / "back").glob("cache/invoices.*.idx"))
    assert open_engine(tmp_path / "copy").seq == 5
    for path in (tmp_path / "copy" / "tables").iterdir():
        assert path.stat().st_ino != (tmp_path / "back" / "tables" / path.name).stat().st_ino
    assert [e.why for e in back.history(limit=2)] == ["weiter", "neu"]


def test_a_target_that_holds_something_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine.txt").write_text("x")
    with pytest.raises(StoreError, match="ist nicht leer"):
        backup(tmp_path / "data", tmp_path / "copy")
    with pytest.raises(StoreError, match="kein Datenbestand"):
        restore(tmp_path / "copy", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_failed_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    path = next((tmp_path / "data" / "tables").iterdir())
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(StoreError):
        backup(tmp_path / "data", tmp_path / "copy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]


def test_the_table_files_are_plain_tinydb_with_one_document_a_line(tmp_path: Path) -> None:
    filled(tmp_path / "data").close()
    compact(tmp_path / "data")
    path = tmp_path / "data" / "tables" / "invoices.0001.json"
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == '{"invoices":{'
    assert lines[1] == '"1":{"number":"R0","text":"Grüße","id":1,"rev":1},'
    assert lines[-1] == "}}"
    assert len(lines) == 7
    with TinyDB(path, access_mode="r") as stock:
        found = stock.table("invoices").search(Query().number == "R3")
    assert [d.doc_id for d in found] == [4]
    assert json.loads((tmp_path / "data" / "manifest.json").read_text())["next_ids"] == {"invoices": 6}
