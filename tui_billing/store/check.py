"""Structural check of a data folder: manifest, chain, table files, records against the journal, unique keys, indexes.

Opens no engine and so works on what cannot be opened any more; changes nothing unless it is asked to note damage.
Findings come with file, line and byte.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_, Clause
from tui_billing.domain.os_words import os_words
from tui_billing.store import audit, damage_note
from tui_billing.store.check_chain import Chain, Record, digest
from tui_billing.store.engine import Entry, StoreError
from tui_billing.store.findings import Finding, errors
from tui_billing.store.fsops import FsOps, file_mode
from tui_billing.store.indexes import BadIndex, KeyCollector
from tui_billing.store.journal import ops_of
from tui_billing.store.json_text import BadLine, load
from tui_billing.store.keys import KeyBook
from tui_billing.store.locks import FileLock
from tui_billing.store.manifest import Manifest, SegmentInfo, load_manifest
from tui_billing.store.migrations import UPCASTERS, Upcaster
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.segments import Segment, read_rows
from tui_billing.store.state import journals
from tui_billing.store.tables import Tables


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
    noting: bool = False,
) -> list[Finding]:
    """Everything that is wrong with the files, in the order manifest, journals, table files, records, indexes.

    With `noting` damaged table files stop all writers from now on, and sound ones let them go on.
    """
    alone = False
    with ExitStack() as stack:
        lock = FileLock(folder / "compact.lock", FsOps(), file_mode(folder), patience=30)
        try:
            lock.acquire()
            stack.callback(lock.close)
            alone = True
        except (StoreError, OSError):
            pass  # a read-only disk: then nobody compacts either
        findings = _Check(folder, KeyBook(tables, upcasters)).run()
        if noting and (alone or not findings):  # beside a compaction a sound table may look damaged
            damage_note.update(folder, findings)
        return findings


def verify_copy(
    folder: Path,
    sums: Mapping[str, bytes],
    tables: Mapping[str, TableSchema] = TABLES,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> list[Finding]:
    """What is wrong with a folder that was just copied; `sums` are the SHA-256 of its table files as they were copied.

    Sound table files are not read again; where anything is wrong, everything is looked at for the places.
    """
    book = KeyBook(tables, upcasters)
    if _Check(folder, book, hashes_only=True).is_sound(sums):
        return []
    return _Check(folder, book).run()


class _Check:
    def __init__(self, folder: Path, book: KeyBook, *, hashes_only: bool = False) -> None:
        self.folder, self.book = folder, book
        self.findings: list[Finding] = []
        self.chain = Chain(folder, book, self.findings, hashes_only)
        self._reported: set[Record] = set()

    def add(self, code: str, text: str, file: str, line: int = 0, byte: int = 0, **params: Any) -> None:
        self.findings.append(Finding(code, text, file, line, byte, params))

    def run(self) -> list[Finding]:
        manifest = None
        try:
            manifest = load_manifest(self.folder)
            if manifest is None:
                self.add("MANIFEST_MISSING", N_("das Verzeichnis fehlt"), "manifest.json")
        except StoreError as error:
            why = error.params.get("why") or Clause(error.text, **error.params)
            self.add(error.code, "{why}", "manifest.json", error.params.get("line", 0), why=why)
        self.chain.check()
        if manifest is not None:
            self._check_manifest(manifest)
            self._check_tables(manifest)
        return self.findings

    def is_sound(self, sums: Mapping[str, bytes]) -> bool:
        """Whether manifest and chain are in order and the table files have the hashes of the manifest."""
        manifest = load_manifest(self.folder)
        if manifest is None:
            return False
        self.chain.check()
        self._check_manifest(manifest)
        wanted: dict[str, set[str]] = {}
        for info in (*manifest.segments, *manifest.pending):
            wanted.setdefault(f"tables/{info.file}", set()).add(info.sha256)
        waiting = {f"tables/{info.file}" for info in manifest.pending}.difference(sums)
        found = {name: sums[name].hex() if name in sums else "" for name in wanted.keys() - waiting}
        return not self.findings and all(found[name] in wanted[name] for name in found)

    # ---- table files

    def _check_manifest(self, manifest: Manifest) -> None:
        known = self.chain.heads.get(manifest.seq)
        if known is not None and known != manifest.head:
            self.add(
                "MANIFEST_CHAIN",
                N_("die Prüfsumme von Buchung {seq} passt nicht"),
                "manifest.json",
                1,
                seq=manifest.seq,
            )
        broken = {f.code for f in errors(self.findings) if f.file.startswith("journal")}
        if manifest.seq > self.chain.seq and broken <= {"MARK_LOST"}:
            text = N_("das Journal endet mit Buchung {last}, die Tabellen sind auf dem Stand von Buchung {seq}")
            file = f"journal/{journals(self.folder)[-1].name}"
            params = {"seq": manifest.seq, "last": self.chain.seq}
            self.findings.append(Finding("JOURNAL_SHORT", text, file, params=params, index=self.chain.seq + 1))

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
        if not errors(self.findings):
            self._check_unique(tables)
            for table in sorted(tables.infos):
                self._check_index(tables, table)

    def _check_table_file(self, path: Path, infos: list[SegmentInfo], seen: dict[Record, bytes]) -> None:
        name, table, number = f"tables/{path.name}", infos[0].table, infos[0].index
        try:
            data = path.read_bytes()
        except OSError as error:
            self.add("TABLE_MISSING", N_("nicht lesbar ({error})"), name, error=os_words(error))
            return
        found_before = len(self.findings)
        found = hashlib.sha256(data).hexdigest()
        version = next((i.version for i in infos if i.sha256 == found), infos[0].version)
        try:
            for record_id, offset, length, line in read_rows(data, name, table):
                raw = data[offset : offset + length]
                try:
                    doc = load(raw)
                    if doc.get("id") != record_id or (record_id - 1) // 10_000 != number:
                        raise BadLine(N_("die Nummer darin ist eine andere"))
                    seen[table, record_id] = digest(self.book, table, raw, doc, version)
                except BadLine as error:
                    self._lost(table, record_id, name, line, offset, error.why)
        except StoreError as error:
            self.add(
                "TABLE_DAMAGED", "{why}", name, error.params["line"], error.params["byte"] or 0, why=error.params["why"]
            )
        if found_before == len(self.findings) and found not in {info.sha256 for info in infos}:
            self._changed(data, name, table, seen)

    def _changed(self, data: bytes, name: str, table: str, seen: dict[Record, bytes]) -> None:
        """Valid JSON, but not what was written: the first record that the journal knows otherwise is the place."""
        last = self.chain.last if self.chain.complete else {}
        for record_id, offset, _, line in read_rows(data, name, table):
            known = last.get((table, record_id))
            if known is not None and known[0] != seen[table, record_id]:
                text = N_("Datensatz {table} {id} ist nicht der aus Buchung {seq}")
                self.add("TABLE_CHANGED", text, name, line, offset, table=table, id=record_id, seq=known[1])
                return
        self.add("TABLE_CHANGED", N_("der Inhalt passt nicht zur Prüfsumme"), name, 1)

    def _lost(self, table: str, record_id: int, name: str, line: int, byte: int, why: str) -> None:
        """A document that cannot be read, and whether the journal still has it."""
        self._reported.add((table, record_id))
        last = self.chain.last.get((table, record_id))
        text = N_("Datensatz {table} {id} ist nicht lesbar ({why}); er steht in keinem Journal")
        if last:
            text = N_("Datensatz {table} {id} ist nicht lesbar ({why}); sein Stand aus Buchung {seq} steht im Journal")
        self.add(
            "RECORD_DAMAGED", text, name, line, byte, table=table, id=record_id, why=why, seq=last[1] if last else 0
        )

    def _check_records(self, seen: dict[Record, bytes]) -> None:
        """Where the journals go back to the beginning, what they say about each record must be in the table files."""
        carried = self._carried()
        if not self.chain.complete or any(f.code.startswith("TABLE") for f in self.findings):
            return
        gone = digest(self.book, "", None, None, 1)
        for record, (found, seq) in self.chain.last.items():
            in_file = seen.pop(record, gone)
            if in_file != found and record not in carried and record not in self._reported:
                text = N_("Datensatz {table} {id} ist nicht der aus Buchung {seq}")
                self.add("RECORD_CHANGED", text, "tables", table=record[0], id=record[1], seq=seq)
        for table, record_id in list(seen)[:20]:
            self.add(
                "RECORD_UNKNOWN",
                N_("Datensatz {table} {id} steht in keiner Buchung"),
                "tables",
                table=table,
                id=record_id,
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
                            text = N_("{key} {value} gibt es zweimal: {table} {id} und {other}")
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
        except BadIndex:
            text = N_("der Index ist unbrauchbar; er darf gelöscht werden")
            self.add("INDEX_DAMAGED", text, name)
