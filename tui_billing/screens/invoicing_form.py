"""Beleg: a new Rechnung, Gutschrift or Lastschrift by hand, once from an order, or one that is still angelegt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.documents import TITLES, Document, DocumentKind, Line
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Customer
from tui_billing.domain.totals import compute
from tui_billing.i18n import _
from tui_billing.screens import position_fields as positions
from tui_billing.screens import show
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field, FieldWidget
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import invoicing, orders
from tui_billing.services.invoicing import NewDocument

TEXTS = ("invoice_date", "service_date", "period_from", "period_to", "header_text", "footer_text",
         "buyer_order_reference", "gross_prices")  # fmt: skip
JA_NEIN = ((False, N_("Nein")), (True, N_("Ja")))


class InvoicingFormScreen(FormScreen):
    """With `document_id` an angelegter Beleg, with `order_id` a new one from an order, else a new one by hand."""

    NAME: ClassVar[str] = "invoicing_form"
    HELP: ClassVar[str] = N_(
        "Der Beleg hat seine Nummer vom Anlegen an und bleibt änderbar, bis er zum ersten Mal gedruckt oder versendet "
        "wird. Leistungsdatum oder Leistungszeitraum gehören dazu (§ 14 UStG)."
    )

    def __init__(self, document_id: int | None = None, order_id: int | None = None) -> None:
        super().__init__()
        self._document_id, self._order_id = document_id, order_id

    @property
    def is_new(self) -> bool:
        """Whether the number is still to come."""
        return self._document_id is None

    def title_text(self) -> str:
        if self.is_new or self.record is None:
            return _("Beleg anlegen")
        return _("{kind} {number} bearbeiten").format(kind=_(TITLES[self.record.kind]), number=self.record.number)

    def fields(self) -> Sequence[Field]:
        fields = [*self._head_fields(), *self._date_fields()]
        for n in range(1, len(self.record.lines) + 2):
            fields += positions.common_fields(n)
        return fields

    def _head_fields(self) -> list[Field]:
        if not self.is_new:
            return []
        types = (("", N_("(keine)")), *((name, name) for name in orders.document_types(self.desk.store)))
        kinds = tuple((kind, TITLES[kind]) for kind in invoicing.BY_HAND)
        return [
            Field(
                "customer_id",
                N_("Kunde"),
                parse=self._read_customer,
                show=self._number,
                echo=self._customer_name,
                width=12,
            ),
            Field("kind", N_("Art"), choices=kinds),
            Field("document_type", N_("Belegart"), choices=types),
        ]

    def _date_fields(self) -> list[Field]:
        today = self.desk.today
        return [
            date_field("invoice_date", N_("Rechnungsdatum"), today),
            date_field("service_date", N_("Leistungsdatum"), today, optional=True),
            date_field("period_from", N_("Leistungszeitraum von"), today, optional=True),
            date_field("period_to", N_("bis"), today, optional=True),
            Field("header_text", N_("Kopftext"), width=46),
            Field("footer_text", N_("Schlusstext"), width=46),
            Field("buyer_order_reference", N_("Bestellnummer des Kunden"), width=24),
            Field("gross_prices", N_("Bruttopreise"), choices=JA_NEIN),
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

    def _number(self, customer_id: int) -> str:
        found = self._customer(customer_id)
        return found.number if found else ""

    def _customer_name(self, customer_id: int) -> str:
        found = self._customer(customer_id)
        return found.name if found else ""

    def read_record(self) -> Document:
        """The stored document, the draft of an order, or an empty one of today."""
        store, today = self.desk.store, self.desk.today()
        if self._document_id is not None:
            return store.need(Document, self._document_id)
        if self._order_id is not None:
            order = store.need(Order, self._order_id)
            return invoicing.plan_from_order(store, order, invoice_date=today).document
        return Document(kind=DocumentKind.INVOICE, invoice_date=today, service_date=today)

    @property
    def _blank(self) -> Line:
        usual = orders.new_line(self.desk.store)
        return Line(vat_category=usual.vat_category, vat_rate=usual.vat_rate)

    def values_of(self, record: Document) -> Mapping[str, Any]:
        values = {name: getattr(record, name) for name in (*TEXTS, "customer_id", "kind", "document_type")}
        return values | positions.line_values(record.lines, positions.DOCUMENT_NAMES, self._blank)

    def _lines(self, values: Mapping[str, Any]) -> tuple[Line, ...]:
        return positions.lines_of(self.record.lines, values, positions.DOCUMENT_NAMES, self._blank)

    def store(self, record: Document, values: Mapping[str, Any]) -> Document:
        """Draw the number of a new one; replace an angelegter Beleg."""
        texts = {name: values[name] for name in TEXTS}
        if not self.is_new:
            edited = replace(record, lines=self._lines(values), **texts)
            return invoicing.edit(self.desk, edited, expect_rev=record.rev)
        if self._order_id is not None:
            return self._from_order(record, values, texts)
        new = NewDocument(
            customer_id=values["customer_id"],
            kind=values["kind"],
            document_type=values["document_type"],
            lines=self._lines(values),
            **texts,
        )
        return invoicing.apply_new(self.desk, invoicing.plan_new(self.desk.store, new))

    def _from_order(self, record: Document, values: Mapping[str, Any], texts: Mapping[str, Any]) -> Document:
        """The order's plan keeps its link and its warning of a second bill; what was typed goes over its draft."""
        assert self._order_id is not None
        store = self.desk.store
        order = store.need(Order, self._order_id)
        plan = invoicing.plan_from_order(store, order, invoice_date=values["invoice_date"])
        typed = replace(plan.document, lines=self._lines(values), **texts)
        return invoicing.apply_new(self.desk, invoicing.replanned(plan, typed))

    def show_refused(self, problems: Sequence[Problem]) -> None:
        super().show_refused(positions.at_name(problems))

    # --- sums ---

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def reload(self) -> None:
        """Count along."""
        self.edited(None)

    def edited(self, field: FieldWidget | None) -> None:
        """Net, tax and gross of what is typed now."""
        values: dict[str, Any] = {}
        for widget in self.widgets:
            value, problems = widget.read()
            if widget.spec.name.startswith(("lines.", "gross")) and any(not p.warning for p in problems):
                return
            values[widget.spec.name] = value
        document = replace(self.record, lines=self._lines(values), gross_prices=bool(values["gross_prices"]))
        totals = compute(document).totals
        text = _("Netto {net} · USt {tax} · Brutto {gross}").format(
            net=show.amount(totals.net), tax=show.amount(totals.tax), gross=show.eur(totals.gross)
        )
        self.query_one("#balance", BalanceLine).set(text)
