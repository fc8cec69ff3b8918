"""The audit trail: entries read backwards from the kept journals."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tui_billing.store.damage import damaged
from tui_billing.store.engine import Changes, Doc, Entry
from tui_billing.store.journal import OPS, fields_of, ops_of, parse
from tui_billing.store.json_text import BadLine, dump
from tui_billing.store.keys import KeyBook
from tui_billing.store.state import journals


class _Mapped:
    """One journal, readable from its end, up to `end` for the one that is being written."""

    def __init__(self, path: Path, end: int | None) -> None:
        self.path = path
        with path.open("rb") as handle:
            self.data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        self.end = len(self.data) if end is None else end

    def back(self, needle: bytes) -> Iterator[tuple[bytes, int]]:
        """(line, its offset) of those that contain `needle`, the last one first."""
        end = self.end
        while end > 0:
            hit = self.data.rfind(needle, 0, end)
            if hit < 0:
                return
            start = self.data.rfind(b"\n", 0, hit) + 1
            stop = self.data.find(b"\n", hit, self.end)
            if stop < 0:
                stop = self.end
            yield self.data[start:stop], start
            end = start

    def schema(self) -> dict[str, int]:
        """Versions of the tables in it that are not at version 1."""
        found: dict[str, int] = fields_of(self.data[: self.data.find(b"\n")]).get("schema", {})
        return found

    def forward(self) -> Iterator[tuple[int, bytes]]:
        """(offset, line) in order."""
        at = 0
        while at < self.end:
            stop = self.data.find(b"\n", at, self.end)
            if stop < 0:
                return
            yield at, self.data[at:stop]
            at = stop + 1


@dataclass(frozen=True, slots=True)
class Found:
    """A line of a kept journal, with the versions of the tables in it."""

    line: bytes
    schema: dict[str, int]
    journal: _Mapped
    offset: int

    def entry(self, book: KeyBook) -> Entry | None:
        """As an entry; None for a seal or a carry. Raises Damaged where the line cannot be read."""
        try:
            return entry_of(self.line, book, self.schema)
        except BadLine as error:
            number = self.journal.data[: self.offset].count(b"\n") + 1
            raise damaged(f"journal/{self.journal.path.name}", number, error.why, self.offset) from None


@dataclass(frozen=True, slots=True)
class Trail:
    """The kept journals up to `end` of the active one."""

    folder: Path
    book: KeyBook
    active: str
    end: int

    def back(self, needle: bytes) -> Iterator[Found]:
        """All lines that contain `needle`, newest first."""
        for path in reversed(journals(self.folder)):
            if str(path) <= self.active:
                mapped = _Mapped(path, self.end if str(path) == self.active else None)
                schema: dict[str, int] | None = None
                for line, offset in mapped.back(needle):
                    schema = mapped.schema() if schema is None else schema
                    yield Found(line, schema, mapped, offset)


def entry_of(line: bytes, book: KeyBook, schema: dict[str, int]) -> Entry | None:
    """An entry of the audit trail with documents as this program has them; None for a seal or a carry."""
    if "seq" not in fields_of(line):
        return None
    parsed = parse(line)

    def lifted(table: str, doc: Doc | None) -> Doc | None:
        return None if doc is None else book.current(table, doc, schema.get(table, 1))

    changes = tuple((table, i, lifted(table, old), lifted(table, new)) for table, i, old, new in parsed.changes)
    f = parsed.fields
    return Entry(f["seq"], f["ts"], f["by"], f["why"], f.get("reason", ""), changes, f.get("undoes"))


def history(trail: Trail, table: str | None, record_id: int | None, limit: int) -> list[Entry]:
    """The newest entries first, of one record, one table or all."""
    needle = OPS
    if table is not None:
        needle = b"[" + dump(table) + b"," + (b"" if record_id is None else str(record_id).encode() + b",")
    out: list[Entry] = []
    if limit <= 0:
        return out
    for found in trail.back(needle):
        entry = found.entry(trail.book)
        if entry is None or not _touches(entry, table, record_id):
            continue
        out.append(entry)
        if len(out) == limit:
            break
    return out


def _touches(entry: Entry, table: str | None, record_id: int | None) -> bool:
    return table is None or any(t == table and record_id in (None, i) for t, i, _, _ in entry.changes)


def undo_target(trail: Trail, by: str, seq: int | None) -> Entry | None:
    """The last undoable entry of this user that has not been taken back, or `seq` if it is one."""
    undone: set[int] = set()
    for found in trail.back(b',"undo'):
        fields = fields_of(found.line)
        if "undoes" in fields:
            undone.add(fields["undoes"])
        if not fields.get("undoable") or fields["by"] != by or fields["seq"] in undone:
            continue
        if seq in (None, fields["seq"]):
            return found.entry(trail.book)
    return None


def changed_since(trail: Trail, seq: int, to: int) -> Changes:
    """Which records have changed after `seq`, from the journals, for a question older than what a handle remembers."""
    ids: dict[str, set[int]] = {}
    for found in trail.back(OPS):
        fields = fields_of(found.line)
        if fields.get("seq", seq + 1) <= seq:
            break
        if "seq" in fields:
            for op in ops_of(found.line):
                ids.setdefault(op.table, set()).add(op.record_id)
    return Changes(to, ids)


def raw_lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """(offset, line, whether it ends in a newline) of a journal as it is now, unchecked."""
    if path.stat().st_size:
        mapped = _Mapped(path, None)
        end = 0
        for offset, line in mapped.forward():
            yield offset, line, True
            end = offset + len(line) + 1
        if end < mapped.end:
            yield end, mapped.data[end : mapped.end], False


def entries_forward(folder: Path, book: KeyBook) -> Iterator[Entry]:
    """All entries of all kept journals, oldest first. Raises Damaged at a line that cannot be read."""
    paths = journals(folder)
    for path in paths:
        schema: dict[str, int] = {}
        for number, (offset, line, complete) in enumerate(raw_lines(path), start=1):
            try:
                schema = fields_of(line).get("schema", {}) if number == 1 else schema
                entry = entry_of(line, book, schema) if complete else None
            except BadLine as error:
                raise damaged(f"journal/{path.name}", number, error.why, offset) from None
            if entry is not None:
                yield entry
