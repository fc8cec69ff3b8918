"""Structural check of a data folder: manifest, chain, table files, records against the journal, unique keys, indexes.

Reads only, opens no engine, and so works on what cannot be opened any more. Findings come with file, line and byte.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_billing.store import audit
from tui_billing.store.engine import Entry, StoreError
from tui_billing.store.fsops import FsOps, file_mode
from tui_billing.store.indexes import BadIndex, KeyCollector
from tui_billing.store.journal import checked_hash, fields_of, ops_of
from tui_billing.store.json_text import BadLine, dump, load
from tui_billing.store.keys import KeyBook
from tui_billing.store.locks import FileLock
from tui_billing.store.manifest import Manifest, SegmentInfo, load_manifest
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.migrations import UPCASTERS, Upcaster
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.segments import Segment, read_rows
from tui_billing.store.state import journals
from tui_billing.store.tables import Tables

Record = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken place. `text` is German with `params`; a warning mends itself at the next write.

    `index` is the number of the entry in the chain, from 1, where the place lies in the journal (A9.5).
    """

    code: str
    text: str
    file: str
    line: int = 0
    byte: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    warning: bool = False
    index: int = 0

    def __str__(self) -> str:
        place = f"{self.file}, Zeile {self.line} (Byte {self.byte})" if self.line else self.file
        return f"{place}: {self.text.format(**self.params)}"


@dataclass(slots=True)
class _Journals:
    """What the kept journals say: head hash by seq, and the hash of the last text of each record."""

    complete: bool = True
    seq: int = 0
    head: str = ""
    heads: dict[int, str] = field(default_factory=dict)
    last: dict[Record, tuple[bytes, int]] = field(default_factory=dict)
    schema: dict[str, int] = field(default_factory=dict)


