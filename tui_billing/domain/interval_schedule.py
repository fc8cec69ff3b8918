"""When the periods of an order begin and end: always counted from the anchor, never from the last date (rule C1).

Both ends of every period are inclusive. Nothing here reads a clock.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from tui_billing.domain.month_steps import add_months, last_of_month
from tui_billing.domain.notice import effective_end
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Period, PeriodState, Timing

MONTHS: dict[IntervalUnit, int] = {
    IntervalUnit.MONTH: 1,
    IntervalUnit.QUARTER: 3,
    IntervalUnit.HALF_YEAR: 6,
    IntervalUnit.YEAR: 12,
}
DAYS: dict[IntervalUnit, int] = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
ONE_DAY = timedelta(days=1)


class BillingPeriod(NamedTuple):
    """One period of an order as it is billed; `full_start` and `full_end` are the whole one of which it may be a part.

    `trigger` is the day from which on an execution date selects it (rule C3).
    """

    k: int
    start: date
    end: date
    full_start: date
    full_end: date
    trigger: date

    @property
    def is_part(self) -> bool:
        """Whether the contract's start or end cuts it."""
        return self.start != self.full_start or self.end != self.full_end


class StripMark(StrEnum):
    """One box of the strip: billed, waived, due and not billed, or still to come."""

    BILLED = "billed"
    WAIVED = "waived"
    DUE = "due"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The grid of one order: period k runs from the k-th step after `origin` to the day before the next step."""

    origin: date
    step_months: int
    step_days: int
    month_end: bool
    in_advance: bool
    first_day: date
    last_day: date | None
    cuts_end: bool
    cuts_start: bool

    def grid_start(self, index: int) -> date:
        """First day of the whole period `index`, from the anchor (rule C1)."""
        if self.step_days:
            try:
                return self.origin + timedelta(days=index * self.step_days)
            except OverflowError:
                return date.max if index > 0 else date.min
        day = add_months(self.origin, index * self.step_months)
        return last_of_month(day) if self.month_end else day

    def index_at(self, day: date) -> int:
        """The index of the whole period that holds this day; may be negative. One division, no stepping."""
        if self.step_days:
            return (day - self.origin).days // self.step_days
        months = (day.year - self.origin.year) * 12 + day.month - self.origin.month
        index = months // self.step_months
        return index - 1 if self.grid_start(index) > day else index

    @property
    def first_index(self) -> int:
        """The first period: the one that holds the start; where nothing is cut, the first not before it."""
        index = self.index_at(self.first_day)
        if self.cuts_start or self.grid_start(index) == self.first_day:
            return index
        return index + 1

    @property
    def last_index(self) -> int | None:
        """The last period whose start is not after the contract's end; None without an end."""
        return None if self.last_day is None else self.index_at(self.last_day)

    def period(self, index: int) -> BillingPeriod:
        """Period `index` as billed; beyond the contract's end it is a whole one."""
        full_start, following = self.grid_start(index), self.grid_start(index + 1)
        full_end = following - ONE_DAY if following < date.max else date.max
        start = self.first_day if self.cuts_start and full_start < self.first_day <= full_end else full_start
        end = full_end
        if self.cuts_end and self.last_day is not None and start <= self.last_day < full_end:
            end = self.last_day
        return BillingPeriod(index, start, end, full_start, full_end, start if self.in_advance else end)

    def is_after_end(self, period: BillingPeriod) -> bool:
        """Whether the contract ends before this period starts (end inclusive)."""
        return self.last_day is not None and period.start > self.last_day

    def periods_until(self, day: date) -> Iterator[BillingPeriod]:
        """All periods, oldest first, whose trigger is not after `day`; the contract's end is not asked."""
        for index in range(self.first_index, self.index_at(day) + 1):
            period = self.period(index)
            if period.trigger <= day:
                yield period

    def open_periods(self, ledger: Container[date]) -> Iterator[BillingPeriod]:
        """Periods up to the contract's end that are neither billed nor waived, oldest first; endless without an end."""
        index, last = self.first_index, self.last_index
        while (last is None or index <= last) and self.grid_start(index).year < 9999:
            period = self.period(index)
            if period.start not in ledger:
                yield period
            index += 1

    def next_periods(self, ledger: Container[date], count: int = 12) -> list[BillingPeriod]:
        """The next periods to bill."""
        return [period for _, period in zip(range(count), self.open_periods(ledger), strict=False)]

    def period_from(self, start: date) -> BillingPeriod | None:
        """The period that starts on exactly this day, or None."""
        index = self.index_at(start)
        if index < self.first_index:
            return None
        period = self.period(index)
        return period if period.start == start else None

    def strip(
        self, ledger: Mapping[date, PeriodState], day: date, count: int = 24
    ) -> list[tuple[BillingPeriod, StripMark]]:
        """`count` periods around `day`, half of them before it, each with what became of it."""
        first = max(self.first_index, self.index_at(day) - count // 2 + 1)
        last = first + count - 1 if self.last_index is None else min(first + count - 1, self.last_index)
        first = max(self.first_index, last - count + 1)
        return [(p, _mark(ledger.get(p.start), p, day)) for p in map(self.period, range(first, last + 1))]


def _mark(state: PeriodState | None, period: BillingPeriod, day: date) -> StripMark:
    if state is PeriodState.BILLED:
        return StripMark.BILLED
    if state is PeriodState.WAIVED:
        return StripMark.WAIVED
    return StripMark.DUE if period.trigger <= day else StripMark.FUTURE


def _floor(day: date, terms: IntervalTerms) -> date:
    """Start of the calendar period that holds this day: Monday, month, quarter, half-year, year.

    Months are grouped within the year where their number divides it, else from the anchor's own month.
    """
    if terms.unit is IntervalUnit.DAY:
        return day
    if terms.unit is IntervalUnit.WEEK:
        return day - timedelta(days=min(day.weekday(), (day - date.min).days))
    months = MONTHS[terms.unit] * terms.every
    if months % 12 == 0:
        return day.replace(month=1, day=1)
    if 12 % months == 0:
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return day.replace(day=1)


def schedule(terms: IntervalTerms) -> Schedule:
    """The grid of these terms; the contract's end already follows from term, renewal and notice (rule C5)."""
    return Schedule(
        origin=_floor(terms.anchor, terms) if terms.aligned else terms.anchor,
        step_months=MONTHS.get(terms.unit, 0) * terms.every,
        step_days=DAYS.get(terms.unit, 0) * terms.every,
        month_end=terms.month_end and not terms.aligned and terms.unit in MONTHS,
        in_advance=terms.timing is Timing.IN_ADVANCE,
        first_day=_first_day(terms),
        last_day=effective_end(terms),
        cuts_end=terms.aligned or terms.prorate_end,
        cuts_start=terms.aligned,
    )


def _first_day(terms: IntervalTerms) -> date:
    """From when on periods exist: the anchor is period 0, a later start leaves earlier ones out.

    In the calendar's grid the anchor only chooses the grid where a start is given.
    """
    if terms.start is None:
        day = terms.anchor
    else:
        day = terms.start if terms.aligned else max(terms.start, terms.anchor)
    if terms.month_end and not terms.aligned and terms.unit in MONTHS:
        return last_of_month(day) if day == terms.anchor else day
    return day


def ledger_states(periods: list[Period]) -> dict[date, PeriodState]:
    """The ledger of one order by period start."""
    return {p.period_start: p.state for p in periods}
