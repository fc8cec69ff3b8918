"""What every engine does, in memory and on disk."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tui_billing.store.compact import compact
from tui_billing.store.engine import Doc, Engine, EngineTransaction, NotUnique, Stale
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.memory import MemoryEngine


class Restless:
    """A journal engine whose data folder is compacted by another process's handle after every transaction."""

    def __init__(self, folder: Path, full: bool) -> None:
        self._engine, self._folder, self._full = open_engine(folder), folder, full

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @contextmanager
    def transaction(self, why: str, **more: Any) -> Iterator[EngineTransaction]:
        with self._engine.transaction(why, **more) as tx:
            yield tx
        compact(self._folder, full=self._full)


MAKERS: dict[str, Callable[[Path], Any]] = {
    "memory": lambda _: MemoryEngine(),
    "journal": open_engine,
    "journal, compacted": lambda folder: Restless(folder, True),
    "journal, carried": lambda folder: Restless(folder, False),
}


@pytest.fixture(params=MAKERS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = MAKERS[request.param](tmp_path / "data")
    yield made
    made.close()


def invoice(number: str, **more: object) -> Doc:
    return {"number": number, "invoice_date": "2026-11-22", "customer_id": 1, **more}


def add(engine: Engine, *docs: Doc, table: str = "invoices", by: str = "anna", undoable: bool = False) -> list[int]:
    with engine.transaction("anlegen", by=by, undoable=undoable) as tx:
        return [tx.insert(table, doc) for doc in docs]


def test_an_inserted_record_has_an_id_and_rev_1(engine: Engine) -> None:
    assert add(engine, invoice("R1"), invoice("R2")) == [1, 2]
    assert engine.get("invoices", 2) == {**invoice("R2"), "id": 2, "rev": 1}
    assert engine.get("invoices", 3) is None


def test_reads_return_fresh_objects(engine: Engine) -> None:
    add(engine, invoice("R1", lines=[{"name": "a"}]))
    doc = engine.get("invoices", 1)
    assert doc is not None
    doc["lines"][0]["name"] = "b"
    engine.find("invoices", "number", "R1")[0]["lines"].clear()
    assert engine.get("invoices", 1) == {**invoice("R1", lines=[{"name": "a"}]), "id": 1, "rev": 1}


def test_a_stored_record_is_what_json_makes_of_it(engine: Engine) -> None:
    hostile = 'ä€\U0001f600\x00\x1b[31m\r\n\u2028\ud800 =1+1 <b> "\\'
    add(engine, invoice(hostile, pair=(1, 2), nothing=None, yes=True))
    doc = engine.find("invoices", "number", hostile)[0]
    assert doc == {**invoice(hostile), "pair": [1, 2], "nothing": None, "yes": True, "id": 1, "rev": 1}


def test_what_json_has_no_form_for_is_refused(engine: Engine) -> None:
    with pytest.raises(TypeError):
        add(engine, invoice("R1", when=object()))
    assert engine.count("invoices") == 0
    assert engine.seq == 0


def test_a_put_counts_rev_and_refuses_a_stale_one_with_both_versions(engine: Engine) -> None:
    add(engine, invoice("R1"))
    with engine.transaction("ändern") as tx:
        assert tx.put("invoices", {**invoice("R1"), "id": 1, "note": "a"}, 1) == 2
    mine = {**invoice("R1"), "id": 1, "note": "b"}
    with pytest.raises(Stale) as caught, engine.transaction("ändern") as tx:
        tx.put("invoices", mine, 1)
    assert caught.value.mine == mine
    assert caught.value.theirs == {**invoice("R1"), "id": 1, "rev": 2, "note": "a"}


@pytest.mark.parametrize("expect_rev", [None, 1])
def test_a_missing_record_cannot_be_written_or_deleted(engine: Engine, expect_rev: int | None) -> None:
    with pytest.raises(Stale) as caught, engine.transaction("ändern") as tx:
        tx.put("invoices", {"id": 9}, expect_rev)
    assert caught.value.theirs is None
    with pytest.raises(Stale), engine.transaction("löschen") as tx:
        tx.delete("invoices", 9, expect_rev)


def test_an_id_is_not_used_again(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2"))
    with engine.transaction("löschen") as tx:
        tx.delete("invoices", 2)
    assert add(engine, invoice("R2")) == [3]


def test_a_transaction_is_all_or_nothing(engine: Engine) -> None:
    add(engine, invoice("R1"))
    with pytest.raises(ZeroDivisionError), engine.transaction("beides") as tx:
        tx.insert("invoices", invoice("R2"))
        tx.insert("orders", {"number": "A1"})
        tx.delete("invoices", 1)
        raise ZeroDivisionError
    assert [d["number"] for d in engine.scan("invoices")] == ["R1"]
    assert engine.count("orders") == 0
    assert engine.seq == 1


def test_a_transaction_sees_its_own_changes_and_others_do_not(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2", invoice_date="2026-11-23"))
    with engine.transaction("ändern") as tx:
        tx.insert("invoices", invoice("R3", invoice_date="2026-11-01"))
        tx.put("invoices", {"id": 1, **invoice("R1b", invoice_date="2026-12-01")}, 1)
        tx.delete("invoices", 2)
        assert tx.count("invoices") == 2
        assert [d["number"] for d in tx.scan("invoices")] == ["R1b", "R3"]
        assert [d["number"] for d in tx.between("invoices", "invoice_date", None, None)] == ["R3", "R1b"]
        assert tx.find("invoices", "number", "R1") == []
        assert tx.find_ids("invoices", "customer_id", 1) == [1, 3]
        assert [d["id"] for d in tx.get_many("invoices", [3, 2, 1])] == [3, 1]
        assert tx.get("invoices", 2) is None
        assert engine.count("invoices") == 2
        assert [d["number"] for d in engine.scan("invoices")] == ["R1", "R2"]
    assert [d["number"] for d in engine.scan("invoices")] == ["R1b", "R3"]


def test_an_empty_transaction_leaves_no_trace(engine: Engine) -> None:
    with engine.transaction("nichts"):
        pass
    assert engine.seq == 0
    assert engine.history() == []


def test_transactions_do_not_nest(engine: Engine) -> None:
    with pytest.raises(RuntimeError), engine.transaction("außen"), engine.transaction("innen"):
        pass
    assert add(engine, invoice("R1")) == [1]


UNIQUE = [
    ("invoices", {"number": "R1"}, {"number": "R1"}, "number"),
    (
        "periods",
        {"order_id": 1, "period_start": "2026-01-01"},
        {"order_id": 1, "period_start": "2026-01-01"},
        "order_period",
    ),
    ("batch_rows", {"batch_id": 1, "document_id": 7}, {"batch_id": 2, "document_id": 7}, "document_id"),
    (
        "dispatches",
        {"document_ids": [1, 2], "state": "in_flight"},
        {"document_ids": [3, 2], "state": "unknown"},
        "open_document",
    ),
]


@pytest.mark.parametrize(("table", "first", "second", "key"), UNIQUE)
@pytest.mark.parametrize("same_transaction", [False, True])
def test_a_unique_key_is_taken_once(
    engine: Engine, table: str, first: Doc, second: Doc, key: str, same_transaction: bool
) -> None:
    with pytest.raises(NotUnique) as caught:
        if same_transaction:
            add(engine, first, second, table=table)
        else:
            add(engine, first, table=table)
            add(engine, second, table=table)
    assert (caught.value.table, caught.value.key, caught.value.other_id) == (table, key, 1)
    assert engine.count(table) == (0 if same_transaction else 1)


def test_a_unique_key_is_free_again_after_a_change_or_deletion(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2"))
    with engine.transaction("tauschen") as tx:
        tx.put("invoices", {"id": 1, **invoice("R3")})
        tx.put("invoices", {"id": 2, **invoice("R1")})
        tx.delete("invoices", 1)
        tx.insert("invoices", invoice("R3"))
    assert [(d["id"], d["number"]) for d in engine.scan("invoices")] == [(2, "R1"), (3, "R3")]


def test_a_put_cannot_take_anothers_key(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2"))
    with pytest.raises(NotUnique), engine.transaction("ändern") as tx:
        tx.put("invoices", {"id": 2, **invoice("R1")})
    assert [d["number"] for d in engine.scan("invoices")] == ["R1", "R2"]


def test_find_and_between_are_in_order_and_inclusive(engine: Engine) -> None:
    days = ["2026-11-03", "2026-11-01", "2026-11-02", "2026-11-01", ""]
    add(engine, *(invoice(f"R{i}", invoice_date=day) for i, day in enumerate(days)))

    def numbers(low: str | None, high: str | None) -> list[str]:
        return [d["number"] for d in engine.between("invoices", "invoice_date", low, high)]

    assert numbers("2026-11-01", "2026-11-02") == ["R1", "R3", "R2"]
    assert numbers(None, "2026-11-01") == ["R1", "R3"]
    assert numbers("2026-11-02", None) == ["R2", "R0"]
    assert numbers(None, None) == ["R1", "R3", "R2", "R0"]
    assert numbers("2026-12-01", None) == []
    assert engine.find_ids("invoices", "invoice_date", "2026-11-01") == [2, 4]
    assert engine.find("invoices", "invoice_date", "2025-01-01") == []


def test_a_key_with_several_values_finds_the_record_by_each(engine: Engine) -> None:
    add(engine, {"document_ids": [5, 3], "state": "sent"}, {"document_ids": [3], "state": "sent"}, table="dispatches")
    assert engine.find_ids("dispatches", "document_ids", 3) == [1, 2]
    assert engine.find_ids("dispatches", "document_ids", 5) == [1]
    assert [d["id"] for d in engine.between("dispatches", "document_ids", 3, 5)] == [1, 2, 1]


def test_very_long_keys_and_odd_ones_are_told_apart(engine: Engine) -> None:
    long = "x" * 100
    names = [long + "a", long + "b", "a", "a\0", "", "A", "ä", "z"]
    add(engine, *({"name": n, "number": str(i)} for i, n in enumerate(names)), table="customers")
    for i, name in enumerate(names):
        assert engine.find_ids("customers", "name", name) == ([] if name == "" else [i + 1])
    found = [d["name"] for d in engine.between("customers", "name", None, None)]
    assert found == sorted(n for n in names if n)
    assert [d["name"] for d in engine.between("customers", "name", long + "b", "z")] == [long + "b", "z"]


def test_an_unknown_key_is_a_programming_error(engine: Engine) -> None:
    with pytest.raises(KeyError):
        engine.find("invoices", "colour", 1)


def test_scan_starts_after_an_id(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2"), invoice("R3"))
    assert [d["id"] for d in engine.scan("invoices", 1)] == [2, 3]
    assert list(engine.scan("invoices", 3)) == []


def test_changes_since_names_the_rows_to_repaint(engine: Engine) -> None:
    add(engine, invoice("R1"))
    seen = engine.seq
    add(engine, invoice("R2"), invoice("R3"))
    with engine.transaction("ändern") as tx:
        tx.delete("invoices", 2)
        tx.insert("orders", {"number": "A1"})
    changes = engine.changes_since(seen)
    assert changes.ids == {"invoices": {2, 3}, "orders": {1}}
    assert changes.seq == engine.refresh() == 3
    assert engine.changes_since(3).ids == {}


def test_history_tells_who_when_what_old_new_and_why(engine: Engine) -> None:
    add(engine, invoice("R1"))
    with engine.transaction("Fälligkeit ändern", by="berta", reason="Kulanz") as tx:
        tx.put("invoices", {"id": 1, **invoice("R1", due_date="2026-12-24")}, 1)
    add(engine, {"number": "A1"}, table="orders")
    entry = engine.history("invoices", 1)[0]
    assert (entry.seq, entry.by, entry.why, entry.reason, entry.undoes) == (
        2,
        "berta",
        "Fälligkeit ändern",
        "Kulanz",
        None,
    )
    old = {**invoice("R1"), "id": 1, "rev": 1}
    assert entry.changes == (("invoices", 1, old, {"id": 1, **invoice("R1", due_date="2026-12-24"), "rev": 2}),)
    assert entry.ts > "2026-"
    assert [e.seq for e in engine.history()] == [3, 2, 1]
    assert [e.seq for e in engine.history("orders")] == [3]
    assert [e.seq for e in engine.history(limit=1)] == [3]
    assert engine.history("invoices", 2) == []


def test_undo_takes_back_the_users_last_undoable_transaction(engine: Engine) -> None:
    add(engine, invoice("R1"), invoice("R2"))
    with engine.transaction("ändern", by="anna", undoable=True) as tx:
        tx.put("invoices", {"id": 1, **invoice("R1x")})
        tx.delete("invoices", 2)
        tx.insert("invoices", invoice("R3"))
    add(engine, invoice("R4"), by="berta", undoable=True)
    entry = engine.undo("anna")
    assert entry is not None
    assert (entry.undoes, entry.why, entry.by) == (2, "Rückgängig: ändern", "anna")
    assert [(d["id"], d["number"], d["rev"]) for d in engine.scan("invoices")] == [
        (1, "R1", 3),
        (2, "R2", 2),
        (4, "R4", 1),
    ]
    assert engine.undo("anna") is None
    assert engine.history(limit=1)[0] == entry


def test_undo_is_refused_where_a_record_has_moved(engine: Engine) -> None:
    add(engine, invoice("R1"), undoable=True)
    with engine.transaction("ändern", by="berta") as tx:
        tx.put("invoices", {"id": 1, **invoice("R1"), "note": "b"})
    with pytest.raises(Stale):
        engine.undo("anna")
    assert engine.count("invoices") == 1


def test_undo_is_refused_where_a_key_is_taken_meanwhile(engine: Engine) -> None:
    add(engine, invoice("R1"))
    with engine.transaction("löschen", by="anna", undoable=True) as tx:
        tx.delete("invoices", 1)
    add(engine, invoice("R1"), by="berta")
    with pytest.raises(NotUnique):
        engine.undo("anna")
    assert [d["id"] for d in engine.scan("invoices")] == [2]


def test_undo_of_a_named_transaction(engine: Engine) -> None:
    add(engine, invoice("R1"), undoable=True)
    add(engine, invoice("R2"), undoable=True)
    assert engine.undo("berta", 1) is None
    assert engine.undo("anna", 1) is not None
    assert [d["number"] for d in engine.scan("invoices")] == ["R2"]
    assert engine.undo("anna", 1) is None


def test_threads_read_while_another_writes(engine: Engine) -> None:
    seen: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            total = sum(d["amount"] for d in engine.get_many("invoices", [1, 2]))
            seen.append(total)
            assert len(engine.find("invoices", "customer_id", 1)) in (0, 2)

    add(engine, invoice("R1", amount=50), invoice("R2", amount=50))
    reader = threading.Thread(target=read)
    reader.start()
    for step in range(15):
        with engine.transaction("umbuchen") as tx:
            tx.put("invoices", {"id": 1, **invoice("R1", amount=50 - step)})
            tx.put("invoices", {"id": 2, **invoice("R2", amount=50 + step)})
    stop.set()
    reader.join()
    assert set(seen) == {100}


def test_two_threads_that_write_wait_for_each_other(engine: Engine) -> None:
    def work(name: str) -> None:
        for n in range(10):
            add(engine, invoice(f"{name}{n}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "AB"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.count("invoices") == engine.seq == 20
