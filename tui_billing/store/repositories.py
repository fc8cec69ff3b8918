"""What services see of the store: typed records by class, transactions, numbers drawn inside the commit."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any, TypeVar

from tui_billing.domain.codec import decode, encode
from tui_billing.store.engine import Changes, Engine, EngineTransaction, Entry, Reader

R = TypeVar("R")

RECORDS: dict[str, tuple[str, str]] = {
    "Company": ("company", "parties"),
    "Customer": ("customers", "parties"),
    "CustomerHead": ("customers", "parties"),
    "Order": ("orders", "orders"),
    "Document": ("invoices", "documents"),
    "DocumentHead": ("invoices", "documents"),
    "Payment": ("payments", "batches"),
    "Period": ("periods", "orders"),
    "IntervalCreation": ("creations", "creations"),
    "InvoiceRun": ("runs", "runs"),
    "RunRow": ("run_rows", "runs"),
    "Dispatch": ("dispatches", "runs"),
    "InvoiceBatch": ("batches", "batches"),
    "BatchRow": ("batch_rows", "batches"),
    "BatchStatement": ("batch_statements", "batches"),
    "ReceivableEntry": ("receivables", "batches"),
    "Ignored": ("ignored", "runs"),
    "NumberRange": ("numbers", "documents"),
    "DocumentType": ("document_types", "documents"),
    "Setting": ("settings", "settings"),
}
"""Class -> (table, module of the domain). By name, so that a start loads only the records that it shows."""


def table_of(cls: type[Any]) -> str:
    """The table where records of this class are kept."""
    return RECORDS[cls.__name__][0]


def class_of(table: str) -> type[Any] | None:
    """The first class that is kept in this table; None where there is no such table."""
    for name, (kept_in, module) in RECORDS.items():
        if kept_in == table:
            found: type[Any] = getattr(import_module(f"tui_billing.domain.{module}"), name)
            return found
    return None


def _key(value: Any) -> Any:
    """A value as the store keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


