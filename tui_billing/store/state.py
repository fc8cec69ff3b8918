"""One handle's view of the data folder: the last checkpoint and the journal since, read to its end."""

import os
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_, Clause
from tui_billing.store.damage import damaged, term
from tui_billing.store.engine import Damaged, StoreError
from tui_billing.store.fsops import FsOps
from tui_billing.store.indexes import BadIndex
from tui_billing.store.journal import Line, Op, checked_hash, fields_of, ops_of
from tui_billing.store.json_text import BadLine, dump, why_bad
from tui_billing.store.keys import KeyBook, KeyValues
from tui_billing.store.manifest import Manifest, load_manifest
from tui_billing.store.migrations import refuse_newer
from tui_billing.store.overlay import JournalFile, Overlay, Raw
from tui_billing.store.queries import Queries
from tui_billing.store.segments import Moved
from tui_billing.store.tables import Tables

REMEMBERED = 5_000
READ = 1 << 20


class Rewound(Exception):
    """The journal is not what was read before: another process took back a write that failed. Load anew."""


class Tail(Exception):
    """The last line is incomplete or torn: bytes from `offset` on belong to no transaction."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def journal_path(folder: Path, first_seq: int) -> Path:
    """The journal whose first transaction has this number."""
    return folder / "journal" / f"{first_seq:012d}.jsonl"


def journals(folder: Path) -> list[Path]:
    """All kept journals, oldest first."""
    return sorted(folder.glob("journal/[0-9]*.jsonl"))


class State:
    """Checkpoint + journal. Not for two threads at once: the engine sees to that."""

    def __init__(self, folder: Path, book: KeyBook, ops: FsOps) -> None:
        manifest = load_manifest(folder)
        if manifest is None:
            raise StoreError(N_("In {folder} liegt kein Datenbestand"), folder=str(folder))
        self.folder, self.book, self.ops = folder, book, ops
        self.manifest: Manifest = manifest
        self.tables = Tables(folder, manifest, book, ops)
        self.overlay = Overlay(book)
        self.queries = Queries(book, (self.overlay,), self.tables)
        self.next_ids: dict[str, int] = dict(manifest.next_ids)
        self.counts: dict[str, int] = {}
        self.seq, self.head = manifest.seq, manifest.head
        self.journal_schema: dict[str, int] = {}
        refuse_newer(manifest.schema, book.tables)
        self.sealed = False
        self.log: deque[tuple[int, list[tuple[str, int]]]] = deque(maxlen=REMEMBERED)
        self.tables.check_sizes()
        self._open_newest()

    def _open_newest(self) -> None:
        """Find the newest journal that starts at or before this checkpoint and take in its first line."""
        paths = journals(self.folder)
        if not paths:
            raise damaged("journal", 1, N_("kein Journal vorhanden"), 0)
        for path in reversed(paths):
            self._open(path)
            first = self._first_line()
            if first["base"] <= self.manifest.seq:
                break
        else:
            raise Moved(damaged(f"journal/{paths[-1].name}", 1, N_("das Journal ist neuer als das Verzeichnis"), 0))

    def _open(self, path: Path) -> None:
        writable = True
        try:
            fd = self.ops.open(path, os.O_RDWR)
        except OSError:
            writable = False
            fd = os.open(path, os.O_RDONLY)
        self.journal = JournalFile(str(path), fd, writable)
        self.position, self.line, self.sealed = 0, 1, False
        self._block: tuple[int, bytes] = (0, b"")

    def _first_line(self) -> dict[str, Any]:
        """The carry line: every document that the checkpoint `base` does not have yet."""
        line = self._next_line(os.fstat(self.journal.fd).st_size)
        try:
            if line is None:
                raise BadLine(N_("unvollständig"))
            fields = fields_of(line)
            checked_hash(fields["prev"], line)
            self.journal_schema = fields.get("schema", {})
            refuse_newer(self.journal_schema, self.book.tables)
            if fields["base"] <= self.manifest.seq:
                self._take(line)
        except (BadLine, KeyError) as error:
            raise self.damage(Clause(N_("die erste Zeile ist beschädigt ({why})"), why=why_bad(error))) from None
        self.seq, self.head = fields["carry"], fields["prev"]
        self._carried_seq = self.seq
        self._advance(line)
        return fields

    @property
    def transactions(self) -> int:
        """How many transactions this journal holds."""
        return self.seq - self._carried_seq

    def _advance(self, line: bytes) -> None:
        self.position += len(line) + 1
        self.line += 1

    def _take(self, line: bytes) -> list[tuple[str, int]]:
        changed = []
        for op in ops_of(line):
            place: Raw = None if op.raw is None else (self.journal, self.position + op.offset, len(op.raw))
            version = self.journal_schema.get(op.table, 1)
            if op.doc is not None and version != self.book.of(op.table).version:
                op = replace(op, doc=self.book.current(op.table, op.doc, version))
                place = dump(op.doc)
            self.put(op, place, None)
            changed.append((op.table, op.record_id))
        return changed

    def put(self, op: Op, place: Raw, values: KeyValues | None) -> None:
        """Lay one change over the table files; keeps the counts that somebody has asked for."""
        table, record_id = op.table, op.record_id
        if table in self.counts:
            self._count(table, record_id, place is not None)
        self.overlay.put(table, record_id, place, op.doc, values)
        if self.next_ids.get(table, 1) <= record_id:
            self.next_ids[table] = record_id + 1

    def _count(self, table: str, record_id: int, exists: bool) -> None:
        try:
            self.counts[table] += exists - self.queries.exists(table, record_id)
        except (Moved, BadIndex):
            del self.counts[table]  # counted anew when somebody asks; a commit must not fail over it

    def count(self, table: str) -> int:
        """How many documents there are."""
        if table not in self.counts:
            self.counts[table] = self.queries.count(table)
        return self.counts[table]

    def _next_line(self, size: int) -> bytes | None:
        """The line at the current position, without its newline; None where it is not complete."""
        start, block = self._block
        end = block.find(b"\n", self.position - start) if start <= self.position else -1
        if end < 0:
            start, block = self.position, b""
            while end < 0 and start + len(block) < size:
                at = start + len(block)
                more = self.journal.read(at, min(size - at, max(READ, len(block))))
                if not more:
                    break
                end = more.find(b"\n")
                end = end if end < 0 else len(block) + end
                block = block + more if block else more
            self._block = start, block
        return None if end < 0 else block[self.position - start : end]

    def grown(self) -> bool:
        """Whether the journal is not as long as when it was last read."""
        return self.sealed or os.fstat(self.journal.fd).st_size != self.position

    def replaced(self) -> bool:
        """Whether another file lies where this journal was: an editor or a copy put it there, or it was deleted."""
        try:
            return not os.path.samestat(os.stat(self.journal.path), os.fstat(self.journal.fd))  # noqa: PTH116
        except FileNotFoundError:
            return True

    def read_on(self) -> None:
        """Read to the end of the journal. Raises Tail at a torn end, Rewound, Moved after a rotation, Damaged."""
        size = os.fstat(self.journal.fd).st_size
        if size < self.position:
            raise Rewound
        self._block = (0, b"")  # what was read earlier may have been taken back and written anew
        try:
            self._read_to(size)
        finally:
            self._block = (0, b"")

    def _read_to(self, size: int) -> None:
        while self.position < size:
            line = self._next_line(size)
            if line is None:
                raise Tail(self.position)
            try:
                text = checked_hash(self.head, line)
            except BadLine as error:
                if self.position + len(line) + 1 >= size:
                    raise Tail(self.position) from None
                raise self.damage(error.why) from None
            self._take_line(line, text)
        if self.sealed and journal_path(self.folder, self.seq + 1).exists():
            raise Moved(self.damage(N_("nach dem Siegel folgt kein passendes Journal")))

    def _take_line(self, line: bytes, text: str) -> None:
        if self.sealed:
            raise self.damage(N_("nach dem Siegel steht noch etwas"))
        try:
            fields = fields_of(line)
            if "seal" in fields:
                self.sealed = True
            else:
                if fields["seq"] != self.seq + 1:
                    raise BadLine(N_("die Nummer folgt nicht auf die vorige"))
                self.log.append((fields["seq"], self._take(line)))
                self.seq, self.head = fields["seq"], text
        except (BadLine, LookupError, ValueError, StopIteration) as error:
            raise self.damage(why_bad(error)) from None
        self._advance(line)

    def appended(self, line: Line, size: int) -> None:
        """This handle wrote a transaction and took it over itself."""
        self.position += size
        self.line += 1
        self.seq, self.head = self.seq + 1, line.hash

    def close(self) -> None:
        """Let go of all files."""
        self.tables.close()
        self.overlay.docs.clear()
        self.journal.close()

    def damage(self, why: str) -> Damaged:
        """A report with the place in the journal; everything before it can be read."""
        till = Clause(N_("{why}; lesbar bis Buchung {seq}"), why=term(why), seq=self.seq)
        report = damaged(f"journal/{Path(self.journal.path).name}", self.line, till, self.position)
        report.params["readable_to"] = self.seq
        return report
