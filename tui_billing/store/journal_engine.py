"""The engine on disk: an append-only journal over plain JSON table files, for several processes and threads."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tui_billing.domain.messages import N_
from tui_billing.domain.os_words import os_words
from tui_billing.store.damage import damaged
from tui_billing.store.damage_note import is_noted
from tui_billing.store.engine import ReadOnly, StoreError
from tui_billing.store.fsops import NETWORK_SYSTEMS, FsOps, file_mode, folder_mode, replace_file
from tui_billing.store.journal import START, make_line
from tui_billing.store.keys import KeyBook
from tui_billing.store.locks import FileLock, WaitNotice
from tui_billing.store.manifest import NAME, Manifest
from tui_billing.store.migrations import UPCASTERS, Upcaster, migrate, pending
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.state import journal_path, journals
from tui_billing.store.writer import JournalEngine, utc_now

__all__ = ["JournalEngine", "open_engine", "utc_now"]

FOLDERS = ("tables", "journal", "cache")


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
            _refuse_remains(folder)
            raise StoreError(N_("In {folder} liegt kein Datenbestand"), folder=str(folder))
        _refuse_network(folder, ops)
        _create(folder, KeyBook(tables), ops, patience)
    else:
        _refuse_network(folder, ops)
    lock = FileLock(folder / "lock", ops, file_mode(folder), patience)
    lock.check_works()
    engine = JournalEngine(folder, KeyBook(tables, upcasters), ops, lock, on_wait, now)
    if migrating and engine.state.journal.writable and pending(engine) and not is_noted(folder):
        migrate(engine, ops=ops, tables=tables, upcasters=upcasters)
    return engine


def _refuse_network(folder: Path, ops: FsOps) -> None:
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    kind = ops.filesystem(existing)
    if kind in NETWORK_SYSTEMS:
        raise ReadOnly(
            N_("{folder} liegt auf einem Netzlaufwerk ({kind}): dort sind Sperren nicht verlässlich"),
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
            N_("In {folder} kann nichts angelegt werden ({error})"), folder=str(folder), error=os_words(error)
        ) from error


def _create_locked(folder: Path, book: KeyBook, ops: FsOps) -> None:
    if (folder / NAME).exists():
        return
    _refuse_remains(folder)
    fields = {"carry": 0, "base": 0, "prev": START, "ts": utc_now()}
    first = make_line(START, fields | ({"schema": book.versions()} if book.versions() else {}), ())
    replace_file(ops, journal_path(folder, 1), first.pieces, file_mode(folder))
    ops.fsync_folder(folder)
    Manifest().save(folder, ops, file_mode(folder))
    ops.fsync_folder(folder.absolute().parent)


def _refuse_remains(folder: Path) -> None:
    """Raises Damaged where there is no manifest, but more than a store that was never finished."""
    if any(p.read_bytes().count(b"\n") > 1 for p in journals(folder)) or any(folder.glob("tables/*.json")):
        raise damaged(NAME, 1, N_("das Verzeichnis fehlt, aber es gibt Tabellen oder Journale"), 0)
