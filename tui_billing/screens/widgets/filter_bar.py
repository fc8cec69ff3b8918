"""The rule below a table: a thin line that shows marks and filter, and takes the filter while it is typed."""

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, terminal_text, width_of


class FilterBar(Widget, can_focus=True, inherit_bindings=False):
    """`note` says what is marked; with the focus every letter goes into the filter."""

    ALLOW_SELECT = False

    @dataclass
    class Typed(Message):
        """The filter is another."""

        text: str

    @dataclass
    class Closed(Message):
        """Enter (the filter stays), Esc (it goes) or a key for the table."""

        keep: bool
        key: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.note = ""
        self.can_focus = False

    def open(self) -> None:
        """Take the keyboard."""
        self.can_focus = True
        self.screen.set_focus(self, scroll_visible=False)
        self.refresh()

    def show(self, text: str, note: str) -> None:
        """Set filter and note."""
        if (text, note) != (self.text, self.note):
            self.text, self.note = text, note
            self.refresh()

    def _close(self, keep: bool, key: str = "") -> None:
        self.post_message(self.Closed(keep, key))
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Letters filter; Enter and the arrows go back to the table; Esc clears."""
        if event.key in ("enter", "tab"):
            self._close(True)
        elif event.key == "escape":
            self._close(False)
        elif event.key in ("up", "down", "pageup", "pagedown"):
            self._close(True, event.key)
        elif event.key in ("backspace", "ctrl+h"):
            self._type(self.text[:-1])
        elif event.key == "ctrl+u":
            self._type("")
        elif event.is_printable and event.character:
            self._type(self.text + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A pasted number is a filter too."""
        event.stop()
        self._type(self.text + terminal_text(event.text))

    def _type(self, text: str) -> None:
        self.text = text
        self.post_message(self.Typed(text))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """`── / öztürk▏ ──────── 3 von 214 ──`"""
        width = self.size.width
        left = "──"
        if self.text or self.has_focus:
            left += f" {_('Filter')} /{terminal_text(self.text)}{'▏' if self.has_focus else ''} "
            if self.has_focus:
                region = self.region
                self.app.cursor_position = Offset(region.x + 1 + width_of(left) - 2, region.y)
        right = f" {self.note} ──" if self.note else ""
        line = left + "─" * max(0, width - 2 - width_of(left) - width_of(right)) + right
        return Strip([Segment(" " + fit(line, max(0, width - 2)) + " ", self.rich_style)], width)
