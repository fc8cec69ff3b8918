"""What can be saved of a damaged data folder, or its state after any earlier transaction, from the kept journals.

The journals hold whole documents and go back to the beginning, so everything before the first broken line is there.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui_billing.store.audit import raw_lines
from tui_billing.store.backup import Backup, copy_documents, must_be_free
from tui_billing.store.engine import StoreError
from tui_billing.store.fsops import FsOps, file_mode, folder_mode, replace_file
from tui_billing.store.journal import START, checked_hash, fields_of, make_line, ops_of
from tui_billing.store.json_text import BadLine, dump, load
from tui_billing.store.keys import KeyBook
from tui_billing.store.manifest import Manifest, SegmentInfo
from tui_billing.store.migrations import UPCASTERS, Upcaster
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.segments import SegmentWriter, segment_of
from tui_billing.store.state import journal_path, journals
from tui_billing.store.writer import utc_now

Place = tuple[Path, int, int, int]
"""Journal, offset, length and version of a document's text."""


@dataclass(slots=True)
class _Replayed:
    """The state after transaction `seq`, and how much of each journal leads there."""

    seq: int = 0
    head: str = START
    last: dict[str, dict[int, Place | None]] = field(default_factory=dict)
    kept: list[tuple[Path, int, bool]] = field(default_factory=list)


def rescue(
    folder: Path,
    target: Path,
    *,
    upto: int | None = None,
    tables: Mapping[str, TableSchema] = TABLES,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Backup:
    """Make a new data folder with everything up to the first broken line, or up to transaction `upto`, inclusive.

    `target` must not exist or be empty. Raises StoreError where the journals do not go back to the beginning.
    """
    must_be_free(target)
    found = _replay(folder, upto)
    book, ops = KeyBook(tables, upcasters), FsOps()
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for name in ("", "tables", "journal"):
            ops.mkdir(partial / name, folder_mode(folder))
        mode = file_mode(partial)
        segments = tuple(_segments(partial, found, book, ops))
        next_ids = {table: max(rows) + 1 for table, rows in found.last.items()}
        schema = {name: table.version for name, table in tables.items()}
        _journals(partial, found, book, ops)
        Manifest(found.seq, found.head, next_ids, schema).with_segments(segments).save(partial, ops, mode)
        copy_documents(folder, partial)
        if target.is_dir():
            target.rmdir()
        os.replace(partial, target)
        ops.fsync_folder(target.absolute().parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    files = [p for p in target.rglob("*") if p.is_file()]
    return Backup(target, found.seq, len(files), sum(p.stat().st_size for p in files))


def _replay(folder: Path, upto: int | None) -> _Replayed:
    out = _Replayed()
    for path in journals(folder):
        schema: dict[str, int] = {}
        end, sealed = 0, False
        try:
            for number, (offset, line, complete) in enumerate(raw_lines(path), start=1):
                fields = fields_of(line)
                if number == 1 and not out.kept and fields["carry"] != 0:
                    raise StoreError("Die Journale reichen nicht bis zum Anfang zurück")
                text = checked_hash(out.head, line)
                if number == 1:
                    schema = fields.get("schema", {})
                elif "seal" in fields:
                    sealed = True
                elif not complete or fields["seq"] != out.seq + 1 or out.seq == upto:
                    break
                else:
                    _take(out, path, offset, line, schema)
                    out.seq, out.head = fields["seq"], text
                end = offset + len(line) + 1
        except (BadLine, LookupError, ValueError, StopIteration):
            sealed = False
        out.kept.append((path, end, sealed))
        if not sealed:
            break
    return out


def _take(out: _Replayed, path: Path, offset: int, line: bytes, schema: Mapping[str, int]) -> None:
    for op in list(ops_of(line)):
        place = None if op.raw is None else (path, offset + op.offset, len(op.raw), schema.get(op.table, 1))
        out.last.setdefault(op.table, {})[op.record_id] = place


def _segments(partial: Path, found: _Replayed, book: KeyBook, ops: FsOps) -> Iterator[SegmentInfo]:
    mode = file_mode(partial)
    for table, places in sorted(found.last.items()):
        ids = sorted(i for i, place in places.items() if place is not None)
        for number in sorted({segment_of(i) for i in ids}):
            rows = ((i, _text(table, places[i], book)) for i in ids if segment_of(i) == number)
            writer = SegmentWriter(table, number, rows)
            pieces = list(writer.pieces())
            info = writer.info(book.of(table).version)
            replace_file(ops, partial / "tables" / info.file, pieces, mode)
            yield info


def _text(table: str, place: Place | None, book: KeyBook) -> bytes:
    assert place is not None
    path, offset, length, version = place
    with path.open("rb") as handle:
        raw = os.pread(handle.fileno(), length, offset)
    return raw if version == book.of(table).version else dump(book.current(table, load(raw), version))


def _journals(partial: Path, found: _Replayed, book: KeyBook, ops: FsOps) -> None:
    """The audit trail as far as it leads, sealed, and a journal to go on in."""
    mode, ts = file_mode(partial), utc_now()
    onward = journal_path(partial, found.seq + 1)
    for path, end, sealed in found.kept:
        if path.name == onward.name:
            continue
        data = path.read_bytes()[:end]
        if not sealed:
            data += b"".join(make_line(found.head, {"seal": found.seq, "ts": ts}, ()).pieces)
        replace_file(ops, partial / "journal" / path.name, [data], mode)
    fields = {"carry": found.seq, "base": found.seq, "prev": found.head, "ts": ts}
    fields |= {"schema": book.versions()} if book.versions() else {}
    replace_file(ops, onward, make_line(found.head, fields, ()).pieces, mode)
