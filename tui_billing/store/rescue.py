"""What can be saved of a damaged data folder, or its state after any earlier transaction, from the kept journals.

The journals hold whole documents and go back to the beginning, so everything before the first broken line is there.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui_billing.domain.messages import N_, Clause
from tui_billing.store.audit import raw_lines
from tui_billing.store.backup import (
    Backup,
    Sums,
    copy_documents,
    make_folder,
    no_compaction,
    proved,
    whole_or_not_at_all,
)
from tui_billing.store.damage import damaged
from tui_billing.store.engine import Damaged, StoreError
from tui_billing.store.fsops import FsOps, file_mode, replace_file
from tui_billing.store.journal import START, checked_hash, fields_of, make_line, ops_of
from tui_billing.store.json_text import BadLine, dump, load, why_bad
from tui_billing.store.keys import KeyBook
from tui_billing.store.manifest import Manifest, SegmentInfo, load_manifest
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.migrations import UPCASTERS, Upcaster, refuse_newer
from tui_billing.store.schema import TABLES, TableSchema
from tui_billing.store.segments import SegmentWriter, segment_of
from tui_billing.store.state import journal_path, journals
from tui_billing.store.writer import utc_now

Place = tuple[Path, int, int, int]
"""Journal, offset, length and version of a document's text."""


@dataclass(frozen=True, slots=True)
class Rescuable:
    """What the journals still say: everything up to transaction `seq`; `broken` is what stops them there.

    `acknowledged` is the last transaction that somebody was told of, 0 where nobody knows.
    """

    seq: int
    records: int
    broken: Damaged | None = None
    acknowledged: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was acknowledged lies behind."""
        return self.broken is None and self.acknowledged <= self.seq


@dataclass(slots=True)
class _Replayed:
    """The state after transaction `seq`, and how much of each journal leads there."""

    upto: int | None
    tables: Mapping[str, TableSchema]
    seq: int = 0
    head: str = START
    last: dict[str, dict[int, Place | None]] = field(default_factory=dict)
    kept: list[tuple[Path, int, bool]] = field(default_factory=list)
    broken: Damaged | None = None
    schema: dict[str, int] = field(default_factory=dict)

    @property
    def has_arrived(self) -> bool:
        """Whether nothing more is wanted."""
        return self.upto is not None and self.seq >= self.upto


def look(folder: Path, upto: int | None = None) -> Rescuable:
    """What `rescue` would save; reads only. Raises StoreError where there are no journals from the beginning."""
    found = _replay(folder, upto, TABLES)
    mark = HighWaterMark(folder / "journal" / "acknowledged", FsOps(), file_mode(folder))
    acknowledged = 0 if upto is not None and found.has_arrived else mark.read()[0]
    mark.close()
    records = sum(place is not None for places in found.last.values() for place in places.values())
    return Rescuable(found.seq, records, found.broken, acknowledged)


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
    with whole_or_not_at_all(target) as partial, no_compaction(folder):
        sums = _make(folder, partial, _replay(folder, upto, tables), KeyBook(tables, upcasters))
        made = proved(partial, {"create": False, "tables": tables, "upcasters": upcasters})
    return replace(made, folder=target, sums=sums)


def _make(folder: Path, partial: Path, found: _Replayed, book: KeyBook) -> Sums:
    ops = FsOps()
    for name in ("", "tables", "journal"):
        make_folder(ops, folder, partial / name)
    segments = tuple(_segments(partial, found, book, ops))
    next_ids = {table: max(rows) + 1 for table, rows in found.last.items()}
    schema = {name: table.version for name, table in book.tables.items()}
    _journals(partial, found, book, ops)
    Manifest(found.seq, found.head, next_ids, schema).with_segments(segments).save(partial, ops, file_mode(partial))
    return copy_documents(folder, partial)


def _replay(folder: Path, upto: int | None, tables: Mapping[str, TableSchema]) -> _Replayed:
    out = _Replayed(upto, tables)
    with suppress(Damaged):  # a lost manifest is no reason to give up; one of a newer program is
        load_manifest(folder)
    paths = journals(folder)
    if not paths:
        raise StoreError(N_("In {folder} liegt kein Journal"), folder=str(folder))
    for path in paths:
        if not _read(out, path, is_last=path == paths[-1]):
            break
    return out


def _read(out: _Replayed, path: Path, *, is_last: bool) -> bool:
    """Take in one journal as far as it leads; returns whether it is sealed, so that the next one follows."""
    end, sealed, number, offset, complete = 0, False, 0, 0, True
    try:
        for number, (offset, line, complete) in enumerate(raw_lines(path), start=1):
            fields = fields_of(line)
            if number == 1 and not out.kept and fields["carry"] != 0:
                raise StoreError(N_("Die Journale reichen nicht bis zum Anfang zurück"))
            if sealed or not complete:
                raise BadLine(N_("unvollständig") if not complete else N_("nach dem Siegel steht noch etwas"))
            text = checked_hash(out.head, line)
            if number == 1:
                out.schema = fields.get("schema", {})
                refuse_newer(out.schema, out.tables)
            elif "seal" in fields:
                sealed = True
            elif out.has_arrived:
                break
            else:
                _take(out, path, offset, line, fields["seq"])
                out.head = text
            end = offset + len(line) + 1
    except (BadLine, LookupError, ValueError, StopIteration) as error:
        sealed = False
        if not (out.has_arrived or (is_last and not complete)):  # what ends in no newline was never acknowledged
            out.broken = _broken(out, path, number, offset, why_bad(error))
    if not sealed and not is_last and out.broken is None and not out.has_arrived:
        out.broken = _broken(out, path, number, end, N_("das Journal ist nicht abgeschlossen, es folgt aber eines"))
    if end:
        out.kept.append((path, end, sealed))
    return sealed


def _broken(out: _Replayed, path: Path, line: int, byte: int, why: str) -> Damaged:
    till = Clause(N_("{why}; lesbar bis Buchung {seq}"), why=why, seq=out.seq)
    return damaged(f"journal/{path.name}", line, till, byte)


def _take(out: _Replayed, path: Path, offset: int, line: bytes, seq: int) -> None:
    if seq != out.seq + 1:
        raise BadLine(N_("die Nummer folgt nicht auf die vorige"))
    for op in list(ops_of(line)):
        place = None if op.raw is None else (path, offset + op.offset, len(op.raw), out.schema.get(op.table, 1))
        out.last.setdefault(op.table, {})[op.record_id] = place
    out.seq = seq


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
