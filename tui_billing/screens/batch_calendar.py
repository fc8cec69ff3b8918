"""Calendar of a year: every close date, the Stichtage and the customers that fall on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.cutoff import calendar_of, literal_warning
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.date_input import WEEKDAYS
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import batches

LAST_YEAR = 2099


@dataclass(frozen=True, slots=True)
class Day:
    """One close date; the id is its ordinal."""

    id: int
    close_date: date
    cutoff_days: tuple[int, ...]
    customers: tuple[str, ...]
    batches: tuple[int, ...]


class BatchCalendarScreen(ListScreen):
    """Dismissed with a batch that was generated from here."""

    NAME: ClassVar[str] = "batch_calendar"
    TABLES: ClassVar[frozenset[str]] = frozenset(("customers", "batches", "settings"))
    HELP: ClassVar[str] = N_(
        "Die Abschlussdaten eines Jahres. Enter generiert zum Datum unter dem Zeiger, Tab zeigt das nächste Jahr."
    )
    EMPTY: ClassVar[str] = N_("Kein Kunde hat einen Rechnungsstapel-Stichtag; er steht im Kundenstamm.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("date", N_("Abschluss"), 13),
        Column("days", N_("Stichtag"), 12),
        Column("count", N_("Kunden"), 6, right=True),
        Column("batches", N_("Stapel"), 10),
        Column("customers", N_("wer"), 20, flex=True),
    )

    def __init__(self, year: int = 0) -> None:
        super().__init__()
        self._year, self._shown_year = year, 0

    @property
    def year(self) -> int:
        """The year shown."""
        return self._year or self.desk.today().year

    def title_text(self) -> str:
        return _("Abschlussdaten {year}").format(year=self.year)

    def fetch(self) -> list[Day]:
        store = self.desk.store
        days = batches.cutoff_days_in_use(store)
        people = {d: sorted(c.number for c in store.find(Customer, "cutoff_day", d)) for d in days}
        first, last = date(self.year, 1, 1), date(self.year, 12, 31)
        made: dict[date, list[int]] = {}
        for batch in store.between(InvoiceBatch, "close_date", first, last):
            made.setdefault(batch.close_date, []).append(batch.number)
        return [
            Day(
                c.close_date.toordinal(),
                c.close_date,
                c.cutoff_days,
                tuple(n for d in c.cutoff_days for n in people[d]),
                tuple(made.get(c.close_date, ())),
            )
            for c in calendar_of(self.year, days, month_end=batches.month_end(store))
        ]

    def show(self, data: Any) -> None:
        """The next close date is under the cursor."""
        if self._cursor_wish is None and self._shown_year != self.year:
            coming = [d.id for d in data if d.close_date >= self.desk.today()]
            self._cursor_wish = coming[0] if coming else None
            self._shown_year = self.year
        super().show(data)

    def cells(self, record: Day) -> Sequence[str]:
        day = f"{_(WEEKDAYS[record.close_date.weekday()])} {show.day(record.close_date)}"
        return (
            day,
            ", ".join(map(str, record.cutoff_days)),
            show.count(len(record.customers)),
            ", ".join(map(str, record.batches)),
            ", ".join(record.customers),
        )

    def sort_key(self, record: Day, key: str) -> Any:
        known: dict[str, Any] = {"date": record.close_date, "count": len(record.customers)}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: Day) -> str:
        return "muted" if record.close_date < self.desk.today() else ""

    def widths(self) -> dict[str, int]:
        """A weekday and the day."""
        return {"date": 3 + show.day_width()}

    def balance_text(self) -> str:
        days = batches.cutoff_days_in_use(self.desk.store)
        count = len(self.records)
        text = ngettext("{n} Abschlussdatum · Stichtage {days}", "{n} Abschlussdaten · Stichtage {days}", count)
        text = text.format(n=count, days=", ".join(map(str, days)) or "–")
        if not batches.month_end(self.desk.store):
            text += " · " + sentence(literal_warning(days, self.desk.today()))
        return text

    def why_not(self, action: str) -> str:
        return _("Keine Zeile unter dem Zeiger.") if action == "open" and self.current() is None else ""

    def open_record(self, record: Day) -> None:
        self.billing.open("batch_generate", self._made, close_date=record.close_date)

    def _made(self, batch: InvoiceBatch | None) -> None:
        if batch is not None:
            self.dismiss(batch)

    def action_next(self) -> None:
        """Tab: the next year."""
        self._year = self.year + 1 if self.year < LAST_YEAR else self.desk.today().year
        self.reload()
