"""Auftrag: header, positions and the container Intervallrechnungen; next dates and strip follow what is typed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.interval_names import (
    CATCH_UP_NAMES,
    PRORATION_NAMES,
    TIMING_NAMES,
    UNIT_NAMES,
)
from tui_billing.domain.interval_schedule import StripMark
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.order_rules import NO_ANCHOR
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import position_fields as positions
from tui_billing.screens import show
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import whole_number
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field, FieldWidget
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import orders
from tui_billing.services.interval_cases import ledger_of

JA_NEIN = ((False, N_("Nein")), (True, N_("Ja")))
BOXES = {StripMark.BILLED: "■", StripMark.DUE: "□", StripMark.WAIVED: "–", StripMark.FUTURE: "·"}
TERM_NAMES = (
    "every", "unit", "anchor", "start", "end", "timing", "month_end", "aligned", "proration", "prorate_end",
    "catch_up", "notice_months", "renew_months", "notice_received", "paused",
)  # fmt: skip
HEAD_NAMES = (
    "number",
    "document_type",
    "header_text",
    "footer_text",
    "buyer_order_reference",
    "gross_prices",
    "closed",
)
NO_INTERVAL = "none"


class OrderFormScreen(FormScreen):
    """One order; `order_id` None makes a new one."""

    NAME: ClassVar[str] = "order_form"
    HELP: ClassVar[str] = N_(
        "Im Container Intervallrechnungen steht, wann der Auftrag berechnet wird. Unten laufen die nächsten zwölf "
        "Termine mit und ein Streifen von 24 Perioden: ■ berechnet, □ fällig, – ausgelassen, · künftig. "
        "Kopftext und Bezeichnungen kennen {Abrechnungszeitraum} {Leistungszeitraum} {von} {bis} {Monat} {Quartal} "
        "{Halbjahr} {Jahr} {KW}. Eine Position ohne Bezeichnung und Artikel entfällt."
    )

    def __init__(self, order_id: int | None = None) -> None:
        super().__init__()
        self._order_id = order_id

    def title_text(self) -> str:
        if self._order_id is None or self.record is None:
            return _("Auftrag anlegen")
        return _("Auftrag {number}").format(number=self.record.number)

    # --- fields ---

    def fields(self) -> Sequence[Field]:
        count = len(self.record.lines) + 1
        fields = [*self._head_fields(), *self._interval_fields()]
        for n in range(1, count + 1):
            fields += positions.common_fields(n) + positions.order_fields(n, self.desk.today)
        return fields

    def _head_fields(self) -> list[Field]:
        types = (("", N_("(keine)")), *((name, name) for name in orders.document_types(self.desk.store)))
        return [
            Field("customer_id", N_("Kunde"), parse=self._read_customer, show=self._customer_number,
                  echo=self._customer_name, width=12),
            Field("number", N_("Auftragsnummer"), width=16, hint=N_("leer: die nächste")),
            Field("document_type", N_("Belegart"), choices=types),
            Field("header_text", N_("Kopftext"), width=46),
            Field("footer_text", N_("Schlusstext"), width=46),
            Field("buyer_order_reference", N_("Bestellnummer des Kunden"), width=24),
            Field("gross_prices", N_("Bruttopreise"), choices=JA_NEIN),
            Field("closed", N_("abgeschlossen"), choices=JA_NEIN),
        ]  # fmt: skip

    def _interval_fields(self) -> list[Field]:
        today = self.desk.today
        units = ((NO_INTERVAL, N_("kein Intervall")), *UNIT_NAMES.items())
        return [
            Field("unit", N_("Rhythmus"), choices=units, heading=N_("Intervallrechnungen")),
            Field("every", N_("Abstand"), parse=whole_number(999), width=5, hint=N_("1 = jede Periode")),
            date_field("anchor", N_("erste Periode ab"), today, optional=True),
            Field("timing", N_("Abrechnung"), choices=tuple(TIMING_NAMES.items())),
            Field("month_end", N_("Ultimo"), choices=JA_NEIN, hint=N_("immer der letzte Tag des Monats")),
            date_field("start", N_("Vertragsbeginn"), today, optional=True, hint=N_("leer: erste Periode")),
            date_field("end", N_("Vertragsende"), today, optional=True, hint=N_("einschließlich; leer: offen")),
            Field("aligned", N_("Kalenderperioden"), choices=JA_NEIN, hint=N_("erste und letzte anteilig")),
            Field("proration", N_("Teilberechnung"), choices=tuple(PRORATION_NAMES.items())),
            Field("prorate_end", N_("Ende anteilig"), choices=JA_NEIN),
            Field("catch_up", N_("Nachholen"), choices=tuple(CATCH_UP_NAMES.items())),
            Field("notice_months", N_("Kündigungsfrist Monate"), parse=whole_number(120), width=5),
            Field("renew_months", N_("Verlängerung Monate"), parse=whole_number(240), width=5),
            date_field("notice_received", N_("Kündigung erhalten am"), today, optional=True),
            Field("paused", N_("pausiert"), choices=JA_NEIN),
        ]

    def _read_customer(self, text: str) -> tuple[int | None, list[Problem]]:
        if not text.strip():
            return None, [Problem("KUNDE_FEHLT", N_("Bitte die Kundennummer eintippen."))]
        found = self.desk.store.find_one(Customer, "number", text.strip())
        if found is None:
            return None, [Problem("KUNDE_UNBEKANNT", N_("Kunde {number} gibt es nicht."), {"number": text.strip()})]
        return found.id, []

    def _customer(self, customer_id: int) -> Customer | None:
        return self.desk.store.get(Customer, customer_id) if customer_id else None

    def _customer_number(self, customer_id: int) -> str:
        found = self._customer(customer_id)
        return found.number if found else ""

    def _customer_name(self, customer_id: int) -> str:
        found = self._customer(customer_id)
        return found.name if found else ""

    # --- record ---

    def read_record(self) -> Order:
        """The stored order, or an empty one."""
        if self._order_id is not None:
            return self.desk.store.need(Order, self._order_id)
        return Order()

    @property
    def _blank(self) -> OrderLine:
        return orders.new_line(self.desk.store)

    def values_of(self, record: Order) -> Mapping[str, Any]:
        terms = record.interval or IntervalTerms()
        values = {name: getattr(terms, name) for name in TERM_NAMES}
        values["unit"] = terms.unit if record.interval or not record.id else NO_INTERVAL
        values["anchor"] = None if terms.anchor == NO_ANCHOR else terms.anchor
        values |= {name: getattr(record, name) for name in HEAD_NAMES}
        values["customer_id"] = record.customer_id
        return values | positions.line_values(record.lines, positions.ORDER_NAMES, self._blank)

    def _order(self, values: Mapping[str, Any]) -> Order:
        """The order as typed."""
        lines = positions.lines_of(self.record.lines, values, positions.ORDER_NAMES, self._blank)
        head = {name: values[name] for name in HEAD_NAMES}
        before: Order = self.record
        order = replace(before, customer_id=values["customer_id"], lines=lines, **head)
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

    def show_refused(self, problems: Sequence[Problem]) -> None:
        super().show_refused(positions.at_name(problems))

    # --- next dates and strip ---

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="strip")
        yield BalanceLine(id="dates")
        yield BalanceLine(id="dates2")

    def reload(self) -> None:
        """Show the stored order's life."""
        self.edited(None)

    def edited(self, field: FieldWidget | None) -> None:
        """The strip and the dates of what is typed now."""
        values: dict[str, Any] = {}
        for widget in self.widgets:
            value, problems = widget.read()
            if any(not p.warning for p in problems) and widget.spec.name != "customer_id":
                return
            values[widget.spec.name] = value
        order = orders.cleaned(self._order({**values, "customer_id": values["customer_id"] or 0}))
        ledger = ledger_of(self.desk.store, self.record.id) if self.record.id else {}
        view = orders.preview(order, ledger, self.desk.today())
        texts = foot_lines(view)
        for name, text in zip(("strip", "dates", "dates2"), texts, strict=True):
            self.query_one(f"#{name}", BalanceLine).set(text)


def foot_lines(view: orders.OrderPreview) -> tuple[str, str, str]:
    """Strip by year, then the next twelve dates in two lines; or the reason why there are none."""
    wrong = [p for p in view.problems if not p.warning and p.where in ("every", "anchor", "start", "end")]
    if wrong:
        return sentence(wrong[0]), "", ""
    if not view.strip:
        return _("Ohne Intervall wird der Auftrag in der Rechnungsstellung berechnet."), "", ""
    dates = [show.short_day(p.trigger) for p in view.next]
    return strip_text(view), _("nächste {dates}").format(dates=" ".join(dates[:6])), "        " + " ".join(dates[6:])


def strip_text(view: orders.OrderPreview) -> str:
    """2026 ■■■■■■■■■■■□  2027 ····; where every period is a year, the first and the last year frame the boxes."""
    years: dict[int, str] = {}
    for period, mark in view.strip:
        years[period.start.year] = years.get(period.start.year, "") + BOXES[mark]
    if len(years) <= 6:
        return "  ".join(f"{year} {boxes}" for year, boxes in years.items())
    return f"{min(years)} {''.join(years.values())} {max(years)}"
