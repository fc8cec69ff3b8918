"""DeskScreen: what every screen has. Title, rule, body, rule, balance, status line, line of keys.

How to write a screen: set NAME (the name in app.SCREENS and in keymap), TABLES (the tables it shows), yield the body in
`compose_body` and give each row of the key table its `action_<name>`. The key asks `why_not(action)` first: a sentence
there is shown instead of acting. Whatever an action raises of Refused and StoreError is said in the status line.
`start_task` runs a use case in a thread; its messages come to `on_task_progress`, `on_task_done`, `on_task_failed`.
Textual calls an `on_…` handler of every class of a screen, so a subclass overrides `records_changed`, `task_done` and
the like, never calls super().on_….
For a screen with one table take ListScreen (list_screen.py), for fields FormScreen (form.py).
"""

import inspect
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.screen import Screen

from tui_billing import keymap
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens.key_queue import LEAVING
from tui_billing.screens.messages import RecordsChanged, TaskDone, TaskFailed, TaskProgress
from tui_billing.screens.tasks import Task
from tui_billing.screens.widgets.lines import BalanceLine, KeyLine, Rule, TitleLine
from tui_billing.screens.widgets.status_line import StatusLine, progress_text
from tui_billing.services import accidents
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.errors import Refused, StoreError, problems_of

if TYPE_CHECKING:
    from tui_billing.app import BillingApp

__all__ = ["DeskScreen", "_", "ngettext"]

PREPARING = frozenset({"plan", "select", "check"})
"""Tasks without effect that end with a question or another screen."""
ALERT_SECONDS = 2.5
"""So long a refusal stands before the bar of a running task takes its place again."""
ALWAYS = frozenset({"back", "help", "palette", "quit"})


