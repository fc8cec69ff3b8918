"""What the screens on F6 share: a number and the answer below it, rule by rule. For a new one set

NAME, HELP, LABEL   of the first field; its text is the number
more_fields()       further fields below the number
answer(number)      the text for this number, in a moment; may raise Refused, whose sentences are shown instead

Enter asks again; the arrow keys scroll the answer while the number keeps the focus.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.domain.messages import N_
from tui_billing.domain.plans import Reason
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.field_screen import FieldScreen
from tui_billing.screens.widgets.field import Field, FieldWidget, TextField
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG, TextView
from tui_billing.services.errors import Refused

Lines = list[tuple[str, str]]
SIGNS = {True: "✓", False: "✗", None: "·"}


def reason_lines(reasons: Iterable[Reason]) -> Lines:
    """Each rule with its outcome; what stands behind the first failing one is named once, as no longer decisive."""
    lines: Lines = []
    behind: list[str] = []
    for reason in reasons:
        if reason.passed is None:
            behind.append(show.reason(reason))
            continue
        tone = STRONG if reason.passed is False else PLAIN
        lines.append((f"  {SIGNS[reason.passed]} {show.reason(reason)}", tone))
    if behind:
        text = _("nicht mehr entscheidend: {text}").format(text=", ".join(behind))
        lines.append((f"  {SIGNS[None]} {text}", MUTED))
    return lines


class QuestionScreen(FieldScreen):
    """Base of the screens on F6; see the module's text."""

    AUTO_FOCUS = "TextField"
    LABEL: ClassVar[str] = ""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    # --- for the subclass ---

    def more_fields(self) -> Sequence[FieldWidget]:
        """Fields below the number."""
        return ()

    def answer(self, number: str) -> Lines:
        """The answer for this number; an empty one is asked too."""
        return []

    # --- frame ---

    def compose_body(self) -> ComposeResult:
        yield TextField(Field("number", self.LABEL, width=20, hint=N_("Enter fragt")), self._number)
        yield from self.more_fields()
        yield TextView()

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def value_of(self, name: str) -> tuple[object, str]:
        """What is typed in one field, and the first sentence against it."""
        widgets = {w.spec.name: w for w in self.query(FieldWidget)}
        value, problems = widgets[name].read()
        return value, sentence(problems[0]) if problems else ""

    def reload(self) -> None:
        """Answer for what is typed now."""
        number, _problem = self.value_of("number")
        try:
            lines = self.answer(str(number or "").strip())
        except Refused as error:
            lines = [(sentence(p), PLAIN) for p in error.problems]
        self.query_one(TextView).set_lines([("", PLAIN), *lines])

    def on_field_widget_next(self, message: FieldWidget.Next) -> None:
        """Ask; the next letter begins another number."""
        self.reload()
        message.field.enter()

    # --- the answer scrolls while the number has the focus ---

    def action_text_up(self) -> None:
        self.query_one(TextView).action_up()

    def action_text_down(self) -> None:
        self.query_one(TextView).action_down()

    def action_text_page_up(self) -> None:
        self.query_one(TextView).action_page_up()

    def action_text_page_down(self) -> None:
        self.query_one(TextView).action_page_down()
