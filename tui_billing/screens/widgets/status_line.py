"""The status line: what just happened, what `u` takes back, what is going on, and the one question before F8.

A question in this line costs 1 kB on a slow line where a dimmed dialog costs 36 kB; the focus stands on Nein.
"""

from collections.abc import Callable

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, wrap

BAR_WIDTH = 20


def progress_text(done: int, total: int, seconds_left: float | None, extra: str) -> str:
    """`████░░ 112/185 · 60 % · noch 11 min · 1 abgelehnt`; what is not known yet is left out."""
    share = done / total if total else 1.0
    full = int(share * BAR_WIDTH)
    parts = [f"{'█' * full}{'░' * (BAR_WIDTH - full)} {done}/{total}", f"{int(share * 100)} %"]
    if seconds_left is not None and done < total:
        parts.append(_("noch {time}").format(time=duration(seconds_left)))
    return " · ".join([*parts, extra] if extra else parts)


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
        self._yes_label = ""
        self._on_yes: Callable[[], None] | None = None
        self._on_no: Callable[[], None] | None = None
        self._yes = False
        self._back_to: Widget | None = None

    @property
    def is_asking(self) -> bool:
        """Whether a question waits for its answer."""
        return self._on_yes is not None

    def say(self, text: str, *, alert: bool = False) -> None:
        """Show a sentence; a pending question is not overwritten."""
        if not self.is_asking and (text, alert) != (self.text, self.is_alert):
            self.text, self.is_alert = text, alert
            self._resize()

    def ask(
        self, text: str, on_yes: Callable[[], None], *, yes: str = "", on_no: Callable[[], None] | None = None
    ) -> None:
        """Ask; the focus is on Nein. `yes` names the deed instead of a mere Ja."""
        if not self.is_asking:
            self._back_to = self.screen.focused
        self.text, self.is_alert, self._yes = text, False, False
        self._yes_label, self._on_yes, self._on_no = yes or _("Ja"), on_yes, on_no
        self.can_focus = True
        self._resize()
        self.focus(scroll_visible=False)

    def _answer(self, yes: bool) -> None:
        on_yes, on_no = self._on_yes, self._on_no
        self._on_yes = self._on_no = None
        self.text, self.can_focus = "", False
        if self._back_to is not None and self._back_to.is_attached:
            self._back_to.focus(scroll_visible=False)
        self._resize()
        if yes and on_yes is not None:
            on_yes()
        elif not yes and on_no is not None:
            on_no()

    def on_key(self, event: events.Key) -> None:
        """← → and Tab choose, Enter takes it, j and n answer at once, Esc is Nein."""
        if not self.is_asking or event.key in ("f1", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        if event.key in ("left", "right", "tab", "shift+tab", "h", "l"):
            self._yes = not self._yes
            self.refresh()
        elif event.key == "enter":
            self._answer(self._yes)
        elif event.key in ("n", "escape"):
            self._answer(False)
        elif event.key in ("j", "y"):
            self._answer(True)

    def _lines(self, width: int) -> list[str]:
        if not self.is_asking:
            return wrap(self.text, max(20, width - 2))[:3]
        no, yes = _("Nein"), self._yes_label
        buttons = f" {no} [{yes}]" if self._yes else f"[{no}] {yes} "
        return wrap(f"{self.text}  {buttons.replace(' ', chr(0xA0))}", max(20, width - 2))

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
