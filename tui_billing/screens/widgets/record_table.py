"""The table of every list: Textual's line API, one segment a row, only visible rows are ever formatted.

Rows are ids; `cells` gives the texts of one row when it is shown. Sign in the gutter: `>` cursor, `*` marked, so that
NO_COLOR and 16 colours lose nothing. Nothing is parsed as markup and no control character reaches the terminal.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_billing import keymap
from tui_billing.domain.texts import fold
from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, width_of
from tui_billing.screens.widgets.row_list import RowList

GUTTER = 3
LEAST_FLEX, READABLE = 6, 12
MAX_STRIPS = 400
REST, PAUSE = 0.15, 0.005
SEARCHED, FOLDED = 100_000, 2_000
"""Rows searched, and rows made ready, between two looks at the keyboard: some milliseconds each."""
FIRST_SEARCHED, ENOUGH = 20_000, 2_000
"""So many rows of a long list are searched first, and so many hits end the search while the word is typed."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `label` is a German message id, `width` its cells (of a flex column the least).

    In a narrow window columns with a `rank` are left out, the highest first, rather than to cut the others.
    """

    key: str
    label: str
    width: int
    right: bool = False
    flex: bool = False
    rank: int = 0


class RecordTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A table of any size.

    `cells(id)` gives one text per column; `sort_key(id, column key)` orders (default: the folded text);
    `tone(id)` names a component class of this widget ("muted", "alert") or "".
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-table--header",
        "record-table--cursor",
        "record-table--marked",
        "record-table--muted",
        "record-table--alert",
    }
    BINDINGS: ClassVar[list[BindingType]] = list(keymap.bindings("table", guarded=False))

    @dataclass
    class Changed(Message):
        """Marks, filter or number of rows are different; the bar below the table shows it."""

        table: "RecordTable"

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row; posted only where `follow` is set."""

        table: "RecordTable"

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[int], Sequence[str]],
        *,
        sort_key: Callable[[int, str], Any] | None = None,
        tone: Callable[[int], str] | None = None,
        empty: str = "",
        follow: bool = False,
        open_filter: Callable[[], None] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns, self.cells, self.tone, self.empty, self.follow = tuple(columns), cells, tone, empty, follow
        self._sort_key, self.open_filter = sort_key, open_filter
        self.list = RowList(lambda row_id: " ".join(self.cells(row_id)))
        self.sorted_by: str = ""
        self.sorted_back = False
        self._strips: dict[tuple[int, int], Strip] = {}
        self._styles: dict[str, Style] = {}
        self._layout: tuple[tuple[int, bool], ...] = ()
        self._given: dict[str, int] = {}
        self._laid_for = -1
        self._scan_soon: asyncio.TimerHandle | None = None
        self._is_typed = False

    def set_widths(self, widths: Mapping[str, int]) -> None:
        """Other widths for some columns, where the rows need them: an amount must never be cut. 0 hides a column."""
        if widths != self._given:
            self._given, self._laid_for = dict(widths), -1
            self._strips.clear()
            self.refresh()

    # --- rows ---

    @property
    def row_count(self) -> int:
        """Rows shown."""
        return len(self.list.shown)

    @property
    def cursor_id(self) -> int | None:
        """Id of the row under the cursor."""
        return self.list.cursor_id

    @property
    def marks(self) -> set[int]:
        """Marked ids; change them through the actions or `set_marks`."""
        return self.list.marks

    def targets(self) -> list[int]:
        """What an action is about: the marked rows, else the cursor row."""
        return self.list.targets()

    def set_rows(self, ids: Sequence[int]) -> None:
        """Show these rows in this order (or in the order that the clerk chose by `s`)."""
        self.list.set_rows(ids)
        if self.sorted_by:
            self._sort()
        self._rows_changed()

    def update_rows(self, ids: Iterable[int]) -> None:
        """The contents of these rows have changed; nothing moves."""
        ids = set(ids)
        self.list.forget(ids)
        for key in [k for k in self._strips if k[0] in ids]:
            del self._strips[key]
        self.refresh()

    def remove_rows(self, ids: Iterable[int]) -> None:
        """Take rows away at once."""
        self.list.remove(ids)
        self._rows_changed(keep_strips=True)

    def set_marks(self, ids: Iterable[int]) -> None:
        """Mark exactly these rows."""
        self.list.marks = set(ids)
        self._marks_changed()

    def move_to(self, row_id: int) -> None:
        """Put the cursor on this row if it is shown."""
        if row_id in self.list.shown:
            self._move(self.list.shown.index(row_id))

    def _rows_changed(self, *, keep_strips: bool = False) -> None:
        if not keep_strips:
            self._strips.clear()
        # The size is set behind the reactive's back: nothing outside this widget needs a new layout.
        self.set_reactive(RecordTable.virtual_size, Size(self.size.width, self.row_count + 1))
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Changed(self))

    # --- filter and sort ---

    def set_filter(self, text: str, *, is_typed: bool = False) -> None:
        """Show only rows that contain every word of it; a long list is searched on when the fingers rest.

        While it is typed the search ends where there is ENOUGH; `settle_filter` goes to the end of the list.
        """
        self._is_typed = is_typed
        self.list.set_filter(text, self._page() + 1)
        self._stop_scan()
        if self.list.is_filtering:
            self._scan_after(REST)
        self._rows_changed(keep_strips=True)

    def _scan_after(self, seconds: float) -> None:
        """A bare handle of the loop: a timer of Textual's is a task, and one a letter costs more than the search."""
        self._scan_soon = asyncio.get_running_loop().call_later(seconds, self._scan_on)

    def _stop_scan(self) -> None:
        if self._scan_soon is not None:
            self._scan_soon.cancel()
            self._scan_soon = None

    def _scan_on(self) -> None:
        self._stop_scan()
        before = self.row_count
        if self._is_typed:
            self.list.scan(FIRST_SEARCHED if self.list.is_folded else FOLDED)
        if not self._has_enough:
            self.list.scan(SEARCHED if self.list.is_folded else FOLDED)
        if self.list.is_filtering and not self._has_enough:
            self._scan_after(PAUSE)
        if before <= self._page():
            self._rows_changed(keep_strips=True)
        elif not self.list.is_filtering or self._has_enough:
            # What was found at once fills the view and stays as it is: only the number of rows is new.
            self.set_reactive(RecordTable.virtual_size, Size(self.size.width, self.row_count + 1))
            self.post_message(self.Changed(self))

    @property
    def _has_enough(self) -> bool:
        """Whether the rest is not worth searching while the word is still typed."""
        return self._is_typed and self.list.is_filtering and self.row_count >= ENOUGH

    def settle_filter(self) -> None:
        """The word stands: what follows is about all rows that contain it."""
        self._is_typed = False
        if not self.list.is_filtering:
            return
        self._stop_scan()
        if self.list.is_folded:
            self.list.finish_filter()
            self._rows_changed(keep_strips=True)
        else:
            self._scan_after(PAUSE)

    def _fold_on(self) -> None:
        """While the clerk thinks of a word the texts are made ready."""
        if not self.list.is_folded and not self.list.fold_some(FOLDED):
            self.set_timer(PAUSE, self._fold_on)

    def sort_by(self, key: str, *, back: bool = False) -> None:
        """Sort by this column."""
        self.sorted_by, self.sorted_back = key, back
        self._sort()
        self._rows_changed(keep_strips=True)

    def _sort(self) -> None:
        key, index = self.sorted_by, [c.key for c in self.columns].index(self.sorted_by)
        order = self._sort_key
        if order is not None:
            self.list.order(lambda row_id: order(row_id, key), self.sorted_back)
        else:
            self.list.order(lambda row_id: fold(self.cells(row_id)[index]), self.sorted_back)

    def action_sort(self) -> None:
        """Sort by the next column."""
        keys = [c.key for c in self.columns]
        following = keys.index(self.sorted_by) + 1 if self.sorted_by else 0
        self.sort_by(keys[following % len(keys)])

    def action_sort_back(self) -> None:
        """Turn the order round."""
        if self.sorted_by:
            self.sort_by(self.sorted_by, back=not self.sorted_back)

    def action_filter(self) -> None:
        """Open the filter bar at once, so that a letter typed right behind `/` finds it."""
        self._fold_on()
        if self.open_filter is not None:
            self.open_filter()

    # --- cursor ---

    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _move(self, index: int, *, ranging: bool = False) -> None:
        rows, old, marked = self.list, self.list.cursor, len(self.list.marks)
        rows.move(index, ranging=ranging)
        if not self._keep_in_view():
            low, high = sorted((old, rows.cursor))
            if high - low > 1 and rows.anchor is None:
                self.refresh_lines(old + 1)
                self.refresh_lines(rows.cursor + 1)
            else:
                self.refresh_lines(low + 1, high - low + 1)
        if len(rows.marks) != marked:
            self.post_message(self.Changed(self))
        if self.follow:
            self.post_message(self.CursorMoved(self))

    def _keep_in_view(self) -> bool:
        """Scroll a third of a page beyond the edge that the cursor crossed; True where it scrolled."""
        page, top, cursor = self._page(), self.scroll_offset.y, self.list.cursor
        target = top
        if cursor < top:
            target = cursor - page // 3 if top - cursor < page else cursor - page // 2
        elif cursor >= top + page:
            target = cursor - page + 1 + (page // 3 if cursor - top - page < page else page // 2)
        target = max(0, min(target, self.row_count - page))
        if target != top:
            self._show_from(target)
        self._tell_screen_reader()
        return target != top

    def _show_from(self, top: int) -> None:
        """Scroll without animation and without a new layout."""
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _tell_screen_reader(self) -> None:
        """The terminal's own cursor goes where the row is: screen readers follow it, and it costs nothing."""
        if self.has_focus and self.is_mounted:
            region = self.content_region
            self.app.cursor_position = Offset(region.x, region.y + 1 + self.list.cursor - self.scroll_offset.y)

    def action_up(self) -> None:
        self._move(self.list.cursor - 1)

    def action_down(self) -> None:
        self._move(self.list.cursor + 1)

    def action_page_up(self) -> None:
        self._move(self.list.cursor - self._page())

    def action_page_down(self) -> None:
        self._move(self.list.cursor + self._page())

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(self.row_count - 1)

    # --- marks ---

    def action_mark(self) -> None:
        """Mark and go on."""
        self.list.toggle()
        self._move(self.list.cursor + 1)
        self._marks_changed(all_rows=False)

    def action_range_up(self) -> None:
        self._move(self.list.cursor - 1, ranging=True)

    def action_range_down(self) -> None:
        self._move(self.list.cursor + 1, ranging=True)

    def action_sticky(self) -> None:
        """Begin or end a range that follows the cursor."""
        self.list.toggle_sticky()
        self._marks_changed()

    def action_invert(self) -> None:
        self.list.invert()
        self._marks_changed()

    def action_mark_all(self) -> None:
        self.list.mark_all()
        self._marks_changed()

    def action_mark_none(self) -> None:
        self.list.mark_none()
        self._marks_changed()

    def _marks_changed(self, *, all_rows: bool = True) -> None:
        if all_rows:
            self.refresh()
        self.post_message(self.Changed(self))

    # --- mouse, only where ui.mouse is on ---

    def on_click(self, event: events.Click) -> None:
        """A click goes to the row and marks it."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and index < self.row_count:
            self._move(index)
            self.list.toggle()
            self._marks_changed()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -3)

    def _wheel(self, event: events.MouseEvent, lines: int) -> None:
        event.stop()
        top = max(0, min(self.scroll_offset.y + lines, self.row_count - self._page()))
        self._show_from(top)

    # --- drawing ---

    def on_resize(self, event: events.Resize) -> None:
        """Another width means other strips; the cursor stays in view."""
        self._strips.clear()
        self.set_reactive(RecordTable.virtual_size, Size(self.size.width, self.row_count + 1))
        self._keep_in_view()

    def on_unmount(self) -> None:
        self._stop_scan()

    def on_focus(self) -> None:
        self._tell_screen_reader()

    def notify_style_update(self) -> None:
        """Colours may be others now."""
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def _style(self, part: str) -> Style:
        style = self._styles.get(part)
        if style is None:
            style = self.get_component_rich_style(f"record-table--{part}") if part else self.rich_style
            self._styles[part] = style
        return style

    def _widths(self, width: int) -> tuple[tuple[int, bool], ...]:
        """(cells, right-aligned) of each column; flex columns share what is left, or give what is missing."""
        if self._laid_for != width:
            wanted = self._wanted(width)
            fixed = GUTTER + sum(wanted) + 2 * (sum(w > 0 for w in wanted) - 1)
            flexes = sum(c.flex for c in self.columns) or 1
            spare = self._widen_for_headings(wanted, width - fixed) // flexes
            layout = []
            for column, least in zip(self.columns, wanted, strict=True):
                cells = max(LEAST_FLEX, least + spare) if column.flex else least
                layout.append((cells, column.right))
            self._layout, self._laid_for = tuple(layout), width
        return self._layout

    def _widen_for_headings(self, wanted: list[int], spare: int) -> int:
        """A heading may be longer in another language: it takes of what flex columns have beyond a readable width."""
        flexible = sum(max(0, w - READABLE) for w, c in zip(wanted, self.columns, strict=True) if c.flex)
        for n, column in enumerate(self.columns):
            if wanted[n] and not column.flex:
                more = max(0, min(width_of(_(column.label)) - wanted[n], spare + flexible))
                wanted[n] += more
                spare -= more
        return spare

    def _wanted(self, width: int) -> list[int]:
        """The width of each column before the flex ones share the rest; 0 for what is left out."""
        wanted = [self._given.get(c.key, c.width) for c in self.columns]
        ranked = sorted((n for n, c in enumerate(self.columns) if c.rank), key=lambda n: -self.columns[n].rank)
        for n in ranked:
            least = [min(w, READABLE) if c.flex else w for w, c in zip(wanted, self.columns, strict=True)]
            if GUTTER + sum(least) + 2 * (sum(w > 0 for w in least) - 1) <= width:
                break
            wanted[n] = 0
        return wanted

    def _line(self, gutter: str, texts: Sequence[str], width: int) -> str:
        laid = zip(texts, self._widths(width), strict=False)
        cells = [fit(text, cells, right) for text, (cells, right) in laid if cells]
        return fit(gutter + "  ".join(cells), width)

    def _header(self, width: int) -> Strip:
        cells = [
            self._heading(column, cells)
            for column, (cells, _right) in zip(self.columns, self._widths(width), strict=True)
            if cells
        ]
        return Strip([Segment(fit("   " + "  ".join(cells), width), self._style("header"))], width)

    def _heading(self, column: Column, cells: int) -> str:
        """The label with the sign of the order; too long a label is cut at its end, the sign stays."""
        sign = "" if column.key != self.sorted_by else "▼" if self.sorted_back else "▲"
        label, room = _(column.label), cells - len(sign)
        return fit(fit(label, min(room, width_of(label))).rstrip() + sign, cells, column.right)

    def render_line(self, y: int) -> Strip:
        """Line 0 is the head, the others rows; an empty table says so."""
        width = self.size.width
        if y == 0:
            return self._header(width)
        index = y - 1 + self.scroll_offset.y
        if index < self.row_count:
            return self._row_strip(index, width)
        text = ""
        if y == 2 and not self.row_count and not self.list.is_filtering:
            text = "   " + (_("Nichts passt zum Filter. Esc hebt ihn auf.") if self.list.every else self.empty)
        return Strip([Segment(fit(text, width), self._style("muted"))], width)

    def _row_strip(self, index: int, width: int) -> Strip:
        row_id = self.list.shown[index]
        at_cursor, marked = index == self.list.cursor, row_id in self.list.marks
        key = (row_id, at_cursor + 2 * marked)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > MAX_STRIPS:
                self._strips.clear()
            gutter = ("*" if marked else " ") + (">" if at_cursor else " ") + " "
            part = "cursor" if at_cursor else "marked" if marked else self.tone(row_id) if self.tone else ""
            strip = Strip([Segment(self._line(gutter, self.cells(row_id), width), self._style(part))], width)
            self._strips[key] = strip
        return strip

    def visible_region_of(self, row_id: int) -> Region:
        """Where a shown row is on the screen (tests)."""
        line = self.list.shown.index(row_id) - self.scroll_offset.y + 1
        return Region(self.region.x, self.region.y + line, self.region.width, 1)
