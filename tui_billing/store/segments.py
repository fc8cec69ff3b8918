"""Table files: plain TinyDB JSON, one document a line, mapped and parsed on access.

A file holds the ids index * RANGE + 1 … (index + 1) * RANGE of one table and is always replaced whole. It may be newer
than the manifest that is being read; a document in the journal lies over it either way.
"""

import hashlib
import mmap
import os
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tui_billing.domain.messages import N_
from tui_billing.store.damage import damaged
from tui_billing.store.engine import Damaged, StoreError
from tui_billing.store.indexes import (
    RANGE,
    SLOT,
    Identity,
    TableIndex,
)
from tui_billing.store.json_text import BadLine, dump, load
from tui_billing.store.keys import KeyBook
from tui_billing.store.manifest import SegmentInfo

LINE = re.compile(rb'"(\d+)":(\{.*\}),?')


class Moved(Exception):
    """The files on disk are not those of the manifest that was read: read it again, else raise `damage`."""

    def __init__(self, damage: StoreError) -> None:
        super().__init__(str(damage))
        self.damage = damage


def segment_name(table: str, index: int) -> str:
    """File name of a table file; odd characters of a user's own table are escaped."""
    return f"{quote(table, safe='').replace('.', '%2E')}.{index + 1:04d}.json"


def segment_of(record_id: int) -> int:
    """Which table file holds this id."""
    return (record_id - 1) // RANGE


def _set_slot(slots: "array[int]", record_id: int, offset: int, length: int) -> None:
    """Note where a document lies; ids come in ascending order."""
    missing = 2 * ((record_id - 1) % RANGE) - len(slots)
    if missing > 0:
        slots.frombytes(bytes(4 * missing))
    slots.extend((offset, length))


class SegmentWriter:
    """Writes one table file from (id, text) in id order and knows its slots, size and hash afterwards."""

    def __init__(self, table: str, index: int, rows: Iterable[tuple[int, bytes]]) -> None:
        self.table, self.index, self._rows = table, index, rows
        self.slots = array("I")
        self.count = self.size = 0
        self._digest = hashlib.sha256()

    def pieces(self) -> Iterator[bytes]:
        """The file's text."""
        yield self._out(b"{" + dump(self.table) + b":{")
        comma = b"\n"
        for record_id, raw in self._rows:
            start = comma + f'"{record_id}":'.encode()
            _set_slot(self.slots, record_id, self.size + len(start), len(raw))
            self.count += 1
            comma = b",\n"
            yield self._out(start + raw)
        yield self._out(b"\n}}\n")

    def _out(self, piece: bytes) -> bytes:
        self.size += len(piece)
        self._digest.update(piece)
        return piece

    def info(self, version: int) -> SegmentInfo:
        """What the manifest says about the file."""
        name = segment_name(self.table, self.index)
        return SegmentInfo(name, self.table, self.index, self.count, self.size, self._digest.hexdigest(), version)


def read_rows(data: bytes | mmap.mmap, name: str, table: str) -> Iterator[tuple[int, int, int, int]]:
    """(id, offset, length, line number) of every document. Raises Damaged at the first line that is none."""
    begin = b"{" + dump(table) + b":{\n"
    if data[: len(begin)] != begin:
        raise damaged(name, 1, N_("kein Tabellenanfang"), 0)
    at, line = len(begin), 2
    while True:
        end = data.find(b"\n", at)
        if end < 0:
            raise damaged(name, line, N_("die Datei ist abgeschnitten"), at)
        row = data[at:end]
        if row == b"}}":
            return
        match = LINE.fullmatch(row)
        if match is None:
            raise damaged(name, line, N_("kein Datensatz"), at)
        yield int(match[1]), at + match.start(2), match.end(2) - match.start(2), line
        at, line = end + 1, line + 1


