"""What a record was before: kept as the way back from the new one, in every order of writes, versions and engines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tui_billing.store.engine import Doc, Engine, EngineTransaction, Stale
from tui_billing.store.journal import parse
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.schema import TABLES, TableSchema

Write = Callable[[EngineTransaction], object]
BEFORE: Doc = {"id": 1, "rev": 1, "number": "R1", "note": "alt", "paid": True}


@pytest.fixture(params=["memory", "journal"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """One record, in the audit trail as the first entry."""
    made: Engine = MemoryEngine() if request.param == "memory" else open_engine(tmp_path / "data")
    with made.transaction("neu", by="anna") as tx:
        tx.insert("invoices", {"number": "R1", "note": "alt", "paid": True})
    return made


def put(*docs: Doc) -> Write:
    """Puts one after the other."""

    def write(tx: EngineTransaction) -> None:
        for doc in docs:
            tx.put("invoices", {"id": 1, **doc})

    return write


def both(*writes: Write) -> Write:
    """One after the other in the same transaction."""
    return lambda tx: [write(tx) for write in writes]


def insert_and_put(tx: EngineTransaction) -> None:
    record_id = tx.insert("invoices", {"number": "R2"})
    tx.put("invoices", {"id": record_id, "number": "R2b"})


def insert_and_delete(tx: EngineTransaction) -> None:
    tx.delete("invoices", tx.insert("invoices", {"number": "R2"}))


def delete(tx: EngineTransaction) -> None:
    tx.delete("invoices", 1)


def shape(change: tuple[str, int, Doc | None, Doc | None]) -> list[str]:
    """The documents with the types of their values: 1 and True are equal for Python only."""
    return [repr(doc and sorted(doc.items())) for doc in change[2:]]


CASES: dict[str, tuple[Write, list[tuple[int, Doc | None, Doc | None]]]] = {
    "a field changed, one gone, one new": (
        put({"number": "R1", "note": "neu", "reason": "x"}),
        [(1, BEFORE, {"id": 1, "rev": 2, "number": "R1", "note": "neu", "reason": "x"})],
    ),
    "1 instead of true is a change": (
        put({"number": "R1", "note": "alt", "paid": 1}),
        [(1, BEFORE, {"id": 1, "rev": 2, "number": "R1", "note": "alt", "paid": 1})],
    ),
    "put twice": (
        put({"number": "R1", "note": "b"}, {"number": "R1c", "paid": True}),
        [(1, BEFORE, {"id": 1, "rev": 3, "number": "R1c", "paid": True})],
    ),
    "put and taken back by hand": (
        put({"number": "R9"}, {"number": "R1", "note": "alt", "paid": True}),
        [(1, BEFORE, {**BEFORE, "rev": 3})],
    ),
    "deleted": (delete, [(1, BEFORE, None)]),
    "put and deleted": (both(put({"number": "R9"}), delete), [(1, BEFORE, None)]),
    "inserted and put": (insert_and_put, [(2, None, {"id": 2, "rev": 2, "number": "R2b"})]),
    "inserted and deleted": (insert_and_delete, [(2, None, None)]),
}


@pytest.mark.parametrize("case", CASES)
def test_history_has_what_was_there_before_the_transaction_and_after_it(engine: Engine, case: str) -> None:
    write, changes = CASES[case]
    with engine.transaction("Änderung", by="anna") as tx:
        write(tx)
    (entry,) = engine.history(limit=1)
    assert entry.changes == tuple(("invoices", *change) for change in changes)
    assert [shape(c) for c in entry.changes] == [shape(("invoices", *change)) for change in changes]


@pytest.mark.parametrize("case", CASES)
def test_undo_leads_back_to_it_and_the_same_thing_can_be_done_again(engine: Engine, case: str) -> None:
    write, _ = CASES[case]
    for _ in range(2):
        with engine.transaction("Änderung", by="anna", undoable=True) as tx:
            write(tx)
        assert engine.undo("anna") is not None
        found = engine.get("invoices", 1)
        assert found is not None
        assert {**found, "rev": 1} == BEFORE
        assert engine.count("invoices") == 1
    assert engine.undo("anna") is None


def test_an_undo_counts_rev_on_so_that_a_form_that_is_open_notices_it(engine: Engine) -> None:
    with engine.transaction("Änderung", by="anna", undoable=True) as tx:
        tx.put("invoices", {**BEFORE, "note": "neu"})
    engine.undo("anna")
    assert engine.get("invoices", 1) == {**BEFORE, "rev": 3}
    with pytest.raises(Stale), engine.transaction("Form") as tx:
        tx.put("invoices", BEFORE, expect_rev=1)


def test_an_undo_works_in_another_process_and_after_a_compaction(tmp_path: Path) -> None:
    from tui_billing.store.compact import compact

    engine = open_engine(tmp_path / "data")
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": "R1", "note": "alt"})
    with engine.transaction("Änderung", by="anna", undoable=True) as tx:
        tx.put("invoices", {"id": 1, "number": "R1", "reason": "x"})
    engine.close()
    compact(tmp_path / "data")
    again = open_engine(tmp_path / "data")
    undone = again.undo("anna")
    assert undone is not None
    assert (undone.undoes, again.get("invoices", 1)) == (2, {"id": 1, "rev": 3, "number": "R1", "note": "alt"})
    assert open_engine(tmp_path / "data").undo("anna") is None


def lifted(doc: Doc) -> Doc:
    """Version 2 calls the note a remark."""
    return {("remark" if name == "note" else name): value for name, value in doc.items()}


def test_both_versions_of_an_old_entry_are_lifted_after_a_migration_and_undo_stores_the_new_form(
    tmp_path: Path,
) -> None:
    engine = open_engine(tmp_path / "data")
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": "R1", "note": "alt", "paid": True})
    with engine.transaction("Änderung", by="anna", undoable=True) as tx:
        tx.put("invoices", {"id": 1, "number": "R1", "note": "neu"})
    with engine.transaction("Löschung", by="bert", undoable=True) as tx:
        tx.delete("invoices", 1)
    engine.close()
    tables = {**TABLES, "invoices": TableSchema("invoices", {}, TABLES["invoices"].uniques, version=2)}
    new = open_engine(tmp_path / "data", tables=tables, upcasters={("invoices", 1): lifted})
    changed = new.history("invoices", 1)[1].changes[0]
    assert changed[2:] == (
        {"id": 1, "rev": 1, "number": "R1", "remark": "alt", "paid": True},
        {"id": 1, "rev": 2, "number": "R1", "remark": "neu"},
    )
    assert new.undo("bert") is not None
    assert new.get("invoices", 1) == {"id": 1, "rev": 3, "number": "R1", "remark": "neu"}


def test_the_journal_keeps_only_what_differs_and_reads_lines_with_whole_old_documents_too(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "data")
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": "R1", "note": "alt", "text": "x" * 500})
    with engine.transaction("Änderung") as tx:
        tx.put("invoices", {"id": 1, "number": "R1", "note": "neu", "text": "x" * 500})
    line = (tmp_path / "data/journal/000000000001.jsonl").read_bytes().splitlines()[2]
    assert line.endswith(b',"old":[[{"note":"alt","rev":1},[]]]}')
    whole = parse(b'{"h":"","seq":2,"ops":[["t",1,{"id":1,"a":2}],["t",2,null]],"old":[{"id":1,"a":1},{"id":2}]}')
    assert whole.changes == [("t", 1, {"id": 1, "a": 1}, {"id": 1, "a": 2}), ("t", 2, {"id": 2}, None)]