def journal_entries(
    folder: Path,
    tables: Mapping[str, TableSchema] = TABLES,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Iterator[Entry]:
    """The whole audit trail, oldest first, with old and new documents. Raises Damaged at an unreadable line."""
    yield from audit.entries_forward(folder, KeyBook(tables, upcasters))


def verify(
    folder: Path,
    tables: Mapping[str, TableSchema] = TABLES,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> list[Finding]:
    """Everything that is wrong with the files, in the order manifest, journals, table files, records, indexes."""
    with ExitStack() as stack:
        lock = FileLock(folder / "compact.lock", FsOps(), file_mode(folder), patience=30)
        try:
            lock.acquire()
            stack.callback(lock.close)
        except (StoreError, OSError):
            pass  # a read-only disk: then nobody compacts either
        return _Check(folder, KeyBook(tables, upcasters)).run()


def _short(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=12).digest()


class _Check:
    def __init__(self, folder: Path, book: KeyBook) -> None:
        self.folder, self.book = folder, book
        self.findings: list[Finding] = []
        self.journals = _Journals()

    def add(self, code: str, text: str, file: str, line: int = 0, byte: int = 0, **params: Any) -> None:
        self.findings.append(Finding(code, text, file, line, byte, params))

    def run(self) -> list[Finding]:
        manifest = None
        try:
            manifest = load_manifest(self.folder)
            if manifest is None:
                self.add("MANIFEST_MISSING", "das Verzeichnis fehlt", "manifest.json")
        except StoreError as error:
            self.add(error.code, "{why}", "manifest.json", 1, why=str(error))
        self._check_journals()
        if manifest is not None:
            self._check_manifest(manifest)
            self._check_tables(manifest)
        return self.findings

    # ---- the chain

    def _check_journals(self) -> None:
        mark = HighWaterMark(self.folder / "journal" / "acknowledged", FsOps(), file_mode(self.folder))
        acknowledged = mark.read()
        mark.close()
        paths = journals(self.folder)
        if not paths:
            self.add("JOURNAL_MISSING", "kein Journal vorhanden", "journal")
        for position, path in enumerate(paths):
            self._check_journal(path, first=position == 0, last=position == len(paths) - 1)
        seq, head = acknowledged
        if seq > self.journals.seq or (seq and self.journals.heads.get(seq, head) != head):
            text = "die bestätigte Buchung {seq} fehlt oder ist verändert"
            file = f"journal/{paths[-1].name}" if paths else "journal"
            # What was acknowledged is no torn end: the broken line itself is the first place to look at.
            torn = next((f for f in self.findings if f.code == "JOURNAL_TORN"), None)
            line, byte = (torn.line, torn.byte) if torn else (0, 0)
            index = min(seq, self.journals.seq + 1)
            found = Finding("ACKNOWLEDGED_MISSING", text, file, line, byte, {"seq": seq}, index=index)
            self.findings.append(found)

    def _check_journal(self, path: Path, *, first: bool, last: bool) -> None:
        name, sealed, number, state = f"journal/{path.name}", False, 0, self.journals
        for number, (offset, line, complete) in enumerate(audit.raw_lines(path), start=1):
            try:
                if not complete:
                    raise BadLine("incomplete")
                fields = fields_of(line)
                if number == 1 and first:
                    state.seq, state.head = fields["carry"], fields["prev"]
                    state.complete = fields["carry"] == 0
                    state.heads[state.seq] = state.head
                text = checked_hash(state.head, line)
                if sealed:
                    raise BadLine("a line after the seal")
                sealed = self._take(fields, line, text, number)
            except (BadLine, LookupError, ValueError, StopIteration) as error:
                why = "Zeile beschädigt ({error}); lesbar bis Buchung {seq}"
                at_end = last and (not complete or self._nothing_after(path, offset + len(line) + 1))
                finding = Finding(
                    "JOURNAL_TORN" if at_end else "JOURNAL_DAMAGED",
                    "unvollständiges Ende; es wird beim nächsten Schreiben abgetrennt und aufgehoben"
                    if at_end
                    else why,
                    name,
                    number,
                    offset,
                    {"error": str(error), "seq": state.seq},
                    warning=at_end,
                    index=state.seq + 1,
                )
                self.findings.append(finding)
                state.complete = state.complete and at_end
                return
        if not sealed and not last:
            self.add("JOURNAL_UNSEALED", "das Journal ist nicht abgeschlossen, es folgt aber eines", name, number)

    def _nothing_after(self, path: Path, end: int) -> bool:
        return end >= path.stat().st_size

    def _take(self, fields: dict[str, Any], line: bytes, text: str, number: int) -> bool:
        """Take in a sound line; returns whether it is the seal."""
        state = self.journals
        if "carry" in fields:
            if number != 1 or fields["carry"] != state.seq or fields["prev"] != state.head:
                raise BadLine("the first line does not follow the journal before")
            state.schema = fields.get("schema", {})
        elif "seal" in fields:
            if fields["seal"] != state.seq:
                raise BadLine("the seal names another transaction")
            return True
        else:
            if fields["seq"] != state.seq + 1:
                raise BadLine("the number does not follow")
            state.seq, state.head = fields["seq"], text
            state.heads[state.seq] = text
        for op in ops_of(line):
            version = state.schema.get(op.table, 1)
            state.last[op.table, op.record_id] = (self._digest(op.table, op.raw, op.doc, version), state.seq)
        return False

    def _digest(self, table: str, raw: bytes | None, doc: Any, version: int) -> bytes:
        """Of the document as this program has it."""
        if raw is not None and version != self.book.of(table).version:
            raw = dump(self.book.current(table, doc, version))
        return _short(raw or b"null")

    # ---- table files

    def _check_manifest(self, manifest: Manifest) -> None:
        known = self.journals.heads.get(manifest.seq)
        if known is not None and known != manifest.head:
            self.add(
                "MANIFEST_CHAIN", "der Prüfwert von Buchung {seq} passt nicht", "manifest.json", 1, seq=manifest.seq
            )

    def _check_tables(self, manifest: Manifest) -> None:
        tables = Tables(self.folder, manifest, self.book, FsOps())
        seen: dict[Record, bytes] = {}
        for _, numbers in sorted(tables.infos.items()):
            for _, infos in sorted(numbers.items()):
                path = self.folder / "tables" / infos[0].file
                if not path.exists() and all(info in manifest.pending for info in infos):
                    continue
                self._check_table_file(path, infos, seen)
        self._check_records(seen)
        if not [f for f in self.findings if not f.warning]:
            self._check_unique(tables)
            for table in sorted(tables.infos):
                self._check_index(tables, table)

    def _check_table_file(self, path: Path, infos: list[SegmentInfo], seen: dict[Record, bytes]) -> None:
        name, table, number = f"tables/{path.name}", infos[0].table, infos[0].index
        try:
            data = path.read_bytes()
        except OSError as error:
            self.add("TABLE_MISSING", "nicht lesbar ({error})", name, error=str(error))
            return
        found_before = len(self.findings)
        digest = hashlib.sha256(data).hexdigest()
        version = next((i.version for i in infos if i.sha256 == digest), infos[0].version)
        try:
            for record_id, offset, length, line in read_rows(data, name, table):
                raw = data[offset : offset + length]
                try:
                    doc = load(raw)
                    if doc.get("id") != record_id or (record_id - 1) // 10_000 != number:
                        raise BadLine("another id")
                    seen[table, record_id] = self._digest(table, raw, doc, version)
                except BadLine as error:
                    self._lost(table, record_id, name, line, offset, str(error))
        except StoreError as error:
            self.add(
                "TABLE_DAMAGED", "{why}", name, error.params["line"], error.params["byte"] or 0, why=error.params["why"]
            )
        if found_before == len(self.findings) and digest not in {info.sha256 for info in infos}:
            self.add("TABLE_CHANGED", "der Inhalt passt nicht zur Prüfsumme", name, 1)

    def _lost(self, table: str, record_id: int, name: str, line: int, byte: int, why: str) -> None:
        """A document that cannot be read, and whether the journal still has it."""
        last = self.journals.last.get((table, record_id))
        text = "Datensatz {table} {id} ist nicht lesbar ({why})"
        text += "; sein Stand aus Buchung {seq} steht im Journal" if last else "; er steht in keinem Journal mehr"
        self.add(
            "RECORD_DAMAGED", text, name, line, byte, table=table, id=record_id, why=why, seq=last[1] if last else 0
        )

    def _check_records(self, seen: dict[Record, bytes]) -> None:
        """Where the journals go back to the beginning, what they say about each record must be in the table files."""
        carried = self._carried()
        if not self.journals.complete or any(f.code.startswith("TABLE") for f in self.findings):
            return
        gone = _short(b"null")
        for record, (digest, seq) in self.journals.last.items():
            in_file = seen.pop(record, gone)
            if in_file != digest and record not in carried:
                text = "Datensatz {table} {id} ist nicht der aus Buchung {seq}"
                self.add("RECORD_CHANGED", text, "tables", table=record[0], id=record[1], seq=seq)
        for table, record_id in list(seen)[:20]:
            self.add(
                "RECORD_UNKNOWN", "Datensatz {table} {id} steht in keiner Buchung", "tables", table=table, id=record_id
            )

    def _carried(self) -> set[Record]:
        """Records that lie over the table files: in the newest journal."""
        out: set[Record] = set()
        for path in journals(self.folder)[-1:]:
            for _, line, complete in audit.raw_lines(path):
                try:
                    out.update((op.table, op.record_id) for op in ops_of(line) if complete)
                except (BadLine, ValueError, StopIteration, IndexError):
                    break
        return out

    def _check_unique(self, tables: Tables) -> None:
        """No unique key twice in the current documents; needs a store that can be opened."""
        from tui_billing.store.state import State, Tail

        state = State(self.folder, self.book, FsOps())
        state.tables.cached = False
        try:
            state.read_on()
        except Tail:
            pass
        for table in sorted({*tables.infos, *state.overlay.docs}):
            keys = self.book.of(table)
            taken: dict[tuple[int, Any], int] = {}
            for doc in state.queries.scan(table) if keys.uniques else ():
                for position, name in keys.uniques:
                    for value in keys.functions[position](doc):
                        other = taken.setdefault((position, value), doc["id"])
                        if other != doc["id"]:
                            text = "{key} {value} gibt es zweimal: {table} {id} und {other}"
                            more = {"key": name, "value": value, "table": table, "id": doc["id"], "other": other}
                            self.add("NOT_UNIQUE", text, f"tables/{table}", **more)
        state.close()

    def _check_index(self, tables: Tables, table: str) -> None:
        """The index file, where there is one, says the same as the table files."""
        path = tables.index_path(table)
        if tables.manifest.pending or not path.exists():
            return
        name = f"cache/{path.name}"
        try:
            index = tables.index(table)
            if index is None:
                return
            index.check_all()
            collector = KeyCollector(self.book.of(table))
            for number in tables.numbers(table):
                segment: Segment | None = tables.segment(table, number)
                if segment is not None:
                    collector.add(segment.rows())
            for section, (count, width, codes, _) in zip(index.keys, collector.sections(), strict=True):
                if section.count != count or not section.same_as(width, codes):
                    raise BadIndex("other keys than in the table files")
        except BadIndex as error:
            text = "der Index ist unbrauchbar ({error}); er darf gelöscht werden"
            self.add("INDEX_DAMAGED", text, name, error=str(error))


def first_broken(findings: list[Finding]) -> Finding | None:
    """The first finding that is not a warning."""
    return next((f for f in findings if not f.warning), None)
