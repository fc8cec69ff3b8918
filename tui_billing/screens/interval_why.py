"""F6 for orders: why a period is due or not, for any order by its number, also one that is not in the list."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.widgets.date_input import DateInput, date_field
from tui_billing.screens.widgets.field import Field, FieldWidget, TextField
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG, TextView
from tui_billing.services import interval_questions, orders
from tui_billing.services.errors import Refused

SIGNS = {True: "✓", False: "✗", None: "·"}


class IntervalWhyScreen(DeskScreen):
    """A number, an execution date and the answer; Enter asks again."""

    NAME: ClassVar[str] = "interval_why"
    AUTO_FOCUS = "TextField"
    HELP: ClassVar[str] = N_(
        "Die Nummer eines Auftrags eingeben, auch wenn er nicht in der Liste steht. Die erste Regel, die nicht "
        "erfüllt ist, entscheidet."
    )

    def __init__(
        self,
        number: str,
        execution_date: date | None = None,
        parameters: IntervalSelectionParameters | None = None,
        dropped: Collection[RowKey] = (),
    ) -> None:
        super().__init__()
        self._number, self._day = number, execution_date
        self._parameters, self._dropped = parameters, dropped

    def title_text(self) -> str:
        return _("Warum steht ein Auftrag an, warum nicht")

    def compose_body(self) -> ComposeResult:
        yield TextField(Field("number", N_("Auftrag"), width=20, hint=N_("Enter fragt")), self._number)
        yield DateInput(
            date_field("execution_date", N_("Ausführungsdatum"), self.desk.today), self._day or self.desk.today()
        )
        yield TextView()

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def reload(self) -> None:
        """Answer for the number in the field."""
        fields = {w.spec.name: w for w in self.query(FieldWidget)}
        number = str(fields["number"].read()[0] or "").strip()
        day, problems = fields["execution_date"].read()
        if not number or day is None:
            text = sentence(problems[0]) if problems else _("Auftragsnummer eingeben, dann Enter.")
            self.query_one(TextView).set_lines([("", PLAIN), (text, MUTED)])
            return
        base = self._parameters or IntervalSelectionParameters(execution_date=day, invoice_date=day)
        try:
            order = orders.find(self.desk.store, number)
            found = interval_questions.explain_order(
                self.desk.store, order, replace(base, execution_date=day), self._dropped
            )
            lines = why_lines(order, found)
        except Refused as error:
            lines = [(sentence(p), PLAIN) for p in error.problems]
        self.query_one(TextView).set_lines([("", PLAIN), *lines])

    def on_field_widget_next(self, message: FieldWidget.Next) -> None:
        self.reload()


def why_lines(order: Order, found: list[interval_questions.Explained]) -> list[tuple[str, str]]:
    """One block per period: the question, then each rule with its outcome."""
    lines: list[tuple[str, str]] = []
    for period, reasons in found:
        span = show.period(period.start, period.end) if period else ""
        is_in = all(r.passed is not False for r in reasons)
        question = _("Warum steht {number} {span} an?") if is_in else _("Warum steht {number} {span} nicht an?")
        lines.append((question.format(number=order.number, span=span), STRONG))
        for reason in reasons:
            tone = STRONG if reason.passed is False else MUTED if reason.passed is None else PLAIN
            text = show.reason(reason)
            if reason.passed is None:
                text = _("nicht mehr entscheidend: {text}").format(text=text)
            lines.append((f"  {SIGNS[reason.passed]} {text}", tone))
        lines.append(("", PLAIN))
    return lines