class Segment:
    """One mapped table file. `slots` are (offset, length) a document, in the index file or computed here."""

    def __init__(self, path: Path, infos: list[SegmentInfo], index: TableIndex | None, book: KeyBook) -> None:
        self.path, self.number, self.table = path, infos[0].index, infos[0].table
        self._book = book
        try:
            with path.open("rb") as handle:
                stat = os.fstat(handle.fileno())
                if stat.st_size not in {info.size for info in infos}:
                    raise Moved(self._damage(N_("die Datei hat nicht die richtige Länge"), stat.st_size))
                self.data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise Moved(self._damage(N_("die Tabellendatei fehlt"), 0)) from None
        self.identity: Identity = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        self._index = index
        row = index.slots_at(self.number, self.identity) if index is not None else None
        self._own: bytes = b""
        if row is None:
            self._own, self._index = self._computed(infos), None
            row = 0, len(self._own) // SLOT.size
        self._at, self._slots = row
        self.version = self._version(infos)
        self._old = self.version != book.of(self.table).version

    def _version(self, infos: list[SegmentInfo]) -> int:
        """The version of its documents; after a migration that was cut short only the content tells."""
        versions = {info.version for info in infos}
        if len(versions) > 1:
            found = hashlib.sha256(self.data).hexdigest()
            versions = {info.version for info in infos if info.sha256 == found}
        return versions.pop()

    def _damage(self, why: str, byte: int) -> Damaged:
        return damaged(f"tables/{self.path.name}", 1, why, byte)

    def _computed(self, infos: list[SegmentInfo]) -> bytes:
        found = hashlib.sha256(self.data).hexdigest()
        if found not in {info.sha256 for info in infos}:
            for _, offset, length, line in read_rows(self.data, f"tables/{self.path.name}", infos[0].table):
                self._parse(self.data[offset : offset + length], line, offset)
            raise Moved(self._damage(N_("der Inhalt passt nicht zur Prüfsumme"), 0))
        slots = array("I")
        for record_id, offset, length, _ in read_rows(self.data, self.path.name, infos[0].table):
            _set_slot(slots, record_id, offset, length)
        return slots.tobytes()

    def _parse(self, raw: bytes, line: int, byte: int) -> None:
        try:
            load(raw)
        except BadLine as error:
            raise Moved(damaged(f"tables/{self.path.name}", line, error.why, byte)) from None

    def slot(self, record_id: int) -> tuple[int, int]:
        """Offset and length of a document; length 0 where there is none."""
        position = (record_id - 1) % RANGE
        if position >= self._slots:
            return 0, 0
        at = self._at + 8 * position
        if self._index is None:
            return SLOT.unpack_from(self._own, at)  # type: ignore[return-value]
        self._index.check(at, at + 8)
        return SLOT.unpack_from(self._index.data, at)  # type: ignore[return-value]

    def raw(self, record_id: int) -> bytes | None:
        """A document's text."""
        offset, length = self.slot(record_id)
        if not length:
            return None
        raw = self.data[offset : offset + length]
        return dump(self._book.current(self.table, load(raw), self.version)) if self._old else raw

    def slots(self) -> bytes:
        """All slots."""
        if self._index is None:
            return self._own
        end = self._at + 8 * self._slots
        self._index.check(self._at, end)
        return self._index.data[self._at : end]

    def ids(self) -> list[int]:
        """Ids of its documents, ascending."""
        lengths = memoryview(self.slots()).cast("I")[1::2]
        first = self.number * RANGE + 1
        return [first + i for i, length in enumerate(lengths) if length]

    def containing(self, needle: bytes) -> list[int]:
        """Ids of documents whose text contains `needle`."""
        if self._old:
            return [i for i in self.ids() if needle in (self.raw(i) or b"")]
        out, at = [], 0
        while (hit := self.data.find(needle, at)) >= 0:
            start = self.data.rfind(b"\n", 0, hit) + 1
            end = self.data.find(b"\n", hit)
            match = LINE.match(self.data[start:end])
            if match is not None and needle in match[2]:
                out.append(int(match[1]))
            at = end if end > 0 else len(self.data)
        return out

    def place(self, record_id: int) -> tuple[int, int]:
        """Line number and byte of a document, for a report."""
        offset = self.slot(record_id)[0]
        return self.data[:offset].count(b"\n") + 1, offset

    def rows(self) -> Iterator[tuple[int, Any]]:
        """(id, document). Raises Damaged."""
        for record_id in self.ids():
            raw = self.raw(record_id) or b""
            try:
                yield record_id, load(raw)
            except BadLine as error:
                line, byte = self.place(record_id)
                raise damaged(f"tables/{self.path.name}", line, error.why, byte) from None
