"""Compaction: what the journal has gathered goes into the table files. A process of its own, never the screen's.

Order: new table files beside the old ones (fsync); a manifest that names them as pending; renames and fsync of the
folder; index files; the final manifest; and only then, under the writer's lock, seal the journal and start the next.
`python -m tui_billing.store.compact FOLDER` compacts once and ends.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tui_billing.store import damage_note
from tui_billing.store.engine import StoreError
from tui_billing.store.fsops import FsOps, file_mode, write_at
from tui_billing.store.indexes import BadIndex, Identity, Section, Slots, TableIndex, spliced
from tui_billing.store.journal_engine import JournalEngine, open_engine
from tui_billing.store.json_text import load
from tui_billing.store.keys import KeyValues, encoded
from tui_billing.store.locks import FileLock
from tui_billing.store.manifest import Manifest, SegmentInfo
from tui_billing.store.overlay import text_of
from tui_billing.store.segments import Moved, SegmentWriter, segment_name, segment_of
from tui_billing.store.state import State
from tui_billing.store.tables import Tables

CARRY_FACTOR = 20
"""A table file that is this many times as large as what has changed in it is carried, not rewritten."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What was done: `rewritten` and `carried` table files, `seq` of the checkpoint."""

    seq: int
    rewritten: int
    carried: int


@dataclass(slots=True)
class _Rewritten:
    """A new table file beside the old one; `info` is None where no document is left."""

    table: str
    number: int
    changed: list[int]
    temporary: Path | None = None
    info: SegmentInfo | None = None
    slots: bytes = b""
    identity: Identity = (0, 0, 0)

    def slot_bytes(self) -> bytes:
        """Its slots."""
        return self.slots


def compact(folder: Path, *, full: bool = True, wait: bool = True, **options: Any) -> Compaction | None:
    """Compact once; None where another compaction is at work and `wait` is not set.

    `full` leaves nothing for the next journal's first line. `options` go to open_engine. Raises what the engine raises.
    """
    engine = open_engine(folder, create=False, **options)
    lock = FileLock(folder / "compact.lock", engine.ops, file_mode(folder), engine.lock.patience)
    try:
        if wait:
            lock.acquire(engine.on_wait)
        elif not lock.try_acquire():
            return None
        damage_note.refuse(folder)
        try:
            return _Compactor(engine, full).run()
        except BadIndex:
            engine.state.tables.forget_index("")
            return _Compactor(engine, full).run()
    except Moved as moved:
        raise moved.damage from None
    finally:
        lock.close()
        engine.close()


@dataclass(slots=True)
class _Edits:
    """Index entries of one table that go and come, by key."""

    table: str
    files: list[_Rewritten]
    old: TableIndex | None
    gone: list[set[tuple[bytes, int]]] = field(default_factory=list)
    fresh: list[set[tuple[bytes, int]]] = field(default_factory=list)

    def sections(self) -> list[Section] | None:
        """The new sections; None where the index has to be built anew."""
        out = []
        for old, gone, fresh in zip(self.old.keys if self.old else (), self.gone, self.fresh, strict=False):
            section = spliced(old, sorted(gone - fresh), sorted(fresh - gone))
            if section is None:
                return None
            out.append(section)
        return None if self.old is None else out


