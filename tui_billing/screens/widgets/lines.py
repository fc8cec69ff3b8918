"""One-line widgets of every screen: title, rule, balance, keys. Plain text only, drawn as strips."""

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui_billing import keymap
from tui_billing.screens.widgets.cells import fit, terminal_text, width_of, wrap

LEAST_RIGHT = 8
MOST_BALANCE = 3


def join_sides(left: str, right: str, width: int) -> str:
    """Left and right text in one line; the right one gives way, and goes where too little of it would be left."""
    left, right = terminal_text(left), terminal_text(right)
    space = width - width_of(left) - 2
    if not right or space < LEAST_RIGHT:
        return fit(left, width)
    right = fit(right, min(width_of(right), space))
    return fit(left, width - width_of(right)) + right


class TextLine(Widget, inherit_bindings=False):
    """One line of text, `left` and `right`; setting the same again costs nothing."""

    ALLOW_SELECT = False

    def __init__(self, left: str = "", right: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.left, self.right = left, right

    def set(self, left: str, right: str = "") -> None:
        """Show these texts."""
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    @property
    def text(self) -> str:
        """What the line says."""
        return self.left

    def render_line(self, y: int) -> Strip:
        """The one line, a blank at each side."""
        width = self.size.width
        if y or width < 3:
            return Strip.blank(width, self.rich_style)
        return Strip([Segment(f" {join_sides(self.left, self.right, width - 2)} ", self.rich_style)], width)


class TitleLine(TextLine):
    """Where the clerk is, and for which company."""


class BalanceLine(TextLine):
    """The line of truth below a table: all = in + out by reason; takes a second line rather than cut a figure."""

    def set(self, left: str, right: str = "") -> None:
        """Show the sum, as high as it needs."""
        super().set(left, right)
        self._fit_height()

    def on_resize(self) -> None:
        self._fit_height()

    def _lines(self, width: int) -> list[str]:
        return wrap(self.left, max(20, width - 2))[:MOST_BALANCE]

    def _fit_height(self) -> None:
        height = len(self._lines(self.app.size.width))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height

    def render_line(self, y: int) -> Strip:
        """Line y of the sum."""
        width = self.size.width
        lines = self._lines(width)
        return Strip([Segment(fit(" " + (lines[y] if y < len(lines) else ""), width), self.rich_style)], width)


class Rule(Widget, inherit_bindings=False):
    """A thin line across; may carry a word."""

    ALLOW_SELECT = False

    def render_line(self, y: int) -> Strip:
        """Blank, line, blank."""
        width = self.size.width
        return Strip([Segment(fit(" " + "─" * max(0, width - 2), width), self.rich_style)], width)


class KeyLine(Widget, inherit_bindings=False):
    """The line of keys: at most six, F1 first, Esc last."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key"}

    def __init__(self, screen_name: str) -> None:
        super().__init__()
        self._screen_name = screen_name
        self._idle: frozenset[str] = frozenset()

    def leave_out(self, *actions: str) -> None:
        """Offer none of these for now; what the keys do, and F1, stay as they are."""
        if frozenset(actions) != self._idle:
            self._idle = frozenset(actions)
            self.refresh()

    def pairs(self, width: int) -> list[tuple[str, str]]:
        """(key, label) that fit; F1, F8 and Esc stay, of the others the last ones give way."""
        found = [(key, label) for key, label, action in keymap.foot(self._screen_name) if action not in self._idle]
        while len(found) > 2 and sum(width_of(k) + width_of(t) + 3 for k, t in found) - 2 > width:
            others = [n for n in range(1, len(found) - 1) if found[n][0] != "F8"]
            del found[others[-1] if others else -2]
        return found

    def render_line(self, y: int) -> Strip:
        """Keys bold, labels plain."""
        width = self.size.width
        key_style, style = self.get_component_rich_style("key-line--key"), self.rich_style
        segments = [Segment(" ", style)]
        for key, label in self.pairs(width - 1):
            segments += [Segment(key, key_style), Segment(f" {label}  ", style)]
        return Strip(segments).adjust_cell_length(width, style).crop(0, width)