class Repository:
    """Typed reads over anything that reads documents: the whole store or one transaction."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def get(self, cls: type[R], record_id: int) -> R | None:
        """The record, or None."""
        doc = self._reader.get(table_of(cls), record_id)
        return None if doc is None else decode(cls, doc)

    def need(self, cls: type[R], record_id: int) -> R:
        """The record; raises KeyError where there is none."""
        record = self.get(cls, record_id)
        if record is None:
            raise KeyError(f"{table_of(cls)} {record_id}")
        return record

    def get_many(self, cls: type[R], ids: Iterable[int]) -> dict[int, R]:
        """The records that exist, by id."""
        return {d["id"]: decode(cls, d) for d in self._reader.get_many(table_of(cls), list(ids))}

    def find(self, cls: type[R], key: str, value: Any) -> list[R]:
        """Records with this value of a key named in store/schema.py, in id order."""
        return [decode(cls, d) for d in self._reader.find(table_of(cls), key, _key(value))]

    def find_one(self, cls: type[R], key: str, value: Any) -> R | None:
        """The first such record, or None."""
        return next(iter(self.find(cls, key, value)), None)

    def find_ids(self, cls: type[Any], key: str, value: Any) -> list[int]:
        """Their ids, without reading the records."""
        return self._reader.find_ids(table_of(cls), key, _key(value))

    def between(self, cls: type[R], key: str, low: Any, high: Any) -> list[R]:
        """Records with key in [low, high], None open, in order of key, then id."""
        return [decode(cls, d) for d in self._reader.between(table_of(cls), key, _key(low), _key(high))]

    def scan(self, cls: type[R], after: int = 0) -> Iterator[R]:
        """All records in id order."""
        return (decode(cls, d) for d in self._reader.scan(table_of(cls), after))

    def raw_scan(self, cls: type[Any], after: int = 0) -> Iterator[dict[str, Any]]:
        """All records in id order as JSON objects: for one that cannot be read, or where few fields are needed."""
        return self._reader.scan(table_of(cls), after)

    def raw_many(self, cls: type[Any], ids: list[int]) -> list[dict[str, Any]]:
        """The records that exist as JSON objects, in the order of `ids`."""
        return self._reader.get_many(table_of(cls), ids)

    def all(self, cls: type[R]) -> list[R]:
        """All records in id order, as a list."""
        return list(self.scan(cls))

    def count(self, cls: type[Any]) -> int:
        """How many there are."""
        return self._reader.count(table_of(cls))


class Transaction(Repository):
    """Typed writes of one commit."""

    def __init__(self, tx: EngineTransaction) -> None:
        super().__init__(tx)
        self._tx = tx

    def insert(self, record: R) -> R:
        """Store a new record; returns it with its id and rev 1. Raises NotUnique."""
        doc = encode(record, compact=True)
        record_id = self._tx.insert(table_of(type(record)), doc)
        return replace(record, id=record_id, rev=1)  # type: ignore[type-var]

    def put(self, record: R, *, expect_rev: int | None = None) -> R:
        """Replace a record; returns it with its new rev. Raises Stale, NotUnique."""
        rev = self._tx.put(table_of(type(record)), encode(record, compact=True), expect_rev)
        return replace(record, rev=rev)  # type: ignore[type-var]

    def delete(self, cls: type[Any], record_id: int, *, expect_rev: int | None = None) -> None:
        """Take a record away; its id is not used again."""
        self._tx.delete(table_of(cls), record_id, expect_rev)

    def allocate(self, range_name: str, year: int = 0) -> str:
        """Draw the next number of a range, formatted; it exists only if this transaction commits (A8)."""
        from tui_billing.domain.documents import format_number

        return format_number(range_name, year, self.allocate_int(range_name, year))

    def allocate_int(self, range_name: str, year: int = 0) -> int:
        """Draw the next number of a range."""
        from tui_billing.domain.documents import NumberRange

        current = self.find_one(NumberRange, "name_year", f"{range_name}|{year}")
        if current is None:
            self.insert(NumberRange(name=range_name, year=year, last=1))
            return 1
        self.put(replace(current, last=current.last + 1))
        return current.last + 1


class _TrialOver(Exception):
    """Ends a transaction that was only tried, so that nothing of it is committed."""


class Store(Repository):
    """The open data folder as services see it. `by` is the name in the audit trail.

    With `trial` every transaction runs to its end, with all its checks, and is given up then: a dry run is exact.
    """

    def __init__(self, engine: Engine, by: str = "", *, trial: bool = False) -> None:
        super().__init__(engine)
        self.engine = engine
        self.by = by
        self.trial = trial

    @property
    def seq(self) -> int:
        """Number of the last transaction seen."""
        return self.engine.seq

    @contextmanager
    def transaction(self, why: str, *, reason: str = "", undoable: bool = False) -> Iterator[Transaction]:
        """All or nothing over all tables; `why` is German and stands in the audit trail."""
        try:
            with self.engine.transaction(why, by=self.by, reason=reason, undoable=undoable) as tx:
                yield Transaction(tx)
                if self.trial:
                    raise _TrialOver
        except _TrialOver:
            pass

    def tell_who_holds_it(self, on_wait: Callable[[str], None]) -> None:
        """Whom to tell, in the waiting thread, who holds the lock when a transaction has waited for a second."""
        self.engine.on_wait = on_wait

    def refresh(self) -> int:
        """See what others have committed."""
        return self.engine.refresh()

    def last_id(self, cls: type[Any]) -> int:
        """The highest id that such a record ever had; 0 where there never was one."""
        return self.engine.last_id(table_of(cls))

    def changes_since(self, seq: int) -> Changes:
        """Which records have changed since, by table name."""
        return self.engine.changes_since(seq)

    def history(self, cls: type[Any] | None = None, record_id: int | None = None, limit: int = 200) -> list[Entry]:
        """The audit trail, newest first."""
        return self.engine.history(table_of(cls) if cls else None, record_id, limit)

    def undo(self, seq: int | None = None) -> Entry | None:
        """Take back the last undoable transaction of this user; None where there is none."""
        return self.engine.undo(self.by, seq)

    def close(self) -> None:
        """Let go of the files."""
        self.engine.close()
