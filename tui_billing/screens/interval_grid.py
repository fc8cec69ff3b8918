"""The selection: what is due, row by row. Entf drops rows from this selection only, F8 creates the invoices."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.format import NBSP
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.interval_texts import GridRow, creation_question, row_note
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.messages import RecordsChanged
from tui_billing.screens.row_ids import RowIds
from tui_billing.screens.tasks import until_stopped
from tui_billing.screens.widgets.record_table import Column, RecordTable
from tui_billing.services import interval_creation, interval_ledger, interval_questions, intervals
from tui_billing.services.interval_creation import CreationResult
from tui_billing.services.intervals import IntervalSelection


class IntervalGridScreen(ListScreen):
    """What anstehen means at one execution date; dismissed with nothing."""

    NAME: ClassVar[str] = "interval_grid"
    TABLES: ClassVar[frozenset[str]] = frozenset(("orders", "periods", "customers"))
    HELP: ClassVar[str] = N_(
        "Jede Zeile wird eine Rechnung. Entf löscht die Zeile nur aus dieser Auswahl, die Periode steht beim nächsten "
        "Mal wieder an; F12 lässt eine Periode mit Grund aus. ! heißt überfällig oder Warnung, ? ein Hinweis; "
        "der Satz dazu steht unten, sobald der Zeiger auf der Zeile ist."
    )
    EMPTY: ClassVar[str] = N_("Keine Zeile mehr in dieser Auswahl. u holt Gelöschtes zurück.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("order", N_("Auftrag"), 7),
        Column("customer", N_("Kunde"), 16),
        Column("period", N_("Leistungszeitraum"), 19),
        Column("text", N_("Text"), 12, flex=True),
        Column("net", N_("Netto"), 9, right=True),
    )

    def __init__(self, plan: IntervalSelection) -> None:
        super().__init__()
        self.plan = plan
        self._ids = RowIds()
        self._by_key: dict[RowKey, int] = {}
        self._undo: list[frozenset[RowKey]] = []
        self._said_note = ""
        self._net, self._overdue = Decimal(0), 0
        self._said_after = ""

    def compose_body(self) -> ComposeResult:
        for table in super().compose_body():
            assert isinstance(table, RecordTable)
            table.follow = True
            yield table

    # --- showing ---

    def title_text(self) -> str:
        p = self.plan.parameters
        return _("Intervallrechnungen · Ausführung {execution} · Rechnungsdatum {invoice}").format(
            execution=show.day(p.execution_date), invoice=show.day(p.invoice_date)
        )

    def fetch(self) -> IntervalSelection:
        """The plan as it stands; F5 selects anew."""
        return self.plan

    def show(self, data: Any) -> None:
        self.plan = data
        ids = self._ids.of(row.key for row in data.rows)
        rows = [GridRow(n, row) for n, row in zip(ids, data.rows, strict=True)]
        self.records = {r.id: r for r in rows}
        self._by_key = {r.row.key: r.id for r in rows}
        self._net, self._overdue = data.net, sum(r.overdue for r in data.taken)
        self._show_taken()
        if not self.status.text:
            self.on_record_table_cursor_moved()

    def _show_taken(self) -> None:
        dropped = self.plan.dropped
        self.show_rows([r.id for r in self.records.values() if r.row.key not in dropped])

    def cells(self, record: GridRow) -> Sequence[str]:
        row = record.row
        period = f"{show.short_day(row.period_start)}–{show.short_day(row.period_end)}"
        return (row.order_number, row.customer_name, period + record.sign, row.text, show.amount(row.net))

    def widths(self) -> dict[str, int]:
        rows = [r.row for r in self.records.values()]
        return {
            "order": show.text_width((r.order_number for r in rows), 7, 16),
            "net": show.amount_width((r.net for r in rows), 9),
        }

    def sort_key(self, record: GridRow, key: str) -> Any:
        known: dict[str, Any] = {"period": record.row.key.start, "net": record.row.net}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: GridRow) -> str:
        return "alert" if record.row.blocking else ""

    def balance_text(self) -> str:
        plan = self.plan
        due, taken = len(plan.rows), len(plan.rows) - len(plan.dropped)
        text = _("{due} fällig · {dropped} entfernt · {taken} zu erstellen {net} netto").format(
            due=show.count(due),
            dropped=show.count(len(plan.dropped)),
            taken=show.count(taken),
            net=show.eur(self._net),
        )
        overdue = f"! {_('überfällig')} {show.count(self._overdue)}".replace(" ", NBSP)
        return f"{text} · {overdue}" if self._overdue else text

    def _count(self, rows: Sequence[GridRow], sign: int) -> None:
        """The sums follow what is dropped or comes back, without looking at all the others."""
        self._net += sign * sum((r.row.net for r in rows), Decimal(0))
        self._overdue += sign * sum(r.row.overdue for r in rows)

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.row.net for r in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def on_record_table_cursor_moved(self) -> None:
        """The hints of the row under the cursor stand in the status line."""
        record = self.current()
        note = row_note(record.row) if record is not None and self.task_now is None else ""
        if note:
            self.say(note)
        elif self._said_note and self.status.text == self._said_note:
            self.say("")
        self._said_note = note

    def on_records_changed(self, message: RecordsChanged) -> None:
        """What this screen has written itself is in the list already."""
        if self.seen_seq != self.desk.store.seq:
            super().on_records_changed(message)

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """Somebody billed, waived or edited: the list stays as it is until F5."""
        if self.task_now is None:
            self.say(_("Aufträge oder Perioden haben sich geändert. F5 selektiert neu."))

    # --- actions ---

    def why_not(self, action: str) -> str:
        if action in ("delete", "waive", "open", "preview", "edit") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        if action == "create" and len(self.plan.dropped) == len(self.plan.rows):
            return _("Es ist keine Zeile mehr da.")
        if action == "create" and all(r.blocking for r in self.plan.taken):
            return _("Keine Zeile lässt sich berechnen. {why}").format(why=row_note(self.plan.taken[0]))
        return ""

    def action_delete(self) -> None:
        """Entf: out of this selection, at once."""
        targets = self.targets()
        self._undo.append(self.plan.dropped)
        self.plan = self.plan.with_dropped(self.plan.dropped | {r.row.key for r in targets})
        self._count(targets, -1)
        self.table.remove_rows([r.id for r in targets])
        self.show_lines()
        text = ngettext("{n} Zeile entfernt", "{n} Zeilen entfernt", len(targets)).format(n=show.count(len(targets)))
        self.say_done(text)

    def action_undo(self) -> None:
        """u: bring the dropped rows back; else take back a waived period."""
        if self._undo:
            returned = self.plan.dropped - self._undo[-1]
            self.plan = self.plan.with_dropped(self._undo.pop() & self._by_key.keys())
            self._count([self.records[self._by_key[key]] for key in returned], 1)
            self._show_taken()
            back = len(returned)
            self.say(ngettext("{n} Zeile zurückgeholt", "{n} Zeilen zurückgeholt", back).format(n=show.count(back)))
            return
        entry = self.desk.store.undo()
        if entry is None:
            self.say(_("Nichts zum Rückgängigmachen"))
        else:
            what = _(entry.why.removeprefix("Rückgängig: "))
            self._select_again(_("Rückgängig gemacht: {what}").format(what=what))

    def action_waive(self) -> None:
        """F12: leave the periods out for good, with a reason."""
        targets = self.targets()
        heading = ngettext("{n} Periode auslassen", "{n} Perioden auslassen", len(targets)).format(n=len(targets))
        self.billing.open("reason_form", lambda reason: self._waive(targets, reason), heading=heading)

    def _waive(self, targets: Sequence[GridRow], reason: str | None) -> None:
        if not reason:
            return
        keys = [RowKey(r.row.key.order_id, start) for r in targets for start in r.row.period_starts]
        self.guarded(lambda: self._waived(keys, reason))

    def _waived(self, keys: list[RowKey], reason: str) -> None:
        interval_ledger.waive_all(self.desk, keys, reason)
        self._undo.clear()
        self._select_again(_("{n} ausgelassen · u rückgängig").format(n=len(keys)))

    def action_refresh(self) -> None:
        """F5: select again with the same parameters; dropped rows stay dropped."""
        self.desk.store.refresh()
        self._select_again()

    def _select_again(self, text: str = "") -> None:
        """In a thread: among 100,000 orders it takes its time."""
        self._said_after = text
        store, parameters = self.desk.store, self.plan.parameters
        self.start_task("select", lambda stop: until_stopped(intervals.plan_select(store, parameters), stop))

    def _selected(self, plan: IntervalSelection | None) -> None:
        if plan is None:
            self.say(_("Angehalten; die Liste ist die alte."))
            return
        self.seen_seq = self.desk.store.seq
        self.show(plan.without(self.plan.dropped))
        self.say(self._said_after or _("Neu selektiert"))

    def action_why(self) -> None:
        """F6: the order under the cursor, or any other that is typed there."""
        record = self.current()
        self.billing.open(
            "interval_why",
            number=record.row.order_number if record else "",
            execution_date=self.plan.parameters.execution_date,
            parameters=self.plan.parameters,
            dropped=self.plan.dropped,
        )

    def open_record(self, record: GridRow) -> None:
        """Enter: the order."""
        self.billing.open("order_form", order_id=record.row.key.order_id)

    def action_edit(self) -> None:
        """F4: the customer of the row; the list is made anew with what was mended."""
        record = self.current()
        if record is not None:
            self.billing.open("customer_form", self._mended, customer_id=record.row.customer_id)

    def _mended(self, customer: Customer | None) -> None:
        if customer is not None:
            self._select_again(_("Kunde {number} gespeichert, neu selektiert").format(number=customer.number))

    def action_back(self) -> None:
        """Esc: rows that were deleted by hand are not forgotten without a question."""
        dropped = len(self.plan.dropped)
        if self.task_now is not None or self.table.list.needle or self.table.marks or not dropped:
            super().action_back()
            return
        text = ngettext(
            "{n} Zeile ist gelöscht. Die Auswahl verwerfen?",
            "{n} Zeilen sind gelöscht. Die Auswahl verwerfen?",
            dropped,
        )
        self.ask(text.format(n=show.count(dropped)), (_("Verwerfen"), self.dismiss))

    def action_preview(self) -> None:
        """F3: the invoice as it would be."""
        from tui_billing.screens.document_text import document_lines

        record = self.current()
        if record is None:
            return
        document = interval_questions.draft_of(self.desk.store, self.plan.parameters, record.row)
        if document is None:
            self.say(_("Der Auftrag hat sich geändert. F5 selektiert neu."), alert=True)
            return
        title = _("Vorschau · {number}").format(number=record.row.order_number)
        self.billing.open("pager", title=title, lines=document_lines(document))

    def action_create(self) -> None:
        """F8: ask once with what will happen, and what will not."""
        self.ask(creation_question(self.plan), (_("Ja"), self._create))

    def _create(self) -> None:
        plan, desk = self.plan, self.desk
        self.say(_("Beginnt …"))
        self.start_task("create", lambda stop: interval_creation.apply_create(desk, plan, stop=stop))

    def task_done(self, name: str, result: Any) -> None:
        """Selected again, or created: on to the created numbers; closing them leads back to the form."""
        if name == "select":
            self._selected(result)
        elif isinstance(result, CreationResult) and result.creation is not None:
            creation_id = result.creation.id
            self.dismiss(None)
            self.billing.open("interval_created", creation_id=creation_id)
