"""What has changed over something older: a transaction over the store, or the journal over the table files."""

import os
from collections.abc import Iterator
from typing import Any

from tui_billing.store.engine import Doc
from tui_billing.store.keys import KeyBook, KeyValues


class JournalFile:
    """An open journal; closed when nobody points to its documents any more."""

    __slots__ = ("fd", "path", "writable")

    def __init__(self, path: str, fd: int, writable: bool) -> None:
        self.path, self.fd, self.writable = path, fd, writable

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the file."""
        return os.pread(self.fd, size, offset)

    def close(self) -> None:
        """Close the file; nothing can be read from it any more."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close


Raw = bytes | tuple[JournalFile, int, int] | None
"""A document's text, its place in a journal, or None for a deleted one."""


class Overlay:
    """Documents by table and id with their keys."""

    def __init__(self, book: KeyBook) -> None:
        self._book = book
        self.docs: dict[str, dict[int, Raw]] = {}
        self._keys: dict[str, tuple[dict[Any, int | set[int]], ...]] = {}
        self._of_doc: dict[str, dict[int, KeyValues]] = {}
        self._late: dict[str, list[int]] = {}

    def put(self, table: str, record_id: int, raw: Raw, doc: Doc | None, values: KeyValues | None = None) -> None:
        """Set a document, or None for a deleted one; `values` are its keys where they are known already."""
        docs = self.docs.get(table)
        if docs is None:
            docs = self.docs[table] = {}
            self._keys[table] = tuple({} for _ in self._book.of(table).names)
            self._of_doc[table] = {}
            self._late[table] = []
        of_doc = self._of_doc[table]
        if record_id in of_doc:
            self._settle(table)
            for ids, old in zip(self._keys[table], of_doc.pop(record_id), strict=True):
                for value in old:
                    _drop(ids, value, record_id)
        docs[record_id] = raw
        if doc is not None:
            if values is None:
                values = self._book.of(table).values(doc)
            of_doc[record_id] = values
            for (position, _), ids in zip(self._book.of(table).uniques, self._keys[table], strict=False):
                for value in values[position]:
                    _add(ids, value, record_id)
            self._late[table].append(record_id)

    def _settle(self, table: str) -> None:
        """Take in the keys that are not unique; put off until somebody asks, since most transactions never do."""
        late = self._late[table]
        if late:
            first = len(self._book.of(table).uniques)
            keys, of_doc = self._keys[table][first:], self._of_doc[table]
            for record_id in late:
                for ids, new in zip(keys, of_doc[record_id][first:], strict=True):
                    for value in new:
                        _add(ids, value, record_id)
            late.clear()

    def place(self, table: str, record_id: int, raw: Raw) -> None:
        """Say where the text of a document lies that has not changed."""
        self.docs[table][record_id] = raw

    def values_of(self, table: str, record_id: int) -> KeyValues | None:
        """The keys of a document; None where it is deleted or not in here."""
        return self._of_doc.get(table, {}).get(record_id)

    def ids(self, table: str, position: int, value: Any) -> list[int]:
        """Ids with this value of the key at `position`, in no order."""
        keys = self._keys.get(table)
        if keys and position >= len(self._book.of(table).uniques):
            self._settle(table)
        hit = keys[position].get(value) if keys else None
        if hit is None:
            return []
        return [hit] if type(hit) is int else list(hit)  # type: ignore[arg-type]

    def between(self, table: str, position: int, low: Any, high: Any) -> Iterator[tuple[Any, int]]:
        """(value, id) with value in [low, high], in no order."""
        keys = self._keys.get(table)
        if keys:
            self._settle(table)
        for value, hit in keys[position].items() if keys else ():
            if (low is None or value >= low) and (high is None or value <= high):
                for record_id in (hit,) if type(hit) is int else hit:  # type: ignore[union-attr]
                    yield value, record_id  # type: ignore[misc]

    def items(self) -> Iterator[tuple[str, int, Raw]]:
        """Every (table, id, text)."""
        for table, docs in self.docs.items():
            for record_id, raw in docs.items():
                yield table, record_id, raw


def _add(ids: dict[Any, int | set[int]], value: Any, record_id: int) -> None:
    hit = ids.get(value)
    if hit is None:
        ids[value] = record_id
    elif type(hit) is int:
        if hit != record_id:
            ids[value] = {hit, record_id}
    else:
        hit.add(record_id)  # type: ignore[union-attr]


def _drop(ids: dict[Any, int | set[int]], value: Any, record_id: int) -> None:
    hit = ids.get(value)
    if type(hit) is int:
        if hit == record_id:
            del ids[value]
    elif hit is not None:
        hit.discard(record_id)  # type: ignore[union-attr]
        if not hit:
            del ids[value]


def text_of(raw: Raw) -> bytes | None:
    """The document's text, read from its journal where it lies there."""
    if type(raw) is tuple:
        return raw[0].read(raw[1], raw[2])
    return raw  # type: ignore[return-value]
