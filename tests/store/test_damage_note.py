"""Damage of a table file that somebody has found makes the store read-only until it is mended."""

from dataclasses import replace
from pathlib import Path

import pytest

from tui_billing.store.backup import backup
from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import Damaged, Engine
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.rescue import rescue
from tui_billing.store.schema import TABLES

FILE = "tables/invoices.0001.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents and an order in the table files, one order in the journal."""
    made = tmp_path / "data"
    engine = open_engine(made)
    for table, number in (("invoices", "R1"), ("invoices", "R2"), ("orders", "A1")):
        add(engine, table, number)
    compact(made)
    add(engine, "orders", "A2")
    engine.close()
    return made


def add(engine: Engine, table: str, number: str) -> None:
    with engine.transaction("neu") as tx:
        tx.insert(table, {"number": number})


def spoil(folder: Path) -> bytes:
    """Another digit in the second document; returns what was there."""
    before = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(before.replace(b'"R2"', b'"R7"'))
    return before


def test_what_verify_has_found_makes_every_handle_read_only_until_a_clean_verify(folder: Path) -> None:
    engine = open_engine(folder)
    before = spoil(folder)
    byte = before.index(b'{"number":"R2"')
    add(engine, "orders", "A3")
    assert [f.code for f in verify(folder, noting=True)] == ["TABLE_CHANGED"]
    for handle in (engine, open_engine(folder)):
        assert [d["number"] for d in handle.scan("orders")] == ["A1", "A2", "A3"]
        with pytest.raises(Damaged) as caught:
            add(handle, "orders", "A4")
        assert str(caught.value) == (
            f"Der Datenbestand ist beschädigt ({FILE}, Zeile 3 (Byte {byte})) und wird nur noch gelesen. Was lesbar "
            f"ist, rettet „tui-billing restore --rescue {folder} --data NEUER_ORDNER“; ist die Datei wieder in "
            "Ordnung, gibt „tui-billing verify“ das Schreiben frei"
        )
    with pytest.raises(Damaged):
        compact(folder)
    (folder / FILE).write_bytes(before)
    assert verify(folder, noting=True) == []
    add(engine, "orders", "A4")


def test_what_a_read_has_found_makes_every_handle_read_only_too(folder: Path) -> None:
    engine = open_engine(folder)
    spoil(folder)
    with pytest.raises(Damaged):
        list(engine.scan("invoices"))
    for handle in (engine, open_engine(folder)):
        with pytest.raises(Damaged):
            add(handle, "orders", "A3")


def test_a_check_that_is_not_asked_to_note_changes_nothing(folder: Path) -> None:
    spoil(folder)
    names = sorted(folder.rglob("*"))
    assert verify(folder) != []
    assert sorted(folder.rglob("*")) == names


def test_damage_that_a_rescue_could_not_mend_does_not_stop_the_work(folder: Path) -> None:
    min(folder.glob("journal/*.jsonl")).unlink()
    assert [f.code for f in verify(folder, noting=True)] == ["JOURNAL_LOST"]
    add(open_engine(folder), "orders", "A3")


def test_a_rescued_folder_is_written_on_and_a_damaged_copy_is_not(folder: Path, tmp_path: Path) -> None:
    spoil(folder)
    verify(folder, noting=True)
    backup(folder, tmp_path / "copy")
    with pytest.raises(Damaged):
        add(open_engine(tmp_path / "copy"), "orders", "A3")
    rescue(folder, tmp_path / "saved")
    add(open_engine(tmp_path / "saved"), "orders", "A3")


def test_a_note_that_nobody_can_read_refuses_all_the_same(folder: Path) -> None:
    (folder / "journal/damaged").write_bytes(b"\xff{")
    with pytest.raises(Damaged, match="Der Datenbestand ist beschädigt"):
        add(open_engine(folder), "orders", "A3")


def test_older_tables_of_a_damaged_store_are_read_and_not_rewritten(folder: Path) -> None:
    spoil(folder)
    verify(folder, noting=True)
    tables = {**TABLES, "orders": replace(TABLES["orders"], version=2)}
    engine = open_engine(folder, tables=tables, upcasters={("orders", 1): lambda doc: {**doc, "new": 1}})
    assert [d["new"] for d in engine.scan("orders")] == [1, 1]
    assert not (folder / "kept").exists()
