"""TinyDB's face of the store: `BillingDB(folder).table("invoices").search(Query().number == "RE-1")`.

insert, update, upsert and remove are TinyDB's own code; it runs on a delta inside one transaction of the engine.
Different from stock TinyDB: ids are never used again, there is no query cache (a cached answer may be old, since
others write too), and the program's own tables are read-only unless `own_tables=True`, because their rules
(numbers, periods, what is final) live in the services.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from tui_billing.domain.messages import N_
from tui_billing.store.engine import Doc, ReadOnly
from tui_billing.store.journal_engine import JournalEngine, open_engine
from tui_billing.store.json_text import dump
from tui_billing.store.schema import TABLES
from tui_billing.store.transaction import Delta

OWN_FIELDS = ("id", "rev")


def _shown(table: str, doc: Doc) -> Doc:
    """A user's own table shows what was put in; the program's tables show id and rev too."""
    return doc if table in TABLES else {k: v for k, v in doc.items() if k not in OWN_FIELDS}


class BillingStorage(Storage):
    """The data folder as one big dict, for what TinyDB does with whole databases."""

    def __init__(self, path: str | Path, *, own_tables: bool = False, by: str = "tinydb", **_: Any) -> None:
        self.engine: JournalEngine = open_engine(Path(path))
        self.own_tables, self.by = own_tables, by

    def read(self) -> dict[str, dict[str, Any]] | None:
        """All tables with all documents; TinyDB asks for it rarely."""
        names = self.engine.tables()
        return {n: {str(d["id"]): _shown(n, d) for d in self.engine.scan(n)} for n in names} or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make the tables what `data` says, in one transaction."""
        with self.engine.transaction("TinyDB write", by=self.by) as tx:
            for name in {*self.engine.tables(), *data}:
                wanted = {int(i): doc for i, doc in data.get(name, {}).items()}
                delta = _Delta(self, tx, name)
                for record_id in [i for i in delta if i not in wanted]:
                    del delta[record_id]
                for record_id, doc in wanted.items():
                    delta[record_id] = dict(doc)
                delta.store()

    def close(self) -> None:
        """Let go of the files."""
        self.engine.close()


class _View(Mapping[str, Doc]):
    """A table as TinyDB reads it: ids as text, documents parsed one by one."""

    def __init__(self, source: JournalEngine | Delta, table: str) -> None:
        self._source, self._table = source, table

    def __getitem__(self, key: str) -> Doc:
        doc = self._source.get(self._table, int(key)) if key.isascii() and key.isdigit() else None
        if doc is None:
            raise KeyError(key)
        return _shown(self._table, doc)

    def __iter__(self) -> Iterator[str]:
        return (str(doc["id"]) for doc in self._source.scan(self._table))

    def __len__(self) -> int:
        return self._source.count(self._table)

    def items(self) -> Any:
        """(id, document) one after the other."""
        return ((str(doc["id"]), _shown(self._table, doc)) for doc in self._source.scan(self._table))


