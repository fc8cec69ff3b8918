"""AreaField: a text of several lines inside a form. Enter begins a line, Tab goes on to the next field.

Label, then problems, then the text: a problem below a long text would be out of sight.
The text is wrapped at blanks to the width of the form; a line of the screen is a span (start, end) of the text.
"""

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Offset, Region
from textual.strip import Strip

from tui_billing.domain.messages import Problem
from tui_billing.domain.texts import clean_block
from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, width_of
from tui_billing.screens.widgets.field import EDITS, TextField

INDENT = 3
KEYS = frozenset(("left", "right", "ctrl+left", "backspace", "delete"))
"""Editing keys that work as in a line; those that would empty the whole text are left out."""


def spans(text: str, width: int) -> list[tuple[int, int]]:
    """(start, end) of each line as it is shown, end exclusive; the blank at which a line is broken is in none."""
    found: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        while width_of(text[start:end]) > width:
            cut = start + 1
            while width_of(text[start : cut + 1]) <= width:
                cut += 1
            blank = text.rfind(" ", start + 1, cut + 1)
            found.append((start, blank if blank > start else cut))
            start = blank + 1 if blank > start else cut
        found.append((start, end))
        start = end + 1
    return found


class AreaField(TextField):
    """The label in a line of its own, the text below it."""

    def entered(self) -> None:
        """Nothing is selected: a letter must not replace a whole letter."""
        self.is_selected = False

    def set_value(self, value: object) -> None:
        super().set_value(value)
        self.cursor = 0
        self._set_height()

    def take(self, state: tuple[str, str]) -> None:
        super().take(state)
        self._set_height()

    @property
    def _width(self) -> int:
        width = self.size.width or (self.app.size.width if self.is_attached else 0)
        return max(20, (width or 80) - INDENT - 2)

    def _spans(self) -> list[tuple[int, int]]:
        return spans(self.text, self._width)

    @property
    def _top(self) -> int:
        """Lines above the text."""
        return 1 + (len(self._problem_lines()) if self.problems or self.theirs else 0)

    def _set_height(self) -> None:
        self.styles.height = self._top + len(self._spans())

    def show_problems(self, problems: Sequence[Problem], theirs: str = "") -> None:
        super().show_problems(problems, theirs)
        self._set_height()

    def on_resize(self) -> None:
        """Another width breaks the lines elsewhere."""
        self._set_height()

    # --- keys ---

    def on_key(self, event: events.Key) -> None:
        """Letters and arrows; Enter is a new line here."""
        if event.key == "enter":
            self._insert("\n")
        elif event.key in ("up", "down"):
            self._go(1 if event.key == "down" else -1)
        elif event.key in ("home", "end"):
            row = self._row()
            self.cursor = self._spans()[row][event.key == "end"]
        elif event.key in KEYS:
            before = self.text
            self.text, self.cursor = EDITS[event.key](self.text, min(self.cursor, len(self.text)))
            if self.text != before:
                self.edited()
        elif event.is_printable and event.character:
            self._insert(event.character)
        elif event.key not in EDITS:
            return
        event.stop()
        event.prevent_default()
        self._follow()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()  # Textual would call the base's handler besides
        self._insert(clean_block(event.text.replace("\r\n", "\n").replace("\r", "\n")))
        self._follow()

    def edited(self) -> None:
        super().edited()
        self._set_height()

    def _row(self) -> int:
        starts = [start for start, _end in self._spans()]
        return max(n for n, start in enumerate(starts) if start <= self.cursor)

    def _go(self, by: int) -> None:
        """A line up or down, in the same column where there is one."""
        lines, row = self._spans(), self._row()
        column = self.cursor - lines[row][0]
        start, end = lines[max(0, min(len(lines) - 1, row + by))]
        self.cursor = min(start + column, end)

    def _follow(self) -> None:
        """The line with the cursor is in sight, also where the text is longer than the form."""
        self.refresh()
        if self.parent is not None:
            y = self.virtual_region.y + self._top + self._row()
            self.call_after_refresh(self._show_line, y)

    def _show_line(self, y: int) -> None:
        body = self.parent
        if body is not None and hasattr(body, "scroll_to_region"):
            body.scroll_to_region(Region(0, y, 1, 1), animate=False, force=True)

    # --- drawing ---

    def render_line(self, y: int) -> Strip:
        """Line 0: label and hint; then problems; then the text."""
        width, top = self.size.width, self._top
        if y == 0:
            sign, hint = (">" if self.has_focus else " "), _(self.spec.hint)
            label = Segment(f" {sign}{_(self.spec.label)}", self._component("label"))
            note = Segment(fit(f"  {hint}", max(0, width - width_of(label.text))), self._component("note"))
            return Strip([label, note]).crop(0, width)
        if y < top:
            return Strip([Segment(fit(" " * INDENT + self._problem_lines()[y - 1], width), self._component("problem"))])
        lines = self._spans()
        if y - top >= len(lines):
            return Strip.blank(width, self.rich_style)
        return Strip(self._text_line(y - top, *lines[y - top])).adjust_cell_length(width, self.rich_style)

    def _text_line(self, row: int, start: int, end: int) -> list[Segment]:
        style = self._component("box")
        indent = Segment(" " * INDENT, self._component("label"))
        text = self.text[start:end]
        if not self.has_focus or row != self._row():
            return [indent, Segment(fit(text, self._width + 1), style)]
        at = self.cursor - start
        left, here, right = text[:at], text[at : at + 1] or " ", text[at + 1 :]
        region = self.region
        self.app.cursor_position = Offset(region.x + INDENT + width_of(left), region.y + self._top + row)
        rest = fit(right, max(0, self._width + 1 - width_of(left) - width_of(here)))
        return [indent, Segment(left, style), Segment(here, self._component("cursor")), Segment(rest, style)]
