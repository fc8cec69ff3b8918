"""The gap report (rule A8): numbers must be unique, gaps must be explained. Pure: it reads ranges and numbers."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tui_billing.domain.documents import NumberRange, format_number

_NUMBER = re.compile(r"(?P<name>.+?)-(?:(?P<year>[0-9]{4})-)?(?P<number>[0-9]{5,})")


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive numbers of a range that no document has; both ends inclusive."""

    range_name: str
    year: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many numbers are missing."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        first = format_number(self.range_name, self.year, self.first)
        return first if self.first == self.last else f"{first} – {format_number(self.range_name, self.year, self.last)}"


@dataclass(frozen=True, slots=True)
class NumberReport:
    """Gaps up to the last number drawn, numbers that stand twice, and numbers beyond the last one drawn."""

    gaps: tuple[Gap, ...]
    duplicates: tuple[str, ...]
    beyond: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing needs an explanation."""
        return not (self.gaps or self.duplicates or self.beyond)


def parse_number(number: str) -> tuple[str, int, int] | None:
    """(range name, year or 0, number) of a document number that this program drew; None for any other."""
    match = _NUMBER.fullmatch(number)
    return (match["name"], int(match["year"] or 0), int(match["number"])) if match else None


def number_report(ranges: Iterable[NumberRange], numbers: Iterable[str]) -> NumberReport:
    """Compare what was drawn with what stands in the documents (cancelled ones included)."""
    numbers = list(numbers)
    used: dict[tuple[str, int], set[int]] = {}
    for parsed in filter(None, map(parse_number, numbers)):
        used.setdefault(parsed[:2], set()).add(parsed[2])
    gaps: list[Gap] = []
    beyond: list[str] = []
    for drawn in sorted(ranges, key=lambda r: (r.name, r.year)):
        found = used.get((drawn.name, drawn.year), set())
        gaps += _gaps(drawn, found)
        beyond += [format_number(drawn.name, drawn.year, n) for n in sorted(found) if n > drawn.last]
    duplicates = sorted(number for number, count in Counter(numbers).items() if count > 1 and number)
    return NumberReport(tuple(gaps), tuple(duplicates), tuple(beyond))


def _gaps(drawn: NumberRange, found: set[int]) -> list[Gap]:
    """Runs of missing numbers between the used ones, up to the last number drawn."""
    gaps = []
    expected = 1
    for n in [*sorted(n for n in found if n <= drawn.last), drawn.last + 1]:
        if n > expected:
            gaps.append(Gap(drawn.name, drawn.year, expected, n - 1))
        expected = n + 1
    return gaps
