"""ListScreen: a screen with one RecordTable. For a new list set

NAME, TABLES       as in base.py; rows with the name in keymap.LISTS
COLUMNS            the columns, one of them flex; widths that fit 80 cells: sum + 2 between two + 3 for the gutter
EMPTY              German message id for a list without rows
LOG                the table whose record's Protokoll F2 opens, where a row's id is that record's
fetch()            reads, in a thread; returns the records (anything with an `id`), in the order to show
cells(record)      one text per column; called for visible rows only
sort_key(record, column key)   where the text does not sort right (dates, amounts)
tone(record)       "muted" or "alert", besides what the text says
balance_text()     the line of truth
open_record(record), and action_* for the screen's own keys; `targets()` gives the records an action is about.
"""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.texts import fold
from tui_billing.i18n import _
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.key_queue import LEAVING
from tui_billing.screens.messages import Fetched, TaskFailed
from tui_billing.screens.widgets.filter_bar import FilterBar
from tui_billing.screens.widgets.lines import BalanceLine
from tui_billing.screens.widgets.record_table import Column, RecordTable

ANY_TIME = (*LEAVING, "slash", "f1", "ctrl+p")
CURSOR_KEYS = frozenset(("up", "down", "pageup", "pagedown", "home", "end", "enter"))
REST_FACTOR, AT_LEAST = 4, 0.2