class DeskScreen(Screen[Any], inherit_bindings=False):
    """Base of all screens; see the module's text."""

    NAME: ClassVar[str] = ""
    TABLES: ClassVar[frozenset[str]] = frozenset()
    HELP: ClassVar[str] = ""
    """German message id: two or three sentences above the keys on F1."""
    AUTO_FOCUS = "RecordTable, TextView"
    WHILE_BUSY: ClassVar[frozenset[str]] = frozenset()
    """Actions that only look: allowed while a task of this screen runs."""
    IS_TYPED: ClassVar[bool] = False
    """Whether letters are typed here."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "NAME" in cls.__dict__:
            cls.BINDINGS = list(keymap.bindings(cls.NAME, guarded=True))
        super().__init_subclass__(inherit_bindings="NAME" not in cls.__dict__, **kwargs)

    def __init__(self) -> None:
        super().__init__()
        self.seen_seq = 0
        self.task_now: Task | None = None
        self._progress_extra = ""
        self._alert_until = 0.0

    def takes(self, key: str) -> bool:
        """Whether this key (nothing: a paste) means anything yet; if not it waits until `billing.type_again`.

        While something is prepared it is meant for the question or the screen that this leads to.
        """
        return key in LEAVING or self.task_now is None or self.task_now.name not in PREPARING

    # --- surroundings ---

    @property
    def desk(self) -> Desk:
        """Store, clock, user."""
        return self.billing.desk

    @property
    def billing(self) -> "BillingApp":
        """The app."""
        return self.app  # type: ignore[return-value]

    @property
    def status(self) -> StatusLine:
        """The status line."""
        return self.query_one(StatusLine)

    def compose(self) -> ComposeResult:
        """Title, body, lines below it."""
        yield TitleLine(id="title")
        yield Rule()
        yield from self.compose_body()
        yield from self.compose_foot()
        yield StatusLine()
        yield KeyLine(self.NAME)

    def compose_body(self) -> ComposeResult:
        """What the screen is about."""
        yield from ()

    def compose_foot(self) -> ComposeResult:
        """Lines between body and status line."""
        yield Rule()
        yield BalanceLine(id="balance")

    def on_mount(self) -> None:
        """Read for the first time."""
        self.seen_seq = self.desk.store.seq
        self.show_title()
        self.reload()

    def on_screen_resume(self) -> None:
        """Back on top: read again what changed meanwhile."""
        if self.is_mounted and self.seen_seq != self.desk.store.seq:
            changes = self.desk.store.changes_since(self.seen_seq)
            self.on_records_changed(RecordsChanged(changes.ids, changes.seq))
            self.resumed()

    def resumed(self) -> None:
        """Something changed while another screen was on top."""

    def title_text(self) -> str:
        """What the title line says at the left, translated."""
        return ""

    def help_notes(self) -> Sequence[str]:
        """Lines for F1 that are not known before it is asked, translated."""
        return ()

    def show_title(self) -> None:
        """Title at the left, company at the right."""
        self.query_one(TitleLine).set(self.title_text(), self.billing.company_name())

    def say(self, text: str, *, alert: bool = False) -> None:
        """A sentence in the status line."""
        self._alert_until = time.monotonic() + ALERT_SECONDS if alert else 0.0
        self.status.say(text, alert=alert)

    def say_done(self, text: str) -> None:
        """What was done, and that `u` takes it back."""
        self.say(_("{what} · u rückgängig").format(what=text))

    def say_error(self, error: Exception) -> None:
        """Every problem as a sentence; what nobody expected is noted in a file too."""
        expected = isinstance(error, (Refused, StoreError, OSError))
        problems = problems_of(error) if expected else (accidents.note(self.desk, error),)
        self.say(" ".join(sentence(p) for p in problems), alert=True)

    def ask(self, text: str, *answers: tuple[str, Callable[[], Any]]) -> None:
        """Ask in the status line with the focus on Nein; each answer is (label, deed), a deed may raise Refused."""
        self.status.ask(text, *((label, partial(self.guarded, deed)) for label, deed in answers))

    # --- data ---

    def reload(self) -> None:
        """Read the records again and show them."""

    def on_records_changed(self, message: RecordsChanged) -> None:
        """Somebody wrote: read again if it concerns this screen and it has not read since."""
        if message.seq <= self.seen_seq:
            return
        self.seen_seq = message.seq
        if "company" in message.ids:
            self.show_title()
        if not self.TABLES or self.TABLES & message.ids.keys():
            self.records_changed(message.ids)

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """Show the change; by default everything is read again."""
        self.reload()

    # --- actions ---

    def why_not(self, action: str) -> str:
        """Why this action does not apply now, as a translated sentence; empty where it does."""
        return ""

    async def action_do(self, action: str) -> None:
        """Act, unless there is a reason against it."""
        reason = self.why_not(action)
        if not reason and self.task_now is not None and action not in ALWAYS | self.WHILE_BUSY:
            reason = _("Es läuft noch etwas; Esc hält an.")
        if reason:
            self.say(reason, alert=True)
            return
        try:
            result = getattr(self, f"action_{action}")()
            if inspect.isawaitable(result):
                await result
        except (Refused, StoreError, OSError) as error:
            self.say_error(error)

    def guarded(self, act: Callable[[], Any]) -> None:
        """Do it and say what was refused."""
        try:
            act()
        except (Refused, StoreError, OSError) as error:
            self.say_error(error)

    def action_help(self) -> None:
        """F1: this screen's keys."""
        self.billing.show_help(self)

    def action_palette(self) -> None:
        """Strg+P: every action by name."""
        self.billing.show_palette(self)

    def action_quit(self) -> None:
        """Strg+Q."""
        self.billing.quit_safely()

    def action_back(self) -> None:
        """Esc: halt what is running, else leave."""
        if self.task_now is not None:
            self.task_now.stop()
            self.say(_("Hält nach diesem Beleg an …"))
        else:
            self.dismiss()

    def action_undo(self) -> None:
        """u: take back the last undoable change of this user."""
        entry = self.desk.store.undo()
        if entry is None:
            self.say(_("Nichts zum Rückgängigmachen"))
            return
        self.reload()
        self.say(_("Rückgängig gemacht: {what}").format(what=_(entry.why.removeprefix("Rückgängig: "))))

    def action_log(self) -> None:
        """F2: the audit trail; screens with a record narrow it."""
        self.billing.open("audit")

    # --- tasks ---

    def start_task(self, name: str, work: Callable[[Callable[[], bool]], Any], *, extra: str = "") -> Task:
        """Run a use case in a thread; one at a time on a screen."""
        self.task_now = self.billing.start_task(name, self, work)
        self._progress_extra = extra
        return self.task_now

    def on_task_progress(self, message: TaskProgress) -> None:
        """Draw the bar."""
        task, progress = self.task_now, message.progress
        if task is None or task.name != message.task or time.monotonic() < self._alert_until:
            return
        extras = _counted(progress)
        stops = _("hält an …") if task.is_stopping else _("Esc hält an")
        extras.append(stops if task.is_stopping else self._progress_extra or stops)
        if progress.total:
            left, width = task.seconds_left(progress), self.size.width - 2
            self.say(progress_text(progress.done, progress.total, left, extras, width, stops))
        else:  # it has begun, and nobody knows yet how much there is
            self.say(" · ".join([_("Arbeitet …"), *extras]))

    def on_task_done(self, message: TaskDone) -> None:
        """The task has ended."""
        self.task_now = None
        self.say("")
        try:
            self.task_done(message.task, message.result)
        except (Refused, StoreError, OSError) as error:
            self.say_error(error)
        self.billing.type_again()

    def on_task_failed(self, message: TaskFailed) -> None:
        """The task was refused or broke; the screen shows where things stand. A read that failed is not tried again."""
        if message.task:
            self.task_now = None
            self.reload()
        self.say_error(message.error)
        self.billing.type_again()

    def task_done(self, name: str, result: Any) -> None:
        """What to do with the result."""


def _counted(progress: Progress) -> list[str]:
    """`37 PDF`, `1 abgelehnt`, `Pause 20 s`: what there is to say besides how many are done."""
    counts = [
        (progress.prepared if progress.prepared > progress.done else 0, _("{n} PDF")),
        (progress.failed, _("{n} Fehler")),
        (progress.refused, _("{n} abgelehnt")),
        (progress.unknown, _("{n} ungeklärt")),
        (progress.resting_seconds, _("Pause {n} s")),
    ]
    return [text.format(n=n) for n, text in counts if n]