class _Delta(MutableMapping[int, Doc]):
    """A table as TinyDB's updaters change it: what was handed out is compared at the end, what changed is stored."""

    def __init__(self, storage: BillingStorage, tx: Delta, table: str) -> None:
        self._storage, self._tx, self._table = storage, tx, table
        self._handed_out: dict[int, tuple[Doc, bytes | None]] = {}

    def __getitem__(self, record_id: int) -> Doc:
        if record_id not in self._handed_out:
            doc = self._tx.get(self._table, record_id)
            if doc is None:
                raise KeyError(record_id)
            doc = _shown(self._table, doc)
            self._handed_out[record_id] = doc, dump(doc)
        return self._handed_out[record_id][0]

    def __setitem__(self, record_id: int, doc: Doc) -> None:
        self._handed_out[record_id] = doc, None

    def __delitem__(self, record_id: int) -> None:
        known = self._handed_out.pop(record_id, None)
        stored = self._tx.get(self._table, record_id)
        if stored is not None:
            self._may_write()
            self._tx.delete(self._table, record_id)
        elif known is None:
            raise KeyError(record_id)

    def __iter__(self) -> Iterator[int]:
        fresh = [i for i, (_, before) in self._handed_out.items() if before is None]
        yield from (doc["id"] for doc in self._tx.scan(self._table))
        yield from (i for i in fresh if self._tx.get(self._table, i) is None)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._handed_out or (
            isinstance(record_id, int) and self._tx.get(self._table, record_id) is not None
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Delete every document."""
        for record_id in list(self):
            del self[record_id]

    def store(self) -> None:
        """Write down what has changed."""
        for record_id, (doc, before) in self._handed_out.items():
            if before is not None and dump(doc) == before:
                continue
            self._may_write()
            stored = self._tx.get(self._table, record_id)
            rev = 1 if stored is None else stored["rev"] + 1
            self._tx.set(self._table, record_id, {**doc, "id": record_id, "rev": rev}, stored)

    def _may_write(self) -> None:
        if self._table in TABLES and not self._storage.own_tables:
            raise ReadOnly(N_("Die Tabelle {table} schreibt nur das Programm selbst"), table=self._table)


class BillingTable(Table):
    """A table over the engine. `Query().key == value` uses the index of that key, `between` its order."""

    _storage: BillingStorage

    def __init__(self, storage: BillingStorage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        super().__init__(storage, name, cache_size=0)
        self._tx: Delta | None = None
        self._last_told = 0

    @contextmanager
    def _locked(self) -> Iterator[Delta]:
        """The writer's lock, taken before TinyDB looks at anything."""
        if self._tx is not None:
            yield self._tx
            return
        with self._storage.engine.transaction(f"TinyDB {self.name}", by=self._storage.by) as tx:
            self._tx = tx
            try:
                yield tx
            finally:
                self._tx = None

    def insert(self, document: Mapping[str, Any]) -> int:
        with self._locked():
            return super().insert(document)

    def update(
        self,
        fields: Mapping[str, Any] | Callable[[Any], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        with self._locked():
            if cond is not None and doc_ids is None:
                doc_ids = [document.doc_id for document in self.search(cond)]
            return super().update(fields, None, doc_ids)

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        with self._locked():
            return super().upsert(document, cond)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        with self._locked():
            if cond is not None and doc_ids is None:
                doc_ids = [document.doc_id for document in self.search(cond)]
            return super().remove(None, doc_ids)

    def search(self, cond: QueryLike) -> list[Document]:
        source: JournalEngine | Delta = self._tx or self._storage.engine
        hit = self._indexed(cond)
        docs = source.scan(self.name) if hit is None else iter(source.find(self.name, *hit))
        shown = ((doc["id"], _shown(self.name, doc)) for doc in docs)
        return [self.document_class(doc, record_id) for record_id, doc in shown if cond(doc)]

    def get(self, cond: Any = None, doc_id: Any = None, doc_ids: Any = None) -> Any:
        if cond is not None and doc_id is None and doc_ids is None and self._indexed(cond) is not None:
            return next(iter(self.search(cond)), None)
        return super().get(cond, doc_id, doc_ids)

    def between(self, key: str, low: Any, high: Any) -> list[Document]:
        """Documents whose indexed key lies in [low, high]; None is open."""
        source: JournalEngine | Delta = self._tx or self._storage.engine
        return [self.document_class(doc, doc["id"]) for doc in source.between(self.name, key, low, high)]

    def _indexed(self, cond: Any) -> tuple[str, Any] | None:
        """(key, value) where `cond` is, or demands, `Query().key == value` on an indexed field."""
        return _equality(getattr(cond, "_hash", None), self._storage.engine.book.of(self.name).position)

    def _get_next_id(self) -> int:
        if self._tx is not None:
            return self._tx.reserve_id(self.name)
        known = self._storage.engine.guarded(self.name, lambda state: state.next_ids.get(self.name, 1))
        self._last_told = max(known, self._last_told + 1)
        return self._last_told

    def _read_table(self) -> Any:
        return _View(self._tx or self._storage.engine, self.name)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        with self._locked() as tx:
            delta = _Delta(self._storage, tx, self.name)
            updater(delta)
            delta.store()
        self.clear_cache()


def _equality(form: Any, keys: Mapping[str, int]) -> tuple[str, Any] | None:
    if not isinstance(form, tuple) or not form:
        return None
    if form[0] == "==" and len(form[1]) == 1 and form[1][0] in keys and isinstance(form[2], (str, int)):
        return form[1][0], form[2]
    if form[0] == "and":
        return next((hit for part in form[1] if (hit := _equality(part, keys)) is not None), None)
    return None


class BillingDB(TinyDB):
    """A data folder as a TinyDB; with another storage it is a stock TinyDB."""

    default_storage_class = BillingStorage  # type: ignore[assignment]

    def table(self, name: str, **kwargs: Any) -> Table:
        """The table, over the engine where the storage is the data folder."""
        if name not in self._tables and isinstance(self._storage, BillingStorage):
            self._tables[name] = BillingTable(self._storage, name, **kwargs)
        return super().table(name, **kwargs)

    def tables(self) -> set[str]:
        """Names of the tables that hold documents."""
        return set(self._storage.engine.tables()) if isinstance(self._storage, BillingStorage) else super().tables()
