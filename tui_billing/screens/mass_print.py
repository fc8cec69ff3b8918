"""Rechnungen Massendruck: number from-to, what is not printed or mailed yet or all again, one file and / or singles."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.messages import N_
from tui_billing.domain.runs import RunType
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.counting import CountingForm
from tui_billing.screens.invoicing import printed_text
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import mass_print
from tui_billing.services.errors import Refused
from tui_billing.services.mass_print import (
    OUT_NAMES,
    WHICH_NAMES,
    MassPrintParameters,
    MassPrintPlan,
    Which,
)
from tui_billing.services.mass_print_output import OutputOptions

OUTPUTS = (
    ((True, False), N_("eine Druckdatei")),
    ((False, True), N_("einzelne PDF-Dateien")),
    ((True, True), N_("beides")),
)


class MassPrintScreen(CountingForm):
    """The range is counted while it is typed; F8 prints, F4 makes a Rechnungslauf of it.

    `document_ids`: only these documents (the created numbers of an Erstellung), of any Nummernkreis.
    """

    NAME: ClassVar[str] = "mass_print"
    HELP: ClassVar[str] = N_(
        "Druckt die Belege eines Nummernbereichs und schreibt sie damit fest; was schon hinausging, wird als Kopie "
        "gedruckt. Ohne Nummern gilt der ganze Bestand. F4 nimmt dieselben Belege in einen Rechnungslauf."
    )

    def __init__(self, document_ids: Sequence[int] = ()) -> None:
        super().__init__()
        self._document_ids = tuple(document_ids)
        self.plan: MassPrintPlan | None = None

    def title_text(self) -> str:
        return _("Rechnungen Massendruck")

    def fields(self) -> Sequence[Field]:
        return (
            Field("number_from", N_("Nummer von"), width=16, hint=N_("leer: von Anfang an")),
            Field("number_to", N_("bis"), width=16, hint=N_("leer: bis zur letzten")),
            Field("which", N_("Welche"), choices=tuple(WHICH_NAMES.items())),
            Field("output", N_("Ausgabe"), choices=OUTPUTS),
            Field("out", N_("Ordner oder ZIP"), width=26, hint=N_("leer: wie eingestellt")),
            Field("print_now", N_("gleich drucken"), choices=NEIN_JA),
        )

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {
            "number_from": "",
            "number_to": "",
            "which": Which.NOT_PRINTED,
            "output": (True, False),
            "out": "",
            "print_now": False,
        }

    def question(self) -> MassPrintParameters:
        return self._parameters()

    def count(self, question: MassPrintParameters) -> MassPrintPlan:
        return mass_print.plan_mass_print(self.desk.store, question)

    def counted(self, answer: MassPrintPlan | Refused | None) -> None:
        """The balance of what is typed now."""
        self.plan = answer if isinstance(answer, MassPrintPlan) else None
        if answer is not None:
            text = sentence(answer.problems[0]) if isinstance(answer, Refused) else balance_text(answer)
            self.query_one(BalanceLine).set(text)

    def _parameters(self) -> MassPrintParameters:
        values = {w.spec.name: w.read()[0] for w in self.widgets}
        return self._asked(values)

    def _asked(self, values: Mapping[str, Any]) -> MassPrintParameters:
        return MassPrintParameters(
            values["number_from"] or "", values["number_to"] or "", values["which"], self._document_ids
        )

    def store(self, record: Any, values: Mapping[str, Any]) -> tuple[MassPrintPlan, OutputOptions]:
        """What is asked for now."""
        parameters = self._asked(values)
        combined, singles = values["output"]
        options = OutputOptions(combined, singles, values["out"], values["print_now"])
        return mass_print.plan_mass_print(self.desk.store, parameters), options

    def finish(self, result: tuple[MassPrintPlan, OutputOptions]) -> None:
        """F8: ask, because printing makes final."""
        plan, options = result
        for widget in self.widgets:
            widget.accept()
        count = len(plan.taken)
        if not count:
            self.say(_("Nichts zu drucken: {balance}").format(balance=balance_text(plan)), alert=True)
            return
        text = ngettext("{n} Beleg drucken und festschreiben?", "{n} Belege drucken und festschreiben?", count)
        self.ask(text.format(n=show.count(count)), (_("Ja"), lambda: self._print(plan, options)))

    def _print(self, plan: MassPrintPlan, options: OutputOptions) -> None:
        desk = self.desk
        self.say(_("Beginnt …"))
        self.start_task("print", lambda stop: mass_print.apply_mass_print(desk, plan, options, stop=stop))

    def task_done(self, name: str, result: Any) -> None:
        self.reload()
        self.say(printed_text(result), alert=bool(result.failed))

    def action_to_run(self) -> None:
        """F4: the same documents in a Rechnungslauf; copies only where all are wanted again."""
        plan = mass_print.plan_mass_print(self.desk.store, self._parameters())
        again = plan.parameters.which is Which.ALL
        run = mass_print.into_run(self.desk, plan.taken, RunType.EMAIL, include_sent=again)
        self.billing.open("run_detail", run_id=run.id)

    def action_back(self) -> None:
        """Esc: halt what is running, else leave; nothing typed here is worth a question."""
        if self.task_now is not None:
            self.task_now.stop()
            self.say(_("Hält nach diesem Beleg an …"))
        else:
            self.dismiss(None)

    def action_take_theirs(self) -> None:
        self.reload()


def balance_text(plan: MassPrintPlan) -> str:
    """3 von 5 Belegen 357,00 € · nicht: 2 schon gedruckt."""
    text = _("{taken} von {all} Belegen {eur}").format(
        taken=show.count(plan.balance.taken),
        all=show.count(plan.balance.candidates),
        eur=show.eur(plan.balance.taken_eur),
    )
    if not plan.balance.out:
        return text
    reasons = ", ".join(f"{show.count(n)} {_(OUT_NAMES[code])}" for code, n in plan.balance.out.items())
    return f"{text} · {_('nicht')}: {reasons}"
