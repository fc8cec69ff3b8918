"""Rechnungsstapel-Stichtag: on which days a customer's batch is closed (rules D1, D6.3, D9).

A Stichtag is a day of the month, 1 to 31. `month_end` true (default): a day that the month does not have means its
last day. False is the literal comparison of the two-digit day: such a month has no closing at all.
"Before" and "after" exclude the day itself; spans include both ends.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tui_billing.domain.messages import N_, Problem

DAYS = range(1, 32)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that one closing covers, both inclusive; `first` is None where nothing was closed before."""

    first: date | None
    last: date

    @property
    def days(self) -> int | None:
        """How many days, or None where it reaches back without end."""
        return None if self.first is None else (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Closing:
    """One close date of a calendar and the Stichtage that fall on it."""

    close_date: date
    cutoff_days: tuple[int, ...]


def effective_day(cutoff_day: int, year: int, month: int, *, month_end: bool = True) -> date | None:
    """The day on which this Stichtag falls in that month; None where it has none (literal comparison)."""
    last = monthrange(year, month)[1]
    if cutoff_day > last and not month_end:
        return None
    return date(year, month, min(cutoff_day, last))


def fits(cutoff_day: int | None, close_date: date, *, month_end: bool = True) -> bool:
    """Whether a customer with this Stichtag belongs to a batch of this close date (D1)."""
    if cutoff_day is None:
        return False
    return effective_day(cutoff_day, close_date.year, close_date.month, month_end=month_end) == close_date


def fitting_days(close_date: date, *, month_end: bool = True) -> tuple[int, ...]:
    """Every Stichtag that falls on this day."""
    return tuple(d for d in DAYS if fits(d, close_date, month_end=month_end))


def next_closing(cutoff_day: int, after: date, *, month_end: bool = True) -> date:
    """The first closing after this day."""
    return _step(cutoff_day, after, 1, month_end)


def previous_closing(cutoff_day: int, before: date, *, month_end: bool = True) -> date:
    """The last closing before this day (D1.13); the date of a dummy batch where `before` is the first real one."""
    return _step(cutoff_day, before, -1, month_end)


def _step(cutoff_day: int, day: date, direction: int, month_end: bool) -> date:
    year, month = day.year, day.month
    # Two months without the day never follow each other, so three steps always reach a closing.
    for _ in range(4):
        found = effective_day(cutoff_day, year, month, month_end=month_end)
        if found is not None and (found - day).days * direction > 0:
            return found
        months = year * 12 + month - 1 + direction
        year, month = divmod(months, 12)
        month += 1
    raise AssertionError(f"no closing of day {cutoff_day} around {day}")


def next_closings(cutoff_day: int, after: date, count: int, *, month_end: bool = True) -> tuple[date, ...]:
    """The next closings after this day."""
    found: list[date] = []
    for _ in range(count):
        after = next_closing(cutoff_day, after, month_end=month_end)
        found.append(after)
    return tuple(found)


def next_span(
    cutoff_day: int, last_close: date | None, changed_on: date | None = None, *, month_end: bool = True
) -> Span:
    """What the next closing covers after a Stichtag was changed (D9): the first span may be short or long.

    The new day counts from the day of the change on, that day included.
    """
    anchors = [d for d in (last_close, changed_on and changed_on - timedelta(days=1)) if d is not None]
    if not anchors:
        raise ValueError("a span needs the last closing or the day of the change")
    close = next_closing(cutoff_day, max(anchors), month_end=month_end)
    return Span(last_close and last_close + timedelta(days=1), close)


def nearest_closings(
    cutoff_days: Iterable[int], close_date: date, *, month_end: bool = True
) -> tuple[date | None, date | None]:
    """The last closing before and the first after this day of any of these Stichtage (D1.12)."""
    days = set(cutoff_days)
    before = [previous_closing(d, close_date, month_end=month_end) for d in days]
    after = [next_closing(d, close_date, month_end=month_end) for d in days]
    return max(before, default=None), min(after, default=None)


def calendar_of(year: int, cutoff_days: Iterable[int], *, month_end: bool = True) -> tuple[Closing, ...]:
    """All close dates of a year with the Stichtage that fall on each, in order."""
    by_date: dict[date, list[int]] = {}
    for cutoff_day in sorted(set(cutoff_days)):
        for month in range(1, 13):
            close = effective_day(cutoff_day, year, month, month_end=month_end)
            if close is not None:
                by_date.setdefault(close, []).append(cutoff_day)
    return tuple(Closing(d, tuple(days)) for d, days in sorted(by_date.items()))


def days_without_closing(cutoff_days: Iterable[int], close_date: date, *, month_end: bool = True) -> tuple[int, ...]:
    """Stichtage that have no closing in the month of this day (literal comparison only, D1.9)."""
    return tuple(
        d
        for d in sorted(set(cutoff_days))
        if effective_day(d, close_date.year, close_date.month, month_end=month_end) is None
    )


def literal_warning(cutoff_days: Iterable[int], close_date: date) -> Problem:
    """What is said wherever the literal comparison is in force."""
    without = days_without_closing(cutoff_days, close_date, month_end=False)
    if without:
        text = N_("Stichtage werden wörtlich verglichen: {days} haben in diesem Monat keinen Stichtag.")
        return Problem("STICHTAG_WOERTLICH", text, {"days": ", ".join(map(str, without))}, "batch.month_end", True)
    text = N_("Stichtage werden wörtlich verglichen: 29, 30 und 31 gibt es nicht in jedem Monat.")
    return Problem("STICHTAG_WOERTLICH", text, {}, "batch.month_end", True)
