"""Backup while others write, and its restore; both say what is damaged in what they have copied.

A backup is a data folder: hard links of the table files and documents (copies on another disk), which are never
changed in place, and copies of the manifest and of the journals up to their last newline. Index files are not in it.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_
from tui_billing.store import damage_note
from tui_billing.store.check import verify_copy
from tui_billing.store.engine import Engine, StoreError
from tui_billing.store.findings import Finding
from tui_billing.store.fsops import FsOps, file_mode, folder_mode, sync_path
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.locks import FileLock
from tui_billing.store.manifest import NAME
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.migrations import UPCASTERS
from tui_billing.store.schema import TABLES
from tui_billing.store.state import journals

LINKED = ("documents",)
PRIVATE = 0o700
BLOCK = 1 << 20

Sums = dict[str, bytes]
"""Path in the data folder -> SHA-256 of what was copied."""


@dataclass(frozen=True, slots=True)
class Backup:
    """Where it is, the last transaction in it, and how many files and bytes it has.

    `findings` are what is damaged in it; `sums` tell whether a document is the one that a record names.
    """

    folder: Path
    seq: int
    files: int
    size: int
    findings: tuple[Finding, ...] = ()
    sums: Sums = field(default_factory=dict, repr=False)


@contextmanager
def opened_copy(folder: Path) -> Iterator[Engine]:
    """A backup or a restored folder, for reading and as it is. Raises StoreError where it cannot be opened."""
    engine = open_engine(folder, create=False, migrating=False)
    try:
        yield engine
    finally:
        engine.close()


def backup(folder: Path, target: Path, *, link: bool = True, **options: Any) -> Backup:
    """Make a backup in `target`, which must not exist or be empty; it appears whole or not at all.

    Writers go on meanwhile; a compaction waits. Something damaged is better than nothing: what can be opened is
    copied, with `findings`. Raises StoreError where it cannot, or where the target is not free.
    """
    options = {"migrating": False, **options, "create": False}
    with whole_or_not_at_all(target) as partial:
        open_engine(folder, **options).close()
        with no_compaction(folder):
            sums = _copy_all(folder, partial, _linked if link else _copied)
        made = proved(partial, options)
        known = options.get("tables", TABLES), options.get("upcasters", UPCASTERS)
        findings = tuple(verify_copy(partial, sums, *known))
        damage_note.update(partial, findings)
    return replace(made, folder=target, findings=findings, sums=sums)


def restore(source: Path, target: Path) -> Backup:
    """Make a data folder from a backup: copies of everything, so that the backup stays as it is.

    `target` must not exist or be empty. Raises StoreError where the backup is no data folder or cannot be opened.
    """
    if not (source / NAME).exists():
        raise StoreError(N_("In {folder} liegt kein Datenbestand"), folder=str(source))
    return backup(source, target, link=False)


@contextmanager
def whole_or_not_at_all(target: Path) -> Iterator[Path]:
    """A name to build a folder under, which becomes `target` at the end. Raises StoreError where that is in use."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(N_("{folder} ist nicht leer"), folder=str(target))
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield partial
        if target.is_dir():
            target.rmdir()
        os.replace(partial, target)
        sync_path(target.absolute().parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def no_compaction(folder: Path) -> Iterator[None]:
    """Table files and journals stay where they are meanwhile. On a medium that is only read nobody compacts."""
    lock = FileLock(folder / "compact.lock", FsOps(), file_mode(folder))
    try:
        lock.acquire()
    except OSError:
        pass
    try:
        yield
    finally:
        lock.close()


def acknowledge(folder: Path, seq: int, head: str) -> None:
    """Note in a new data folder up to where it was whole when it was made, so that a lost end is noticed."""
    mark = HighWaterMark(folder / "journal" / "acknowledged", FsOps(), file_mode(folder))
    if seq:
        mark.write(seq, head)
        mark.sync()
        FsOps().fsync_folder(folder / "journal")
    mark.close()


def make_folder(ops: FsOps, source: Path, path: Path) -> None:
    """A folder of a copy: private, or shared by the group that shares the source."""
    mode = folder_mode(source)
    ops.mkdir(path, mode)
    if mode != PRIVATE:
        try:
            os.chown(path, -1, source.stat().st_gid)
            path.chmod(mode)  # a change of the group may take setgid away
        except PermissionError:
            pass  # not one of this user's groups: then the copy is shared by his own


def _copy_all(folder: Path, partial: Path, put: Callable[[Path, Path], bytes]) -> Sums:
    ops, sums = FsOps(), Sums()
    for name in ("", "tables", "journal"):
        make_folder(ops, folder, partial / name)
    _copied(folder / NAME, partial / NAME)
    for path in sorted(folder.glob("tables/*.json")):
        sums[f"tables/{path.name}"] = put(path, partial / "tables" / path.name)
    for path in journals(folder):
        _copy_journal(path, partial / "journal" / path.name)
    for path in sorted(folder.glob("journal/torn-*.bin")):
        put(path, partial / "journal" / path.name)
    sums |= copy_documents(folder, partial, put)
    for path in (p for p in partial.rglob("*") if p.is_dir()):
        ops.fsync_folder(path)
    ops.fsync_folder(partial)
    return sums


def copy_documents(folder: Path, target: Path, put: Callable[[Path, Path], bytes] | None = None) -> Sums:
    """PDFs and spooled mails into another data folder, copied or as `put` does it; returns their hashes."""
    ops, mode, sums = FsOps(), folder_mode(folder), Sums()
    for name in LINKED:
        if (folder / name).is_dir():
            ops.mkdir(target / name, mode)
        for path in sorted((folder / name).rglob("*")):
            into = target / path.relative_to(folder)
            if path.is_dir():
                ops.mkdir(into, mode)
            elif not path.name.endswith(".tmp"):
                sums[path.relative_to(folder).as_posix()] = (put or _copied)(path, into)
    return sums


def _linked(source: Path, target: Path) -> bytes:
    """The hash of what is in both places now."""
    try:
        os.link(source, target)
    except OSError:
        return _copied(source, target)
    with target.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").digest()


def _copied(source: Path, target: Path) -> bytes:
    """The hash of what was copied: every byte goes through here once."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(BLOCK):
            digest.update(block)
            writer.write(block)
    shutil.copystat(source, target)
    sync_path(target)
    return digest.digest()


def _copy_journal(source: Path, target: Path) -> None:
    """Up to the last newline: what follows is being written."""
    left = source.stat().st_size
    with source.open("rb") as reader, target.open("wb") as writer:
        last = 0
        while left > 0 and (block := reader.read(min(left, 1 << 20))):
            left -= len(block)
            if (newline := block.rfind(b"\n")) >= 0:
                last = writer.tell() + newline + 1
            writer.write(block)
        writer.truncate(last)
    shutil.copymode(source, target)
    sync_path(target)


def proved(partial: Path, options: dict[str, Any]) -> Backup:
    """Open what was made: its chain and table files are sound."""
    engine = open_engine(partial, **options)
    try:
        acknowledge(partial, engine.seq, engine.state.head)
        files = [p for p in partial.rglob("*") if p.is_file()]
        return Backup(partial, engine.seq, len(files), sum(p.stat().st_size for p in files))
    finally:
        engine.close()
