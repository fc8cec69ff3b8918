"""Lines of the journal: how a transaction, a seal and a first line are written, checked and read.

A line is `{"h":"<64 hex>",<rest>}`; h = SHA-256(head before it + rest), so checksum, order, gaps and tampering are one.
Transactions advance the head; a seal (last line) and a carry (first line: what the table files do not have yet) do not.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tui_billing.domain.messages import N_
from tui_billing.store.engine import Doc
from tui_billing.store.json_text import BadLine, dump, scan_json

START = "0" * 64
PREFIX = b'{"h":"'
REST_AT = len(PREFIX) + 64 + 1
OPS = b',"ops":['
FIRST_OP = re.compile(r'\["((?:[^"\\]|\\.)*)",(\d+),')


@dataclass(frozen=True, slots=True)
class Op:
    """One record of a transaction: the new document or None; `raw` is its text, at `offset` in the line.

    `old` is what was there before: None, the whole text of a document that goes away, else a `way_back`.
    """

    table: str
    record_id: int
    doc: Doc | None
    raw: bytes | None
    offset: int = 0
    old: bytes | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line in bytes pieces with its hash; `ops_at` are the offsets of the documents in it."""

    pieces: list[bytes]
    hash: str
    size: int
    ops_at: list[int]


def way_back(old: Doc, new: Doc) -> bytes:
    """What turns `new` into `old` again: `[{fields with their old values},[names that were not there]]`."""
    was = {name: value for name, value in old.items() if name not in new or not _same(value, new[name])}
    return dump([was, [name for name in new if name not in old]])


def _same(value: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and true, or 0.0 and -0.0, are equal for Python only."""
    if type(value) is not type(other):
        return False
    return bool(value == other) if isinstance(value, (str, int)) else dump(value) == dump(other)


def turned_back(new: Doc, way: list[Any]) -> Doc:
    """The document before the change that led to `new`. Raises ValueError where `way` is not a way_back."""
    was: Doc
    was, absent = way
    return {name: value for name, value in new.items() if name not in absent} | was


def make_line(head: str, fields: dict[str, Any], ops: Iterable[Op]) -> Line:
    """A line chained to `head`; what the documents were before follows as "old" where there is any."""
    pieces = [b"," + dump(fields)[1:-1] + OPS]
    size = REST_AT + len(pieces[0])
    offsets: list[int] = []
    olds: list[bytes] = []
    for op in ops:
        start = (b"," if olds else b"") + b"[" + dump(op.table) + b"," + str(op.record_id).encode() + b","
        body = op.raw or b"null"
        offsets.append(size + len(start))
        size += len(start) + len(body) + 1
        pieces += (start, body, b"]")
        olds.append(op.old or b"null")
    pieces.append(b"]" if all(o == b"null" for o in olds) else b'],"old":[' + b",".join(olds) + b"]")
    pieces.append(b"}")
    digest = hashlib.sha256(head.encode())
    for piece in pieces:
        digest.update(piece)
    text = digest.hexdigest()
    pieces.insert(0, PREFIX + text.encode() + b'"')
    pieces.append(b"\n")
    return Line(pieces, text, sum(map(len, pieces)), offsets)


def checked_hash(head: str, line: bytes) -> str:
    """The line's hash, if it follows `head`. `line` is without its newline. Raises BadLine."""
    text = line[len(PREFIX) : len(PREFIX) + 64].decode("latin-1")
    if line[: len(PREFIX)] != PREFIX or line[REST_AT - 1 : REST_AT] != b'"':
        raise BadLine(N_("keine Zeile eines Journals"))
    digest = hashlib.sha256(head.encode())
    digest.update(memoryview(line)[REST_AT:])
    if digest.hexdigest() != text:
        raise BadLine(N_("die Prüfsumme passt nicht"))
    return text


def fields_of(line: bytes) -> dict[str, Any]:
    """Everything of a line but its documents. Raises BadLine."""
    end = line.find(OPS)
    try:
        fields: dict[str, Any] = json.loads(line[:end] + b"}" if end >= 0 else line)
    except ValueError as error:
        raise BadLine(N_("kein gültiges JSON")) from error
    return fields


def ops_of(line: bytes) -> Iterator[Op]:
    """The new documents of a line with their places in it; the old ones are not read. Raises BadLine."""
    start = line.find(OPS)
    if start < 0:
        return
    start += len(OPS)
    text = str(memoryview(line)[start:], "utf-8")
    plain = len(text) == len(line) - start
    at, done, done_bytes = 0, 0, start
    while text[at] == "[":
        match = FIRST_OP.match(text, at)
        if match is None:
            raise BadLine(N_("kein Datensatz"))
        begin = match.end()
        doc, end = scan_json(text, begin)
        if plain:
            first, last = start + begin, start + end
        else:
            first = done_bytes + len(text[done:begin].encode())
            last = first + len(text[begin:end].encode())
            done, done_bytes = end, last
        table = match[1] if "\\" not in match[1] else json.loads(f'"{match[1]}"')
        yield Op(table, int(match[2]), doc, None if doc is None else line[first:last], first)
        at = end + 1 + (text[end + 1] == ",")


@dataclass(slots=True)
class Parsed:
    """A whole line: header fields and (table, id, old, new)."""

    fields: dict[str, Any]
    changes: list[tuple[str, int, Doc | None, Doc | None]] = field(default_factory=list)


def parse(line: bytes) -> Parsed:
    """A line with its old and new documents, unchecked. Raises BadLine."""
    try:
        fields = json.loads(line)
        ops = fields.pop("ops", [])
        olds = fields.pop("old", None) or [None] * len(ops)
        return Parsed(fields, [(op[0], op[1], _before(op[2], old), op[2]) for op, old in zip(ops, olds, strict=True)])
    except (ValueError, LookupError, TypeError) as error:
        raise BadLine(N_("kein gültiges JSON")) from error


def _before(new: Doc | None, old: Any) -> Doc | None:
    """The old document: as it stands in the line, or by its way back from the new one."""
    return turned_back(new or {}, old) if isinstance(old, list) else old
