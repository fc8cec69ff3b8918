"""Aufträge: the list. Einfg makes one, Enter opens it, F6 says why it is due or not, `b` bills one without interval."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from tui_billing.domain.interval_names import rhythm
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import orders
from tui_billing.services.order_list import OrderRow, list_orders


class OrdersScreen(ListScreen):
    """The list of orders with their rhythm and the next period to bill."""

    NAME: ClassVar[str] = "orders"
    TABLES: ClassVar[frozenset[str]] = frozenset(("orders", "periods", "customers"))
    HELP: ClassVar[str] = N_(
        "Aufträge sind die Grundlage der Intervallrechnungen. „Nächste“ ist der Beginn der ersten Periode, die weder "
        "berechnet noch ausgelassen ist; F6 sagt, warum ein Auftrag ansteht oder nicht."
    )
    EMPTY: ClassVar[str] = N_("Noch kein Auftrag. Einfg legt einen an, „import orders DATEI“ liest sie ein.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Auftrag"), 7),
        Column("customer", N_("Kunde"), 16, flex=True),
        Column("rhythm", N_("Rhythmus"), 15),
        Column("text", N_("Text"), 12),
        Column("next", N_("Nächste"), 8),
        Column("state", N_("Stand"), 8),
    )

    def title_text(self) -> str:
        return _("Aufträge")

    def fetch(self) -> list[OrderRow]:
        return list_orders(self.desk.store)

    def cells(self, record: OrderRow) -> Sequence[str]:
        every, name = rhythm(record.interval)
        shown = _(name).format(n=every) if name else ""
        return (
            record.number,
            record.customer_name,
            shown or "–",
            record.text,
            show.short_day(record.next_start),
            _(record.state_name),
        )

    def widths(self) -> dict[str, int]:
        return {"number": show.text_width((r.number for r in self.records.values()), 7, 16)}

    def sort_key(self, record: OrderRow, key: str) -> Any:
        if key == "next":
            return record.next_start or date.max
        return super().sort_key(record, key)

    def tone(self, record: OrderRow) -> str:
        return "" if record.is_active else "muted"

    def balance_text(self) -> str:
        rows = list(self.records.values())
        active = sum(r.is_active for r in rows)
        text = ngettext(
            "{n} Auftrag · {active} aktiv · {paused} pausiert · {closed} abgeschlossen",
            "{n} Aufträge · {active} aktiv · {paused} pausiert · {closed} abgeschlossen",
            len(rows),
        )
        return text.format(
            n=show.count(len(rows)),
            active=show.count(active),
            paused=show.count(sum(r.paused and not r.closed for r in rows)),
            closed=show.count(sum(r.closed for r in rows)),
        )

    def why_not(self, action: str) -> str:
        record = self.current()
        if action in ("open", "edit", "delete", "why", "once", "log", "periods") and record is None:
            return _("Kein Auftrag unter dem Zeiger. Einfg legt einen an.")
        if action == "once" and record is not None and record.interval is not None:
            return _("Auftrag {number} wird über Intervallrechnungen berechnet.").format(number=record.number)
        return ""

    def open_record(self, record: OrderRow) -> None:
        self.billing.open("order_form", self._saved, order_id=record.id)

    def action_edit(self) -> None:
        """F4 as Enter."""
        self.action_open()

    def action_new(self) -> None:
        self.billing.open("order_form", self._saved)

    def _saved(self, order: Order | None) -> None:
        if order is not None:
            self.reload(cursor=order.id)
            self.say(_("Auftrag {number} gespeichert").format(number=order.number))

    def action_delete(self) -> None:
        """Delete what was never billed, at once; `u` brings it back."""
        targets = self.targets()
        for record in targets:
            orders.delete(self.desk, self.desk.store.need(Order, record.id))
        self.table.remove_rows([r.id for r in targets])
        self.reload()
        self.say_done(ngettext("{n} Auftrag gelöscht", "{n} Aufträge gelöscht", len(targets)).format(n=len(targets)))

    def action_why(self) -> None:
        """F6: due or not, by the day of today as execution date; another date can be typed there."""
        record = self.current()
        if record is not None:
            self.billing.open("interval_why", number=record.number)

    def action_periods(self) -> None:
        """p: the order's life, period by period."""
        record = self.current()
        if record is not None:
            self.billing.open("order_periods", order_id=record.id)

    def action_once(self) -> None:
        """b: a document from an order without interval."""
        record = self.current()
        if record is not None:
            self.billing.open("invoicing_form", self._billed, order_id=record.id)

    def _billed(self, document: Any) -> None:
        if document is not None:
            self.say(_("{number} angelegt, {eur}").format(number=document.number, eur=show.eur(document.totals.gross)))

    def action_log(self) -> None:
        """F2: the audit trail of this order."""
        record = self.current()
        if record is not None:
            self.billing.open("audit", table="orders", record_id=record.id)
