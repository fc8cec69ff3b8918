"""F6: Warum drin / warum nicht, for a row or for any number of an invoice or a customer that is typed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.widgets.field import Field, FieldWidget, TextField
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG, TextView
from tui_billing.services import runs
from tui_billing.services.errors import Refused
from tui_billing.services.run_explain import Explanation

SIGNS = {True: "✓", False: "✗", None: "·"}


class WhyScreen(DeskScreen):
    """A number and the answer; Enter asks again."""

    NAME: ClassVar[str] = "why"
    AUTO_FOCUS = "TextField"
    HELP: ClassVar[str] = N_(
        "Die Nummer einer Rechnung oder eines Kunden eingeben, auch wenn sie nicht in der Liste steht. "
        "Die erste Regel, die nicht erfüllt ist, entscheidet."
    )

    def __init__(self, run_id: int, number: str) -> None:
        super().__init__()
        self._run_id, self._number = run_id, number

    def title_text(self) -> str:
        return _("Warum drin, warum nicht")

    def compose_body(self) -> ComposeResult:
        hint = N_("Enter fragt")
        yield TextField(Field("number", N_("Rechnung oder Kunde"), width=20, hint=hint), self._number)
        yield TextView()

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def reload(self) -> None:
        """Answer for the number in the field."""
        number = self.query_one(TextField).text.strip()
        if not number:
            self.query_one(TextView).set_lines([])
            return
        try:
            answers = runs.explain(self.desk.store, self._run_id, number, self.desk.today())
            lines = why_lines(answers, runs.need_run(self.desk.store, self._run_id).number)
        except Refused as error:
            lines = [(sentence(p), PLAIN) for p in error.problems]
        self.query_one(TextView).set_lines([("", PLAIN), *lines])

    def on_field_widget_next(self, message: FieldWidget.Next) -> None:
        self.reload()


def why_lines(answers: Sequence[Explanation], run_number: int) -> list[tuple[str, str]]:
    """The screen's text for these answers."""
    if not answers:
        return [(_("Dieser Kunde hat keine Rechnung."), PLAIN)]
    lines: list[tuple[str, str]] = []
    for answer in answers:
        question = (
            _("Warum ist {number} im Lauf {run}?")
            if answer.verdict.is_in
            else _("Warum ist {number} nicht im Lauf {run}?")
        )
        lines.append((question.format(number=answer.document.number, run=run_number), STRONG))
        lines.append((f"  {answer.document.buyer.name}, {show.eur(answer.document.totals.gross)}", MUTED))
        for reason in answer.verdict.reasons:
            tone = STRONG if reason.passed is False else MUTED if reason.passed is None else PLAIN
            text = show.reason(reason)
            if reason.passed is None:
                text = _("nicht mehr entscheidend: {text}").format(text=text)
            lines.append((f"  {SIGNS[reason.passed]} {text}", tone))
        lines.append(("", PLAIN))
    return lines
