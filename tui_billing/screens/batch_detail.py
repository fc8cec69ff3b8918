"""Rechnungsstapeldetails: the customers of a batch with their figures; Enter shows a customer's documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.batch_selection import parameters_of
from tui_billing.domain.batch_states import BatchAction, refusal
from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import batch_actions, show
from tui_billing.screens.batch_add import Added
from tui_billing.screens.batch_texts import batch_title
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import batch_rows
from tui_billing.services.batch_figures import CustomerPart, customers_of, parts

GUARDS = {
    "new": BatchAction.ADD,
    "delete": BatchAction.DROP,
    "refresh": BatchAction.REFRESH,
}


MOST_WIDTH = 54
"""What number and amounts may take of 80 cells beside name and number of documents."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One customer of the batch; `part` is None where he was added by hand and has no document yet."""

    id: int
    number: str
    name: str
    part: CustomerPart | None

    @property
    def due(self) -> Decimal:
        """Rechnungsbetrag."""
        return self.part.figures.amount_due if self.part else Decimal(0)


@dataclass(frozen=True, slots=True)
class DetailView:
    """The batch with its members, as last read."""

    batch: InvoiceBatch
    rows: tuple[MemberRow, ...]


class BatchDetailScreen(ListScreen):
    """Who is in the batch: check, delete, update, print."""

    NAME: ClassVar[str] = "batch_detail"
    TABLES: ClassVar[frozenset[str]] = frozenset(
        ("batches", "batch_rows", "payments", "receivables", "customers", "batch_statements")
    )
    HELP: ClassVar[str] = N_(
        "Die Kunden eines Stapels mit Vorhergehender Rechnung, Zahlungen und Rechnungsbetrag aus heutigen Daten. "
        "Enter zeigt die Belege eines Kunden, Entf entfernt, Einfg nimmt auf, F5 prüft und aktualisiert, F9 druckt."
    )
    EMPTY: ClassVar[str] = N_("Der Stapel ist leer. Einfg nimmt Kunden und Belege auf.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Kunde"), 8),
        Column("name", N_("Name"), 14, flex=True),
        Column("documents", N_("Bel."), 4, right=True),
        Column("former", N_("Vorher"), 10, right=True),
        Column("payments", N_("Zahlungen"), 10, right=True),
        Column("new", N_("Neu"), 10, right=True),
        Column("due", N_("Betrag"), 10, right=True),
    )

    def __init__(self, batch_id: int) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.view: DetailView | None = None

    def title_text(self) -> str:
        return batch_title(self.view.batch) if self.view else _("Rechnungsstapeldetails")

    @property
    def stack(self) -> InvoiceBatch:
        """The batch as it was last read."""
        assert self.view is not None
        return self.view.batch

    def fetch(self) -> DetailView | None:
        store = self.desk.store
        batch = store.get(InvoiceBatch, self.batch_id)
        if batch is None:
            return None
        found = {p.customer.id: p for p in parts(store, batch)}
        members = customers_of(store, batch)
        return DetailView(batch, tuple(MemberRow(c.id, c.number, c.name, found.get(c.id)) for c in members))

    def show(self, data: Any) -> None:
        if data is None:
            self.dismiss(None)
            return
        self.view = data
        super().show(data.rows)

    def cells(self, record: MemberRow) -> Sequence[str]:
        if record.part is None:
            return (record.number, record.name, "0", "–", "–", "–", "–")
        f = record.part.figures
        return (
            record.number,
            record.name,
            str(len(record.part.rows)),
            show.amount(f.former_amount),
            show.amount(f.payments),
            show.amount(f.invoiced + f.taxes),
            show.amount(f.amount_due),
        )

    def widths(self) -> dict[str, int]:
        """Very large amounts take the place of the number of documents, which the customer's own list tells."""
        found = [r.part.figures for r in self.records.values() if r.part]
        wanted = {
            "number": show.text_width((r.number for r in self.records.values()), 5, 14),
            "former": show.amount_width((f.former_amount for f in found), 8),
            "payments": show.amount_width((f.payments for f in found), 9),
            "new": show.amount_width((f.invoiced + f.taxes for f in found), 8),
            "due": show.amount_width((f.amount_due for f in found), 8),
        }
        return wanted if sum(wanted.values()) <= MOST_WIDTH else {**wanted, "documents": 0}

    def sort_key(self, record: MemberRow, key: str) -> Any:
        f = record.part.figures if record.part else None
        known: dict[str, Any] = {
            "documents": len(record.part.rows) if record.part else 0,
            "former": f.former_amount if f else Decimal(0),
            "payments": f.payments if f else Decimal(0),
            "new": f.invoiced + f.taxes if f else Decimal(0),
            "due": record.due,
        }
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: MemberRow) -> str:
        return "muted" if record.part is None else ""

    def balance_text(self) -> str:
        rows = [r.part for r in self.records.values() if r.part]
        documents = sum(len(p.rows) for p in rows)
        new = sum((p.figures.invoiced + p.figures.taxes for p in rows), Decimal(0))
        due = sum((p.figures.amount_due for p in rows), Decimal(0))
        return _("{customers} · {documents} · neu {new} · Rechnungsbeträge {due}").format(
            customers=ngettext("{n} Kunde", "{n} Kunden", len(rows)).format(n=show.count(len(rows))),
            documents=ngettext("{n} Beleg", "{n} Belege", documents).format(n=show.count(documents)),
            new=show.eur(new),
            due=show.eur(due),
        )

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.due for r in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        if self.view is None:
            return "" if action in ("back", "help", "quit", "palette") else _("Der Stapel wird noch gelesen.")
        if action in GUARDS and (problem := refusal(self.stack, GUARDS[action])):
            return sentence(problem)
        if action in ("delete", "open", "edit") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        return ""

    def open_record(self, record: MemberRow) -> None:
        self.billing.open("batch_customer", batch_id=self.batch_id, customer_id=record.id)

    def action_new(self) -> None:
        """Einfg: customers or documents by number."""
        self.billing.open("batch_add", self._added, batch_id=self.batch_id)

    def _added(self, done: Added | None) -> None:
        if done is not None:
            new = [e.customer_id for e in done.entries]
            self.reload(cursor=new[0] if new else None)
            self.say_done(done.text)

    def action_delete(self) -> None:
        """Entf: customers with all their documents, at once."""
        ids = [r.id for r in self.targets()]
        gone = batch_rows.drop(self.desk, self.stack, customer_ids=ids)
        self.table.remove_rows(ids)
        self.reload()
        people = ngettext("{n} Kunde", "{n} Kunden", len(ids)).format(n=len(ids))
        documents = ngettext("{n} Beleg", "{n} Belege", len(gone.document_ids)).format(n=len(gone.document_ids))
        self.say_done(_("{customers}, {documents} entfernt").format(customers=people, documents=documents))

    def action_edit(self) -> None:
        """F4: the customer, for instance an address that keeps the batch from being printed."""
        record = self.current()
        if record is not None:
            self.billing.open("customer_form", self._mended, customer_id=record.id)

    def _mended(self, customer: Customer | None) -> None:
        if customer is not None:
            self.reload()
            self.say(_("Kunde {number} gespeichert").format(number=customer.number))

    def action_refresh(self) -> None:
        """F5: rows that no longer belong there leave; the figures are today's anyway."""
        desk, stack = self.desk, self.stack
        self.say(_("Prüft …"))
        self.start_task("refresh", lambda stop: batch_rows.refresh(desk, stack))

    def _refreshed(self, count: int) -> None:
        if count:
            text = ngettext(
                "{n} Beleg passt nicht mehr und ist entfernt", "{n} Belege passen nicht mehr, entfernt", count
            )
            self.say_done(text.format(n=count))
        else:
            self.say(_("Geprüft: alle Zeilen passen, die Beträge sind von heute."))

    def action_why(self) -> None:
        record = self.current()
        self.billing.open(
            "batch_why",
            parameters=parameters_of(self.stack),
            number=record.number if record else "",
            batch=self.stack,
        )

    def action_print(self) -> None:
        """F9: print, or the form for a reprint."""
        if refusal(self.stack, BatchAction.PRINT):
            self.billing.open("batch_report", self._reported, numbers=(self.stack.number,))
        else:
            batch_actions.check(self, [self.stack])

    def _reported(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say(text)

    def task_done(self, name: str, result: Any) -> None:
        if name == "check":
            batch_actions.ask_to_print(self, result)
            return
        self.reload()
        if name == "refresh":
            self._refreshed(len(result.document_ids))
            return
        self.say(batch_actions.result_text(self, name, result))

    def action_preview(self) -> None:
        """F3: the statements with ENTWURF, as a file."""
        batch_actions.preview(self, self.stack)

    def action_log(self) -> None:
        """F2: who did what with this batch."""
        batch_actions.show_log(self, self.stack)
