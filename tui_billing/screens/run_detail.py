"""Rechnungslauf: check the rows, take some out, build anew, execute, see what became of each."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.messages import N_
from tui_billing.domain.run_states import RunAction, refusal
from tui_billing.domain.runs import ROW_STATE_NAMES, InvoiceRun, RowState, RunRow, RunState
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import run_actions, show
from tui_billing.screens.run_texts import balance_line, channel_name, row_note, row_state, run_title
from tui_billing.screens.run_watch import RunWatch
from tui_billing.screens.widgets.record_table import Column, RecordTable
from tui_billing.services import run_lease, runs
from tui_billing.services.run_checks import rows_to_do

GUARDS = {
    "delete": RunAction.REMOVE,
    "rebuild": RunAction.REBUILD,
    "execute": RunAction.EXECUTE,
    "confirm": RunAction.MEND,
}
TROUBLE = frozenset({RowState.FAILED, RowState.REFUSED, RowState.UNKNOWN, RowState.BOUNCED, RowState.DEFERRED})

MANY = 500
"""So many changed rows are read in a thread."""


class RunDetailScreen(RunWatch):
    """The form Rechnungslauf of the help text."""

    NAME: ClassVar[str] = "run_detail"
    TABLES: ClassVar[frozenset[str]] = frozenset(("runs", "run_rows", "customers", "ignored"))
    HELP: ClassVar[str] = N_(
        "Die Rechnungen eines Laufs. Entf nimmt die Auswahl heraus, F5 baut den Lauf neu auf und zeigt vorher den "
        "Unterschied, F8 führt ihn durch. Die Zeile unter der Tabelle geht immer auf: alle = im Lauf + nicht im Lauf."
    )
    WHILE_BUSY: ClassVar[frozenset[str]] = frozenset({"open", "why", "preview", "log"})
    EMPTY: ClassVar[str] = N_("Der Lauf hat keine Zeilen mehr. F5 baut ihn neu auf.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 13),
        Column("date", N_("Datum"), 8, rank=2),
        Column("customer", N_("Kunde"), 18, flex=True),
        Column("gross", N_("Brutto"), 10, right=True),
        Column("channel", N_("Weg"), 6, rank=1),
        Column("state", N_("Stand"), 10),
    )

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self.run_id = run_id
        self.view: runs.RunView | None = None
        self._said_note = ""

    def compose_body(self) -> ComposeResult:
        for table in super().compose_body():
            assert isinstance(table, RecordTable)
            table.follow = True
            yield table

    # --- showing ---

    def title_text(self) -> str:
        return run_title(self.view.run) if self.view else _("Rechnungslauf")

    @property
    def run(self) -> InvoiceRun:
        """The run as it was last read."""
        assert self.view is not None
        return self.view.run

    def fetch(self) -> runs.RunView:
        run = run_lease.opened(self.desk, runs.need_run(self.desk.store, self.run_id))
        return replace(runs.open_run(self.desk.store, self.run_id), run=run)

    def running_runs(self) -> Iterable[InvoiceRun]:
        return (self.run,) if self.view is not None and self.run.state is RunState.RUNNING else ()

    def show(self, data: Any) -> None:
        """What was removed is out of the table and in the balance."""
        self.view = data
        super().show([row for row in data.rows if row.state is not RowState.REMOVED])

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """While a run goes on only the rows that moved are read and painted."""
        changed = ids.get("run_rows", set())
        if self.view is None or len(changed) > MANY or {"customers", "ignored"} & ids.keys():
            super().records_changed(ids)
            return
        mine = {i: r for i, r in self.desk.store.get_many(RunRow, changed).items() if r.run_id == self.run_id}
        gone = (changed & self.records.keys()) - mine.keys()
        came = {i for i, r in mine.items() if (i in self.records) is (r.state is RowState.REMOVED)}
        run = self.desk.store.get(InvoiceRun, self.run_id)
        if gone or came or run is None:
            super().records_changed(ids)
            return
        run = run_lease.as_it_stands(self.desk, run)
        self.view = replace(self.view, run=run, rows=tuple(mine.get(r.id, r) for r in self.view.rows))
        self.records.update({i: r for i, r in mine.items() if r.state is not RowState.REMOVED})
        self.table.set_widths(self.widths())
        self.table.update_rows(mine)
        self.show_title()
        self.show_lines()

    def cells(self, record: RunRow) -> Sequence[str]:
        return (
            record.number,
            show.short_day(record.invoice_date),
            self.customer_name(record),
            show.amount(record.gross),
            channel_name(record, self.view),
            row_state(record),
        )

    def customer_name(self, record: RunRow) -> str:
        """As the document has it, else as the customer is called now."""
        view = self.view
        document = view.documents.get(record.document_id) if view else None
        return document.buyer.name if document else ""

    def sort_key(self, record: RunRow, key: str) -> Any:
        known = {"date": record.invoice_date, "gross": record.gross}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: RunRow) -> str:
        if record.state in TROUBLE or record.reason:
            return "alert"
        return "muted" if record.state in (RowState.SENT, RowState.ISSUED) else ""

    def balance_text(self) -> str:
        if self.view is None:
            return ""
        return balance_line(runs.balance_of(self.run))

    def widths(self) -> dict[str, int]:
        """The longest state is longer than the column mostly has to be."""
        rows = self.records.values()
        state = max((len(_(ROW_STATE_NAMES[s])) for s in {r.state for r in rows}), default=0)
        return {"gross": show.amount_width((r.gross for r in rows), 10), "state": max(10, state)}

    def idle_note(self) -> str:
        """done + failed + unknown + open = in, by state, once the run was executed."""
        return run_actions.state_counts(self.view) if self.view else ""

    def marked_note(self, records: Sequence[Any]) -> str:
        total = show.eur(sum((r.gross for r in records), start=records[0].gross * 0)) if records else ""
        return _("{n} markiert {eur}").format(n=len(records), eur=total)

    def on_record_table_cursor_moved(self) -> None:
        """The reason of the row under the cursor stands in the status line."""
        record = self.current()
        note = row_note(record) if record is not None and self.task_now is None else ""
        if note:
            self.say(note)
        elif self._said_note and self.status.text == self._said_note:
            self.say("")
        self._said_note = note

    # --- what is allowed ---

    def why_not(self, action: str) -> str:
        if self.view is None:
            return "" if action in ("back", "help", "quit", "palette") else _("Der Lauf wird noch gelesen.")
        if action in GUARDS and (problem := refusal(self.run, GUARDS[action])):
            return sentence(problem)
        if action in ("delete", "edit", "preview", "open", "bounced") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        if action == "bounced" and not run_actions.may_bounce(self.targets()):
            return _("Zurückkommen kann nur, was per E-Mail versendet ist.")
        if action == "delete" and any(r.state is not RowState.OPEN for r in self.targets()):
            return _("Schon bearbeitete Zeilen bleiben im Lauf.")
        if action == "execute" and not self._has_work():
            return _("Im Lauf ist nichts zu tun; F6 sagt, warum etwas fehlt.")
        return ""

    def _has_work(self) -> bool:
        """Whether executing would do anything; what was interrupted behind its last row is still to be closed."""
        if self.run.state is RunState.INTERRUPTED:
            return True
        rows, customers = self.records.values(), self.view.customers if self.view else {}
        return bool(rows_to_do(self.run, rows, customers))

    # --- actions ---

    def action_delete(self) -> None:
        """Auswahl entfernen, at once."""
        ids = [r.id for r in self.targets()]
        runs.remove_rows(self.desk, self.run_id, ids)
        self.table.remove_rows(ids)
        self.reload()
        self.say_done(ngettext("{n} Zeile entfernt", "{n} Zeilen entfernt", len(ids)).format(n=len(ids)))

    def action_rebuild(self) -> None:
        """F5: first the difference, then the question."""
        self.billing.open("rebuild", self._rebuilt, run_id=self.run_id)

    def _rebuilt(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say_done(text)

    def action_why(self) -> None:
        """F6 for the row under the cursor; another number can be typed there."""
        record = self.current()
        self.billing.open("why", run_id=self.run_id, number=record.number if record else "")

    def action_execute(self) -> None:
        """F8: ask once with what will happen."""
        run_actions.plan_to_execute(self)

    def task_done(self, name: str, result: Any) -> None:
        """The question before F8; behind it the same table with its states, filtered to what needs a look."""
        if name == "plan":
            run_actions.ask_to_execute(self, result)
            return
        self.reload()
        run_actions.say_result(self, result)

    def action_confirm(self) -> None:
        """Changed addresses are the right ones (E7)."""
        run_actions.confirm_addresses(self)

    def action_bounced(self) -> None:
        """b: the mail came back, with a reason; on rows that came back: they are ready once more, as Kopie."""
        run_actions.bounce(self, self.targets())

    def action_triage(self) -> None:
        self.billing.open("triage", self._mended, run_id=self.run_id)

    def action_edit(self) -> None:
        """F4: mend the contact in place."""
        record = self.current()
        if record is not None:
            self.billing.open("contact_form", self._mended, customer_id=record.customer_id)

    def _mended(self, changed: Any) -> None:
        if not changed:
            return
        if self.run.state is RunState.CREATED:
            self.say(_("Kontakt gespeichert. F5 baut den Lauf damit neu auf."))
        elif refusal(self.run, RunAction.EXECUTE) is None:
            self.say(_("Kontakt gespeichert. F8 setzt den Lauf damit fort."))
        else:
            self.say(_("Kontakt gespeichert."))

    def open_record(self, record: RunRow) -> None:
        self.billing.open("invoice_detail", document_id=record.document_id)

    def action_preview(self) -> None:
        """F3: the mail and the document, as they would go out."""
        record = self.current()
        if record is not None:
            run_actions.preview(self, record)

    def action_log(self) -> None:
        """F2: what happened in this run."""
        run_actions.show_log(self)

    def action_ignored(self) -> None:
        self.billing.open("ignored")
