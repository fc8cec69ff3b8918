"""Strg+P: every action of the screen below as "Bereich: Tätigkeit"; typing narrows, Enter acts."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from tui_billing import keymap
from tui_billing.domain.messages import N_
from tui_billing.domain.texts import fold
from tui_billing.i18n import _
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.widgets.filter_bar import FilterBar
from tui_billing.screens.widgets.record_table import Column, RecordTable

COLUMNS = (Column("label", N_("Befehl"), 30, flex=True), Column("key", N_("Taste"), 12))


class PaletteScreen(DeskScreen):
    """Dismissed with the action's name, or None."""

    NAME: ClassVar[str] = "palette"
    AUTO_FOCUS = ""

    def __init__(self, screen_name: str, area: str) -> None:
        super().__init__()
        self._entries = keymap.palette(screen_name)
        self._area = area

    def compose_body(self) -> ComposeResult:
        yield RecordTable(COLUMNS, lambda i: self._entries[i][:2], empty=_("Kein Befehl heißt so."))

    def compose_foot(self) -> ComposeResult:
        yield FilterBar()

    def title_text(self) -> str:
        return _("Befehle · {screen}").format(screen=self._area)

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """Commands do not change."""

    def reload(self) -> None:
        order = sorted(range(len(self._entries)), key=lambda i: fold(self._entries[i][0]))
        self.query_one(RecordTable).set_rows(order)
        self.query_one(FilterBar).open()

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        self.query_one(RecordTable).set_filter(message.text)

    async def on_filter_bar_closed(self, message: FilterBar.Closed) -> None:
        """Enter acts, Esc leaves, arrows move."""
        if message.key:
            await self.query_one(RecordTable).run_action({"up": "up", "down": "down"}.get(message.key, "down"))
            self.query_one(FilterBar).open()
        elif message.keep:
            chosen = self.query_one(RecordTable).cursor_id
            self.dismiss(None if chosen is None else self._entries[chosen][2])
        else:
            self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click is no choice; Enter is."""
        self.query_one(FilterBar).open()
