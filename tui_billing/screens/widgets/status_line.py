"""The status line: what just happened, what `u` takes back, what is going on, and the one question before F8.

A question in this line costs 1 kB on a slow line where a dimmed dialog costs 36 kB; the focus stands on Nein.
"""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, width_of, wrap

BARS = ((98, 20), (60, 10))
"""(cells of the line from which on, cells of the bar): it keeps its length while the words behind it change."""


def progress_text(
    done: int, total: int, seconds_left: float | None, extras: Sequence[str], width: int, short: str = ""
) -> str:
    """`████░░ 112/185 · 60 % · noch 11 min · 1 abgelehnt · Esc hält an` in one line of `width` cells.

    What is not known yet is left out. Where the words leave too little room, `short` stands in for the last of the
    extras, and then the bar gives way: a second line would push the table up.
    """
    share = done / total if total else 1.0
    parts = [f"{done}/{total}", f"{int(share * 100)} %"]
    if seconds_left is not None and done < total:
        parts.append(_("noch {time}").format(time=duration(seconds_left)))
    size = next((cells for least, cells in BARS if width >= least), 0)
    text = " · ".join([*parts, *extras])
    if short and width_of(text) + size + 1 > width:
        text = " · ".join([*parts, *extras[:-1], short])
    if not size or width_of(text) + size + 1 > width:
        return text
    full = int(share * size)
    return f"{'█' * full}{'░' * (size - full)} {text}"


def duration(seconds: float) -> str:
    """`40 s`, `11 min`, `2 h 5 min`, rounded up so that nobody waits longer than said."""
    if seconds < 60:
        return f"{max(1, int(seconds) + 1)} s"
    minutes = int(seconds // 60) + 1
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class StatusLine(Widget, can_focus=True, inherit_bindings=False):
    """A message, or a question with [Nein] and Ja."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="status")
        self.can_focus = False
        self.text = ""
        self.is_alert = False
        self._answers: tuple[tuple[str, Callable[[], None]], ...] = ()
        self._chosen = 0
        self._back_to: Widget | None = None

    @property
    def is_asking(self) -> bool:
        """Whether a question waits for its answer."""
        return bool(self._answers)

    def say(self, text: str, *, alert: bool = False) -> None:
        """Show a sentence; a pending question is not overwritten."""
        if not self.is_asking and (text, alert) != (self.text, self.is_alert):
            self.text, self.is_alert = text, alert
            self._resize()

    def ask(self, text: str, *answers: tuple[str, Callable[[], None]]) -> None:
        """Ask; the focus is on Nein. Each answer is (label, deed); j and y take the first."""
        if not self.is_asking:
            self._back_to = self.screen.focused
        self.text, self.is_alert, self._chosen, self._answers = text, False, 0, answers
        self.can_focus = True
        self._resize()
        self.screen.set_focus(self, scroll_visible=False)

    def _answer(self, index: int) -> None:
        """0 is Nein."""
        answers, self._answers = self._answers, ()
        self.text = ""
        if self._back_to is not None and self._back_to.is_attached:
            self.screen.set_focus(self._back_to, scroll_visible=False)
        self.can_focus = False
        self._resize()
        if index:
            answers[index - 1][1]()

    def on_key(self, event: events.Key) -> None:
        """← → and Tab choose, Enter takes it, j and n answer at once, Esc is Nein."""
        if not self.is_asking or event.key == "ctrl+q":
            return
        event.stop()
        event.prevent_default()
        choices = len(self._answers) + 1
        if event.key in ("right", "tab"):
            self._chosen = (self._chosen + 1) % choices
            self.refresh()
        elif event.key in ("left", "shift+tab"):
            self._chosen = (self._chosen - 1) % choices
            self.refresh()
        elif event.key == "enter":
            self._answer(self._chosen)
        elif event.key in ("n", "escape"):
            self._answer(0)
        elif event.key in ("j", "y"):
            self._answer(1)

    def _lines(self, width: int) -> list[str]:
        if not self.is_asking:
            return wrap(self.text, max(20, width - 2))[:3]
        labels = [_("Nein"), *(label for label, _deed in self._answers)]
        buttons = " ".join(f"[{text}]" if n == self._chosen else f" {text} " for n, text in enumerate(labels))
        lines = wrap(self.text, max(20, width - 2))
        if width_of(lines[-1]) + 2 + width_of(buttons) <= width - 2:
            return [*lines[:-1], f"{lines[-1]}  {buttons}"]
        return [*lines, buttons]

    def _resize(self) -> None:
        self.set_class(self.is_asking, "-asking")
        self.set_class(self.is_alert, "-alert")
        lines = max(1, len(self._lines(self.app.size.width)))
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines
        self.refresh()

    def on_resize(self) -> None:
        self._resize()

    def render_line(self, y: int) -> Strip:
        """Line y of the sentence."""
        width = self.size.width
        lines = self._lines(width)
        return Strip([Segment(fit(" " + (lines[y] if y < len(lines) else ""), width), self.rich_style)], width)
