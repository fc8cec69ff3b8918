"""Lücken: periods of all orders that were never billed nor waived up to a day, in EUR: what was forgotten."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from tui_billing.domain.interval_selection import OUT_NAMES, RowKey
from tui_billing.domain.messages import N_
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.messages import TaskProgress
from tui_billing.screens.row_ids import RowIds
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import interval_ledger, interval_questions, orders
from tui_billing.services.desk import Progress, finish
from tui_billing.services.interval_questions import Gaps
from tui_billing.services.intervals import OutRow

READING, TELL_EVERY = "gaps", 0.3


@dataclass(frozen=True, slots=True)
class Gap:
    """One forgotten period with a number for the table."""

    id: int
    row: OutRow


class GapsScreen(ListScreen):
    """The gap check over all orders, up to today."""

    NAME: ClassVar[str] = "gaps"
    TABLES: ClassVar[frozenset[str]] = frozenset(("orders", "periods"))
    HELP: ClassVar[str] = N_(
        "Perioden, die bis heute weder berechnet noch ausgelassen wurden, auch von pausierten Aufträgen und "
        "gesperrten Kunden. Intervallrechnungen holt sie nach, F12 lässt sie mit Grund aus."
    )
    EMPTY: ClassVar[str] = N_("Keine Lücke: alles ist berechnet oder ausgelassen.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("order", N_("Auftrag"), 8),
        Column("customer", N_("Kunde"), 16, flex=True),
        Column("period", N_("Leistungszeitraum"), 17),
        Column("reason", N_("Grund"), 14),
        Column("gross", N_("Brutto"), 11, right=True),
    )

    def __init__(self, until: date | None = None) -> None:
        super().__init__()
        self._until = until
        self.gaps: Gaps | None = None
        self._told = time.monotonic()
        self._ids = RowIds()

    @property
    def until(self) -> date:
        """The last day that is looked at, inclusive."""
        return self._until or self.desk.today()

    def title_text(self) -> str:
        return _("Lücken bis {day}").format(day=show.day(self.until))

    def fetch(self) -> Gaps:
        return finish(interval_questions.find_gaps(self.desk, self.until), self._tell)

    def _tell(self, progress: Progress) -> None:
        """Out of the thread that reads: among 100,000 orders it takes its time."""
        now = time.monotonic()
        if now - self._told > TELL_EVERY:
            self._told = now
            self.post_message(TaskProgress(READING, progress))

    def on_task_progress(self, message: TaskProgress) -> None:
        """How far the search is; the table is empty meanwhile."""
        if message.task == READING and self.gaps is None:
            done, total = show.count(message.progress.done), show.count(message.progress.total)
            self.say(_("Sucht … {done} von {total} Aufträgen").format(done=done, total=total))

    def show(self, data: Any) -> None:
        if self.gaps is None:
            self.say("")
        self.gaps = data
        ids = self._ids.of((row.order_number, row.period_start) for row in data.rows)
        super().show([Gap(n, row) for n, row in zip(ids, data.rows, strict=True)])

    def cells(self, record: Gap) -> Sequence[str]:
        row = record.row
        period = f"{show.short_day(row.period_start)}–{show.short_day(row.period_end)}"
        reason = _(OUT_NAMES.get(row.reason, "")) or _("vergessen?")
        return (row.order_number, row.customer_name, period, reason, show.amount(row.gross))

    def widths(self) -> dict[str, int]:
        rows = [r.row for r in self.records.values()]
        return {
            "order": show.text_width((r.order_number for r in rows), 7, 16),
            "gross": show.amount_width((r.gross for r in rows), 10),
        }

    def sort_key(self, record: Gap, key: str) -> Any:
        known: dict[str, Any] = {"period": record.row.period_start, "gross": record.row.gross}
        return known[key] if key in known else super().sort_key(record, key)

    def balance_text(self) -> str:
        if self.gaps is None:
            return ""
        count = len(self.gaps.rows)
        text = ngettext("{n} Periode nie berechnet, {eur}", "{n} Perioden nie berechnet, {eur}", count)
        return text.format(n=show.count(count), eur=show.eur(self.gaps.total))

    def why_not(self, action: str) -> str:
        return (
            _("Keine Zeile unter dem Zeiger.") if action in ("open", "why", "waive") and self.current() is None else ""
        )

    def open_record(self, record: Gap) -> None:
        self.action_why()

    def action_waive(self) -> None:
        """F12: what was left on purpose is a gap no longer."""
        targets = self.targets()
        heading = ngettext("{n} Periode auslassen", "{n} Perioden auslassen", len(targets)).format(n=len(targets))
        self.billing.open("reason_form", lambda reason: self._waive(targets, reason), heading=heading)

    def _waive(self, targets: Sequence[Gap], reason: str | None) -> None:
        if reason:
            self.guarded(lambda: self._waived(targets, reason))

    def _waived(self, targets: Sequence[Gap], reason: str) -> None:
        store = self.desk.store
        ids = {number: orders.find(store, number).id for number in {r.row.order_number for r in targets}}
        keys = [RowKey(ids[r.row.order_number], r.row.period_start) for r in targets]
        interval_ledger.waive_all(self.desk, keys, reason)
        self.reload()
        self.say(_("{n} ausgelassen · u rückgängig").format(n=len(keys)))

    def action_why(self) -> None:
        """F6: why it is due, or why it is not in the selection."""
        record = self.current()
        if record is not None:
            self.billing.open("interval_why", number=record.row.order_number, execution_date=self.until)
