"""The rows of a table without the screen: order, filter, marks, cursor. Ids in, ids out; nothing is formatted twice.

Marks are ids and survive sort, filter and refresh. Removing costs one pass over the ids, whatever the number removed.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from operator import contains
from typing import Any

from tui_billing.domain.texts import fold

SLICE = 2000
STEP = 500
AT_ONCE = 5000
"""Rows that are searched for a key at once, in steps until a page is full; the rest when the fingers rest."""
SAMPLE = 200
RARE = 0.05
"""After so many hits the search in all texts at once goes on only where fewer rows than this share seem to match."""


def filter_fold(text: str) -> str:
    """Folded so that Müller, mueller and muller are the same."""
    return fold(text).replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("\n", " ")


class RowList:
    """`every` holds all ids in order, `shown` those that pass the filter; `cursor` is an index into `shown`."""

    def __init__(self, text_of: Callable[[int], str]) -> None:
        self._text_of = text_of
        self._folded: dict[int, str] = {}
        self.every: list[int] = []
        self.shown: list[int] = []
        self.cursor = 0
        self.marks: set[int] = set()
        self.needle = ""
        self._words: tuple[str, ...] = ()
        self._scanned: int | None = None
        self._source: list[int] = []
        self._fold_at = 0
        self._joined = ""
        self.anchor: int | None = None
        self.sticky = False
        self._before: frozenset[int] = frozenset()

    @property
    def cursor_id(self) -> int | None:
        """The id under the cursor."""
        return self.shown[self.cursor] if 0 <= self.cursor < len(self.shown) else None

    @property
    def is_filtering(self) -> bool:
        """Whether a scan for the filter is still going on."""
        return self._scanned is not None

    def targets(self) -> list[int]:
        """The marked ids in the order of the table, also hidden ones, else the one under the cursor."""
        if self.marks:
            return [i for i in self.every if i in self.marks]
        return [] if self.cursor_id is None else [self.cursor_id]

    def set_rows(self, ids: Sequence[int]) -> None:
        """New rows in this order; cursor and marks stay with their ids, the cursor falls to the next row."""
        keep, index = self.cursor_id, self.cursor
        self.every = list(ids)
        self._joined = ""
        if self.marks:
            self.marks &= set(self.every)
        self._start_filter()
        self.finish_filter()
        self._place(keep, index)

    def forget(self, ids: Iterable[int]) -> None:
        """The text of these rows has changed."""
        self._joined = ""
        for row_id in ids:
            self._folded.pop(row_id, None)

    def remove(self, ids: Iterable[int]) -> None:
        """Take rows away; the cursor stays where it is on the screen."""
        gone = set(ids)
        self.finish_filter()
        self._joined = ""
        if len(gone) == 1 and self.cursor_id in gone:
            self._remove_at_cursor()
        elif gone:
            above = sum(1 for i in self.shown[: self.cursor] if i in gone)
            self.every = [i for i in self.every if i not in gone]
            self.shown = self.every if not self.needle else [i for i in self.shown if i not in gone]
            self.cursor -= above
        self.marks -= gone
        self._end_range()
        self.cursor = max(0, min(self.cursor, len(self.shown) - 1))

    def _remove_at_cursor(self) -> None:
        row_id = self.shown.pop(self.cursor)
        if self.shown is not self.every:
            self.every.remove(row_id)

    def order(self, key: Callable[[int], Any], reverse: bool) -> None:
        """Sort all rows, stable; the cursor stays on its row."""
        keep = self.cursor_id
        self.every.sort(key=key, reverse=reverse)
        self._joined = ""
        self._start_filter()
        self.finish_filter()
        self._place(keep, self.cursor)

    # --- filter ---

    def set_filter(self, text: str, page: int) -> None:
        """Show rows that contain every word. At once only as far as it is quick; the rest comes by `scan`."""
        needle = filter_fold(text).strip()
        if needle == self.needle:
            return
        narrows = bool(self.needle) and needle.startswith(self.needle) and not self.is_filtering
        keep, source = self.cursor_id, self.shown if narrows else self.every
        self.needle, self._words = needle, tuple(needle.split())
        self._start_filter(source)
        at_once, step = (AT_ONCE, STEP) if self.is_folded else (SLICE, SLICE)
        if len(source) <= at_once:
            step = at_once
        while self._scanned is not None and self._scanned < at_once and (len(self.shown) < page or step == at_once):
            self.scan(step)
        self._end_range()
        self._place(keep, 0)

    def matches(self, row_id: int) -> bool:
        """Whether the row contains every word of the filter."""
        text = self._folded.get(row_id)
        if text is None:
            text = self._folded[row_id] = filter_fold(self._text_of(row_id))
        return all(word in text for word in self._words)

    @property
    def is_folded(self) -> bool:
        """Whether every row's text is ready to be searched."""
        return len(self._folded) >= len(self.every)

    def fold_some(self, count: int = SLICE) -> bool:
        """Make the texts of some more rows ready; True when all are."""
        folded, text_of = self._folded, self._text_of
        part = self.every[self._fold_at : self._fold_at + count]
        for row_id in part:
            if row_id not in folded:
                folded[row_id] = filter_fold(text_of(row_id))
        self._fold_at += len(part)
        if self._fold_at < len(self.every):
            return False
        if not self._joined:
            self._folded = {i: folded[i] for i in self.every}
            self._joined = "\n".join(self._folded.values())
        return True

    def _all_with(self, word: str) -> list[int]:
        """All rows with this word; needs the joined texts, and the single ones in the order of the rows with them."""
        few, folded = self._few(word), self._folded
        return list(compress(folded, map(contains, folded.values(), repeat(word)))) if few is None else few

    def _few(self, word: str) -> list[int] | None:
        """The rows with this word found in all texts at once, or None where they seem many: twice as quick for few."""
        found: list[int] = []
        row, start, joined = 0, 0, self._joined
        at = joined.find(word)
        while at >= 0:
            if len(found) == SAMPLE and row * RARE < SAMPLE:
                return None
            row += joined.count("\n", start, at)
            found.append(self.every[row])
            start = joined.find("\n", at)
            at = joined.find(word, start) if start >= 0 else -1
        return found

    def _start_filter(self, source: list[int] | None = None) -> None:
        self._fold_at = 0
        if not self.needle:
            self.shown, self._scanned = self.every, None
        else:
            self._source, self.shown, self._scanned = self.every if source is None else source, [], 0

    def scan(self, count: int = SLICE) -> None:
        """Look through the next rows; the filter is complete when `is_filtering` turns False."""
        if self._scanned is None:
            return
        end = self._scanned + count
        part = self._source[self._scanned : end]
        folded = self._folded
        if len(self._words) == 1 and self.is_folded:
            word = self._words[0]
            if self._joined and self._source is self.every and end >= len(self.every):
                self.shown, self._scanned = self._all_with(word), None
                return
            self.shown += [i for i in part if word in folded[i]]
        else:
            self.shown += [i for i in part if self.matches(i)]
        self._scanned += len(part)
        if self._scanned >= len(self._source):
            self._scanned = None

    def finish_filter(self) -> None:
        """Scan to the end."""
        self.scan(len(self.every) + 1)

    def _place(self, row_id: int | None, index: int) -> None:
        if row_id is not None and not (0 <= index < len(self.shown) and self.shown[index] == row_id):
            try:
                index = self.shown.index(row_id)
            except ValueError:
                pass
        self.cursor = max(0, min(index, len(self.shown) - 1))

    # --- marks ---

    def move(self, index: int, *, ranging: bool = False) -> None:
        """Set the cursor; while ranging (or sticky) the rows from the anchor to it are marked, those beyond not."""
        if ranging and self.anchor is None:
            self._start_range()
        elif not ranging and not self.sticky:
            self._end_range()
        self.cursor = max(0, min(index, len(self.shown) - 1))
        if self.anchor is not None and self.shown:
            low, high = sorted((self.anchor, self.cursor))
            self.marks = set(self._before).union(self.shown[low : high + 1])

    def _start_range(self) -> None:
        self.anchor, self._before = self.cursor, frozenset(self.marks)

    def _end_range(self) -> None:
        self.anchor, self.sticky = None, False

    def toggle_sticky(self) -> None:
        """Begin a range that follows the cursor, or end it; its marks stay."""
        if self.sticky:
            self._end_range()
        elif self.shown:
            self._start_range()
            self.sticky = True
            self.move(self.cursor)

    def toggle(self) -> None:
        """Mark or unmark the cursor row."""
        if self.cursor_id is not None:
            self.marks ^= {self.cursor_id}

    def invert(self) -> None:
        """Swap the marks of the shown rows."""
        self.marks ^= set(self.shown)

    def mark_all(self) -> None:
        """Mark the shown rows, besides what is marked."""
        self.marks.update(self.shown)

    def mark_none(self) -> None:
        """No marks."""
        self.marks.clear()
        self._end_range()
