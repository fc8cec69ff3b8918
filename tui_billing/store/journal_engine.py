"""The engine on disk: an append-only journal over plain JSON table files, for several processes and threads."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tui_billing.store import audit
from tui_billing.store.engine import Busy, Changes, Damaged, Doc, Entry, NotWritten, ReadOnly, StoreError
from tui_billing.store.fsops import NETWORK_SYSTEMS, FsOps, file_mode, folder_mode, replace_file, write_at
from tui_billing.store.indexes import BadIndex
from tui_billing.store.journal import START, Line, Op, make_line
from tui_billing.store.keys import KeyBook
from tui_billing.store.locks import FileLock, WaitNotice
from tui_billing.store.manifest import NAME, Manifest, load_manifest
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.migrations import UPCASTERS, Upcaster, migrate, pending
from tui_billing.store.overlay import text_of
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.segments import Moved, damaged
from tui_billing.store.state import Rewound, State, Tail, journal_path, journals
from tui_billing.store.transaction import Delta

T = TypeVar("T")
COMPACT_AT = 16 * 1024 * 1024
FOLDERS = ("tables", "journal", "cache")


def utc_now() -> str:
    """Now as the journal keeps it."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


class JournalEngine:
    """Engine over one data folder. Made by open_engine."""

    def __init__(
        self,
        folder: Path,
        book: KeyBook,
        ops: FsOps,
        lock: FileLock,
        on_wait: WaitNotice | None = None,
        now: Callable[[], str] = utc_now,
    ) -> None:
        self.folder, self.book, self.ops = folder, book, ops
        self.lock, self.on_wait, self._now = lock, on_wait, now
        self._guard = threading.RLock()
        self._writer = threading.Lock()
        self._owner: int | None = None
        self._broken: StoreError | None = None
        self._closed = False
        self._compaction: Any = None
        self._spawned_for = ""
        self.compact_at = COMPACT_AT
        self._mark = HighWaterMark(folder / "journal" / "acknowledged", ops, file_mode(folder))
        acknowledged = self._mark.read()
        self._remembered_from = 0
        try:
            self._state = self._load()
            self._check_acknowledged(acknowledged)
        except BaseException:
            self._mark.close()
            raise

    # ---- state

    def _load(self) -> State:
        """A fresh state at the end of the journal. Raises Damaged where two tries agree that files are broken."""
        before: Manifest | None = None
        while True:
            state = None
            try:
                state = State(self.folder, self.book, self.ops)
                try:
                    state.read_on()
                except Tail:
                    pass
                self._remembered_from = state.seq - len(state.log)
                return state
            except Moved as moved:
                manifest = state.manifest if state is not None else None
                manifest = manifest or load_manifest(self.folder)
                if manifest == before:
                    raise moved.damage from None
                before = manifest

    @property
    def state(self) -> State:
        """The current view, for the store's own modules."""
        return self._state

    def reload(self) -> None:
        """Read manifest and journal anew."""
        with self._guard:
            self._reload()

    def _reload(self) -> None:
        old = self._state
        self._state = self._load()
        old.tables.close()
        if old.seq == self._remembered_from:
            old.log.extend(self._state.log)
            self._state.log = old.log
            self._remembered_from = max(0, self._state.seq - len(old.log))

    def _catch_up(self) -> None:
        """Read what others have committed. A torn end is not read; damage is reported if a fresh start sees it too."""
        try:
            self._state.read_on()
        except Tail:
            pass
        except (Rewound, Moved, Damaged):
            self._reload()

    def guarded(self, table: str, read: Callable[[State], T]) -> T:
        """Run a read on the current state, under the lock of this handle's threads."""
        with self._guard:
            if self._closed:
                raise StoreError("Der Datenbestand ist geschlossen")
            if self._owner is None and self._state.grown():
                self._catch_up()
            for _ in range(8):
                try:
                    return read(self._state)
                except BadIndex:
                    self._state.tables.forget_index(table)
                except Moved as moved:
                    before = self._state.manifest
                    self._reload()
                    if self._state.manifest == before:
                        raise moved.damage from None
            raise damaged(f"cache/{table}", 1, "der Index lässt sich nicht aufbauen")

    # ---- reads

    @property
    def seq(self) -> int:
        return self._state.seq

    def get(self, table: str, record_id: int) -> Doc | None:
        return self.guarded(table, lambda s: s.queries.get(table, record_id))

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.get_many(table, ids))

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.find(table, key, value))

    def find_ids(self, table: str, key: str, value: Any) -> list[int]:
        return self.guarded(table, lambda s: s.queries.find_ids(table, key, value))

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.between(table, key, low, high))

    def tables(self) -> list[str]:
        """Names of the tables that hold documents."""
        return self.guarded("", lambda s: [t for t in sorted({*s.tables.infos, *s.overlay.docs}) if s.count(t)])

    def search_text(self, table: str, text: str) -> list[Doc]:
        """Documents whose JSON contains `text` as it stands there, in id order; reads the mapped bytes only."""
        return self.guarded(table, lambda s: s.queries.search_text(table, text))

    def count(self, table: str) -> int:
        return self.guarded(table, lambda s: s.count(table))

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        """All documents with id > after; every few hundred see what has been committed meanwhile."""
        while True:
            ids = self._ids_after(table, after)
            if not ids:
                return
            for start in range(0, len(ids), 500):
                yield from self.get_many(table, ids[start : start + 500])
            after = ids[-1]

    def _ids_after(self, table: str, after: int) -> list[int]:
        """The next ids above `after`, as many as lie in one table file."""
        return self.guarded(table, lambda s: next((ids for ids in s.queries.ids_after(table, after) if ids), []))

    def refresh(self) -> int:
        return self.guarded("", lambda s: s.seq)

    def changes_since(self, seq: int) -> Changes:
        return self.guarded("", lambda s: self._changes(s, seq))

    def _changes(self, state: State, seq: int) -> Changes:
        if seq >= state.seq:
            return Changes(state.seq)
        if seq < self._remembered_from:
            return audit.changed_since(self._trail(state), seq, state.seq)
        ids: dict[str, set[int]] = {}
        for number, changed in reversed(state.log):
            if number <= seq:
                break
            for table, record_id in changed:
                ids.setdefault(table, set()).add(record_id)
        return Changes(state.seq, ids)

    def history(self, table: str | None = None, record_id: int | None = None, limit: int = 200) -> list[Entry]:
        def read(s: State) -> list[Entry]:
            return audit.history(self._trail(s), table, record_id, limit)

        return self.guarded("", read)

    def _trail(self, state: State) -> audit.Trail:
        return audit.Trail(self.folder, self.book, state.journal.path, state.position)

    # ---- writes

    @contextmanager
    def transaction(self, why: str, by: str = "", reason: str = "", undoable: bool = False) -> Iterator[Delta]:
        with self.writing():
            delta = Delta(self.book, self.guarded)
            yield delta
            self._commit(delta, {"by": by, "why": why, "reason": reason, "undoable": undoable})

    def undo(self, by: str, seq: int | None = None) -> Entry | None:
        with self.writing():
            state = self._state
            target = audit.undo_target(self._trail(state), by, seq)
            if target is None:
                return None
            delta = Delta(self.book, self.guarded)
            for table, record_id, old, new in reversed(target.changes):
                delta.take_back(table, record_id, old, new)
            line = self._commit(delta, {"by": by, "why": f"Rückgängig: {target.why}", "undoes": target.seq})
            return None if line is None else audit.entry_of(b"".join(line.pieces)[:-1], self.book, self.book.versions())

    def note(self, why: str, by: str = "") -> None:
        """An entry of the audit trail that changes no record."""
        with self.writing():
            fields = {"seq": self._state.seq + 1, "ts": self._now(), "by": by, "why": why}
            line = make_line(self._state.head, fields, ())
            self._write(line)
            with self._guard:
                self._apply(Delta(self.book, self.guarded), line)
            self._mark.write(self._state.seq, self._state.head)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The writer's lock over threads and processes, with everything read that is committed."""
        if self._owner == threading.get_ident():
            raise RuntimeError("transactions do not nest")
        if not self._writer.acquire(timeout=self.lock.patience):
            raise Busy("Der Datenbestand ist gerade in Arbeit bei {holder}", holder=self.lock.holder())
        try:
            if self._closed:
                raise StoreError("Der Datenbestand ist geschlossen")
            if self._broken is not None:
                raise self._broken
            self._lock_files()
            try:
                yield
            finally:
                self._owner = None
                self.lock.release()
        finally:
            self._writer.release()

    def _lock_files(self) -> None:
        try:
            self.lock.acquire(self.on_wait)
        except OSError as error:
            raise ReadOnly("Hier kann nichts geschrieben werden ({error})", error=str(error)) from error
        try:
            with self._guard:
                self._prepare()
                self._owner = threading.get_ident()
        except BaseException:
            self.lock.release()
            raise

    def _prepare(self) -> None:
        """Under the lock: read to the end, cut a torn tail, finish a rotation that was cut short."""
        acknowledged = self._mark.read()
        if self._state.grown():
            try:
                self._state.read_on()
            except (Rewound, Moved, Damaged):
                self._reload()
            except Tail:
                pass
        try:
            self._state.read_on()
        except Tail as tail:
            self._check_acknowledged(acknowledged)
            self._cut(tail)
        self._check_acknowledged(acknowledged)
        if not self._state.journal.writable:
            raise ReadOnly("Das Journal {file} ist nicht beschreibbar", file=self._state.journal.path)
        if self._state.sealed:
            self._finish_rotation()

    def _finish_rotation(self) -> None:
        """The one that sealed the journal died before the next one was there."""
        for _ in range(8):
            try:
                self._reload()
                if self._state.sealed:
                    self.rotate()
                return
            except Moved as moved:
                damage = moved.damage
        raise damage

    def _cut(self, tail: Tail) -> None:
        """Keep the torn bytes aside, then cut them."""
        state = self._state
        size = os.fstat(state.journal.fd).st_size
        name = f"torn-{state.seq + 1:012d}-{time.time_ns()}.bin"
        try:
            torn = state.journal.read(tail.offset, size - tail.offset)
            replace_file(self.ops, self.folder / "journal" / name, [torn], file_mode(self.folder))
            self.ops.ftruncate(state.journal.fd, tail.offset)
            self.ops.fsync(state.journal.fd)
        except OSError as error:
            raise ReadOnly("Hier kann nichts geschrieben werden ({error})", error=str(error)) from error

    def _commit(self, delta: Delta, fields: dict[str, Any]) -> Line | None:
        if not delta.order:
            return None
        header: dict[str, Any] = {"seq": self._state.seq + 1, "ts": self._now()}
        header |= {k: v for k, v in fields.items() if v or k in ("by", "why")}
        line = self.guarded("", lambda state: make_line(state.head, header, delta.ops(state)))
        self._write(line)
        with self._guard:
            self._apply(delta, line)
        self._mark.write(self._state.seq, self._state.head)
        if self._state.position > self.compact_at:
            self._spawn_compaction()
        return line

    def _write(self, line: Line) -> None:
        """One write and fdatasync; on an error the journal is cut back, and if that fails the outcome is unclear."""
        state = self._state
        try:
            write_at(self.ops, state.journal.fd, line.pieces, state.position)
            self.ops.fdatasync(state.journal.fd)
        except BaseException as error:
            try:
                self.ops.ftruncate(state.journal.fd, state.position)
                self.ops.fdatasync(state.journal.fd)
            except OSError as second:
                self._broken = ReadOnly(
                    "Ob die letzte Änderung gespeichert ist, ist unklar ({error}); bitte neu öffnen", error=str(second)
                )
                raise self._broken from error
            if isinstance(error, OSError):
                raise NotWritten("Nichts wurde gespeichert ({error})", error=str(error)) from error
            raise

    def _apply(self, delta: Delta, line: Line) -> None:
        state, start = self._state, self._state.position
        changed = list(delta.order)
        for (table, record_id), at in zip(changed, line.ops_at, strict=True):
            raw = delta.overlay.docs[table][record_id]
            values = delta.overlay.values_of(table, record_id)
            place = (state.journal, start + at, len(raw)) if type(raw) is bytes else None
            state.put(Op(table, record_id, {} if place else None, None), place, values)
        state.appended(line, line.size)
        state.log.append((state.seq, changed))
        self._remembered_from = max(self._remembered_from, state.seq - len(state.log))

    def _check_acknowledged(self, mark: tuple[int, str]) -> None:
        state = self._state
        if mark[0] > state.seq or (mark[0] == state.seq and mark[0] and mark[1] != state.head):
            raise state.damage(f"die bestätigte Buchung {mark[0]} fehlt oder ist verändert")

    # ---- rotation and compaction

    def rotate(self) -> None:
        """Seal the journal and start the next one with all that the table files do not have. Needs the lock."""
        state = self._state
        fields: dict[str, Any] = {"seal": state.seq, "ts": self._now()}
        if not state.sealed:
            self._write(make_line(state.head, fields, ()))
        fields = {"carry": state.seq, "base": state.manifest.seq, "prev": state.head, "ts": self._now()}
        fields |= {"schema": self.book.versions()} if self.book.versions() else {}
        line = make_line(state.head, fields, _carried(state))
        replace_file(self.ops, journal_path(self.folder, state.seq + 1), line.pieces, file_mode(self.folder))
        with self._guard:
            self._reload()

    def _spawn_compaction(self) -> None:
        """Start the compaction of this journal once, in a process of its own."""
        from tui_billing.store.compact import spawn

        if self._compaction is not None:
            self._compaction.poll()
        if self._spawned_for != self._state.journal.path:
            self._spawned_for = self._state.journal.path
            self._compaction = spawn(self.folder)

    def close(self) -> None:
        with self._guard:
            if not self._closed:
                self._closed = True
                self._mark.close()
                self._state.close()
        self.lock.close()