class _Compactor:
    def __init__(self, engine: JournalEngine, full: bool) -> None:
        engine.reload()
        self.engine, self.full, self.ops = engine, full, engine.ops
        self.state: State = engine.state
        self.folder, self.mode = engine.folder, file_mode(engine.folder)
        self.tables_folder = self.folder / "tables"

    def run(self) -> Compaction:
        todo, carried = self._plan()
        self._sweep()
        files = [self._write(table, number, ids) for (table, number), ids in sorted(todo.items())]
        manifest = self._manifest(files)
        if files or manifest.seq != self.state.manifest.seq:
            self._publish(files, manifest)
            with self.engine.writing():
                self.engine.reload()
                if self.engine.state.transactions:
                    self.engine.rotate()
        self._sweep()
        return Compaction(manifest.seq, len(files), carried)

    def _plan(self) -> tuple[dict[tuple[str, int], list[int]], int]:
        """Which table files to rewrite, with the ids that have changed in them, and how many to carry."""
        changed: dict[tuple[str, int], list[int]] = {}
        sizes: dict[tuple[str, int], int] = {}
        for table, record_id, raw in self.state.overlay.items():
            if self.state.tables.raw(table, record_id) == text_of(raw):
                continue
            key = (table, segment_of(record_id))
            changed.setdefault(key, []).append(record_id)
            sizes[key] = sizes.get(key, 0) + (raw[2] if type(raw) is tuple else 0) + 20
        old = {(info.table, info.index): info.size for info in self.state.manifest.segments}
        book = self.engine.book
        unfinished = {(info.table, info.index) for info in self.state.manifest.pending}
        unfinished |= {
            (i.table, i.index) for i in self.state.manifest.segments if i.version != book.of(i.table).version
        }
        todo = {
            key: ids
            for key, ids in changed.items()
            if self.full or key in unfinished or old.get(key, 0) < CARRY_FACTOR * sizes[key]
        }
        todo |= {key: [] for key in unfinished.difference(todo)}
        return todo, len(set(changed).difference(todo))

    def _rows(self, table: str, number: int, changed: list[int]) -> Iterator[tuple[int, bytes]]:
        segment = self.state.tables.segment(table, number)
        ids = set(changed).union(segment.ids() if segment is not None else ())
        for record_id in sorted(ids):
            raw = self.state.queries.raw(table, record_id)
            if raw is not None:
                yield record_id, raw

    def _write(self, table: str, number: int, changed: list[int]) -> _Rewritten:
        writer = SegmentWriter(table, number, self._rows(table, number, changed))
        out = _Rewritten(table, number, changed)
        path = self.tables_folder / f".{segment_name(table, number)}.{os.getpid()}.tmp"
        fd = self.ops.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, self.mode)
        try:
            write_at(self.ops, fd, writer.pieces(), 0)
            self.ops.fsync(fd)
            stat = os.fstat(fd)
        finally:
            self.ops.close(fd)
        if writer.count:
            out.temporary, out.info = path, writer.info(self.engine.book.of(table).version)
            out.slots, out.identity = writer.slots.tobytes(), (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        else:
            self.ops.unlink(path)
        return out

    def _manifest(self, files: list[_Rewritten]) -> Manifest:
        """The checkpoint after this compaction."""
        state = self.state
        segments = {(info.table, info.index): info for info in state.manifest.segments}
        for file in files:
            segments.pop((file.table, file.number), None)
            if file.info is not None:
                segments[file.table, file.number] = file.info
        schema = {name: table.version for name, table in self.engine.book.tables.items()}
        return Manifest(state.seq, state.head, dict(state.next_ids), schema).with_segments(segments.values())

    def _publish(self, files: list[_Rewritten], manifest: Manifest) -> None:
        edits = [self._edits(table, files) for table in sorted({file.table for file in files})]
        pending = tuple(file.info for file in files if file.info is not None)
        if pending:
            before = self.state.manifest
            replace(before, pending=(*before.pending, *pending)).save(self.folder, self.ops, self.mode)
        for file in files:
            if file.temporary is not None and file.info is not None:
                self.ops.rename(file.temporary, self.tables_folder / file.info.file)
        self.ops.fsync_folder(self.tables_folder)
        after = Tables(self.folder, manifest, self.engine.book, self.ops)
        for edit in edits:
            if edit.table in after.infos:
                self._index(edit, after)
        manifest.save(self.folder, self.ops, self.mode)

    def _edits(self, table: str, files: list[_Rewritten]) -> _Edits:
        """What changes in the index, read while the old table files are still in place."""
        keys, tables = self.engine.book.of(table), self.state.tables
        out = _Edits(table, [file for file in files if file.table == table], tables.index(table))
        out.gone, out.fresh = [set() for _ in keys.names], [set() for _ in keys.names]
        for file in out.files if out.old is not None else ():
            for record_id in file.changed:
                raw = tables.raw(table, record_id)
                _gather(out.gone, keys.values(load(raw)) if raw is not None else None, record_id)
                _gather(out.fresh, self.state.overlay.values_of(table, record_id), record_id)
        return out

    def _index(self, edit: _Edits, after: Tables) -> None:
        """The new index: the old one with the changed entries exchanged where that is possible, else built anew."""
        table = edit.table
        sections = edit.sections()
        if sections is None:
            after.index(table)
            return
        fresh = {file.number: file for file in edit.files}
        slots: list[Slots] = []
        for number in after.numbers(table):
            file = fresh.get(number)
            if file is not None:
                slots.append((number, file.identity, file.slot_bytes))
            elif (segment := self.state.tables.segment(table, number)) is not None:
                slots.append((number, segment.identity, segment.slots))
        after.keep_index(table, slots, sections)

    def _sweep(self) -> None:
        """Take away what no manifest names: left-over temporary files, emptied table files, old index files."""
        state = self.engine.state
        tables = state.tables
        keep = {info.file for infos in tables.infos.values() for one in infos.values() for info in one}
        indexes = {tables.index_path(table).name for table in tables.infos}
        for folder, names, pattern in (("tables", keep, "*.json"), ("cache", indexes, "*.idx")):
            for path in (self.folder / folder).glob(pattern):
                if path.name not in names:
                    self.ops.unlink(path)
            for path in (self.folder / folder).glob(".*.tmp"):
                self.ops.unlink(path)


def _gather(into: list[set[tuple[bytes, int]]], values: KeyValues | None, record_id: int) -> None:
    for entries, found in zip(into, values or (), strict=values is not None):
        entries.update((encoded(value), record_id) for value in found)


def spawn(folder: Path) -> "subprocess.Popen[bytes]":
    """Start a compaction that outlives this process and waits for nobody."""
    package = Path(__file__).resolve().parents[2]
    paths: Iterable[str] = (str(package), os.environ.get("PYTHONPATH", ""))
    return subprocess.Popen(
        [sys.executable, "-m", "tui_billing.store.compact", str(folder.absolute())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in paths if p)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(arguments: list[str]) -> int:
    """Compact the named folder unless somebody else does; 4 where the store cannot be opened or written."""
    try:
        os.nice(5)
        compact(Path(arguments[0]), full=False, wait=False, ops=FsOps())
    except StoreError as error:
        print(error, file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
