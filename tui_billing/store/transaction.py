"""The delta that a transaction works on: nothing of it is on disk before the engine commits it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tui_billing.store.engine import Doc, NotUnique, Stale
from tui_billing.store.journal import Op, way_back
from tui_billing.store.json_text import dump, load
from tui_billing.store.keys import KeyBook, KeyValues
from tui_billing.store.overlay import Overlay, text_of
from tui_billing.store.queries import Queries
from tui_billing.store.state import State

T = TypeVar("T")
Guarded = Callable[[str, Callable[[State], T]], T]


class Delta:
    """EngineTransaction over the journal engine. `guarded` runs a read on the engine's current state."""

    def __init__(self, book: KeyBook, guarded: Callable[[str, Callable[[State], Any]], Any]) -> None:
        self._book, self._guarded = book, guarded
        self.overlay = Overlay(book)
        self._next_ids: dict[str, int] = {}
        self._view: tuple[State, Queries] | None = None
        self.order: dict[tuple[str, int], bytes | None] = {}
        """Records in order of their first write, with the way back to what the store has where it is known already."""
        self._counted: dict[str, int] = {}

    def _on(self, table: str, read: Callable[[Queries], T]) -> T:
        def run(state: State) -> T:
            if self._view is None or self._view[0] is not state:
                self._view = (state, Queries(self._book, (self.overlay, state.overlay), state.tables))
            return read(self._view[1])

        return self._guarded(table, run)  # type: ignore[no-any-return]

    def get(self, table: str, record_id: int) -> Doc | None:
        return self._on(table, lambda q: q.get(table, record_id))

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        return self._on(table, lambda q: q.get_many(table, ids))

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        return self._on(table, lambda q: q.find(table, key, value))

    def find_ids(self, table: str, key: str, value: Any) -> list[int]:
        return self._on(table, lambda q: q.find_ids(table, key, value))

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        return self._on(table, lambda q: q.between(table, key, low, high))

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        for ids in self._on(table, lambda q: list(q.ids_after(table, after))):
            for start in range(0, len(ids), 250):
                yield from self.get_many(table, ids[start : start + 250])

    def count(self, table: str) -> int:
        return self._guarded(table, lambda state: state.count(table)) + self._counted.get(table, 0)  # type: ignore[no-any-return]

    def insert(self, table: str, doc: Doc) -> int:
        record_id = self.next_id(table)
        self.set(table, record_id, {**doc, "id": record_id, "rev": 1}, None)
        return record_id

    def put(self, table: str, doc: Doc, expect_rev: int | None = None) -> int:
        record_id = int(doc["id"])
        before = self._current(table, record_id, doc, expect_rev)
        rev = int(before["rev"]) + 1
        self.set(table, record_id, {**doc, "rev": rev}, before)
        return rev

    def delete(self, table: str, record_id: int, expect_rev: int | None = None) -> None:
        self._current(table, record_id, {}, expect_rev)
        self.remove(table, record_id)

    def _current(self, table: str, record_id: int, mine: Doc, expect_rev: int | None) -> Doc:
        current = self.get(table, record_id)
        if current is None or (expect_rev is not None and current["rev"] != expect_rev):
            raise Stale(table, record_id, mine, current)
        return current

    def next_id(self, table: str) -> int:
        """The id of the next insert."""
        found = self._next_ids.get(table)
        if found is None:
            found = self._guarded(table, lambda state: state.next_ids.get(table, 1))
        return found  # type: ignore[return-value]

    def reserve_id(self, table: str) -> int:
        """The id of the next insert, taken."""
        record_id = self.next_id(table)
        self._next_ids[table] = record_id + 1
        return record_id

    def set(self, table: str, record_id: int, doc: Doc, before: Doc | None) -> None:
        """Lay down a whole document with its id and rev; `before` is the current one, if any. Raises NotUnique."""
        raw = dump(doc)
        values = self._book.of(table).values(doc)
        self._check_unique(table, record_id, values, before)
        self._counted[table] = self._counted.get(table, 0) + (before is None)
        self.overlay.put(table, record_id, raw, doc, values)
        again = (table, record_id) in self.order  # then `before` is not what the store has
        self.order[table, record_id] = None if before is None or again else way_back(before, doc)
        if record_id >= self.next_id(table):
            self._next_ids[table] = record_id + 1

    def remove(self, table: str, record_id: int) -> None:
        """Take away a record that exists."""
        self._counted[table] = self._counted.get(table, 0) - 1
        self.overlay.put(table, record_id, None, None)
        self.order[table, record_id] = None

    def _check_unique(self, table: str, record_id: int, values: KeyValues, before: Doc | None) -> None:
        keys = self._book.of(table)
        if before is not None and all(values[p] == keys.functions[p](before) for p, _ in keys.uniques):
            return  # whoever had these values a moment ago has them still
        if any(values[position] for position, _ in keys.uniques):
            taken = self._on(table, lambda q: q.taken(table, values, record_id))
            if taken is not None:
                raise NotUnique(table, *taken)

    def ops(self, state: State) -> Iterator[Op]:
        """The changes in order of their first write, each with what was there before."""
        for (table, record_id), way in self.order.items():
            raw = text_of(self.overlay.docs[table][record_id])
            old = way or state.queries.raw(table, record_id)
            if way is None and old is not None and raw is not None:
                old = way_back(load(old), load(raw))
            yield Op(table, record_id, None, raw, 0, old)

    def take_back(self, table: str, record_id: int, old: Doc | None, new: Doc | None) -> None:
        """Undo one change. Raises Stale where the record has moved since, NotUnique where its key is taken."""
        current = self.get(table, record_id)
        if (current or {}).get("rev") != (new or {}).get("rev"):
            raise Stale(table, record_id, old or {}, current)
        if old is None:
            if current is not None:
                self.remove(table, record_id)
        else:
            self.set(table, record_id, {**old, "rev": (new or old)["rev"] + 1}, current)
