"""F6: Warum drin / warum nicht, for a row or for any number of an invoice or a customer that is typed."""

from collections.abc import Sequence
from typing import ClassVar

from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.dialogs.question import Lines, QuestionScreen, reason_lines
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import runs
from tui_billing.services.run_explain import Explanation


class WhyScreen(QuestionScreen):
    """Why an invoice is in a Rechnungslauf or not."""

    NAME: ClassVar[str] = "why"
    LABEL: ClassVar[str] = N_("Rechnung oder Kunde")
    HELP: ClassVar[str] = N_(
        "Die Nummer einer Rechnung oder eines Kunden eingeben, auch wenn sie nicht in der Liste steht. "
        "Die erste Regel, die nicht erfüllt ist, entscheidet."
    )

    def __init__(self, run_id: int, number: str) -> None:
        super().__init__(number)
        self._run_id = run_id

    def title_text(self) -> str:
        return _("Warum drin, warum nicht")

    def answer(self, number: str) -> Lines:
        if not number:
            return []
        answers = runs.explain(self.desk.store, self._run_id, number, self.desk.today())
        return why_lines(answers, runs.need_run(self.desk.store, self._run_id).number)


def why_lines(answers: Sequence[Explanation], run_number: int) -> Lines:
    """The screen's text for these answers."""
    if not answers:
        return [(_("Dieser Kunde hat keine Rechnung."), PLAIN)]
    lines: Lines = []
    for answer in answers:
        question = (
            _("Warum ist {number} im Lauf {run}?")
            if answer.verdict.is_in
            else _("Warum ist {number} nicht im Lauf {run}?")
        )
        lines.append((question.format(number=answer.document.number, run=run_number), STRONG))
        lines.append((f"  {answer.document.buyer.name}, {show.eur(answer.document.totals.gross)}", MUTED))
        lines += [*reason_lines(answer.verdict.reasons), ("", PLAIN)]
    return lines
