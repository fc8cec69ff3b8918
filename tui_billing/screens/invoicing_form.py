"""Beleg: a new Rechnung, Gutschrift or Lastschrift by hand, once from an order, or one that is still angelegt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.documents import TITLES, Document, DocumentKind, Line
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.domain.totals import compute
from tui_billing.i18n import _
from tui_billing.screens import position_fields as positions
from tui_billing.screens.customer_pick import customer_field
from tui_billing.screens.positions_form import PositionsForm
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import document_types, invoicing, orders
from tui_billing.services.invoicing import NewDocument

DATES = ("invoice_date", "service_date", "period_from", "period_to")
TEXTS = (*DATES, *positions.DOCUMENT_TEXTS)
KIND_LABELS = {
    DocumentKind.INVOICE: N_("Rechnung"),
    DocumentKind.CREDIT_MEMO: N_("kaufm. Gutschrift"),
    DocumentKind.DEBIT_MEMO: N_("Lastschrift"),
}
"""The clerk's words, short enough to stand side by side; Lastschrift is a debit memo (Belastung)."""


class InvoicingFormScreen(PositionsForm):
    """With `document_id` an angelegter Beleg, with `order_id` a new one from an order, else a new one by hand."""

    NAME: ClassVar[str] = "invoicing_form"
    NAMES: ClassVar[tuple[str, ...]] = positions.DOCUMENT_NAMES
    HELP: ClassVar[str] = N_(
        "Der Beleg hat seine Nummer vom Anlegen an und bleibt änderbar, bis er zum ersten Mal gedruckt oder versendet "
        "wird. Leistungsdatum oder Leistungszeitraum gehören dazu (§ 14 UStG). Hinter der letzten Position steht eine "
        "leere; Einfg fügt eine vor der am Zeiger ein, Strg+D löscht die am Zeiger."
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

    # --- fields ---

    def head_fields(self) -> Sequence[Field]:
        return [*self._first_fields(), *self._date_fields(), *positions.document_text_fields()]

    def _first_fields(self) -> list[Field]:
        if not self.is_new:
            return []
        types = (("", N_("(keine)")), *((name, name) for name in document_types.names(self.desk.store)))
        kinds = tuple((kind, KIND_LABELS[kind]) for kind in invoicing.BY_HAND)
        return [
            customer_field("customer_id", self.desk),
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
        ]

    def line_fields(self, n: int) -> list[Field]:
        return positions.common_fields(n)

    # --- record ---

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
    def blank(self) -> Line:
        usual = orders.new_line(self.desk.store)
        return Line(vat_category=usual.vat_category, vat_rate=usual.vat_rate)

    def head_values(self, record: Document) -> Mapping[str, Any]:
        return {name: getattr(record, name) for name in (*TEXTS, "customer_id", "kind", "document_type")}

    def store(self, record: Document, values: Mapping[str, Any]) -> Document:
        """Draw the number of a new one; replace an angelegter Beleg."""
        texts = {name: values[name] for name in TEXTS}
        if not self.is_new:
            edited = replace(record, lines=self.lines(values), **texts)
            return invoicing.edit(self.desk, edited, expect_rev=record.rev)
        if self._order_id is not None:
            return self._from_order(record, values, texts)
        new = NewDocument(
            customer_id=values["customer_id"],
            kind=values["kind"],
            document_type=values["document_type"],
            lines=self.lines(values),
            **texts,
        )
        return invoicing.apply_new(self.desk, invoicing.plan_new(self.desk.store, new))

    def _from_order(self, record: Document, values: Mapping[str, Any], texts: Mapping[str, Any]) -> Document:
        """The order's plan keeps its link and its warning of a second bill; what was typed goes over its draft."""
        assert self._order_id is not None
        store = self.desk.store
        order = store.need(Order, self._order_id)
        plan = invoicing.plan_from_order(store, order, invoice_date=values["invoice_date"])
        typed = replace(plan.document, lines=self.lines(values), **texts)
        return invoicing.apply_new(self.desk, invoicing.replanned(plan, typed))

    # --- sums ---

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def count_along(self) -> None:
        """Net, tax and gross of what is typed now, and the net of each position."""
        values = self.typed(lambda name: name.startswith(("lines.", "gross")))
        if values is None:
            return
        typed = replace(self.record, lines=self.lines(values), gross_prices=bool(values["gross_prices"]))
        document = compute(typed)
        self.show_nets([line.net for line in document.lines])
        self.query_one("#balance", BalanceLine).set(positions.sums_text(document.totals))
