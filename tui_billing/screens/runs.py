"""Rechnungsläufe: the list, newest first. Einfg creates one, Enter opens it, Entf deletes what was never executed."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.domain.run_states import RunAction, refusal
from tui_billing.domain.runs import RUN_STATE_NAMES, InvoiceRun, RunState
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.run_watch import RunWatch
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import run_lease, runs

ALERTING = frozenset((RunState.PARTIAL, RunState.INTERRUPTED))


class RunsScreen(RunWatch):
    """The help text's table of Rechnungsläufe."""

    NAME: ClassVar[str] = "runs"
    TABLES: ClassVar[frozenset[str]] = frozenset(("runs", "run_rows"))
    HELP: ClassVar[str] = N_(
        "Ein Rechnungslauf versendet bestehende Rechnungen eines Zeitraums in einem Zug, per E-Mail oder als PDF. "
        "Einfg legt einen an, Enter öffnet ihn zum Prüfen und Durchführen."
    )
    EMPTY: ClassVar[str] = N_("Noch kein Rechnungslauf. Einfg legt einen an.")
    LOG: ClassVar[str] = "runs"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Lauf"), 5, right=True),
        Column("period", N_("Zeitraum"), 21),
        Column("type", N_("Typ"), 6, rank=2),
        Column("taken", N_("Belege"), 7, right=True, rank=1),
        Column("gross", N_("Brutto"), 12, right=True),
        Column("state", N_("Stand"), 12, flex=True),
    )

    def title_text(self) -> str:
        return _("Rechnungsläufe")

    def fetch(self) -> list[InvoiceRun]:
        return run_lease.all_as_they_stand(self.desk, runs.list_runs(self.desk.store))

    def running_runs(self) -> Iterable[InvoiceRun]:
        return (r for r in self.records.values() if r.state is RunState.RUNNING)

    def cells(self, record: InvoiceRun) -> Sequence[str]:
        p, balance = record.parameters, runs.balance_of(record)
        return (
            str(record.number),
            show.period(p.date_from, p.date_to),
            {"email": _("E-Mail"), "pdf": _("PDF")}[p.type],
            show.count(balance.taken),
            show.amount(balance.taken_eur),
            _(RUN_STATE_NAMES[record.state]),
        )

    def sort_key(self, record: InvoiceRun, key: str) -> Any:
        balance = runs.balance_of(record)
        dates = (record.parameters.date_from, record.parameters.date_to)
        known = {"number": record.number, "period": dates, "taken": balance.taken, "gross": balance.taken_eur}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: InvoiceRun) -> str:
        return "alert" if record.state in ALERTING else "muted" if record.state is RunState.DONE else ""

    def balance_text(self) -> str:
        states = [r.state for r in self.records.values()]
        counts = [(s, states.count(s)) for s in RunState if s in states]
        total = ngettext("{n} Rechnungslauf", "{n} Rechnungsläufe", len(states)).format(n=len(states))
        return total + "".join(f" · {n} {_(RUN_STATE_NAMES[s])}" for s, n in counts)

    def widths(self) -> dict[str, int]:
        return {
            "period": show.period_width(),
            "gross": show.amount_width((runs.balance_of(r).taken_eur for r in self.records.values()), 12),
        }

    def why_not(self, action: str) -> str:
        record = self.current() if action in ("open", "delete") else None
        if action in ("open", "delete") and record is None:
            return _("Hier ist kein Rechnungslauf. Einfg legt einen an.")
        if action == "delete":
            problems = [p for r in self.targets() if (p := refusal(r, RunAction.DELETE))]
            return sentence(problems[0]) if problems else ""
        return ""

    def open_record(self, record: InvoiceRun) -> None:
        self.billing.open("run_detail", run_id=record.id)

    def action_new(self) -> None:
        """Rechnungslauf anlegen; the new run is opened from the table, as the help text says."""
        self.billing.open("run_form", self._created)

    def _created(self, run: InvoiceRun | None) -> None:
        if run is not None:
            self.reload(cursor=run.id)
            self.say(_("Rechnungslauf {number} angelegt. Enter öffnet ihn.").format(number=run.number))

    def action_delete(self) -> None:
        """Delete at once; `u` brings them back."""
        targets = self.targets()
        for record in targets:
            runs.delete_run(self.desk, record.id)
        self.table.remove_rows([r.id for r in targets])
        self.say_done(
            ngettext("{n} Rechnungslauf gelöscht", "{n} Rechnungsläufe gelöscht", len(targets)).format(n=len(targets))
        )
        self.reload()

    def action_ignored(self) -> None:
        self.billing.open("ignored")
