"""Keys of the tables: their values for a document, and an order-preserving form in bytes for the index files."""

import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tui_billing.store.engine import Doc
from tui_billing.store.migrations import UPCASTERS, Upcaster, upcast
from tui_billing.store.schema import TableSchema

LONGEST = 56
KeyValues = tuple[list[Any], ...]


class TableKeys:
    """All keys of one table, indexes first, then unique ones, in a fixed order."""

    def __init__(self, schema: TableSchema) -> None:
        named: dict[str, Callable[[Doc], list[Any]]] = {**schema.uniques, **schema.indexes}
        self.names = tuple(named)
        self.position = {name: i for i, name in enumerate(self.names)}
        self.functions = tuple(named.values())
        self.uniques = tuple((self.position[name], name) for name in schema.uniques)
        self.version = schema.version

    def values(self, doc: Doc) -> KeyValues:
        """The document's values for every key."""
        return tuple([function(doc) for function in self.functions])

    def fingerprint(self) -> int:
        """Changes when a key is added or computed in another way, so that an older index file is not trusted."""
        text = repr([self.version] + [(name, _code(f)) for name, f in zip(self.names, self.functions, strict=True)])
        return zlib.crc32(text.encode())


def _code(function: Any) -> Any:
    code = getattr(function, "__code__", None)
    if code is None:
        return repr(function)
    consts = [c for c in code.co_consts if isinstance(c, (str, int, float, tuple, type(None)))]
    closure = [c.cell_contents for c in function.__closure__ or ()]
    return code.co_code, consts, code.co_names, [c if isinstance(c, (str, int)) else "" for c in closure]


class KeyBook:
    """TableKeys by table name; a table that the schema does not know has no keys. Lifts older documents."""

    def __init__(
        self, tables: Mapping[str, TableSchema], upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS
    ) -> None:
        self.tables, self.upcasters = tables, upcasters
        self.of = cache(self._make)

    def current(self, table: str, doc: Doc, version: int) -> Doc:
        """A document of an older version as this program has it."""
        return upcast(self.upcasters, table, doc, version, self.of(table).version)

    def versions(self) -> dict[str, int]:
        """The tables that are not at version 1, as a journal's first line says it."""
        return {name: table.version for name, table in self.tables.items() if table.version != 1}

    def _make(self, table: str) -> TableKeys:
        return TableKeys(self.tables.get(table) or TableSchema(table, {}, {}))


def encoded(value: Any) -> bytes:
    """A key value as bytes that sort as the values do; long texts are cut, so equal bytes are candidates only."""
    if isinstance(value, str):
        return (b"\x02" + value.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\x01"))[:LONGEST]
    whole = int(value // 1)
    number = min(max(whole + (1 << 63), 0), (1 << 64) - 1)
    return b"\x01" + number.to_bytes(8, "big") + (b"" if whole == value else b"\x01")


def is_exact(value: Any, code: bytes) -> bool:
    """Whether equal bytes mean equal values."""
    if isinstance(value, str):
        return len(code) < LONGEST
    return isinstance(value, int) and abs(value) < 1 << 62
