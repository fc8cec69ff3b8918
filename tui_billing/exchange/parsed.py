"""What a file gave: records, and one problem per refused row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tui_billing.domain.messages import N_, Clause, Problem

T = TypeVar("T")

KEPT_OUT = "ZEILE_MIT_ABGELEHNT"
"""A row that is refused for a fault of another row of its record."""


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One record, the line where it begins, the columns of its file (empty: not asked), and its rows if several."""

    line: int
    record: T
    columns: tuple[str, ...] = ()
    kind: str = "Zeile"
    places: tuple[Clause, ...] = ()

    @property
    def where(self) -> str:
        """The place as the clerk finds it: a line, or an entry of a JSON list."""
        return f"{self.kind} {self.line}"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """`refused` has at least one problem per row that gave no record; `fatal` kept the whole file from being read."""

    items: tuple[Item[T], ...] = ()
    refused: tuple[Problem, ...] = ()
    fatal: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def parted(problems: Iterable[Problem]) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What refuses a row, and what is told only."""
    found = tuple(problems)
    return tuple(p for p in found if not p.warning), tuple(p for p in found if p.warning)


def kept_out(number: str, places: Sequence[Clause], faults: Sequence[Problem]) -> list[Problem]:
    """One bad row keeps its whole record out: each other row of it is refused too, and names the bad one."""
    bad = {p.where for p in faults if not p.warning}
    there = next((place for place in places if place in bad), "")
    text = N_("{number} ist wegen {there} abgelehnt, darum auch diese Zeile.")
    others = [str(place) for place in places if place not in bad] if there else []
    return [Problem(KEPT_OUT, text, {"number": number, "there": there}, where) for where in others]
