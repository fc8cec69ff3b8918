"""The plan of a Rechnungsstapel: every candidate, in or out and why; F8 makes exactly this."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.messages import N_
from tui_billing.domain.plans import Verdict
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.batch_texts import balance_line, verdict_name
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column, RecordTable
from tui_billing.services import batches
from tui_billing.services.batches import GeneratePlan


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One candidate with its verdict, known by the document's id."""

    id: int
    entry: ReceivableEntry
    verdict: Verdict
    customer: str


class BatchPlanScreen(ListScreen):
    """Who and what, who not and why, sums; dismissed with the batch."""

    NAME: ClassVar[str] = "batch_plan"
    TABLES: ClassVar[frozenset[str]] = frozenset(("receivables", "batch_rows", "customers"))
    HELP: ClassVar[str] = N_(
        "Jeder Beleg, der noch in keinem Stapel ist: dabei, oder der Grund, warum nicht. F8 generiert genau das; "
        "hat sich inzwischen etwas geändert, wird es gesagt. F6 erklärt auch Belege außerhalb der Liste."
    )
    EMPTY: ClassVar[str] = N_("Kein Beleg ohne Stapel.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Beleg"), 13),
        Column("date", N_("Datum"), 8),
        Column("customer", N_("Kunde"), 18, flex=True),
        Column("gross", N_("Brutto"), 11, right=True),
        Column("verdict", N_("Im Stapel"), 16),
    )

    def __init__(self, plan: GeneratePlan) -> None:
        super().__init__()
        self.plan = plan
        self._said_note = ""

    def compose_body(self) -> ComposeResult:
        for table in super().compose_body():
            assert isinstance(table, RecordTable)
            table.follow = True
            yield table

    def title_text(self) -> str:
        p = self.plan.parameters
        text = _("Rechnungsstapel generieren · Abschluss {day}").format(day=show.day(p.close_date))
        return text + (f" · {_('Regeln überschrieben')}" if p.override_rules else "")

    def fetch(self) -> GeneratePlan:
        return self.plan

    def show(self, data: Any) -> None:
        """What is in comes first."""
        self.plan = data
        rows = [
            PlanRow(e.document_id, e, v, f"{data.facts[e.customer_id].number} {data.facts[e.customer_id].name}")
            for e, v in zip(data.candidates, data.verdicts, strict=True)
        ]
        super().show(sorted(rows, key=lambda r: not r.verdict.is_in))

    def cells(self, record: PlanRow) -> Sequence[str]:
        e = record.entry
        return (
            e.number,
            show.short_day(e.batch_date),
            record.customer,
            show.amount(e.amount),
            verdict_name(record.verdict),
        )

    def widths(self) -> dict[str, int]:
        return {"gross": show.amount_width((r.entry.amount for r in self.records.values()), 10)}

    def sort_key(self, record: PlanRow, key: str) -> Any:
        known: dict[str, Any] = {"date": record.entry.batch_date, "gross": record.entry.amount}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: PlanRow) -> str:
        return "" if record.verdict.is_in else "muted"

    def balance_text(self) -> str:
        return balance_line(self.plan.balance)

    def idle_note(self) -> str:
        n = len(self.plan.customers)
        return ngettext("{n} Kunde", "{n} Kunden", n).format(n=show.count(n))

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.entry.amount for r in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def on_record_table_cursor_moved(self) -> None:
        """The deciding reason of a row that is out stands in the status line."""
        record = self.current()
        failed = [r for r in record.verdict.reasons if r.passed is False] if record else []
        note = f"{record.entry.number}: {show.reason(failed[0])}" if record and failed else ""
        if note:
            self.say(note)
        elif self._said_note and self.status.text == self._said_note:
            self.say("")
        self._said_note = note

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """The plan stays as it was shown until F5."""
        self.say(_("Inzwischen hat sich etwas geändert. F5 plant neu."))

    def why_not(self, action: str) -> str:
        if action in ("open", "why") and self.current() is None and action == "open":
            return _("Keine Zeile unter dem Zeiger.")
        if action == "generate" and self.plan.refusals:
            return sentence(self.plan.refusals[0])
        return ""

    def open_record(self, record: PlanRow) -> None:
        self.billing.open("invoice_detail", document_id=record.id)

    def action_refresh(self) -> None:
        """F5: plan anew."""
        store, parameters = self.desk.store, self.plan.parameters
        self.say(_("Plant …"))
        self.start_task("plan", lambda stop: batches.plan_generate(store, parameters))

    def action_why(self) -> None:
        record = self.current()
        number = record.entry.number if record else ""
        self.billing.open("batch_why", parameters=self.plan.parameters, number=number)

    def action_generate(self) -> None:
        """F8: ask once, make it."""
        text = _("{documents} von {customers}, {eur}: generieren?").format(
            documents=ngettext("{n} Beleg", "{n} Belege", self.plan.balance.taken).format(n=self.plan.balance.taken),
            customers=ngettext("{n} Kunden", "{n} Kunden", len(self.plan.customers)).format(n=len(self.plan.customers)),
            eur=show.eur(self.plan.balance.taken_eur),
        )
        self.ask(text, (_("Ja"), self._generate))

    def _generate(self) -> None:
        desk, plan = self.desk, self.plan
        self.say(_("Generiert …"))
        self.start_task("generate", lambda stop: batches.generate_steps(desk, plan, stop))

    def task_done(self, name: str, result: Any) -> None:
        """Planned again; or generated and back to the list, unless it was stopped."""
        if name == "plan":
            self.plan = result
            self.reload()
            self.say(_("Neu geplant"))
        elif result is None:
            self.say(_("Angehalten; es ist nichts generiert."))
        else:
            self.dismiss(result)
