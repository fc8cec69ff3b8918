"""Intervallrechnungen: the form of the help text, with filters; F8 lists what is due."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.interval_selection import guard_dates
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens.form import FormScreen
from tui_billing.screens.tasks import until_stopped
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field
from tui_billing.screens.widgets.lines import Rule
from tui_billing.services import document_types
from tui_billing.services.intervals import IntervalSelection, plan_select

EVERY_TYPE = ""


class IntervalFormScreen(FormScreen):
    """The form of the help text."""

    NAME: ClassVar[str] = "interval_form"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Das Ausführungsdatum entscheidet, was ansteht, und wird nicht gedruckt. Das Rechnungsdatum steht auf der "
        "Rechnung. Der Abrechnungszeitraum wird nur dort gedruckt, wo im Kopftext oder in einer Bezeichnung "
        "{Abrechnungszeitraum} steht; leer gilt der Zeitraum der Zeile."
    )

    def title_text(self) -> str:
        return _("Intervallrechnungen")

    def fields(self) -> Sequence[Field]:
        today = self.desk.today
        names = [(name, name) for name in document_types.names(self.desk.store)]
        return (
            date_field("execution_date", N_("Ausführungsdatum"), today, hint=N_("entscheidet, was ansteht")),
            date_field("invoice_date", N_("Rechnungsdatum"), today, hint=N_("wird gedruckt")),
            Field("billing_period_text", N_("Abrechnungszeitraum"), width=28, hint=N_("leer: der der Zeile")),
            Field("document_type", N_("Belegart"), choices=(("", N_("(die des Auftrags)")), *names)),
            Field(
                "customer_ids",
                N_("nur Kunde"),
                parse=self._reader(Customer, N_("Kunde {number} gibt es nicht.")),
                show=self._numbers_of(Customer),
                hint=N_("mehrere mit Komma"),
                width=20,
                heading=N_("Filter"),
            ),
            Field(
                "order_ids",
                N_("nur Auftrag"),
                parse=self._reader(Order, N_("Auftrag {number} gibt es nicht.")),
                show=self._numbers_of(Order),
                hint=N_("mehrere mit Komma"),
                width=20,
            ),
            Field("document_type_filter", N_("nur Belegart"), choices=((EVERY_TYPE, N_("(alle)")), *names)),
        )

    def _reader(self, cls: type[Any], text: str) -> Any:
        """Numbers parted by comma or blank -> ids."""

        def read(typed: str) -> tuple[tuple[int, ...] | None, list[Problem]]:
            ids: list[int] = []
            for number in typed.replace(",", " ").replace(";", " ").split():
                found = self.desk.store.find_one(cls, "number", number)
                if found is None:
                    return None, [Problem("NICHT_GEFUNDEN", text, {"number": number})]
                ids.append(found.id)
            return tuple(ids), []

        return read

    def _numbers_of(self, cls: type[Any]) -> Any:
        return lambda ids: ", ".join(r.number for r in self.desk.store.get_many(cls, ids).values())

    def compose_foot(self) -> ComposeResult:
        yield Rule()

    def read_record(self) -> IntervalSelectionParameters:
        """Today for both dates, nothing filtered."""
        today = self.desk.today()
        return IntervalSelectionParameters(execution_date=today, invoice_date=today)

    def values_of(self, record: IntervalSelectionParameters) -> Mapping[str, Any]:
        return {
            "execution_date": record.execution_date,
            "invoice_date": record.invoice_date,
            "billing_period_text": record.billing_period_text,
            "document_type": record.document_type,
            "customer_ids": record.customer_ids,
            "order_ids": record.order_ids,
            "document_type_filter": record.document_type_filter,
        }

    def store(self, record: Any, values: Mapping[str, Any]) -> Any:
        """Nothing is stored; the list follows."""
        return IntervalSelectionParameters(**values)

    def finish(self, result: IntervalSelectionParameters) -> None:
        """F8: ask about a mistyped year, then select in a thread."""
        for widget in self.widgets:
            widget.accept()
        guards = guard_dates(result)
        if guards:
            self.ask(f"{sentence(guards[0])} {_('Trotzdem?')}", (_("Ja"), lambda: self._select(result)))
        else:
            self._select(result)

    def _select(self, parameters: IntervalSelectionParameters) -> None:
        self.say(_("Sucht, was ansteht …"))
        self.start_task("select", lambda stop: until_stopped(plan_select(self.desk.store, parameters), stop))

    def task_done(self, name: str, result: IntervalSelection | None) -> None:
        """Open the list, after a question where one order has very many rows (C4.7)."""
        if result is None:
            self.say(_("Angehalten."))
        elif not result.rows and not result.out:
            self.say(_("Zu diesem Ausführungsdatum steht nichts an. F6 sagt, warum ein Auftrag nicht ansteht."))
        elif guards := [p for p in result.guards if p.code == "VIELE_PERIODEN"]:
            more = len(guards) - 1
            text = sentence(guards[0])
            if more:
                text += " " + ngettext("({n} weiterer Auftrag)", "({n} weitere Aufträge)", more).format(n=more)
            self.ask(f"{text} {_('Liste zeigen?')}", (_("Ja"), lambda: self._open(result)))
        else:
            self._open(result)

    def _open(self, plan: IntervalSelection) -> None:
        self.billing.open("interval_grid", plan=plan)

    def action_back(self) -> None:
        """Esc: nothing typed here is lost that matters; while it selects, halt."""
        if self.task_now is not None:
            self.task_now.stop()
            self.say(_("Hält an …"))
        else:
            self.dismiss(None)

    def action_why(self) -> None:
        """F6 for any order."""
        value, _problems = self.field("execution_date").read()
        self.billing.open("interval_why", number="", execution_date=value)

    def action_log(self) -> None:
        """F2: what was created, to be read and exported again."""
        self.billing.open("creations")
