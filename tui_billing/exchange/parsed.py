"""What a file gave: records, and one problem per refused row."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from tui_billing.domain.messages import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One record and the line where it begins."""

    line: int
    record: T


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """`refused` has at least one problem per row that gave no record; `fatal` kept the whole file from being read."""

    items: tuple[Item[T], ...] = ()
    refused: tuple[Problem, ...] = ()
    fatal: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
