"""The Textual app: screens by name, timer for others' changes, signals, language. No rule of billing lives here."""

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import Monochrome, NoColor
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES, Theme

from tui_billing.domain.texts import clean
from tui_billing.i18n import _, use_language
from tui_billing.i18n import say as sentence
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.key_queue import KeyQueue
from tui_billing.screens.messages import RecordsChanged, TaskFailed
from tui_billing.screens.tasks import Task
from tui_billing.screens.widgets.filter_bar import FilterBar
from tui_billing.screens.widgets.status_line import StatusLine
from tui_billing.services import accidents
from tui_billing.services.desk import Desk
from tui_billing.services.errors import StoreError

MIN_SIZE = (60, 16)
READ_OVER = frozenset({"pager", "palette", "too_small"})
"""Screens that lie over another for a moment: what that one has just said still holds."""
POLL_SECONDS = 0.5
SLOW_FPS = 8

SCREENS: dict[str, str] = {
    "start": "start:StartScreen",
    "runs": "runs:RunsScreen",
    "run_form": "run_form:RunFormScreen",
    "run_detail": "run_detail:RunDetailScreen",
    "rebuild": "rebuild:RebuildScreen",
    "triage": "triage:TriageScreen",
    "ignored": "ignored:IgnoredScreen",
    "ignored_form": "ignored_form:IgnoredFormScreen",
    "reason_form": "reason_form:ReasonFormScreen",
    "customers": "customers:CustomersScreen",
    "customer_form": "customer_form:CustomerFormScreen",
    "contact_form": "customer_form:ContactFormScreen",
    "company_form": "company_form:CompanyFormScreen",
    "mail_form": "mail_form:MailFormScreen",
    "trial_mail": "trial_mail:TrialMailScreen",
    "numbers": "numbers:NumbersScreen",
    "number_form": "number_form:NumberFormScreen",
    "type_form": "number_form:TypeFormScreen",
    "invoices": "invoices:InvoicesScreen",
    "invoice_detail": "invoice_detail:InvoiceDetailScreen",
    "orders": "orders:OrdersScreen",
    "order_form": "order_form:OrderFormScreen",
    "order_periods": "order_periods:OrderPeriodsScreen",
    "interval_form": "interval_form:IntervalFormScreen",
    "interval_grid": "interval_grid:IntervalGridScreen",
    "interval_created": "interval_created:IntervalCreatedScreen",
    "interval_why": "interval_why:IntervalWhyScreen",
    "creations": "creations:CreationsScreen",
    "gaps": "gaps:GapsScreen",
    "invoicing": "invoicing:InvoicingScreen",
    "invoicing_form": "invoicing_form:InvoicingFormScreen",
    "mass_print": "mass_print:MassPrintScreen",
    "batches": "batches:BatchesScreen",
    "batch_generate": "batch_generate:BatchGenerateScreen",
    "batch_plan": "batch_plan:BatchPlanScreen",
    "batch_detail": "batch_detail:BatchDetailScreen",
    "batch_customer": "batch_customer:BatchCustomerScreen",
    "batch_add": "batch_add:BatchAddScreen",
    "batch_report": "batch_report:BatchReportScreen",
    "batch_calendar": "batch_calendar:BatchCalendarScreen",
    "batch_why": "batch_why:BatchWhyScreen",
    "dummy": "dummy:DummyScreen",
    "payments": "payments:PaymentsScreen",
    "payment_form": "payment_form:PaymentFormScreen",
    "payment_allocate": "payment_form:PaymentAllocateScreen",
    "payment_return": "payment_form:PaymentReturnScreen",
    "receivables": "receivables:ReceivablesScreen",
    "receivable_form": "receivable_form:ReceivableFormScreen",
    "unknowns": "unknowns:UnknownsScreen",
    "audit": "audit:AuditScreen",
    "verify": "verify:VerifyScreen",
    "pager": "dialogs.pager:PagerScreen",
    "palette": "dialogs.palette:PaletteScreen",
    "why": "dialogs.why:WhyScreen",
    "too_small": "dialogs.too_small:TooSmallScreen",
}
"""name -> "module:class" below tui_billing.screens, imported when it is opened first."""

