"""Perioden: the life of one order. F12 leaves periods out or takes that back, F8 gives back what an end has cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.documents import Document
from tui_billing.domain.interval_schedule import StripMark
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import interval_end, interval_ledger, invoicing, order_life
from tui_billing.services.invoicing import DocumentPlan
from tui_billing.services.order_life import LifePeriod

MARK_NAMES = {
    StripMark.BILLED: N_("berechnet"),
    StripMark.WAIVED: N_("ausgelassen"),
    StripMark.DUE: N_("fällig"),
    StripMark.FUTURE: N_("künftig"),
}


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period; the id is the ordinal of its first day."""

    id: int
    life: LifePeriod


class OrderPeriodsScreen(ListScreen):
    """One order's periods, the oldest first; the cursor begins at the first that is due."""

    NAME: ClassVar[str] = "order_periods"
    TABLES: ClassVar[frozenset[str]] = frozenset(("orders", "periods", "invoices"))
    HELP: ClassVar[str] = N_(
        "Was berechnet ist und womit, was ausgelassen ist und warum, was fällig ist und was kommt. F12 lässt offene "
        "Perioden mit Grund aus; auf einer ausgelassenen oder stornierten steht sie danach wieder an. F8 schreibt gut, "
        "was über das Vertragsende hinaus berechnet ist."
    )
    EMPTY: ClassVar[str] = N_("Der Auftrag hat keine Periode: er wird in der Rechnungsstellung berechnet.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("period", N_("Leistungszeitraum"), 17),
        Column("due", N_("fällig"), 8),
        Column("state", N_("Stand"), 11),
        Column("document", N_("Beleg oder Grund"), 14, flex=True),
        Column("gross", N_("Brutto"), 10, right=True),
    )

    def __init__(self, order_id: int) -> None:
        super().__init__()
        self._order_id = order_id
        self.order: Order | None = None

    def title_text(self) -> str:
        return _("Perioden · Auftrag {number}").format(number=self.order.number) if self.order else _("Perioden")

    def fetch(self) -> tuple[Order, list[PeriodRow]]:
        order = self.desk.store.need(Order, self._order_id)
        found = order_life.life_of(self.desk.store, order, self.desk.today())
        return order, [PeriodRow(p.start.toordinal(), p) for p in found]

    def show(self, data: Any) -> None:
        is_first = self.order is None
        self.order, rows = data
        if is_first:
            self._cursor_wish = next((r.id for r in rows if r.life.mark in (StripMark.DUE, StripMark.FUTURE)), None)
        super().show(rows)

    def widths(self) -> dict[str, int]:
        return {"gross": show.amount_width((r.life.gross or Decimal(0) for r in self.records.values()), 10)}

    def cells(self, record: PeriodRow) -> Sequence[str]:
        life = record.life
        state = _("storniert") if life.is_cancelled else _(MARK_NAMES[life.mark])
        document = life.document.number if life.document else life.reason
        if not document and life.mark is StripMark.BILLED:
            document = _("vor der Übernahme")
        gross = "" if life.gross is None else show.amount(life.gross)
        span = f"{show.short_day(life.start)}–{show.short_day(life.end)}"
        return (span, show.short_day(life.due), state, document, gross)

    def sort_key(self, record: PeriodRow, key: str) -> Any:
        life = record.life
        known: dict[str, Any] = {"period": life.start, "due": life.due or date.min, "gross": life.gross or Decimal(0)}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: PeriodRow) -> str:
        return "" if record.life.mark is StripMark.DUE else "muted"

    def balance_text(self) -> str:
        rows = [r.life for r in self.records.values()]
        counts = [(sum(life.mark is mark for life in rows), _(name)) for mark, name in MARK_NAMES.items()]
        billed = sum((life.gross or Decimal(0) for life in rows if not life.is_cancelled), Decimal(0))
        text = " · ".join(f"{show.count(n)} {name}" for n, name in counts)
        return _("{counts} · berechnet {eur}").format(counts=text, eur=show.eur(billed))

    def why_not(self, action: str) -> str:
        record = self.current()
        if action in ("open", "waive") and record is None:
            return _("Keine Periode unter dem Zeiger.")
        if action == "waive":
            lives = [r.life for r in self.targets()]
            if any(life.mark is StripMark.BILLED and not life.is_cancelled for life in lives):
                return _("Berechnete Perioden bleiben; möglich ist ein Storno ihres Belegs.")
            if len({life.is_free for life in lives}) > 1:
                return _("Entweder auslassen oder zurückholen: bitte offene und ausgelassene getrennt markieren.")
        if action == "open" and record is not None and record.life.document is None:
            return _("Zu dieser Periode gibt es keinen Beleg.")
        return ""

    def open_record(self, record: PeriodRow) -> None:
        if record.life.document is not None:
            self.billing.open("invoice_detail", document_id=record.life.document.id)

    def action_waive(self) -> None:
        """F12: leave out with a reason; what is waived is due again at once."""
        targets = [r.life for r in self.targets()]
        keys = [RowKey(self._order_id, life.start) for life in targets]
        if targets[0].is_free:
            interval_ledger.unwaive_all(self.desk, keys)
            self.reload()
            self.say_done(
                ngettext("{n} Periode steht wieder an", "{n} Perioden stehen wieder an", len(keys)).format(n=len(keys))
            )
            return
        heading = ngettext("{n} Periode auslassen", "{n} Perioden auslassen", len(keys)).format(n=len(keys))
        self.billing.open("reason_form", lambda reason: self._waive(keys, reason), heading=heading)

    def _waive(self, keys: list[RowKey], reason: str | None) -> None:
        if reason:
            self.guarded(lambda: self._waived(keys, reason))

    def _waived(self, keys: list[RowKey], reason: str) -> None:
        interval_ledger.waive_all(self.desk, keys, reason)
        self.reload()
        self.say(_("{n} ausgelassen · u rückgängig").format(n=len(keys)))

    def action_end_credit(self) -> None:
        """F8: the Gutschrift over what was billed beyond the contract's end, after a question."""
        assert self.order is not None
        plan = interval_end.plan_end_credit(self.desk.store, self.order, self.desk.today())
        if plan.blocking:
            self.say(" ".join(sentence(p) for p in plan.blocking), alert=True)
            return
        document = plan.document
        text = _("Gutschrift über {eur} für {span} anlegen?")
        span = (
            show.period(document.period_from, document.period_to) if document.period_from and document.period_to else ""
        )
        self.ask(text.format(eur=show.eur(-document.totals.gross), span=span), (_("Ja"), lambda: self._credit(plan)))

    def _credit(self, plan: DocumentPlan) -> None:
        made: Document = invoicing.apply_new(self.desk, plan)
        self.reload()
        self.say(_("{number} angelegt, {eur}").format(number=made.number, eur=show.eur(made.totals.gross)))

    def action_log(self) -> None:
        """F2: the audit trail of the order."""
        self.billing.open("audit", table="orders", record_id=self._order_id)
