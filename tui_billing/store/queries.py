"""Reads over layers of changes (a transaction, the journal) that lie over the table files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_, Clause
from tui_billing.store.damage import damaged, term
from tui_billing.store.engine import Damaged, Doc
from tui_billing.store.indexes import RANGE
from tui_billing.store.json_text import BadLine, dump, load, parse_json
from tui_billing.store.keys import KeyBook, KeyValues, encoded, is_exact
from tui_billing.store.overlay import Overlay, text_of
from tui_billing.store.segments import segment_name, segment_of
from tui_billing.store.tables import Tables

CHUNK = 250


class Queries:
    """`layers` from top to bottom; a record that is in a layer hides what lies below."""

    def __init__(self, book: KeyBook, layers: tuple[Overlay, ...], tables: Tables) -> None:
        self.book, self.layers, self.tables = book, layers, tables

    def raw(self, table: str, record_id: int) -> bytes | None:
        """The text of the current document."""
        for layer in self.layers:
            docs = layer.docs.get(table)
            if docs is not None and record_id in docs:
                return text_of(docs[record_id])
        return self.tables.raw(table, record_id)

    def get(self, table: str, record_id: int) -> Doc | None:
        raw = self.raw(table, record_id)
        return None if raw is None else self._parsed(table, record_id, raw)

    def _parsed(self, table: str, record_id: int, raw: bytes) -> Doc:
        try:
            doc = load(raw)
        except BadLine as error:
            raise self._damage(table, record_id, error.why) from None
        if doc.get("id") != record_id:
            raise self._damage(table, record_id, Clause(N_("die Nummer darin ist {id}"), id=doc.get("id")))
        return doc

    def _damage(self, table: str, record_id: int, why: str) -> Damaged:
        text = N_("Datensatz {table} {id} ist nicht lesbar ({why})")
        said = Clause(text, table=table, id=record_id, why=term(why))
        places = (layer.docs[table][record_id] for layer in self.layers if record_id in layer.docs.get(table, ()))
        place = next(places, None)
        if type(place) is tuple:
            journal, byte, _ = place
            line = journal.read(0, byte).count(b"\n") + 1
            return damaged(f"journal/{Path(journal.path).name}", line, said, byte)
        segment = self.tables.segment(table, (record_id - 1) // RANGE)
        line, byte = segment.place(record_id) if segment is not None else (0, 0)
        return damaged(f"tables/{segment_name(table, segment_of(record_id))}", line, said, byte)

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        if len(ids) == 1:
            doc = self.get(table, ids[0])
            return [] if doc is None else [doc]
        out: list[Doc] = []
        for start in range(0, len(ids), CHUNK):
            found = [(i, raw) for i in ids[start : start + CHUNK] if (raw := self.raw(table, i)) is not None]
            try:
                docs = parse_json(b"[" + b",".join([raw for _, raw in found]) + b"]")
                sound = [doc["id"] for doc in docs] == [i for i, _ in found]
            except (ValueError, KeyError, TypeError, RecursionError):
                sound = False
            out += docs if sound else [self._parsed(table, i, raw) for i, raw in found]
        return out

    def _hidden(self, table: str, below: int) -> list[dict[int, Any]]:
        """The layers above position `below` that know this table."""
        return [docs for layer in self.layers[:below] if (docs := layer.docs.get(table))]

    def _candidates(self, table: str, position: int, value: Any) -> list[int]:
        """Ids that have this value, or may have it where the index is not exact; ascending."""
        index = self.tables.index(table)
        hits = index.keys[position].equal(value) if index is not None else []
        if len(self.layers) == 1:
            docs = self.layers[0].docs.get(table)
            if not docs:
                return hits
            own = self.layers[0].ids(table, position, value)
            hits = [i for i in hits if i not in docs]
            return sorted(hits + own) if own else hits
        hidden = self._hidden(table, len(self.layers))
        if hidden and hits:
            hits = [i for i in hits if not any(i in docs for docs in hidden)]
        more: list[int] = []
        for depth, layer in enumerate(self.layers):
            own = layer.ids(table, position, value)
            if own and depth:
                above = self._hidden(table, depth)
                own = [i for i in own if not any(i in docs for docs in above)]
            more += own
        return sorted(hits + more) if more else hits

    def find_ids(self, table: str, key: str, value: Any) -> list[int]:
        keys = self.book.of(table)
        position = keys.position[key]
        ids = self._candidates(table, position, value)
        if is_exact(value, encoded(value)):
            return ids
        function = keys.functions[position]
        return [i for i, doc in zip(ids, self.get_many(table, ids), strict=True) if value in function(doc)]

    def taken(self, table: str, values: KeyValues, record_id: int) -> tuple[str, Any, int] | None:
        """(key, value, other id) of the first unique key of a document that another record has."""
        for position, name in self.book.of(table).uniques:
            for value in values[position]:
                for other in self.find_ids(table, name, value):
                    if other != record_id:
                        return name, value, other
        return None

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        keys = self.book.of(table)
        position = keys.position[key]
        function = keys.functions[position]
        ids = self._candidates(table, position, value)
        if len(ids) == 1:
            doc = self.get(table, ids[0])
            return [doc] if doc is not None and value in function(doc) else []
        docs = self.get_many(table, ids)
        return [doc for doc in docs if value in function(doc)]

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        keys = self.book.of(table)
        position = keys.position[key]
        function = keys.functions[position]
        index = self.tables.index(table)
        base = index.keys[position].between(low, high) if index is not None else []
        hidden = self._hidden(table, len(self.layers))
        if hidden:
            base = [i for i in base if not any(i in docs for docs in hidden)]
        ids = list(dict.fromkeys(base))
        for depth, layer in enumerate(self.layers):
            above = self._hidden(table, depth)
            own = {i for _, i in layer.between(table, position, low, high)}
            ids += [i for i in sorted(own) if not any(i in docs for docs in above)]
        hits = [
            (value, doc["id"], doc)
            for doc in self.get_many(table, ids)
            for value in function(doc)
            if (low is None or value >= low) and (high is None or value <= high)
        ]
        hits.sort(key=_by_value_and_id)
        if len(hits) == len(ids):
            return [doc for _, _, doc in hits]
        return self.get_many(table, [i for _, i, _ in hits])

    def ids_after(self, table: str, after: int) -> Iterator[list[int]]:
        """All ids above `after`, ascending, one list per table file."""
        changed: dict[int, set[int]] = {}
        for layer in self.layers:
            for record_id in layer.docs.get(table, ()):
                if record_id > after:
                    changed.setdefault((record_id - 1) // RANGE, set()).add(record_id)
        for number in sorted({n for n in self.tables.numbers(table) if (n + 1) * RANGE > after} | set(changed)):
            segment = self.tables.segment(table, number)
            ids = segment.ids() if segment is not None else []
            if ids and ids[0] <= after:
                ids = [i for i in ids if i > after]
            if number in changed:
                ids = sorted(changed[number].union(ids))
            yield ids

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        for ids in self.ids_after(table, after):
            for start in range(0, len(ids), CHUNK):
                yield from self.get_many(table, ids[start : start + CHUNK])

    def search_text(self, table: str, text: str) -> list[Doc]:
        """Documents whose text contains `text`, in id order."""
        needle = dump(text)[1:-1]
        hidden = self._hidden(table, len(self.layers))
        ids: set[int] = set()
        for number in self.tables.numbers(table):
            segment = self.tables.segment(table, number)
            hits = segment.containing(needle) if segment is not None else []
            ids.update(i for i in hits if not any(i in docs for docs in hidden))
        for record_id in {i for docs in hidden for i in docs}:
            if needle in (self.raw(table, record_id) or b""):
                ids.add(record_id)
        return self.get_many(table, sorted(ids))

    def exists(self, table: str, record_id: int) -> bool:
        """Whether there is such a record, without reading it."""
        for layer in self.layers:
            docs = layer.docs.get(table)
            if docs is not None and record_id in docs:
                return docs[record_id] is not None
        segment = self.tables.segment(table, (record_id - 1) // RANGE)
        return segment is not None and segment.slot(record_id)[1] > 0

    def count(self, table: str) -> int:
        total = self.tables.count(table)
        below = Queries(self.book, (), self.tables)
        for record_id in {i for layer in self.layers for i in layer.docs.get(table, ())}:
            total += self.exists(table, record_id) - below.exists(table, record_id)
        return total


def _by_value_and_id(hit: tuple[Any, int, Doc]) -> tuple[Any, int]:
    return hit[0], hit[1]