CALM = Theme(
    name="calm",
    dark=True,
    primary="#7aa2c8",
    secondary="#8fb8a8",
    accent="#e0b872",
    warning="#e0b872",
    error="#e08a7a",
    success="#8fb8a8",
    foreground="#d8dce2",
    background="#14181d",
    surface="#14181d",
    panel="#1d242c",
    variables={"muted": "#7d8894", "line": "#39434e", "cursor": "#27405a", "input": "#1d242c"},
)
PLAIN = Theme(
    name="plain",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "muted": "ansi_default",
        "line": "ansi_default",
        "cursor": "ansi_default",
        "input": "ansi_default",
    },
)
"""The terminal's own colours: 16 colours, NO_COLOR and slow lines; the cursor row is drawn in reverse."""


def theme_for(slow: bool) -> str:
    """Truecolor only where the terminal says that it has it and nobody asked for less."""
    rich = os.environ.get("COLORTERM", "") in ("truecolor", "24bit") and "NO_COLOR" not in os.environ
    return "calm" if rich and not slow else "plain"


class BillingApp(App[int], inherit_bindings=False):
    """The app over one desk."""

    TITLE = "tui-billing"
    CSS_PATH = Path(__file__).parent / "screens" / "billing.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit_safely", show=False, priority=True),
        Binding("ctrl+c", "how_to_quit", show=False),
    ]

    def __init__(self, desk: Desk, *, slow: bool = False) -> None:
        super().__init__()
        self.desk = desk
        self.slow = slow
        self.register_theme(CALM)
        self.register_theme(PLAIN)
        self.theme = theme_for(slow)
        if self.no_color:
            # Textual chose its filter before the theme was known: grey tones are colours too.
            self._filters = [f for f in self._filters if not isinstance(f, Monochrome)] + [NoColor()]
        self.animation_level = "none"
        self.ended_by = 0
        self._seq = desk.store.seq
        self._company: str | None = None
        self._tasks: list[Task] = []
        self._keys = KeyQueue(self, super().on_event)
        self._poll: asyncio.Task[None] | None = None

    def get_driver_class(self) -> type[Driver]:
        """The driver that no stray byte can end, where there is a terminal like it."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from tui_billing.screens.driver import PatientDriver

        return PatientDriver

    # --- screens ---

    def make(self, name: str, **arguments: Any) -> Screen[Any]:
        """The screen of this name; its module is imported now."""
        module, cls = SCREENS[name].split(":")
        screen: Screen[Any] = getattr(importlib.import_module(f"tui_billing.screens.{module}"), cls)(**arguments)
        return screen

    def get_default_screen(self) -> Screen[Any]:
        """The first screen is Start: nothing is painted before it."""
        return self.make("start")

    @property
    def desk_screen(self) -> DeskScreen | None:
        """The screen on top if it is one of ours; None while the app ends."""
        top = self.screen_stack[-1] if self.is_running and self.screen_stack else None
        return top if isinstance(top, DeskScreen) else None

    def open(self, name: str, callback: Callable[[Any], None] | None = None, **arguments: Any) -> None:
        """Open a screen on top; `callback` gets what it is dismissed with.

        What the screen below has said is old when the clerk comes back, unless it was only read over.
        """
        below = self.desk_screen
        if below is not None and below.task_now is None and name not in READ_OVER:
            below.say("")
        self.push_screen(self.make(name, **arguments), callback)

    def show_help(self, screen: DeskScreen) -> None:
        """F1, made from the key table."""
        from tui_billing.screens.dialogs.help import help_pages

        self.open("pager", title=_("Hilfe · {screen}").format(screen=screen.title_text()), lines=help_pages(screen))

    def show_palette(self, screen: DeskScreen) -> None:
        """Strg+P; the chosen action runs on the screen below."""

        def run(action: str | None) -> None:
            if action:
                screen.call_later(screen.action_do, action)

        self.open("palette", run, screen_name=screen.NAME, area=screen.title_text())

    def company_name(self) -> str:
        """For the title line."""
        if self._company is None:
            from tui_billing.domain.parties import Company

            found = self.desk.store.get(Company, 1)
            self._company = found.name if found else ""
        return self._company

    def on_resize(self, event: events.Resize) -> None:
        """A terminal that is too small gets one sentence; what was typed and marked waits below."""
        is_small = event.size.width < MIN_SIZE[0] or event.size.height < MIN_SIZE[1]
        is_shown = type(self.screen).__name__ == "TooSmallScreen"
        if is_small and not is_shown:
            self.open("too_small")
        elif is_shown and not is_small:
            self.pop_screen()

    # --- keys that were typed ahead ---

    async def on_event(self, event: events.Event) -> None:
        """What is typed waits for its turn; all else, and what comes back from a widget, goes the usual way."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that was given away before the focus had moved belongs to what has the focus now.

        The filter takes the focus a message after its key: without this the ö of `/öz` would meet the table.
        """
        screen, focused = self.desk_screen, self.focused
        if isinstance(focused, (FilterBar, StatusLine)) or (screen is not None and screen.IS_TYPED):
            handler = getattr(focused, "on_key", None)
            if handler is not None:
                handler(event)

    def type_again(self) -> None:
        """A screen is ready: what was typed ahead goes on."""
        if self._keys.is_waiting:
            self.call_next(self._keys.go_on)

    # --- work in threads ---

    def start_task(self, name: str, owner: MessagePump, work: Callable[[Callable[[], bool]], Any]) -> Task:
        """Run a use case in a thread; it is asked to stop when the app ends."""
        task = Task(name, owner, work)
        self._tasks = [t for t in self._tasks if t.is_running]
        self._tasks.append(task)
        self.run_worker(task.run, name=name, thread=True, exit_on_error=False)
        return task

    def in_thread(self, read: Callable[[], Any], owner: MessagePump) -> None:
        """Run a short read in a thread; what goes wrong comes as TaskFailed."""

        def body() -> None:
            try:
                read()
            except Exception as error:
                owner.post_message(TaskFailed("", error))

        self.run_worker(body, thread=True, exit_on_error=False)

    # --- others' changes ---

    def on_mount(self) -> None:
        """Timer and signals."""
        self.set_interval(POLL_SECONDS, self.poll)
        if sys.platform != "win32" and not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self.end_by_signal, number)

    def poll(self) -> None:
        """Look for others' commits without holding up the keyboard."""
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._look())

    async def _look(self) -> None:
        try:
            seq = await asyncio.to_thread(self.desk.store.refresh)
            if seq == self._seq:
                return
            changes = self.desk.store.changes_since(self._seq)
        except StoreError as error:
            if screen := self.desk_screen:
                screen.say_error(error)
            return
        self._seq = changes.seq
        if "company" in changes.ids:
            self._company = None
        if screen := self.desk_screen:
            screen.post_message(RecordsChanged(changes.ids, changes.seq))

    def tell_waiting(self, holder: str) -> None:
        """The store waits for another writer."""
        from tui_billing.screens import waiting

        waiting.tell(self, holder)

    # --- the end ---

    def end_by_signal(self, number: int) -> None:
        """SIGTERM, or the SSH connection dropped: the document at hand is finished, the terminal put right."""
        self.ended_by = number
        self.end(128 + number)

    def quit_safely(self) -> None:
        """Strg+Q: ask while something runs, else end."""
        running = any(t.is_running for t in self._tasks)
        if running and (screen := self.desk_screen):
            question = _("Es läuft noch etwas. Nach diesem Beleg anhalten und beenden?")
            screen.ask(question, (_("Beenden"), lambda: self.end(0)))
        else:
            self.end(0)

    def end(self, code: int) -> None:
        """Ask every task to stop and leave; the process waits for the document at hand."""
        for task in self._tasks:
            task.stop()
        self.exit(code, return_code=code)

    def _handle_exception(self, error: Exception) -> None:
        """A programming error ends the app with a sentence on a sane terminal; the traceback goes into a file.

        Textual (pinned) would print the traceback with the values of all variables: customers' data.
        """
        self._return_code = 1
        if self._exception is not None:
            return
        self._exception = error
        self._exception_event.set()
        for task in self._tasks:
            task.stop()
        problem = accidents.note(self.desk, error)
        ending = _("Das Programm wurde beendet. Was gespeichert war, ist gespeichert.")
        self._exit_renderables.append(Text(clean(f"{sentence(problem)} {ending}")))
        self._close_messages_no_wait()

    def action_quit_safely(self) -> None:
        self.quit_safely()

    def action_how_to_quit(self) -> None:
        """Strg+C ends nothing by accident."""
        if screen := self.desk_screen:
            screen.say(_("Strg+Q beendet das Programm."))


def run_app(desk: Desk, lang: str = "de", slow: bool = False) -> int:
    """Open the app and stay until it ends; returns the exit code."""
    from tui_billing.services import settings

    use_language(lang)
    if slow:
        import textual.screen

        textual.screen.UPDATE_PERIOD = 1 / SLOW_FPS  # type: ignore[misc]
    app = BillingApp(desk, slow=slow)
    desk.store.tell_who_holds_it(app.tell_waiting)
    app.run(mouse=settings.get_bool(desk.store, "ui.mouse"))
    return app.return_code or 0
