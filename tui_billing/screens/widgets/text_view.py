"""Text to read: help, log, preview, Warum. Lines of plain text, wrapped to the window, scrolled by key."""

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from tui_billing import keymap
from tui_billing.screens.widgets.cells import fit, width_of, wrap

_HEAD = re.compile(r" *(?:[✓✗·!–] |\S(?:\S| (?! ))* {2,}(?!.*\S {2,}\S))?")
"""Indent, then a sign, or the first column where there are two."""
STRONG, PLAIN, MUTED = "strong", "", "muted"


class TextView(Widget, can_focus=True, inherit_bindings=False):
    """`lines` are (text, tone); a line keeps its indent when it is wrapped."""

    DEFAULT_CSS = """
    TextView { height: 1fr; overflow: hidden; background: $background; color: $foreground; }
    TextView > .text-view--strong { text-style: bold; color: $foreground; background: $background; }
    TextView > .text-view--muted { color: $muted; background: $background; }
    """
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"text-view--strong", "text-view--muted"}
    BINDINGS: ClassVar[list[BindingType]] = list(keymap.bindings("text", guarded=False))

    def __init__(self, lines: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._source = list(lines)
        self._lines: list[tuple[str, str]] = []
        self._width = -1
        self.top = 0

    def set_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show another text from its beginning."""
        self._source, self._width, self.top = list(lines), -1, 0
        self.refresh()

    @property
    def text(self) -> str:
        """The whole text as it was given."""
        return "\n".join(text for text, _tone in self._source)

    def _wrapped(self) -> list[tuple[str, str]]:
        width = self.size.width
        if width != self._width:
            self._width = width
            self._lines = [
                (line, tone) for text, tone in self._source for line in with_indent(text, max(10, width - 2))
            ]
        return self._lines

    def _scroll(self, top: int) -> None:
        top = max(0, min(top, len(self._wrapped()) - self.size.height))
        if top != self.top:
            self.top = top
            self.refresh()

    def action_up(self) -> None:
        self._scroll(self.top - 1)

    def action_down(self) -> None:
        self._scroll(self.top + 1)

    def action_page_up(self) -> None:
        self._scroll(self.top - self.size.height + 1)

    def action_page_down(self) -> None:
        self._scroll(self.top + self.size.height - 1)

    def action_first(self) -> None:
        self._scroll(0)

    def action_last(self) -> None:
        self._scroll(len(self._wrapped()))

    def render_line(self, y: int) -> Strip:
        """Line y below the top."""
        lines, width = self._wrapped(), self.size.width
        index = y + self.top
        text, tone = lines[index] if index < len(lines) else ("", "")
        style = self.get_component_rich_style(f"text-view--{tone}") if tone else self.rich_style
        return Strip([Segment(fit(" " + text, width), style)], width)


def with_indent(text: str, width: int) -> list[str]:
    """Wrapped under its own indent, or under the text behind a sign or in the last column (two blanks before it)."""
    if width_of(text) <= width and text.isprintable():
        return [text]
    head = _HEAD.match(text)
    first = head.group() if head else ""
    if width_of(first) > width // 2:
        first = text[: min(len(text) - len(text.lstrip(" ")), width // 2)]
    lines = wrap(text.removeprefix(first).lstrip(" "), width - width_of(first))
    return [(first if n == 0 else " " * width_of(first)) + line for n, line in enumerate(lines)]
