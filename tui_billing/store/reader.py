"""Reading half of the engine on disk: keeps one handle's view at the end of the journal, for threads of one process."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tui_billing.domain.messages import N_, Clause
from tui_billing.store import audit, damage_note
from tui_billing.store.damage import damaged
from tui_billing.store.engine import Changes, Damaged, Doc, Entry, StoreError
from tui_billing.store.fsops import FsOps, file_mode
from tui_billing.store.indexes import BadIndex
from tui_billing.store.keys import KeyBook
from tui_billing.store.manifest import Manifest, load_manifest
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.segments import Moved
from tui_billing.store.state import Rewound, State, Tail

T = TypeVar("T")


class ReadingEngine:
    """Reads over the current state. While a thread of this handle has the writer's lock, nobody else can commit."""

    def __init__(self, folder: Path, book: KeyBook, ops: FsOps) -> None:
        self.folder, self.book, self.ops = folder, book, ops
        self._guard = threading.RLock()
        self._owner: int | None = None
        self._closed = False
        self._mark = HighWaterMark(folder / "journal" / "acknowledged", ops, file_mode(folder))
        acknowledged = self._mark.read()
        self._remembered_from = 0
        try:
            self._state = self._load()
            self._check_acknowledged(acknowledged)
        except BaseException:
            self._mark.close()
            raise

    def _load(self) -> State:
        """A fresh state at the end of the journal. Raises Damaged where two tries agree that files are broken."""
        before: Manifest | None = None
        while True:
            state = None
            try:
                state = State(self.folder, self.book, self.ops)
                try:
                    state.read_on()
                except Tail:
                    pass
                self._remembered_from = state.seq - len(state.log)
                return state
            except Moved as moved:
                manifest = state.manifest if state is not None else None
                manifest = manifest or load_manifest(self.folder)
                if manifest == before:
                    raise moved.damage from None
                before = manifest

    @property
    def state(self) -> State:
        """The current view, for the store's own modules."""
        return self._state

    def reload(self) -> None:
        """Read manifest and journal anew."""
        with self._guard:
            self._reload()

    def _reload(self) -> None:
        old = self._state
        self._state = self._load()
        old.tables.close()
        if old.seq == self._remembered_from:
            old.log.extend(self._state.log)
            self._state.log = old.log
            self._remembered_from = max(0, self._state.seq - len(old.log))

    def _catch_up(self) -> None:
        """Read what others have committed. A torn end is not read; damage is reported if a fresh start sees it too."""
        try:
            self._state.read_on()
        except Tail:
            pass
        except (Rewound, Moved, Damaged):
            self._reload()

    def guarded(self, table: str, read: Callable[[State], T]) -> T:
        """Run a read on the current state, under the lock of this handle's threads."""
        with self._guard:
            if self._closed:
                raise StoreError(N_("Der Datenbestand ist geschlossen"))
            if self._owner is None and self._state.grown():
                self._catch_up()
            for _ in range(8):
                try:
                    return read(self._state)
                except BadIndex:
                    self._state.tables.forget_index(table)
                except Moved as moved:
                    before = self._state.manifest
                    self._reload()
                    if self._state.manifest == before:
                        raise self._noted(moved.damage) from None
                except Damaged as error:
                    raise self._noted(error) from None
            raise damaged(f"cache/{table}", 1, N_("der Index lässt sich nicht aufbauen"))

    def _noted(self, damage: StoreError) -> StoreError:
        """Damage of a table file stops all writers, whoever comes across it."""
        file = str(damage.params.get("file", ""))
        if file.startswith("tables/"):
            damage_note.note(self.folder, file, damage.params["line"], damage.params["byte"] or 0)
        return damage

    def _check_acknowledged(self, mark: tuple[int, str]) -> None:
        state = self._state
        if mark[0] > state.seq or (mark[0] == state.seq and mark[0] and mark[1] != state.head):
            raise state.damage(Clause(N_("die bestätigte Buchung {seq} fehlt oder ist verändert"), seq=mark[0]))

    # ---- reads

    @property
    def seq(self) -> int:
        return self._state.seq

    def get(self, table: str, record_id: int) -> Doc | None:
        return self.guarded(table, lambda s: s.queries.get(table, record_id))

    def get_many(self, table: str, ids: list[int]) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.get_many(table, ids))

    def find(self, table: str, key: str, value: Any) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.find(table, key, value))

    def find_ids(self, table: str, key: str, value: Any) -> list[int]:
        return self.guarded(table, lambda s: s.queries.find_ids(table, key, value))

    def between(self, table: str, key: str, low: Any, high: Any) -> list[Doc]:
        return self.guarded(table, lambda s: s.queries.between(table, key, low, high))

    def tables(self) -> list[str]:
        """Names of the tables that hold documents."""
        return self.guarded("", lambda s: [t for t in sorted({*s.tables.infos, *s.overlay.docs}) if s.count(t)])

    def search_text(self, table: str, text: str) -> list[Doc]:
        """Documents whose JSON contains `text` as it stands there, in id order; reads the mapped bytes only."""
        return self.guarded(table, lambda s: s.queries.search_text(table, text))

    def count(self, table: str) -> int:
        return self.guarded(table, lambda s: s.count(table))

    def scan(self, table: str, after: int = 0) -> Iterator[Doc]:
        """All documents with id > after; every few hundred see what has been committed meanwhile."""
        while True:
            ids = self._ids_after(table, after)
            if not ids:
                return
            for start in range(0, len(ids), 500):
                yield from self.get_many(table, ids[start : start + 500])
            after = ids[-1]

    def _ids_after(self, table: str, after: int) -> list[int]:
        """The next ids above `after`, as many as lie in one table file."""
        return self.guarded(table, lambda s: next((ids for ids in s.queries.ids_after(table, after) if ids), []))

    def refresh(self) -> int:
        with self._guard:
            if self._owner is None and not self._closed and self._state.replaced():
                acknowledged = self._mark.read()
                self._reload()
                self._check_acknowledged(acknowledged)
        return self.guarded("", lambda s: s.seq)

    def last_id(self, table: str) -> int:
        return self.guarded(table, lambda s: s.next_ids.get(table, 1) - 1)

    def changes_since(self, seq: int) -> Changes:
        return self.guarded("", lambda s: self._changes(s, seq))

    def _changes(self, state: State, seq: int) -> Changes:
        if seq >= state.seq:
            return Changes(state.seq)
        if seq < self._remembered_from:
            return audit.changed_since(self._trail(state), seq, state.seq)
        ids: dict[str, set[int]] = {}
        for number, changed in reversed(state.log):
            if number <= seq:
                break
            for table, record_id in changed:
                ids.setdefault(table, set()).add(record_id)
        return Changes(state.seq, ids)

    def history(self, table: str | None = None, record_id: int | None = None, limit: int = 200) -> list[Entry]:
        def read(s: State) -> list[Entry]:
            return audit.history(self._trail(s), table, record_id, limit)

        return self.guarded("", read)

    def _trail(self, state: State) -> audit.Trail:
        return audit.Trail(self.folder, self.book, state.journal.path, state.position)