def _carried(state: State) -> Iterator[Op]:
    """Every change that the table files do not have yet."""
    for table, record_id, place in state.overlay.items():
        raw = text_of(place)
        if state.tables.raw(table, record_id) != raw:
            yield Op(table, record_id, None, raw)


def open_engine(
    folder: Path,
    *,
    create: bool = True,
    ops: FsOps | None = None,
    patience: float = 30.0,
    on_wait: WaitNotice | None = None,
    tables: Mapping[str, TableSchema] = TABLES,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    migrating: bool = True,
    now: Callable[[], str] = utc_now,
) -> JournalEngine:
    """Open a data folder; makes a new one where there is none and `create` is set.

    `patience` in seconds until Busy; `on_wait` is told after a second who holds the lock. Raises ReadOnly on NFS
    and for a newer format, Damaged with file and line, StoreError where there is no store.
    """
    ops = ops or FsOps()
    if not (folder / NAME).exists():
        if not create:
            raise StoreError("In {folder} liegt kein Datenbestand", folder=str(folder))
        _refuse_network(folder, ops)
        _create(folder, KeyBook(tables), ops, patience)
    else:
        _refuse_network(folder, ops)
    lock = FileLock(folder / "lock", ops, file_mode(folder), patience)
    lock.check_works()
    engine = JournalEngine(folder, KeyBook(tables, upcasters), ops, lock, on_wait, now)
    if migrating and engine.state.journal.writable and pending(engine):
        migrate(engine, ops=ops, tables=tables, upcasters=upcasters)
    return engine


