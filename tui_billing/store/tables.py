"""The table files of one manifest with their index files, opened on first use."""

import hashlib
import mmap
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from tui_billing.domain.messages import N_, Clause
from tui_billing.domain.os_words import os_words
from tui_billing.store.damage import damaged
from tui_billing.store.fsops import FsOps, file_mode, folder_mode, replace_file
from tui_billing.store.indexes import (
    RANGE,
    BadIndex,
    KeyCollector,
    Section,
    Slots,
    TableIndex,
    index_bytes,
)
from tui_billing.store.keys import KeyBook
from tui_billing.store.manifest import Manifest, SegmentInfo
from tui_billing.store.segments import Moved, Segment, segment_of

MOST_MAPPED = 300


class Tables:
    """The table files of one manifest with their indexes, opened on first use."""

    def __init__(self, folder: Path, manifest: Manifest, book: KeyBook, ops: FsOps) -> None:
        self.folder, self.manifest, self.book, self._ops = folder, manifest, book, ops
        self.infos: dict[str, dict[int, list[SegmentInfo]]] = {}
        for info in (*manifest.segments, *manifest.pending):
            self.infos.setdefault(info.table, {}).setdefault(info.index, []).append(info)
        self._mapped: OrderedDict[tuple[str, int], Segment] = OrderedDict()
        self._indexes: dict[str, TableIndex] = {}
        self.cached = True
        """Whether index files may be read and written."""

    def check_sizes(self) -> None:
        """Every table file is there with the right length. Raises Moved."""
        for per_table in self.infos.values():
            for infos in per_table.values():
                path = self.folder / "tables" / infos[0].file
                try:
                    size = path.stat().st_size
                except OSError as error:
                    if infos[0] in self.manifest.pending:
                        continue
                    why = Clause(N_("nicht lesbar ({error})"), error=os_words(error))
                    raise Moved(damaged(f"tables/{path.name}", 1, why, 0)) from None
                if size not in {info.size for info in infos}:
                    raise Moved(damaged(f"tables/{path.name}", 1, N_("die Datei hat nicht die richtige Länge"), size))

    def segment(self, table: str, number: int) -> Segment | None:
        """A table file, mapped; None where there is none."""
        key = (table, number)
        found = self._mapped.get(key)
        if found is not None:
            return found
        infos = self.infos.get(table, {}).get(number)
        if infos is None:
            return None
        path = self.folder / "tables" / infos[0].file
        if not path.exists() and all(info in self.manifest.pending for info in infos):
            return None
        found = Segment(path, infos, self._indexes.get(table) or self._load(table), self.book)
        if len(self._mapped) >= MOST_MAPPED:
            self._mapped.popitem(last=False)
        self._mapped[key] = found
        return found

    def raw(self, table: str, record_id: int) -> bytes | None:
        """A document's text; None where there is none."""
        segment = self._mapped.get((table, (record_id - 1) // RANGE)) or self.segment(table, segment_of(record_id))
        return None if segment is None else segment.raw(record_id)

    def numbers(self, table: str) -> list[int]:
        """Which table files there are."""
        return sorted(self.infos.get(table, ()))

    def count(self, table: str) -> int:
        """How many documents the table files hold."""
        if self.manifest.pending:
            segments = (self.segment(table, number) for number in self.numbers(table))
            return sum(len(segment.ids()) for segment in segments if segment is not None)
        return sum(infos[0].count for infos in self.infos.get(table, {}).values())

    def index_path(self, table: str) -> Path:
        """The index file of exactly these table files: named by their content, so it cannot be stale."""
        return self.folder / "cache" / f"{quote(table, safe='').replace('.', '%2E')}.{self.content(table)[:16]}.idx"

    def content(self, table: str) -> str:
        """A name for the content of the table's files."""
        mine = [f"{info.file} {info.sha256}" for info in self.manifest.segments if info.table == table]
        return hashlib.sha256("\n".join(mine).encode()).hexdigest()

    def index(self, table: str) -> TableIndex | None:
        """The table's index, loaded or built; None for a table without table files."""
        found = self._indexes.get(table)
        if found is None and table in self.infos:
            found = self._load(table) or self._build(table)
            self._indexes[table] = found
        return found

    def _load(self, table: str) -> TableIndex | None:
        if not self.cached:
            return None
        try:
            with self.index_path(table).open("rb") as handle:
                index = TableIndex(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError, KeyError, BadIndex):
            return None
        if (index.content, index.fingerprint) != (self.content(table), self.book.of(table).fingerprint()):
            return None
        self._indexes[table] = index
        return index

    def _build(self, table: str) -> TableIndex:
        """Read all table files of the table; keep the result in cache/ where that is possible."""
        collector = KeyCollector(self.book.of(table))
        slots: list[Slots] = []
        for number in self.numbers(table):
            segment = self.segment(table, number)
            if segment is not None:
                collector.add(segment.rows())
                slots.append((number, segment.identity, segment.slots))
        return self.keep_index(table, slots, collector.sections())

    def keep_index(self, table: str, slots: Iterable[Slots], sections: Iterable[Section]) -> TableIndex:
        """Write an index file. While a compaction's files wait for their manifest it is not written, only used."""
        pieces = index_bytes(self.content(table), self.book.of(table).fingerprint(), slots, sections)
        try:
            if self.cached and not self.manifest.pending:
                self._ops.mkdir(self.folder / "cache", folder_mode(self.folder))
                replace_file(self._ops, self.index_path(table), pieces, file_mode(self.folder))
                return self._load(table) or TableIndex(b"".join(pieces))
        except OSError:
            pass
        return TableIndex(b"".join(pieces))

    def forget_index(self, table: str) -> None:
        """Throw away a broken index file, or all where no table is named; the next question builds it."""
        if not table:
            for name in list(self._indexes):
                self.forget_index(name)
            return
        self._indexes.pop(table, None)
        for key in [k for k in self._mapped if k[0] == table]:
            del self._mapped[key]
        try:
            self._ops.unlink(self.index_path(table))
        except OSError:
            pass

    def close(self) -> None:
        """Let go of all mapped files."""
        for index in self._indexes.values():
            index.keys.clear()
        self._indexes.clear()
        self._mapped.clear()
