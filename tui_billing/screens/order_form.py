"""Auftrag: header, positions and the container Intervallrechnungen; next dates and strip follow what is typed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.documents import Document
from tui_billing.domain.interval_names import (
    CATCH_UP_NAMES,
    PRORATION_NAMES,
    TIMING_NAMES,
    UNIT_NAMES,
)
from tui_billing.domain.messages import N_
from tui_billing.domain.order_rules import NO_ANCHOR
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine
from tui_billing.domain.totals import compute
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import position_fields as positions
from tui_billing.screens import show
from tui_billing.screens.customer_pick import customer_field
from tui_billing.screens.positions_form import PositionsForm
from tui_billing.screens.readers import whole_number
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule, TextLine
from tui_billing.services import document_types, orders
from tui_billing.services.interval_cases import ledger_of

TERM_NAMES = (
    "every", "unit", "anchor", "start", "end", "timing", "month_end", "aligned", "proration", "prorate_end",
    "catch_up", "notice_months", "renew_months", "notice_received", "paused",
)  # fmt: skip
HEAD_NAMES = ("number", "document_type", *positions.DOCUMENT_TEXTS, "closed")
NO_INTERVAL = "none"


class OrderFormScreen(PositionsForm):
    """One order; `order_id` None makes a new one."""

    NAME: ClassVar[str] = "order_form"
    NAMES: ClassVar[tuple[str, ...]] = positions.ORDER_NAMES
    HELP: ClassVar[str] = N_(
        "Im Container Intervallrechnungen steht, wann der Auftrag berechnet wird. Unten laufen die nächsten zwölf "
        "Termine mit und ein Streifen von 24 Perioden: ■ berechnet, □ fällig, – ausgelassen, · künftig. "
        "Kopftext und Bezeichnungen kennen {Abrechnungszeitraum} {Leistungszeitraum} {von} {bis} {Monat} {Quartal} "
        "{Halbjahr} {Jahr} {KW}. Hinter der letzten Position steht eine leere; Einfg fügt eine vor der am Zeiger ein, "
        "Strg+D löscht die am Zeiger."
    )

    def __init__(self, order_id: int | None = None) -> None:
        super().__init__()
        self._order_id = order_id

    def title_text(self) -> str:
        if self._order_id is None or self.record is None:
            return _("Auftrag anlegen")
        return _("Auftrag {number}").format(number=self.record.number)

    # --- fields ---

    def head_fields(self) -> Sequence[Field]:
        types = (("", N_("(keine)")), *((name, name) for name in document_types.names(self.desk.store)))
        return [
            customer_field("customer_id", self.desk),
            Field("number", N_("Auftragsnummer"), width=16, hint=N_("leer: die nächste")),
            Field("document_type", N_("Belegart"), choices=types),
            *positions.document_text_fields(),
            Field("closed", N_("abgeschlossen"), choices=NEIN_JA),
            *self._interval_fields(),
        ]

    def line_fields(self, n: int) -> list[Field]:
        return [*positions.common_fields(n), *positions.order_fields(n, self.desk.today)]

    def _interval_fields(self) -> list[Field]:
        today = self.desk.today
        units = ((NO_INTERVAL, N_("kein Intervall")), *UNIT_NAMES.items())
        return [
            Field("unit", N_("Rhythmus"), choices=units, heading=N_("Intervallrechnungen")),
            Field("every", N_("Abstand"), parse=whole_number(999), width=5, hint=N_("1 = jede Periode")),
            date_field("anchor", N_("erste Periode ab"), today, optional=True),
            Field("timing", N_("Abrechnung"), choices=tuple(TIMING_NAMES.items())),
            Field("month_end", N_("Ultimo"), choices=NEIN_JA, hint=N_("immer der letzte Tag des Monats")),
            date_field("start", N_("Vertragsbeginn"), today, optional=True, hint=N_("leer: erste Periode")),
            date_field("end", N_("Vertragsende"), today, optional=True, hint=N_("einschließlich; leer: offen")),
            Field("aligned", N_("Kalenderperioden"), choices=NEIN_JA, hint=N_("erste und letzte anteilig")),
            Field("proration", N_("Teilberechnung"), choices=tuple(PRORATION_NAMES.items())),
            Field("prorate_end", N_("Ende anteilig"), choices=NEIN_JA),
            Field("catch_up", N_("Nachholen"), choices=tuple(CATCH_UP_NAMES.items())),
            Field("notice_months", N_("Kündigungsfrist Monate"), parse=whole_number(120), width=5),
            Field("renew_months", N_("Verlängerung Monate"), parse=whole_number(240), width=5),
            date_field("notice_received", N_("Kündigung erhalten am"), today, optional=True),
            Field("paused", N_("pausiert"), choices=NEIN_JA),
        ]

    # --- record ---

    def read_record(self) -> Order:
        """The stored order, or an empty one."""
        if self._order_id is not None:
            return self.desk.store.need(Order, self._order_id)
        return Order()

    @property
    def blank(self) -> OrderLine:
        return orders.new_line(self.desk.store)

    def head_values(self, record: Order) -> Mapping[str, Any]:
        terms = record.interval or IntervalTerms()
        values = {name: getattr(terms, name) for name in TERM_NAMES}
        values["unit"] = terms.unit if record.interval or not record.id else NO_INTERVAL
        values["anchor"] = None if terms.anchor == NO_ANCHOR else terms.anchor
        values |= {name: getattr(record, name) for name in HEAD_NAMES}
        return {**values, "customer_id": record.customer_id}

    def _order(self, values: Mapping[str, Any]) -> Order:
        """The order as typed."""
        head = {name: values[name] for name in HEAD_NAMES}
        before: Order = self.record
        order = replace(before, customer_id=values["customer_id"], lines=self.lines(values), **head)
        if values["unit"] == NO_INTERVAL:
            return replace(order, interval=None)
        typed = {name: values[name] for name in TERM_NAMES}
        typed["anchor"] = values["anchor"] or values["start"] or NO_ANCHOR
        typed["unit"] = IntervalUnit(values["unit"])
        interval = IntervalTerms(**typed)
        return replace(order, interval=interval)

    def store(self, record: Order, values: Mapping[str, Any]) -> Order:
        """Save; warnings are said on the list."""
        saved, _warnings = orders.save(self.desk, self._order(values))
        return saved

    # --- sums, next dates and strip ---

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")
        yield BalanceLine(id="strip")
        yield TextLine(id="dates")
        yield TextLine(id="dates2")

    def count_along(self) -> None:
        """The sums of the next invoice, the strip and the dates of what is typed now."""
        values = self.typed(lambda name: name != "customer_id")
        if values is None:
            return
        order = orders.cleaned(self._order({**values, "customer_id": values["customer_id"] or 0}))
        ledger = ledger_of(self.desk.store, self.record.id) if self.record.id else {}
        view = orders.preview(order, ledger, self.desk.today())
        document = compute(Document(lines=view.lines, gross_prices=order.gross_prices))
        self.show_nets([line.net for line in document.lines])
        next_invoice = _("nächste Rechnung: {sums}").format(sums=positions.sums_text(document.totals))
        self.query_one("#balance", BalanceLine).set(
            next_invoice if view.lines else _("keine Periode mehr zu berechnen")
        )
        strip, *dates = foot_lines(view)
        self.query_one("#strip", BalanceLine).set(strip)
        for name, text in zip(("dates", "dates2"), dates, strict=True):
            self.query_one(f"#{name}", TextLine).set(text)


def foot_lines(view: orders.OrderPreview) -> tuple[str, str, str]:
    """Strip by year, then the next twelve dates in two lines; or the reason why there are none."""
    wrong = [p for p in view.problems if not p.warning and p.where in ("every", "anchor", "start", "end")]
    if wrong:
        return sentence(wrong[0]), "", ""
    if not view.strip:
        return _("Ohne Intervall wird der Auftrag in der Rechnungsstellung berechnet."), "", ""
    dates = [show.short_day(p.trigger) for p in view.next]
    first = _("nächste {dates}").format(dates=" ".join(dates[:6]))
    indent = " " * first.find(dates[0]) if dates else ""
    return orders.strip_text(view.strip), first, indent + " ".join(dates[6:])
