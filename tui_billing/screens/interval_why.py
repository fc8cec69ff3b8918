"""F6 for orders: why a period is due or not, for any order by its number, also one that is not in the list."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.dialogs.question import Lines, QuestionScreen, reason_lines
from tui_billing.screens.widgets.date_input import DateInput, date_field
from tui_billing.screens.widgets.field import FieldWidget
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import interval_questions, orders


class IntervalWhyScreen(QuestionScreen):
    """A number, an execution date and the answer."""

    NAME: ClassVar[str] = "interval_why"
    LABEL: ClassVar[str] = N_("Auftrag")
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
        super().__init__(number)
        self._day, self._parameters, self._dropped = execution_date, parameters, dropped

    def title_text(self) -> str:
        return _("Warum steht ein Auftrag an, warum nicht")

    def more_fields(self) -> Sequence[FieldWidget]:
        field = date_field("execution_date", N_("Ausführungsdatum"), self.desk.today)
        return [DateInput(field, self._day or self.desk.today())]

    def answer(self, number: str) -> Lines:
        day, problem = self.value_of("execution_date")
        if not number or not isinstance(day, date):
            return [(problem or _("Auftragsnummer eingeben, dann Enter."), MUTED)]
        base = self._parameters or IntervalSelectionParameters(execution_date=day, invoice_date=day)
        order = orders.find(self.desk.store, number)
        asked = replace(base, execution_date=day)
        return why_lines(order, interval_questions.explain_order(self.desk.store, order, asked, self._dropped))


def why_lines(order: Order, found: list[interval_questions.Explained]) -> Lines:
    """One block per period: the question, then each rule with its outcome."""
    lines: Lines = []
    for period, reasons in found:
        span = show.period(period.start, period.end) if period else ""
        is_in = all(r.passed is not False for r in reasons)
        question = _("Warum steht {number} {span} an?") if is_in else _("Warum steht {number} {span} nicht an?")
        lines.append((question.format(number=order.number, span=span), STRONG))
        lines += [*reason_lines(reasons), ("", PLAIN)]
    return lines