class ListScreen(DeskScreen):
    """Base of all lists; see the module's text."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""
    LOG: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[int, Any] = {}
        self._turn = 0
        self._asked_at = self._took = 0.0
        self._is_due = False
        self._is_awaited = True
        self._cursor_wish: int | None = None

    def compose_body(self) -> ComposeResult:
        """The table."""
        yield RecordTable(
            self.COLUMNS,
            lambda row_id: self.cells(self.records[row_id]),
            sort_key=lambda row_id, key: self.sort_key(self.records[row_id], key),
            tone=lambda row_id: self.tone(self.records[row_id]),
            empty="",  # before it is read nobody knows that there is nothing
            open_filter=lambda: self.query_one(FilterBar).open(),
        )

    def compose_foot(self) -> ComposeResult:
        """The rule with filter and marks, and the balance."""
        yield FilterBar()
        yield BalanceLine(id="balance")

    # --- for the subclass ---

    def fetch(self) -> Any:
        """Read the records, in a thread."""
        return ()

    def cells(self, record: Any) -> Sequence[str]:
        """The texts of one row."""
        return ()

    def sort_key(self, record: Any, key: str) -> Any:
        """What a column sorts by; the folded text unless something better is known."""
        keys = [c.key for c in self.COLUMNS]
        return fold(self.cells(record)[keys.index(key)])

    def tone(self, record: Any) -> str:
        """Besides the text: "muted", "alert" or nothing."""
        return ""

    def widths(self) -> dict[str, int]:
        """Other widths of columns for the rows that are there; an amount must never be cut."""
        return {}

    def balance_text(self) -> str:
        """The line of truth."""
        return ""

    def idle_note(self) -> str:
        """What the rule says while nothing is marked or filtered."""
        return ""

    def open_record(self, record: Any) -> None:
        """Enter on a row."""

    def log_of(self, row_id: int) -> tuple[str, int]:
        """Whose Protokoll F2 opens: (table, id)."""
        return self.LOG, row_id

    def marked_note(self, records: Sequence[Any]) -> str:
        """What the rule says of the marked rows."""
        return _("{n} markiert").format(n=len(records))

    # --- reading ---

    @property
    def has_read(self) -> bool:
        """Whether the answer to the last question is on the screen."""
        return self._turn > 0 and not self._asked_at

    @property
    def table(self) -> RecordTable:
        """The table."""
        return self.query_one(RecordTable)

    def current(self) -> Any | None:
        """The record under the cursor."""
        row_id = self.table.cursor_id
        return None if row_id is None else self.records.get(row_id)

    def targets(self) -> list[Any]:
        """The records that an action is about: the marked ones, else the one under the cursor."""
        return [self.records[i] for i in self.table.targets()]

    def takes(self, key: str) -> bool:
        """What is meant for rows waits until they are read and filtered; a filter may be typed meanwhile."""
        if key in ANY_TIME or isinstance(self.focused, FilterBar):
            return True
        return super().takes(key) and not self._is_awaited and not self.table.list.is_filtering

    def reload(self, cursor: int | None = None) -> None:
        """Read in a thread; the answer comes as a message. `cursor` wishes the cursor onto this id.

        It was the clerk who asked for it, so that the next keys are meant for what comes.
        """
        self._is_awaited = True
        self._read(cursor)

    def _read(self, cursor: int | None = None) -> None:
        self._turn += 1
        turn = self._turn
        if cursor is not None:
            self._cursor_wish = cursor
        self.seen_seq = self.desk.store.seq
        self._asked_at = time.monotonic()
        self.billing.in_thread(lambda: self.post_message(Fetched(turn, self.fetch())), self)

    def on_fetched(self, message: Fetched) -> None:
        """Show what was read, unless something newer is on its way."""
        if message.turn == self._turn:
            self._took, self._asked_at = time.monotonic() - self._asked_at, 0.0
            self._is_awaited = False
            self.show(message.data)
            self.billing.type_again()

    def on_task_failed(self, message: TaskFailed) -> None:
        """A read that failed is over too."""
        if not message.task:
            self._asked_at, self._is_awaited = 0.0, False
            self.billing.type_again()
            if not self.records:  # an empty list would say that there is nothing
                self.table.empty = _("Nicht zu lesen.")
                self.table.refresh()

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """Read again; while others write all the time, a long list rests four times as long as it takes to read."""
        rest = REST_FACTOR * self._took
        if self._asked_at or self._is_due:
            rest = max(rest, AT_LEAST)
        if rest < AT_LEAST:
            self._read()
        elif not self._is_due:
            self._is_due = True
            self.set_timer(rest, self._reload_now)

    def resumed(self) -> None:
        """What the clerk comes back to is read at once, and the next keys are meant for it."""
        if self._is_due and not self._asked_at:
            self._read()
        self._is_awaited = self._is_awaited or bool(self._asked_at)

    def _reload_now(self) -> None:
        self._is_due = False
        self._read()

    def show(self, data: Any) -> None:
        """Put the records into the table; cursor, marks and filter stay."""
        records = list(data)
        self.records = {r.id: r for r in records}
        self.table.empty = _(self.EMPTY)
        self.show_rows([r.id for r in records])

    def show_rows(self, ids: Sequence[int]) -> None:
        """Rows, then the lines below."""
        self.table.list.forget(list(self.table.list.every))
        self.table.set_widths(self.widths())
        self.table.set_rows(ids)
        self._grant_wish()
        self.show_title()
        self.show_lines()

    def _grant_wish(self) -> None:
        """The cursor onto the record that was just made, also where a filter would hide it."""
        wish, self._cursor_wish = self._cursor_wish, None
        if wish is None or wish not in self.records:
            return
        if self.table.list.needle and wish not in self.table.list.shown:
            self.set_filter("")
        self.table.move_to(wish)

    def show_lines(self) -> None:
        """The rule and the balance."""
        table, bar = self.table, self.query_one(FilterBar)
        notes = []
        if table.marks:
            notes.append(self.marked_note(self.targets()))
            hidden = len(table.marks - set(table.list.shown)) if table.list.needle else 0
            if hidden:
                notes.append(_("{n} davon verdeckt").format(n=hidden))
        if table.list.needle:
            more = "…" if table.list.is_filtering else ""
            notes.append(_("{n} von {all}").format(n=f"{table.row_count}{more}", all=len(table.list.every)))
        if table.list.sticky:
            notes.append(_("Bereich"))
        bar.show(bar.text, " · ".join(notes) or self.idle_note())
        self.query_one(BalanceLine).set(self.balance_text())

    # --- filter ---

    def on_record_table_changed(self) -> None:
        self.show_lines()
        self.billing.type_again()

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        self.table.set_filter(message.text, is_typed=True)

    async def on_filter_bar_closed(self, message: FilterBar.Closed) -> None:
        """Back to the table, with the filter or without, and on with an arrow key."""
        if not message.keep:
            self.set_filter("")
        self.table.settle_filter()
        self.set_focus(self.table, scroll_visible=False)
        self.query_one(FilterBar).can_focus = False
        if message.key:
            action = {"up": "up", "down": "down", "pageup": "page_up", "pagedown": "page_down"}[message.key]
            await self.table.run_action(action)

    def set_filter(self, text: str) -> None:
        """Filter by a program's wish (`/abgelehnt` after a run)."""
        bar = self.query_one(FilterBar)
        bar.show(text, bar.note)
        self.table.set_filter(text)
        self.show_lines()

    # --- actions ---

    def action_open(self) -> None:
        """Enter."""
        record = self.current()
        if record is not None:
            self.open_record(record)

    def action_log(self) -> None:
        """F2: what happened to the record under the cursor; without one, everything."""
        row_id = self.table.cursor_id
        if self.LOG and row_id is not None:
            table, record_id = self.log_of(row_id)
            self.billing.open("audit", table=table, record_id=record_id)
        else:
            super().action_log()

    def action_refresh(self) -> None:
        """F5: what others have written, and what the sort was."""
        self.desk.store.refresh()
        self.reload()
        self.say(_("Aktualisiert"))

    def action_back(self) -> None:
        """Esc: halt a task, else clear the filter, else the marks, else leave."""
        if self.task_now is not None:
            super().action_back()
        elif self.table.list.needle:
            self.set_filter("")
        elif self.table.marks:
            self.table.action_mark_none()
        else:
            super().action_back()
