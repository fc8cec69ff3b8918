"""The engine for tests: everything in memory, the same contract as the journal, nothing on disk."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tui_billing.store.engine import Changes, Doc, Entry, NotUnique, Stale
from tui_billing.store.json_text import dump, load
from tui_billing.store.schema import TABLES, KeyFunction


class _Tables:
    """Committed documents, or a copy of them that a transaction works on."""

    def __init__(self, tables: dict[str, dict[int, Doc]], next_ids: dict[str, int]) -> None:
        self.tables, self.next_ids = tables, next_ids
        self.changed: dict[tuple[str, int], Doc | None] = {}

    def get(self, table: str, record_id: int) -> Doc | None:
        return copy.deepcopy(self.tables[table].get(record_id))

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        rows = self.tables[table]
        return [copy.deepcopy(rows[i]) for i in ids if i in rows]

    def _values(self, table: str, key: str) -> KeyFunction:
        schema = TABLES[table]
        return schema.indexes.get(key) or schema.uniques[key]

    def find_ids(self, table: str, key: str, value: Any) -> list[int]:
        values = self._values(table, key)
        return sorted(i for i, d in self.tables[table].items() if value in values(d))

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        return self.get_many(table, self.find_ids(table, key, value))

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        values = self._values(table, key)
        hits = [
            (k, i)
            for i, d in self.tables[table].items()
            for k in values(d)
            if (low is None or k >= low) and (high is None or k <= high)
        ]
        return self.get_many(table, [i for _, i in sorted(hits)])

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        return iter(self.get_many(table, [i for i in sorted(self.tables[table]) if i > after]))

    def count(self, table: str) -> int:
        return len(self.tables[table])

    def _check_unique(self, table: str, doc: Doc) -> None:
        for key, values in TABLES[table].uniques.items():
            for value in values(doc):
                for other in self.find_ids(table, key, value):
                    if other != doc["id"]:
                        raise NotUnique(table, key, value, other)

    def insert(self, table: str, doc: Doc) -> int:
        doc = {**_stored(doc), "id": self.next_ids.get(table, 1), "rev": 1}
        self._check_unique(table, doc)
        self.next_ids[table] = doc["id"] + 1
        self.tables[table][doc["id"]] = doc
        self.changed[table, doc["id"]] = doc
        return int(doc["id"])

    def put(self, table: str, doc: Doc, expect_rev: int | None = None) -> int:
        current = self.tables[table].get(doc["id"])
        if current is None or (expect_rev is not None and current["rev"] != expect_rev):
            raise Stale(table, doc["id"], doc, copy.deepcopy(current))
        doc = {**_stored(doc), "rev": current["rev"] + 1}
        self._check_unique(table, doc)
        self.tables[table][doc["id"]] = doc
        self.changed[table, doc["id"]] = doc
        return int(doc["rev"])

    def delete(self, table: str, record_id: int, expect_rev: int | None = None) -> None:
        current = self.tables[table].get(record_id)
        if current is None or (expect_rev is not None and current["rev"] != expect_rev):
            raise Stale(table, record_id, {}, copy.deepcopy(current))
        del self.tables[table][record_id]
        self.changed[table, record_id] = None


def _stored(doc: Doc) -> Doc:
    """The document as it would come back from a file. Raises TypeError for what JSON has no form for."""
    return load(dump(doc))


class MemoryEngine(_Tables):
    """Engine in memory; threads of one process may share it."""

    on_wait: Callable[[str], None] | None = None

    def __init__(self) -> None:
        super().__init__({name: {} for name in TABLES}, {})
        self._entries: list[Entry] = []
        self._undoable: set[int] = set()
        self._lock = threading.Lock()
        self._owner: int | None = None

    @property
    def seq(self) -> int:
        return len(self._entries)

    @contextmanager
    def transaction(self, why: str, by: str = "", reason: str = "", undoable: bool = False) -> Iterator[_Tables]:
        with self._writing():
            delta = self._delta()
            yield delta
            self._commit(delta, why, by, reason, undoable, None)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            raise RuntimeError("transactions do not nest")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = None

    def _delta(self) -> _Tables:
        return _Tables({name: dict(rows) for name, rows in self.tables.items()}, dict(self.next_ids))

    def _commit(
        self, delta: _Tables, why: str, by: str, reason: str, undoable: bool, undoes: int | None
    ) -> Entry | None:
        if not delta.changed:
            return None
        changes = tuple((t, i, self.tables[t].get(i), new) for (t, i), new in delta.changed.items())
        self.tables, self.next_ids = delta.tables, delta.next_ids
        entry = Entry(self.seq + 1, datetime.now(UTC).isoformat(), by, why, reason, changes, undoes)
        self._entries.append(entry)
        if undoable:
            self._undoable.add(entry.seq)
        return entry

    def refresh(self) -> int:
        return self.seq

    def last_id(self, table: str) -> int:
        return self.next_ids.get(table, 1) - 1

    def changes_since(self, seq: int) -> Changes:
        ids: dict[str, set[int]] = {}
        for entry in self._entries[seq:]:
            for table, record_id, _, _ in entry.changes:
                ids.setdefault(table, set()).add(record_id)
        return Changes(self.seq, ids)

    def history(self, table: str | None = None, record_id: int | None = None, limit: int = 200) -> list[Entry]:
        hits = [
            e
            for e in reversed(self._entries)
            if any((table is None or t == table) and (record_id is None or i == record_id) for t, i, _, _ in e.changes)
        ]
        return copy.deepcopy(hits[:limit])

    def undo(self, by: str, seq: int | None = None) -> Entry | None:
        with self._writing():
            undone = {e.undoes for e in self._entries}
            candidates = [
                e
                for e in reversed(self._entries)
                if e.seq in self._undoable and e.by == by and e.seq not in undone and seq in (None, e.seq)
            ]
            if not candidates:
                return None
            target = candidates[0]
            delta = self._delta()
            for table, record_id, old, new in reversed(target.changes):
                current = delta.tables[table].get(record_id)
                if (current or {}).get("rev") != (new or {}).get("rev"):
                    raise Stale(table, record_id, old or {}, copy.deepcopy(current))
                if old is None:
                    delta.tables[table].pop(record_id, None)
                    delta.changed[table, record_id] = None
                else:
                    restored = {**copy.deepcopy(old), "rev": (new or old)["rev"] + 1}
                    delta._check_unique(table, restored)
                    delta.tables[table][record_id] = restored
                    delta.changed[table, record_id] = restored
            return self._commit(delta, f"Rückgängig: {target.why}", by, "", False, target.seq)

    def close(self) -> None:
        pass
