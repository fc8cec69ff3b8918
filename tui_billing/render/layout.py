"""Where the pages break: pure arithmetic on the heights of what is to be set, in points, y downwards.

A table's head is repeated on each page, the sum so far is carried out of a page and into the next (Übertrag), and what
is glued together (the last row and the totals) stays together where a page can hold it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

NO_TABLE = -1


class TooTall(Exception):
    """An item that no page can hold; `label` names it for the clerk (the line's number), empty for a text."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


@dataclass(frozen=True, slots=True)
class Item:
    """Something that no page break may cut. `glued` keeps it on the page of the item before it, if that can be."""

    top: float
    height: float
    glued: bool = False
    table: int = NO_TABLE
    is_head: bool = False
    carry: Decimal = Decimal(0)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """Top of the first page's text, of the following pages' text, and the bottom of both."""

    first_top: float
    next_top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Carry:
    """An Übertrag at `y` (its top): the sum of all rows of the table above it."""

    y: float
    amount: Decimal
    table: int


@dataclass(slots=True)
class Page:
    """Items by index with the y of their top, repeated heads included; the carries in and out."""

    placed: list[tuple[int, float]] = field(default_factory=list)
    carries: list[Carry] = field(default_factory=list)


def break_pages(items: Sequence[Item], space: Space, carry_height: float, carried: frozenset[int]) -> list[Page]:
    """Put the items on as few pages as their order allows; `carried` are the tables with an Übertrag.

    Raises TooTall for an item that does not fit an empty page together with its head and carries.
    """
    if space.first_top + sum(item.height for item in items) <= space.bottom:
        return [_one_page(items, space.first_top)]
    breaker = _Breaker(items, space, carry_height, carried)
    start = 0
    while start < len(items):
        end = start + 1
        while end < len(items) and items[end].glued:
            end += 1
        breaker.add(start, end)
        start = end
    return breaker.pages


def _one_page(items: Sequence[Item], y: float) -> Page:
    page = Page()
    for index, item in enumerate(items):
        page.placed.append((index, y))
        y += item.height
    return page


class _Breaker:
    """The pages so far; `y` is where the next item goes."""

    def __init__(self, items: Sequence[Item], space: Space, carry_height: float, carried: frozenset[int]) -> None:
        self.items, self.space, self.carry_height, self.carried = items, space, carry_height, carried
        self.pages = [Page()]
        self.y = space.first_top
        self.heads = {item.table: index for index, item in enumerate(items) if item.is_head}
        self.last = {item.table: index for index, item in enumerate(items)}
        self.sums: dict[int, Decimal] = {}

    def add(self, start: int, end: int) -> None:
        """Place one chain of glued items: here, on a new page, or piece by piece where no page holds it whole."""
        if not self._fits(start, end) and not self._is_fresh(start):
            self._new_page(start)
        if self._fits(start, end) or end - start == 1:
            for index in range(start, end):
                self._place(index)
            return
        for index in range(start, end):
            if not self._fits(index, index + 1) and not self._is_fresh(index):
                self._new_page(index)
            self._place(index)

    def _fits(self, start: int, end: int) -> bool:
        height = sum(self.items[index].height for index in range(start, end))
        return self.y + height + self._reserve(end - 1) <= self.space.bottom + 0.01

    def _reserve(self, index: int) -> float:
        """Room for the Übertrag below the item, unless its table ends with it."""
        table = self.items[index].table
        goes_on = table in self.carried and index != self.last[table] and not self.items[index].is_head
        return self.carry_height if goes_on else 0.0

    def _is_fresh(self, index: int) -> bool:
        """Whether a new page would give the item no more room than it has here."""
        top = self.space.first_top if len(self.pages) == 1 else self.space.next_top
        return self.y <= top + self._repeated(index) and not (len(self.pages) == 1 and self._gains_by_turning())

    def _gains_by_turning(self) -> bool:
        return self.space.next_top < self.space.first_top

    def _repeated(self, index: int) -> float:
        """Height of head and Übertrag that stand above the item on a page that it opens."""
        item = self.items[index]
        if item.table == NO_TABLE or item.is_head or item.table not in self.heads:
            return 0.0
        carry = self.carry_height if item.table in self.carried and item.table in self.sums else 0.0
        return self.items[self.heads[item.table]].height + carry

    def _new_page(self, index: int) -> None:
        table = self.items[index].table
        inside = table != NO_TABLE and table in self.heads and not self.items[index].is_head
        carries = inside and table in self.carried and table in self.sums
        if carries:
            self.pages[-1].carries.append(Carry(self.y, self.sums[table], table))
        elif inside and self.pages[-1].placed[-1:] == [
            (self.heads[table], self.y - self.items[self.heads[table]].height)
        ]:
            self.pages[-1].placed.pop()  # a head with nothing under it
        self.pages.append(Page())
        self.y = self.space.next_top
        if inside:
            head = self.heads[table]
            self.pages[-1].placed.append((head, self.y))
            self.y += self.items[head].height
        if carries:
            self.pages[-1].carries.append(Carry(self.y, self.sums[table], table))
            self.y += self.carry_height

    def _place(self, index: int) -> None:
        item = self.items[index]
        if self.y + item.height + self._reserve(index) > self.space.bottom + 0.01:
            raise TooTall(item.label)
        self.pages[-1].placed.append((index, self.y))
        self.y += item.height
        if item.table != NO_TABLE and not item.is_head:
            self.sums[item.table] = self.sums.get(item.table, Decimal(0)) + item.carry
