"""The created numbers of one press of Erstellen, kept: read again, exported, printed, into a run, continued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.creations import IntervalCreation
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.row_ids import RowIds
from tui_billing.screens.widgets.lines import KeyLine
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import interval_creation, interval_numbers, orders
from tui_billing.services.interval_numbers import CreatedRow
from tui_billing.services.output import make_folder, output_folder


@dataclass(frozen=True, slots=True)
class Line:
    """A created invoice, or a row that could not be billed with its reason."""

    id: int
    created: CreatedRow | None
    where: str = ""
    reason: str = ""

    @property
    def order_number(self) -> str:
        """The order of the row, whether it was billed or not."""
        return self.created.order_number if self.created else self.where.rpartition(":")[0]

    @property
    def start(self) -> date | None:
        """Where the period of a row that could not be billed begins."""
        try:
            return date.fromisoformat(self.where.rpartition(":")[2])
        except ValueError:
            return None


class IntervalCreatedScreen(ListScreen):
    """Erzeugte Rechnungsnummern."""

    NAME: ClassVar[str] = "interval_created"
    TABLES: ClassVar[frozenset[str]] = frozenset(("creations", "invoices"))
    HELP: ClassVar[str] = N_(
        "Die erzeugten Rechnungen sind angelegt: Enter öffnet eine zum Bearbeiten, F9 druckt den ganzen Bereich, m "
        "nimmt die markierten in einen Rechnungslauf. Die Liste bleibt erhalten und lässt sich jederzeit öffnen."
    )
    EMPTY: ClassVar[str] = N_("Es wurde keine Rechnung erstellt.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 14),
        Column("order", N_("Auftrag"), 8),
        Column("customer", N_("Kunde"), 14, flex=True),
        Column("period", N_("Leistungszeitraum"), 17),
        Column("gross", N_("Brutto"), 11, right=True),
    )

    def __init__(self, creation_id: int) -> None:
        super().__init__()
        self._creation_id = creation_id
        self.creation: IntervalCreation | None = None
        self._failed_ids = RowIds()

    def title_text(self) -> str:
        creation = self.creation
        if creation is None:
            return _("Erstellte Rechnungen")
        return _("Erstellte Rechnungen · Erstellung {n} · Ausführung {day}").format(
            n=creation.id, day=show.day(creation.parameters.execution_date)
        )

    def fetch(self) -> tuple[IntervalCreation, list[CreatedRow]]:
        creation = interval_numbers.need_creation(self.desk.store, self._creation_id)
        return creation, interval_numbers.created_rows(self.desk.store, creation)

    def show(self, data: Any) -> None:
        self.creation, rows = data
        failed = sorted((data[0].failed or {}).items())
        ids = self._failed_ids.of(where for where, _text in failed)
        lines = [Line(-n, None, where, text) for n, (where, text) in zip(ids, failed, strict=True)]
        self.query_one(KeyLine).leave_out(*(("resume",) if data[0].finished else ()))
        super().show(lines + [Line(row.document_id, row) for row in rows])

    def cells(self, record: Line) -> Sequence[str]:
        row = record.created
        if row is None:
            start = _("ab {day}").format(day=show.short_day(record.start)) if record.start else ""
            return (_("nicht erstellt"), record.order_number, record.reason, start, "")
        period = f"{show.short_day(row.period_start)}–{show.short_day(row.period_end)}"
        return (row.number, row.order_number, row.customer_name, period, show.amount(row.gross))

    def widths(self) -> dict[str, int]:
        rows = list(self.records.values())
        return {
            "order": show.text_width((r.order_number for r in rows), 7, 16),
            "gross": show.amount_width((r.created.gross for r in rows if r.created), 10),
        }

    def sort_key(self, record: Line, key: str) -> Any:
        if key == "gross":
            return record.created.gross if record.created else Decimal(0)
        return super().sort_key(record, key)

    def tone(self, record: Line) -> str:
        return "" if record.created else "alert"

    @property
    def made(self) -> list[CreatedRow]:
        """The created invoices."""
        return [r.created for r in self.records.values() if r.created]

    def balance_text(self) -> str:
        creation, made = self.creation, self.made
        if creation is None:
            return ""
        failed = len(creation.failed or {})
        total = sum((r.gross for r in made), Decimal(0))
        text = _("{planned} geplant = {done} erstellt {eur} + {failed} nicht + {open} offen").format(
            planned=show.count(creation.planned),
            done=show.count(len(made)),
            eur=show.eur(total),
            failed=show.count(failed),
            open=show.count(creation.planned - len(made) - failed),
        )
        return text if creation.finished else f"{text} · {_('F8 setzt fort')}"

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.created.gross for r in records if r.created), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        if self.creation is None:
            return "" if action in ("back", "help", "quit", "palette") else _("Die Liste wird noch gelesen.")
        if action == "resume" and self.creation.finished:
            return _("Diese Erstellung ist fertig.")
        if action in ("print", "to_run", "export") and not self.made:
            return _("Es wurde keine Rechnung erstellt.")
        if action in ("open", "edit") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        return ""

    def open_record(self, record: Line) -> None:
        """Enter: edit while angelegt, else look at it; a row that failed says why."""
        if record.created is None:
            self.say(self._why_not_created(record), alert=True)
            return
        document = self.desk.store.get(Document, record.id)
        if document is not None and document.state is DocumentState.OPEN:
            self.billing.open("invoicing_form", document_id=record.id)
        else:
            self.billing.open("invoice_detail", document_id=record.id)

    @staticmethod
    def _why_not_created(record: Line) -> str:
        if record.start is None:
            return f"{record.order_number}: {record.reason}"
        text = _("{order} ab {day}: {reason}")
        return text.format(order=record.order_number, day=show.day(record.start), reason=record.reason)

    def action_edit(self) -> None:
        """F4: the customer, for instance to mend the address of a row that could not be billed."""
        record = self.current()
        if record is not None:
            order = orders.find(self.desk.store, record.order_number)
            self.billing.open("customer_form", self._mended, customer_id=order.customer_id)

    def _mended(self, customer: Customer | None) -> None:
        if customer is not None:
            text = _("Kunde {number} gespeichert. Was nicht erstellt ist, steht bei der nächsten Auswahl wieder an.")
            self.say(text.format(number=customer.number))

    def action_resume(self) -> None:
        """F8: go on with the rows that were confirmed."""
        desk, creation_id = self.desk, self._creation_id
        self.say(_("Beginnt …"))
        self.start_task("resume", lambda stop: interval_creation.resume(desk, creation_id, stop=stop))

    def task_done(self, name: str, result: Any) -> None:
        self.reload()
        made = len(result.document_ids)
        self.say(ngettext("{n} Rechnung erstellt", "{n} Rechnungen erstellt", made).format(n=show.count(made)))

    def action_print(self) -> None:
        """F9: Massendruck of exactly these, whatever their Nummernkreise."""
        self.billing.open("mass_print", document_ids=[r.document_id for r in self.made])

    def action_to_run(self) -> None:
        """m: the marked ones, else all, into a new Rechnungslauf."""
        marked = [r for r in self.targets() if r.created] if self.table.marks else []
        ids = [r.id for r in marked] or [r.document_id for r in self.made]
        documents = self.desk.store.get_many(Document, ids)
        days = [d.invoice_date for d in documents.values()]
        self.billing.open("run_form", self._run_made, document_ids=ids, dates=(min(days), max(days)))

    def _run_made(self, run: Any) -> None:
        if run is not None:
            self.billing.open("run_detail", run_id=run.id)

    def action_export(self) -> None:
        """c: the list as CSV into the output folder."""
        folder = output_folder(self.desk)
        make_folder(folder)
        file = folder / f"Erstellung-{self._creation_id}.csv"
        file.write_bytes(interval_numbers.created_csv(self.made))
        self.say(_("Geschrieben: {file}").format(file=str(file)))

    def action_log(self) -> None:
        """F2: the audit trail of this creation."""
        self.billing.open("audit", table="creations", record_id=self._creation_id)
