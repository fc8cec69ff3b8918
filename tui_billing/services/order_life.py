"""The life of one order: what was billed and with which document, what was waived and why, what is due, what comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import DocumentHead, DocumentState
from tui_billing.domain.interval_schedule import BillingPeriod, Schedule, StripMark, schedule
from tui_billing.domain.orders import Order, Period, PeriodState
from tui_billing.store.repositories import Repository

COMING = 12
"""Periods that are not due yet and stand at the end."""


@dataclass(frozen=True, slots=True)
class LifePeriod:
    """One period, both ends inclusive. `due` is the day from which on it is selected, where the order still has it."""

    start: date
    end: date
    due: date | None
    mark: StripMark
    document: DocumentHead | None = None
    reason: str = ""

    @property
    def is_free(self) -> bool:
        """Billed with a document that was cancelled, or waived: it can be made due again."""
        return self.mark is StripMark.WAIVED or self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether the document that billed it is storniert."""
        return self.document is not None and self.document.state is DocumentState.CANCELLED

    @property
    def gross(self) -> Decimal | None:
        """What the document came to."""
        return self.document.totals.gross if self.document else None


def life_of(store: Repository, order: Order, today: date) -> list[LifePeriod]:
    """Every period of the ledger and every open one up to `today`, then the next twelve, oldest first."""
    kept = store.find(Period, "order_id", order.id)
    grid = schedule(order.interval) if order.interval else None
    heads = store.get_many(DocumentHead, [p.document_id for p in kept if p.document_id])
    found = [_kept(p, heads, grid) for p in kept]
    if grid is not None:
        found += _open(grid, {p.period_start for p in kept}, today)
    return sorted(found, key=lambda p: p.start)


def _kept(period: Period, heads: dict[int, DocumentHead], grid: Schedule | None) -> LifePeriod:
    known = grid.period_from(period.period_start) if grid else None
    mark = StripMark.WAIVED if period.state is PeriodState.WAIVED else StripMark.BILLED
    document = heads.get(period.document_id) if period.document_id else None
    due = known.trigger if known else None
    return LifePeriod(period.period_start, period.period_end, due, mark, document, period.reason)


def _open(grid: Schedule, ledger: set[date], today: date) -> Iterator[LifePeriod]:
    coming = 0
    for period in grid.open_periods(ledger):
        is_due = period.trigger <= today
        coming += not is_due
        if coming > COMING:
            return
        yield _life(period, StripMark.DUE if is_due else StripMark.FUTURE)


def _life(period: BillingPeriod, mark: StripMark) -> LifePeriod:
    return LifePeriod(period.start, period.end, period.trigger, mark)
