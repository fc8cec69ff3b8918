"""Rechnungslauf anlegen: Zeitraum, Typ, Kontaktpräferenzen, bereits versendete; the balance is shown while typing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from dateutil.relativedelta import relativedelta
from textual.app import ComposeResult

from tui_billing.domain.messages import N_, Refused
from tui_billing.domain.runs import RUN_TYPE_NAMES, InvoiceRun, RunParameters, RunType
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.counting import CountingForm
from tui_billing.screens.run_texts import balance_line
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import runs

JA_NEIN = ((True, N_("Ja")), (False, N_("Nein")))


class RunFormScreen(CountingForm):
    """Steps 1 to 4 of the help text. `document_ids`: only these documents (marked rows of a list)."""

    NAME: ClassVar[str] = "run_form"
    HELP: ClassVar[str] = N_(
        "Der Zeitraum gilt nach Rechnungsdatum, beide Tage eingeschlossen. Mit Kontaktpräferenzen nimmt ein "
        "E-Mail-Lauf nur Kunden mit Versandart E-Mail, ein PDF-Lauf die mit Brief oder ohne Versandart."
    )

    def __init__(self, document_ids: Sequence[int] = (), dates: tuple[date, date] | None = None) -> None:
        super().__init__()
        self._document_ids, self._dates = tuple(document_ids), dates

    def title_text(self) -> str:
        return _("Rechnungslauf anlegen")

    def fields(self) -> Sequence[Field]:
        today = self.desk.today
        return (
            date_field("date_from", N_("Zeitraum von"), today, hint=N_("1.3.  010326  h  -1m  ultimo")),
            date_field("date_to", N_("bis"), today),
            Field("type", N_("Rechnungen"), choices=tuple((t, RUN_TYPE_NAMES[t]) for t in RunType)),
            Field("respect_preference", N_("Kontaktpräferenzen beachten"), choices=JA_NEIN),
            Field("include_sent", N_("bereits versendete aufnehmen"), choices=JA_NEIN, hint=N_("als Kopie")),
        )

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def read_record(self) -> RunParameters:
        """The month of today, per E-Mail, preferences respected."""
        first = self.desk.today().replace(day=1)
        start, end = self._dates or (first, first + relativedelta(months=1, days=-1))
        return RunParameters(date_from=start, date_to=end, document_ids=self._document_ids)

    def values_of(self, record: RunParameters) -> Mapping[str, Any]:
        return {
            "date_from": record.date_from,
            "date_to": record.date_to,
            "type": record.type,
            "respect_preference": record.respect_preference,
            "include_sent": record.include_sent,
        }

    def question(self) -> RunParameters | None:
        values: dict[str, Any] = {}
        for widget in self.widgets:
            value, problems = widget.read()
            if value is None or any(not p.warning for p in problems):
                return None
            values[widget.spec.name] = value
        return RunParameters(**values, document_ids=self._document_ids)

    def count(self, question: RunParameters) -> runs.RunPlan:
        return runs.plan_create_run(self.desk.store, question, self.desk.today())

    def counted(self, answer: runs.RunPlan | Refused | None) -> None:
        """What the run would take."""
        text = ""
        if answer is not None:
            text = sentence(answer.problems[0]) if isinstance(answer, Refused) else balance_line(answer.balance)
        self.query_one(BalanceLine).set(text)

    def store(self, record: RunParameters, values: Mapping[str, Any]) -> InvoiceRun:
        """Plan again and create exactly that."""
        parameters = RunParameters(**values, document_ids=self._document_ids)
        plan = runs.plan_create_run(self.desk.store, parameters, self.desk.today())
        return runs.apply_create_run(self.desk, plan)
