"""Index files: where each document lies in its table file, and the sorted keys of a table. May be deleted any time.

One file a table and checkpoint, mapped: header, table of contents, checksums of blocks, then the data.
A block's checksum is checked when the block is first touched. Keys are fixed-width bytes (store/keys.py)
padded with zeros, with the ids in an array of the same order.
"""

import json
import mmap
import struct
import sys
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tui_billing.store.keys import TableKeys, encoded

RANGE = 10_000
SLOT = struct.Struct("<II")
FENCE = 256
MAGIC = b"TBIDX004"
SHIFT = 14
BLOCK = 1 << SHIFT
Buffer = bytes | mmap.mmap
Identity = tuple[int, int, int]
"""Size, mtime in ns and inode of a table file."""
Slots = tuple[int, Identity, Callable[[], bytes]]
"""Number of a table file, its identity, and its slots: (offset, length) by id, up to its highest id."""
Section = tuple[int, int, bytes, bytes]
"""Count, width, keys and ids of one key."""


class BadIndex(Exception):
    """The index file is not usable; it is built anew."""


class SortedKeys:
    """One key of one table: `count` entries in order of key, then id."""

    def __init__(self, index: "TableIndex", row: list[int]) -> None:
        self._index, self._data = index, index.data
        self.count, self.width, self._keys_at, self._ids_at, self._fences_at = row
        self._fences: list[bytes] | None = None

    def _key(self, position: int) -> bytes:
        at = self._keys_at + position * self.width
        self._index.check(at, at + self.width)
        return self._data[at : at + self.width]

    def _first(self, code: bytes, low: int = 0, *, above: bool = False) -> int:
        """The first position whose key is not below `code` (with `above`: is above it)."""
        data, width, start = self._data, self.width, self._keys_at
        index = self._index
        touched, origin, high = index.touched, index.origin, self.count
        fences = self._fences or self._load_fences()
        fence = bisect_right(fences, code) if above else bisect_left(fences, code)
        low, high = max(low, (fence - 1) * FENCE), min(high, fence * FENCE)
        while low < high:
            middle = (low + high) >> 1
            at = start + middle * width
            if not (touched[(at - origin) >> SHIFT] and touched[(at + width - 1 - origin) >> SHIFT]):
                index.check(at, at + width)
            key = data[at : at + width]
            if key < code or (above and key == code):
                low = middle + 1
            else:
                high = middle
        return low

    def _load_fences(self) -> list[bytes]:
        """Every FENCE-th key, kept in memory: most of a search takes place here."""
        width, at = self.width, self._fences_at
        end = at + -(-self.count // FENCE) * width
        if end > at:
            self._index.check(at, end)
        text = self._data[at:end]
        self._fences = [text[i : i + width] for i in range(0, len(text), width)]
        return self._fences

    def equal(self, value: Any) -> list[int]:
        """Ids of entries that may have this value, ascending."""
        code = encoded(value)
        if len(code) > self.width or not self.count:
            return []
        code = code.ljust(self.width, b"\0")
        low = self._first(code)
        if low == self.count:
            return []
        width, at = self.width, self._keys_at + low * self.width
        self._index.check(at, at + 2 * width if low + 1 < self.count else at + width)
        two = self._data[at : at + 2 * width]
        if not two.startswith(code):
            return []
        if low + 1 < self.count and two.endswith(code):
            return self.ids(low, self._first(code, low, above=True))
        return [self.id_at(low)]

    def between(self, low: Any, high: Any) -> list[int]:
        """Ids of entries that may lie in [low, high], in order of key, then id."""
        first = 0 if low is None else self._first(self._fit(low))
        last = self.count if high is None else self._first(self._fit(high), above=True)
        return self.ids(first, last)

    def _fit(self, value: Any) -> bytes:
        return encoded(value)[: self.width].ljust(self.width, b"\0")

    def ids(self, first: int, last: int) -> list[int]:
        """The ids of entries [first, last)."""
        if last <= first:
            return []
        at, end = self._ids_at + 8 * first, self._ids_at + 8 * last
        self._index.check(at, end)
        return _unpacked(self._data[at:end]).tolist()

    def position(self, code: bytes, record_id: int) -> int:
        """Where the entry is or belongs; `code` is padded to the width."""
        low = self._first(code)
        high = self._first(code, low, above=True)
        if low == high or self.id_at(high - 1) < record_id:
            return high  # new records have the highest ids
        while low < high:
            middle = (low + high) >> 1
            if self.id_at(middle) < record_id:
                low = middle + 1
            else:
                high = middle
        return low

    def id_at(self, position: int) -> int:
        """The id of an entry."""
        at = self._ids_at + 8 * position
        self._index.check(at, at + 8)
        return int.from_bytes(self._data[at : at + 8], "little")

    def same_as(self, width: int, codes: bytes) -> bool:
        """Whether the keys are these, which are `width` wide."""
        keys = bytes(self.slices()[0])
        wide = max(width, self.width)
        return all(
            keys[i * self.width : (i + 1) * self.width].ljust(wide, b"\0")
            == codes[i * width : (i + 1) * width].ljust(wide, b"\0")
            for i in range(self.count)
        )

    def slices(self) -> tuple[memoryview, memoryview]:
        """All keys and all ids as bytes."""
        view, keys, ids = memoryview(self._data), self._keys_at, self._ids_at
        return view[keys : keys + self.count * self.width], view[ids : ids + self.count * 8]


class TableIndex:
    """A mapped or freshly built index; `content` names the table files that it belongs to."""

    def __init__(self, data: Buffer) -> None:
        self.data = data
        if data[: len(MAGIC)] != MAGIC:
            raise BadIndex("no index file")
        length, crc = SLOT.unpack_from(data, len(MAGIC))
        start = len(MAGIC) + SLOT.size
        text = data[start : start + length]
        if zlib.crc32(text) != crc:
            raise BadIndex("broken table of contents")
        toc: dict[str, Any] = json.loads(text)
        self.origin, self._end = toc["data"], toc["data"] + toc["size"]
        if len(data) < self._end:
            raise BadIndex("cut")
        sums = data[toc["sums"] : toc["sums"] + 4 * toc["blocks"]]
        if zlib.crc32(sums) != toc["sums_crc"]:
            raise BadIndex("broken checksums")
        self._sums = struct.unpack(f"<{toc['blocks']}I", sums)
        self.touched = bytearray(toc["blocks"])
        self.content, self.fingerprint = toc["content"], toc["fingerprint"]
        self._slots: dict[int, tuple[Identity, int, int]] = {
            row[0]: ((row[1], row[2], row[3]), self.origin + row[4], row[5]) for row in toc["segments"]
        }
        self.keys = [SortedKeys(self, [row[0], row[1], *(self.origin + at for at in row[2:])]) for row in toc["keys"]]

    def check(self, at: int, end: int) -> None:
        """Raises BadIndex where a touched block is not as it was written."""
        first, last = (at - self.origin) >> SHIFT, (end - 1 - self.origin) >> SHIFT
        if self.touched[first] and self.touched[last] and last - first < 2:
            return
        for block in range(first, last + 1):
            if not self.touched[block]:
                begin = self.origin + block * BLOCK
                if zlib.crc32(self.data[begin : min(begin + BLOCK, self._end)]) != self._sums[block]:
                    raise BadIndex(f"block {block} is broken")
                self.touched[block] = 1

    def check_all(self) -> None:
        """Every block. Raises BadIndex."""
        for block in range(len(self._sums)):
            self.check(self.origin + block * BLOCK, min(self.origin + (block + 1) * BLOCK, self._end))

    def slots_at(self, segment: int, identity: Identity) -> tuple[int, int] | None:
        """Where the slots of this very table file begin, and how many; None where the file is another one."""
        row = self._slots.get(segment)
        return row[1:] if row is not None and row[0] == identity else None


def _packed(ids: Iterable[int]) -> bytes:
    out = array("Q", ids)
    if sys.byteorder == "big":  # pragma: no cover
        out.byteswap()
    return out.tobytes()


def _unpacked(data: bytes) -> "array[int]":
    out = array("Q")
    out.frombytes(data)
    if sys.byteorder == "big":  # pragma: no cover
        out.byteswap()
    return out


class KeyCollector:
    """Gathers the keys of a whole table, table file by table file, in packed form."""

    def __init__(self, keys: TableKeys) -> None:
        self._keys = keys
        self._chunks: list[list[tuple[int, bytes, array[int]]]] = [[] for _ in keys.names]

    def add(self, docs: Iterable[tuple[int, Any]]) -> None:
        """The (id, document) pairs of one table file."""
        gathered: list[list[tuple[bytes, int]]] = [[] for _ in self._keys.names]
        for record_id, doc in docs:
            for out, function in zip(gathered, self._keys.functions, strict=True):
                for value in function(doc):
                    out.append((encoded(value), record_id))
        for chunks, entries in zip(self._chunks, gathered, strict=True):
            width = max((len(code) for code, _ in entries), default=0)
            codes = b"".join([code.ljust(width, b"\0") for code, _ in entries])
            chunks.append((width, codes, array("Q", [record_id for _, record_id in entries])))

    def sections(self) -> Iterator[Section]:
        """Per key: count, width, keys, ids."""
        for chunks in self._chunks:
            width = max((w for w, _, _ in chunks), default=0) or 1
            entries = []
            for w, codes, ids in chunks:
                entries += [
                    (codes[i * w : i * w + w].ljust(width, b"\0"), record_id) for i, record_id in enumerate(ids)
                ]
            chunks.clear()
            entries.sort()
            yield len(entries), width, b"".join([c for c, _ in entries]), _packed(i for _, i in entries)


def spliced(old: SortedKeys, gone: list[tuple[bytes, int]], fresh: list[tuple[bytes, int]]) -> Section | None:
    """A section with entries taken out and put in, copied in stretches; None where the width no longer fits."""
    width = old.width
    if not old.count or any(len(code) > width for code, _ in fresh):
        return None
    edits: list[tuple[int, int, bytes, int]] = []
    for kind, entries in ((0, gone), (1, fresh)):
        for code, record_id in entries:
            padded = code.ljust(width, b"\0")
            edits.append((old.position(padded, record_id), kind, padded, record_id))
    edits.sort(key=lambda e: (e[0], e[2], e[3], e[1]))
    keys, ids = old.slices()
    out_keys, out_ids, at, count = [], [], 0, old.count
    for position, kind, code, record_id in edits:
        out_keys.append(keys[at * width : position * width])
        out_ids.append(ids[at * 8 : position * 8])
        at = max(at, position)
        if kind == 1:
            out_keys.append(code)  # type: ignore[arg-type]
            out_ids.append(_packed([record_id]))  # type: ignore[arg-type]
            count += 1
        elif position < old.count and old.id_at(position) == record_id and keys_equal(keys, position, code):
            at, count = position + 1, count - 1
    out_keys.append(keys[at * width :])
    out_ids.append(ids[at * 8 :])
    return count, width, b"".join(out_keys), b"".join(out_ids)


def keys_equal(keys: memoryview, position: int, code: bytes) -> bool:
    """Whether the entry at `position` has this padded key."""
    return keys[position * len(code) : (position + 1) * len(code)] == code


def index_bytes(
    content: str,
    fingerprint: int,
    slots: Iterable[Slots],
    sections: Iterable[Section],
) -> list[bytes]:
    """The pieces of an index file. `slots` are (segment, identity, its slots); `sections` as of KeyCollector."""
    data: list[bytes] = []
    size = 0
    segments, keys = [], []
    for segment, identity, make in slots:
        data.append(make())
        segments.append([segment, *identity, size, len(data[-1]) // SLOT.size])
        size += len(data[-1])
    for count, width, codes, ids in sections:
        fences = b"".join([codes[i : i + width] for i in range(0, len(codes), width * FENCE)])
        keys.append([count, width, size, size + len(codes), size + len(codes) + len(ids)])
        data += (codes, ids, fences)
        size += len(codes) + len(ids) + len(fences)
    sums = list(_block_sums(data))
    packed = struct.pack(f"<{len(sums)}I", *sums)
    toc: dict[str, Any] = {"content": content, "fingerprint": fingerprint, "segments": segments, "keys": keys}
    toc |= {"size": size, "blocks": len(sums), "sums_crc": zlib.crc32(packed), "sums": 0, "data": 0}
    room = len(json.dumps(toc)) + 32
    toc["sums"] = len(MAGIC) + SLOT.size + room
    toc["data"] = toc["sums"] + len(packed)
    text = json.dumps(toc).encode().ljust(room)
    return [MAGIC, SLOT.pack(len(text), zlib.crc32(text)), text, packed, *data]


def _block_sums(data: list[bytes]) -> Iterator[int]:
    """CRC of every BLOCK bytes of the joined pieces."""
    crc, room = 0, BLOCK
    for piece in data:
        view = memoryview(piece)
        while len(view):
            part = view[:room]
            crc = zlib.crc32(part, crc)
            room -= len(part)
            view = view[len(part) :]
            if not room:
                yield crc
                crc, room = 0, BLOCK
    if room < BLOCK:
        yield crc
