"""A text to read: help, log, preview. Esc goes back."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.screens.base import DeskScreen
from tui_billing.screens.widgets.text_view import TextView


class PagerScreen(DeskScreen):
    """`title` and `lines` are shown as they are: plain text, already translated."""

    NAME: ClassVar[str] = "pager"

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.heading, self.lines = title, lines

    def compose_body(self) -> ComposeResult:
        yield TextView(self.lines)

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def title_text(self) -> str:
        return self.heading

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """A text stays as it was asked for."""

    def action_help(self) -> None:
        """The help of the help is the line of keys."""
