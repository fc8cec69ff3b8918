"""A newer program lifts older documents on every read and replay, keeps a copy, and an older one refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tui_billing.store.check import journal_entries, verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import Doc, ReadOnly
from tui_billing.store.journal_engine import JournalEngine, open_engine
from tui_billing.store.schema import TABLES, field


def rename_city(doc: Doc) -> Doc:
    doc = dict(doc)
    doc["town"] = doc.pop("city", "")
    return doc


def shout(doc: Doc) -> Doc:
    return {**doc, "town": doc["town"].upper()}


NEWER = {**TABLES, "customers": replace(TABLES["customers"], version=3, indexes={"town": field("town")})}
UPCASTERS = {("customers", 1): rename_city, ("customers", 2): shout}
NEW: dict[str, Any] = {"tables": NEWER, "upcasters": UPCASTERS}


def add(engine: JournalEngine, number: str, **more: str) -> None:
    with engine.transaction("neu", by="anna", undoable=True) as tx:
        tx.insert("customers", {"number": number, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two customers in a table file, two in the journal, one of the first changed there."""
    engine = open_engine(tmp_path / "data")
    add(engine, "K1", city="Köln")
    add(engine, "K2", city="Bonn")
    compact(tmp_path / "data")
    add(engine, "K3", city="Mainz")
    with engine.transaction("ändern", by="anna", undoable=True) as tx:
        tx.put("customers", {"id": 1, "number": "K1", "city": "Trier"})
    engine.close()
    return tmp_path / "data"


def towns(engine: JournalEngine) -> list[str]:
    return [d["town"] for d in engine.scan("customers")]


def test_without_writing_older_documents_are_lifted_on_read(folder: Path) -> None:
    engine = open_engine(folder, migrating=False, **NEW)
    assert towns(engine) == ["TRIER", "BONN", "MAINZ"]
    assert engine.find_ids("customers", "town", "BONN") == [2]
    assert engine.search_text("customers", "BONN") == [engine.get("customers", 2)]
    assert verify(folder, **NEW) == []


def test_the_first_opening_keeps_a_copy_notes_it_and_rewrites(folder: Path) -> None:
    engine = open_engine(folder, **NEW)
    assert towns(engine) == ["TRIER", "BONN", "MAINZ"]
    assert "MAINZ" in (folder / "tables" / "customers.0001.json").read_text()
    assert [e.why for e in engine.history(limit=1)] == ["Format: customers 1 → 3"]
    copy = open_engine(folder / "kept" / "seq-000000000004")
    assert [d["city"] for d in copy.scan("customers")] == ["Trier", "Bonn", "Mainz"]
    add(engine, "K4", town="ULM")
    compact(folder, **NEW)
    again = open_engine(folder, **NEW)
    assert towns(again) == ["TRIER", "BONN", "MAINZ", "ULM"]
    assert len(list(folder.glob("kept/*"))) == 1
    assert verify(folder, **NEW) == []


def test_an_older_program_refuses_and_an_open_one_stops(folder: Path) -> None:
    old = open_engine(folder)
    open_engine(folder, **NEW).close()
    with pytest.raises(ReadOnly, match="customers hat Version 3, dieses Programm kennt nur 1"):
        open_engine(folder)
    with pytest.raises(ReadOnly):
        old.get("customers", 1)
    with pytest.raises(ReadOnly):
        add(old, "K9")


def test_what_an_old_program_wrote_meanwhile_is_lifted_too(folder: Path) -> None:
    old = open_engine(folder)
    new = open_engine(folder, migrating=False, **NEW)
    add(old, "K4", city="Ulm")
    assert towns(new) == ["TRIER", "BONN", "MAINZ", "ULM"]


def test_the_audit_trail_and_undo_lift_what_older_journals_hold(folder: Path) -> None:
    engine = open_engine(folder, **NEW)
    entry = engine.history("customers", 1)[0]
    assert [(old and old["town"], new and new["town"]) for _, _, old, new in entry.changes] == [("KÖLN", "TRIER")]
    assert engine.undo("anna") is not None
    assert towns(engine) == ["KÖLN", "BONN", "MAINZ"]


@pytest.mark.parametrize("moment", range(4))
def test_a_migration_that_was_cut_short_is_finished(folder: Path, moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui_billing.store.compact import _Compactor
    from tui_billing.store.manifest import Manifest

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    target: Any = [(JournalEngine, "note"), (_Compactor, "_publish"), (_Compactor, "_index"), (Manifest, "save")][
        moment
    ]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(*target, die)
        open_engine(folder, **NEW)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(JournalEngine, "rotate", die)
        open_engine(folder, **NEW)
    engine = open_engine(folder, **NEW)
    assert towns(engine) == ["TRIER", "BONN", "MAINZ"]
    assert [e.seq for e in journal_entries(folder, **NEW)] == list(range(1, engine.seq + 1))
