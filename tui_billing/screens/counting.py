"""CountingForm: a form that counts along while it is typed, in a thread. One question at a time, once the fingers
rest: among 100,000 documents each takes its seconds, and only the last one matters. For a new one set

    question()       what is asked for now, None where the fields make no sense yet
    count(question)  the answer, in a thread; may raise Refused
    counted(answer)  show it, or what was refused; None where there was no question
"""

from typing import Any

from tui_billing.screens.form import FormScreen
from tui_billing.screens.messages import Fetched, TaskFailed
from tui_billing.screens.widgets.field import FieldWidget
from tui_billing.services.errors import Refused

REST = 0.2
"""Seconds without a key before the question is asked."""


class CountingForm(FormScreen):
    """Base of forms that count along; see the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0
        self._is_due = self._is_counting = False

    def question(self) -> Any:
        """What is asked for now."""

    def count(self, question: Any) -> Any:
        """The answer."""

    def counted(self, answer: Any) -> None:
        """Show it."""

    def edited(self, field: FieldWidget) -> None:
        """Something was typed."""
        turn = self._next_turn()
        self.set_timer(REST, lambda: self._ask(turn))

    def reload(self) -> None:
        """The form has just opened, or its data has changed."""
        self._ask(self._next_turn())

    def _next_turn(self) -> int:
        self._turn += 1
        self._is_due = True
        return self._turn

    def _ask(self, turn: int) -> None:
        if turn != self._turn or self._is_counting:
            return
        question = self.question()
        if question is None:
            self._is_due = False
            self.counted(None)
            return
        self._is_counting = True
        self.billing.in_thread(lambda: self.post_message(Fetched(turn, self._answer(question))), self)

    def _answer(self, question: Any) -> Any:
        try:
            return self.count(question)
        except Refused as error:
            return error

    def on_fetched(self, message: Fetched) -> None:
        """Show the answer, or ask what was typed meanwhile."""
        self._is_counting = False
        if message.turn != self._turn:
            self._ask(self._turn)
        else:
            self._is_due = False
            self.counted(message.data)

    def on_task_failed(self, message: TaskFailed) -> None:
        """The question could not be answered; the next one may be."""
        if not message.task:
            self._is_counting = self._is_due = False
