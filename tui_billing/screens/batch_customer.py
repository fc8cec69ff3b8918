"""Rechnungsstapeldetails of one customer: the figures above his documents; Tab goes to the next one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.batch_selection import parameters_of
from tui_billing.domain.batch_states import BatchAction, refusal
from tui_billing.domain.batches import InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import SHORT_TITLES
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import batch_actions, show
from tui_billing.screens.batch_add import Added
from tui_billing.screens.batch_texts import batch_title, figure_lines
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.lines import Rule, TextLine
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import batch_rows
from tui_billing.services.batch_figures import Accounts, CustomerPart, customers_of, part_of


class BatchCustomerScreen(ListScreen):
    """One customer's documents in one batch."""

    NAME: ClassVar[str] = "batch_customer"
    TABLES: ClassVar[frozenset[str]] = frozenset(("batches", "batch_rows", "payments", "receivables", "customers"))
    HELP: ClassVar[str] = N_(
        "Die Belege eines Kunden im Stapel. Über der Tabelle steht die Rechnung: was offen war, was gezahlt wurde, "
        "was neu dazukommt. Entf nimmt Belege heraus, Einfg nimmt welche auf, F4 verschiebt die Daten eines Belegs."
    )
    EMPTY: ClassVar[str] = N_("Kein Beleg dieses Kunden im Stapel. Einfg nimmt welche auf.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Beleg"), 14),
        Column("kind", N_("Art"), 11),
        Column("date", N_("Datum"), 8),
        Column("gross", N_("Brutto"), 12, right=True),
        Column("due", N_("Fällig"), 8),
        Column("paid", N_("Bezahlt am"), 10),
    )

    def __init__(self, batch_id: int, customer_id: int) -> None:
        super().__init__()
        self.batch_id, self.customer_id = batch_id, customer_id
        self.stack: InvoiceBatch | None = None
        self.customer: Customer | None = None
        self.part: CustomerPart | None = None

    def compose_body(self) -> ComposeResult:
        """Three lines of head as in the sketch, then the table."""
        yield TextLine(id="customer")
        yield TextLine(id="former")
        yield TextLine(id="new")
        yield Rule()
        yield from super().compose_body()

    def title_text(self) -> str:
        return batch_title(self.stack) if self.stack else _("Rechnungsstapeldetails")

    def fetch(self) -> tuple[InvoiceBatch | None, Customer | None, CustomerPart | None]:
        store = self.desk.store
        batch, customer = store.get(InvoiceBatch, self.batch_id), store.get(Customer, self.customer_id)
        if batch is None or customer is None:
            return batch, customer, None
        pending = [] if refusal(batch, BatchAction.ADD) else [batch]
        return batch, customer, part_of(Accounts(store, pending), customer, batch)

    def show(self, data: Any) -> None:
        self.stack, self.customer, self.part = data
        if self.stack is None or self.customer is None:
            self.dismiss(None)
            return
        head = _("Kunde {number} {name} · Stichtag {day}").format(
            number=self.customer.number, name=self.customer.name, day=self.customer.cutoff_day or "–"
        )
        former, new = figure_lines(self.part.figures) if self.part else ("", "")
        for name, text in (("customer", head), ("former", former), ("new", new)):
            self.query_one(f"#{name}", TextLine).set(text)
        super().show(self.part.rows if self.part else ())

    def cells(self, record: ReceivableEntry) -> Sequence[str]:
        return (
            record.number,
            _(SHORT_TITLES[record.kind]),
            show.short_day(record.batch_date),
            show.amount(record.amount),
            show.short_day(record.due_date),
            show.short_day(record.paid_date),
        )

    def widths(self) -> dict[str, int]:
        return {"gross": show.amount_width((r.amount for r in self.records.values()), 12)}

    def sort_key(self, record: ReceivableEntry, key: str) -> Any:
        known: dict[str, Any] = {"date": record.batch_date, "gross": record.amount}
        return known[key] if key in known else super().sort_key(record, key)

    def balance_text(self) -> str:
        if self.part is None:
            return ""
        f = self.part.figures
        count = ngettext("{n} Beleg", "{n} Belege", len(self.part.rows)).format(n=len(self.part.rows))
        payments = ngettext("{n} Zahlung", "{n} Zahlungen", len(f.counted)).format(n=len(f.counted))
        text = _("{documents} · {payments} bis {day}").format(
            documents=count, payments=payments, day=show.day(f.closing)
        )
        if self.part.sent is not None and self.part.sent.amount_due != f.amount_due:
            text += " · " + _("gesendet {sent}").format(sent=show.eur(self.part.sent.amount_due))
        return text

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.amount for r in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        if self.stack is None:
            return "" if action in ("back", "help", "quit", "palette") else _("Der Stapel wird noch gelesen.")
        guards = {"new": BatchAction.ADD, "delete": BatchAction.DROP}
        if action in guards and (problem := refusal(self.stack, guards[action])):
            return sentence(problem)
        if action in ("delete", "edit", "open") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        return ""

    def open_record(self, record: ReceivableEntry) -> None:
        self.billing.open("invoice_detail", document_id=record.document_id)

    def action_next(self) -> None:
        """Tab: the next customer of the batch."""
        assert self.stack is not None
        ids = [c.id for c in customers_of(self.desk.store, self.stack)]
        if self.customer_id in ids:
            self.customer_id = ids[(ids.index(self.customer_id) + 1) % len(ids)]
            self.table.action_mark_none()
            self.reload()

    def action_new(self) -> None:
        """Einfg: more documents of this customer."""
        assert self.customer is not None
        self.billing.open("batch_add", self._added, batch_id=self.batch_id, customers=self.customer.number)

    def _added(self, done: Added | None) -> None:
        if done is not None:
            mine = [e.id for e in done.entries if e.customer_id == self.customer_id]
            self.reload(cursor=mine[0] if mine else None)
            self.say_done(done.text)

    def _changed(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say_done(text)

    def action_delete(self) -> None:
        """Entf: documents out of the batch, at once."""
        assert self.stack is not None
        targets = self.targets()
        batch_rows.drop(self.desk, self.stack, document_ids=[r.document_id for r in targets])
        self.table.remove_rows([r.id for r in targets])
        self.reload()
        text = ngettext("{n} Beleg entfernt", "{n} Belege entfernt", len(targets)).format(n=len(targets))
        self.say_done(text)

    def action_edit(self) -> None:
        """F4: Rechnungsdatum, Fälligkeitstermin, Bezahlt am, with a reason."""
        record = self.current()
        if record is not None:
            self.billing.open("receivable_form", self._changed, number=record.number)

    def action_why(self) -> None:
        assert self.stack is not None
        record = self.current()
        self.billing.open(
            "batch_why",
            parameters=parameters_of(self.stack),
            number=record.number if record else "",
            batch=self.stack,
        )

    def action_log(self) -> None:
        assert self.stack is not None
        batch_actions.show_log(self, self.stack)
