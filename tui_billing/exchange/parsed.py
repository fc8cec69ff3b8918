"""What a file gave: records, and one problem per refused row."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from tui_billing.domain.messages import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One record, the line where it begins, and the columns that its file has (empty: not asked)."""

    line: int
    record: T
    columns: tuple[str, ...] = ()
    kind: str = "Zeile"

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
