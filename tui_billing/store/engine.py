"""What an engine of the store can do: JSON documents in tables, transactions over all tables, a journal.

A document is a dict with the integer keys "id" and "rev"; ids are never reused, rev counts its writes from 1.
Reads return fresh objects that the caller may change. All ranges are inclusive at both ends.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tui_billing.domain.messages import N_

Doc = dict[str, Any]


class StoreError(Exception):
    """Base of everything a store refuses; `problem` is the German sentence for the clerk, with `params`."""

    code = "STORE"

    def __init__(self, text: str, **params: Any) -> None:
        super().__init__(text.format(**params) if params else text)
        self.text = text
        self.params = params


class Busy(StoreError):
    """Another process has held the lock for longer than the patience of this one."""

    code = "STORE_BUSY"


class Damaged(StoreError):
    """The files contradict themselves; the store is read-only. `file` and `line` name the first broken place."""

    code = "STORE_DAMAGED"


class ReadOnly(StoreError):
    """Writing is impossible here (read-only disk, NFS, newer format, unclear outcome of an fsync)."""

    code = "STORE_READ_ONLY"


class NotWritten(StoreError):
    """A transaction could not be written (disk full, I/O error); nothing of it is stored."""

    code = "STORE_NOT_WRITTEN"


class Stale(StoreError):
    """The record has moved since it was read; carries both versions (`theirs` is None where it was deleted)."""

    code = "STALE"

    def __init__(self, table: str, record_id: int, mine: Doc, theirs: Doc | None) -> None:
        super().__init__(
            N_("Der Datensatz wurde inzwischen geändert ({table} {record_id})"), table=table, record_id=record_id
        )
        self.table, self.record_id, self.mine, self.theirs = table, record_id, mine, theirs


class NotUnique(StoreError):
    """A unique key is taken; `other_id` is the record that has it."""

    code = "NOT_UNIQUE"

    def __init__(self, table: str, key: str, value: Any, other_id: int) -> None:
        super().__init__(
            N_("{key} {value} ist schon vergeben ({table} {other_id})"),
            table=table,
            key=key,
            value=value,
            other_id=other_id,
        )
        self.table, self.key, self.value, self.other_id = table, key, value, other_id


@dataclass(frozen=True, slots=True)
class Changes:
    """Which records have been written or deleted since a seq; `seq` is where the next question starts."""

    seq: int
    ids: dict[str, set[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction as the audit trail keeps it; `changes` are (table, id, old or None, new or None)."""

    seq: int
    ts: str
    by: str
    why: str
    reason: str
    changes: tuple[tuple[str, int, Doc | None, Doc | None], ...]
    undoes: int | None = None


class Reader(Protocol):
    """Reads by id, by field and by range."""

    def get(self, table: str, record_id: int) -> Doc | None: ...

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        """The documents that exist, in the order of `ids`."""
        ...

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        """Documents with this value of an index or unique key (store/schema.py), in id order."""
        ...

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        """Documents whose index key lies in [low, high]; None is open; in order of key, then id."""
        ...

    def find_ids(self, table: str, key: str, value: Any) -> list[int]: ...

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        """All documents with id > after, in id order."""
        ...

    def count(self, table: str) -> int: ...


class EngineTransaction(Reader, Protocol):
    """A delta over all tables; reads see it; nothing is on disk before the with-block ends."""

    def insert(self, table: str, doc: Doc) -> int:
        """Store a new document, set its id and rev 1, return the id. Raises NotUnique at once."""
        ...

    def put(self, table: str, doc: Doc, expect_rev: int | None = None) -> int:
        """Replace doc["id"]; returns the new rev. Raises Stale where the stored rev is not expect_rev."""
        ...

    def delete(self, table: str, record_id: int, expect_rev: int | None = None) -> None: ...


class Engine(Reader, Protocol):
    """One open store. Raises Busy, Damaged, ReadOnly."""

    on_wait: Callable[[str], None] | None
    """Told who holds the lock when a transaction has waited for a second."""

    @property
    def seq(self) -> int:
        """Number of the last transaction that this handle has seen."""
        ...

    def transaction(
        self, why: str, by: str = "", reason: str = "", undoable: bool = False
    ) -> AbstractContextManager[EngineTransaction]:
        """All or nothing: committed and fsynced at the end of the block, dropped where it raises."""
        ...

    def refresh(self) -> int:
        """See what other processes have committed; returns seq."""
        ...

    def changes_since(self, seq: int) -> Changes: ...

    def last_id(self, table: str) -> int:
        """The highest id that a record of this table ever had; 0 where there never was one."""
        ...

    def history(self, table: str | None = None, record_id: int | None = None, limit: int = 200) -> list[Entry]:
        """The audit trail, newest first, of one record, one table or all."""
        ...

    def undo(self, by: str, seq: int | None = None) -> Entry | None:
        """Take back this user's last undoable transaction (or `seq`) by a new one; None where there is none.

        Raises Stale where a record has moved since.
        """
        ...

    def close(self) -> None: ...
