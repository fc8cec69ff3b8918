"""Rechnungsstapel generieren: the form counts along while it is typed, F8 shows the plan before anything is made."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.cutoff import next_closing
from tui_billing.domain.messages import N_, Refused
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.batch_texts import balance_line
from tui_billing.screens.counting import CountingForm
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import batches
from tui_billing.services.batches import GeneratePlan


class BatchGenerateScreen(CountingForm):
    """The form of the help text; `by_hand` makes an empty batch that the clerk fills in the details."""

    NAME: ClassVar[str] = "batch_generate"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Der Tag des Abschlussdatums entscheidet, welche Kunden dabei sind: die mit diesem Rechnungsstapel-Stichtag. "
        "Überschreiben lässt Stichtag, Abschlussdatum und Ausschluss außer Acht, aber nimmt keinen Kunden ohne "
        "Stichtag und keinen Beleg aus einem anderen Stapel."
    )

    def __init__(self, close_date: date | None = None, by_hand: bool = False) -> None:
        super().__init__()
        self._close_date, self._by_hand = close_date, by_hand
        self._planned: GeneratePlan | None = None

    def title_text(self) -> str:
        return _("Rechnungsstapel von Hand anlegen") if self._by_hand else _("Rechnungsstapel generieren")

    def fields(self) -> Sequence[Field]:
        text = N_("Erstellungsregeln überschr.")
        found = [
            date_field("close_date", N_("Abschlussdatum"), self.desk.today, hint=N_("15.11.  ultimo  h")),
            Field("description", N_("Bezeichnung"), width=40),
        ]
        if not self._by_hand:
            found += [
                Field("customer_from", N_("Kunde von"), width=12, hint=N_("leer: alle")),
                Field("customer_to", N_("Kunde bis"), width=12),
            ]
        return [
            *found,
            Field("exclude_on_close_date", N_("Am Abschlussdatum ausschl."), choices=NEIN_JA),
            Field("override_rules", text, choices=NEIN_JA),
        ]

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def read_record(self) -> BatchParameters:
        """The next close date on which somebody's Stichtag falls, today included."""
        day = self._close_date or self.desk.today()
        days = batches.cutoff_days_in_use(self.desk.store)
        if self._close_date is None and days:
            at_month_end = batches.month_end(self.desk.store)
            before = date.fromordinal(day.toordinal() - 1)
            day = min(next_closing(d, before, month_end=at_month_end) for d in days)
        return BatchParameters(close_date=day)

    def values_of(self, record: BatchParameters) -> Mapping[str, Any]:
        return {
            "close_date": record.close_date,
            "description": record.description,
            "customer_from": record.customer_from,
            "customer_to": record.customer_to,
            "exclude_on_close_date": record.exclude_on_close_date,
            "override_rules": record.override_rules,
        }

    def question(self) -> BatchParameters | None:
        return None if self._by_hand else self._parameters()

    def count(self, question: BatchParameters) -> GeneratePlan:
        return batches.plan_generate(self.desk.store, question)

    def counted(self, answer: GeneratePlan | Refused | None) -> None:
        """The balance of what is typed now, with what speaks against it."""
        text = ""
        if isinstance(answer, Refused):
            text = sentence(answer.problems[0])
        elif answer is not None:
            self._planned = answer
            hints = [*answer.refusals[:1], *answer.warnings]
            text = " · ".join([balance_line(answer.balance), *(sentence(p) for p in hints)])
        self.query_one(BalanceLine).set(text)

    def _parameters(self) -> BatchParameters | None:
        values: dict[str, Any] = {}
        for widget in self.widgets:
            value, problems = widget.read()
            if value is None or any(not p.warning for p in problems):
                return None
            values[widget.spec.name] = value
        return BatchParameters(**values)

    def store(self, record: BatchParameters, values: Mapping[str, Any]) -> Any:
        """By hand: make it. Else show the plan; nothing is made here."""
        parameters = BatchParameters(**values)
        if self._by_hand:
            return batches.create_manual(self.desk, parameters)
        plan = self._planned
        if plan is not None and plan.parameters == parameters and plan.seq == self.desk.store.seq:
            return _plannable(plan)
        return parameters

    def finish(self, result: Any) -> None:
        """Made by hand; or on to the plan, which is made first where it was not counted along in time."""
        if isinstance(result, GeneratePlan):
            self.billing.open("batch_plan", self._generated, plan=result)
        elif isinstance(result, BatchParameters):
            store = self.desk.store
            self.say(_("Plant …"))
            self.start_task("plan", lambda stop: batches.plan_generate(store, result))
        else:
            self.dismiss(result)

    def task_done(self, name: str, result: GeneratePlan) -> None:
        self.finish(_plannable(result))

    def _generated(self, batch: InvoiceBatch | None) -> None:
        if batch is not None:
            self.dismiss(batch)


def _plannable(plan: GeneratePlan) -> GeneratePlan:
    """The plan. Raises Refused where nothing would be made."""
    if plan.refusals:
        raise Refused(*plan.refusals)
    return plan