def _refuse_network(folder: Path, ops: FsOps) -> None:
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    kind = ops.filesystem(existing)
    if kind in NETWORK_SYSTEMS:
        raise ReadOnly(
            "{folder} liegt auf einem Netzlaufwerk ({kind}): dort sind Sperren nicht verlässlich",
            folder=str(folder),
            kind=kind,
        )


def _create(folder: Path, book: KeyBook, ops: FsOps, patience: float) -> None:
    """An empty store: the first journal before the manifest, because the manifest says that there is a store."""
    mode = folder_mode(folder)
    try:
        ops.mkdir(folder, mode)
        if mode == 0o700 and folder.stat().st_uid == os.getuid():
            folder.chmod(mode)
        for name in FOLDERS:
            ops.mkdir(folder / name, mode)
        lock = FileLock(folder / "lock", ops, file_mode(folder), patience)
        lock.check_works()
        lock.acquire()
        try:
            _create_locked(folder, book, ops)
        finally:
            lock.close()
    except OSError as error:
        raise ReadOnly(
            "In {folder} kann nichts angelegt werden ({error})", folder=str(folder), error=str(error)
        ) from error


def _create_locked(folder: Path, book: KeyBook, ops: FsOps) -> None:
    if (folder / NAME).exists():
        return
    kept = journals(folder)
    if any(p.read_bytes().count(b"\n") > 1 for p in kept) or any(folder.glob("tables/*.json")):
        raise damaged(NAME, 1, "das Verzeichnis fehlt, aber es gibt Tabellen oder Journale", 0)
    fields = {"carry": 0, "base": 0, "prev": START, "ts": utc_now()}
    first = make_line(START, fields | ({"schema": book.versions()} if book.versions() else {}), ())
    replace_file(ops, journal_path(folder, 1), first.pieces, file_mode(folder))
    ops.fsync_folder(folder)
    Manifest().save(folder, ops, file_mode(folder))
    ops.fsync_folder(folder.absolute().parent)
