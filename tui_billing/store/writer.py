"""Writing half of the engine on disk: the lock, the commit, torn ends, the change to the next journal."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_
from tui_billing.domain.os_words import os_words
from tui_billing.store import audit, damage_note
from tui_billing.store.engine import Busy, Damaged, Entry, NotWritten, ReadOnly, StoreError
from tui_billing.store.fsops import FsOps, file_mode, replace_file, write_at
from tui_billing.store.journal import Line, Op, make_line
from tui_billing.store.keys import KeyBook
from tui_billing.store.locks import FileLock, WaitNotice
from tui_billing.store.overlay import text_of
from tui_billing.store.reader import ReadingEngine
from tui_billing.store.segments import Moved
from tui_billing.store.state import Rewound, State, Tail, journal_path
from tui_billing.store.transaction import Delta

COMPACT_AT = 16 * 1024 * 1024
RETRY = 60.0
"""Seconds after which a compaction that did not get through is started again."""


def utc_now() -> str:
    """Now as the journal keeps it."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


class JournalEngine(ReadingEngine):
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
        self.lock, self.on_wait, self._now = lock, on_wait, now
        self._writer = threading.Lock()
        self._broken: StoreError | None = None
        self._compaction: Any = None
        self._spawned_for, self._spawned_at = "", 0.0
        self.compact_at = COMPACT_AT
        super().__init__(folder, book, ops)

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
            fields: dict[str, Any] = {"seq": self._state.seq + 1, "ts": self._now(), "by": by, "why": why}
            line = make_line(self._state.head, fields, ())
            self._write(line)
            with self._guard:
                self._apply(Delta(self.book, self.guarded), line, fields["seq"])
            self._mark.write(self._state.seq, self._state.head)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The writer's lock over threads and processes, with everything read that is committed."""
        if self._owner == threading.get_ident():
            raise RuntimeError("transactions do not nest")
        if not self._writer.acquire(timeout=self.lock.patience):
            raise Busy(N_("Der Datenbestand ist gerade in Arbeit bei {holder}"), holder=self.lock.holder())
        try:
            if self._closed:
                raise StoreError(N_("Der Datenbestand ist geschlossen"))
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

    def _read_only(self, error: OSError) -> ReadOnly:
        text = N_("In {folder} kann nichts geschrieben werden ({error})")
        return ReadOnly(text, folder=str(self.folder), error=os_words(error))

    def _lock_files(self) -> None:
        try:
            self.lock.acquire(self.on_wait)
        except OSError as error:
            raise self._read_only(error) from error
        try:
            with self._guard:
                self._prepare()
                self._owner = threading.get_ident()
        except BaseException:
            self.lock.release()
            raise

    def _prepare(self) -> None:
        """Under the lock: read to the end, cut a torn tail, finish a rotation that was cut short."""
        damage_note.refuse(self.folder)
        acknowledged = self._mark.read()
        if self._state.replaced():  # what is written into a file without a name is lost
            self._reload()
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
            raise ReadOnly(N_("Das Journal {file} ist nicht beschreibbar"), file=self._state.journal.path)
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
            raise self._read_only(error) from error

    def _commit(self, delta: Delta, fields: dict[str, Any]) -> Line | None:
        if not delta.order and "undoes" not in fields:  # an undo is noted in any case, or it is the next one again
            return None
        header: dict[str, Any] = {"seq": self._state.seq + 1, "ts": self._now()}
        header |= {k: v for k, v in fields.items() if v or k in ("by", "why")}
        line = self.guarded("", lambda state: make_line(state.head, header, delta.ops(state)))
        self._write(line)
        with self._guard:
            self._apply(delta, line, header["seq"])
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
                    N_("Ob die letzte Änderung gespeichert ist, ist unklar ({error}); bitte neu öffnen"),
                    error=os_words(second),
                )
                raise self._broken from error
            if isinstance(error, OSError):
                raise NotWritten(N_("Nichts wurde gespeichert ({error})"), error=os_words(error)) from error
            raise

    def _apply(self, delta: Delta, line: Line, seq: int) -> None:
        state, start = self._state, self._state.position
        if state.seq >= seq:
            return  # another thread had to read the files anew meanwhile and has seen it
        changed = list(delta.order)
        for (table, record_id), at in zip(changed, line.ops_at, strict=True):
            raw = delta.overlay.docs[table][record_id]
            values = delta.overlay.values_of(table, record_id)
            place = (state.journal, start + at, len(raw)) if type(raw) is bytes else None
            state.put(Op(table, record_id, {} if place else None, None), place, values)
        state.appended(line, line.size)
        state.log.append((state.seq, changed))
        self._remembered_from = max(self._remembered_from, state.seq - len(state.log))

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
        if state.seq:  # the folder is synced with the next journal in it, and the mark's name too
            self._mark.write(state.seq, state.head)
            self._mark.sync()
        replace_file(self.ops, journal_path(self.folder, state.seq + 1), line.pieces, file_mode(self.folder))
        with self._guard:
            self._reload()

    def _spawn_compaction(self) -> None:
        """Start the compaction of this journal in a process of its own."""
        from tui_billing.store.compact import spawn

        ended = self._compaction is None or self._compaction.poll() is not None
        again = time.monotonic() - self._spawned_at > RETRY
        if ended and (again or self._spawned_for != self._state.journal.path):
            self._spawned_for, self._spawned_at = self._state.journal.path, time.monotonic()
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
