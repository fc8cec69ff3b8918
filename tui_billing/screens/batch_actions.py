"""What the screens of a Rechnungsstapel do in more than one place: ask and print, say what came of it, preview, log."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.messages import Problem
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.tasks import until_stopped
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import output
from tui_billing.services.batch_check import PrintPlan, plan_steps
from tui_billing.services.batch_print import Printed, PrintOptions, print_batches
from tui_billing.services.batch_report import file_name
from tui_billing.services.batch_report import preview as make_preview
from tui_billing.services.desk import Desk, Progress

Checked = tuple[PrintPlan, PrintOptions]


def check(screen: DeskScreen, found: Sequence[InvoiceBatch], options: PrintOptions | None = None) -> None:
    """F9: look at every customer in a thread; `ask_to_print` takes the result of this task "check"."""
    desk = screen.desk
    screen.say(_("Prüft …"))
    screen.start_task("check", lambda stop: until_stopped(_checked(desk, found, options or PrintOptions()), stop))


def _checked(desk: Desk, found: Sequence[InvoiceBatch], options: PrintOptions) -> Generator[Progress, None, Checked]:
    plan = yield from plan_steps(desk.store, found)
    return plan, options


def ask_to_print(screen: DeskScreen, result: Checked | None) -> None:
    """List what cannot be printed; else ask once with what will happen, the focus on Nein."""
    if result is None:
        screen.say(_("Angehalten."))
        return
    plan, options = result
    if plan.problems:
        show_problems(screen, plan.problems)
        return
    text = ngettext("{n} Aufstellung", "{n} Aufstellungen", plan.statements).format(n=show.count(plan.statements))
    originals = ngettext("{n} Original", "{n} Originalen", plan.originals).format(n=show.count(plan.originals))
    question = _("{statements} mit {originals} dahinter, {eur}. Drucken, festschreiben und sperren?").format(
        statements=text, originals=originals, eur=show.eur(plan.amount_due)
    )
    screen.ask(question, (_("Ja"), lambda: start(screen, plan, options)))


def show_problems(screen: DeskScreen, problems: Sequence[Problem]) -> None:
    """Everything that keeps the batch from being printed, to be mended or dropped."""
    lines: list[tuple[str, str]] = [
        (_("Das lässt sich nicht drucken. Bitte berichtigen oder aus dem Stapel entfernen:"), STRONG),
        ("", PLAIN),
    ]
    lines += [(f"  {p.where}: {sentence(p)}" if p.where else f"  {sentence(p)}", PLAIN) for p in problems]
    title = ngettext("{n} Hindernis", "{n} Hindernisse", len(problems)).format(n=len(problems))
    screen.billing.open("pager", title=title, lines=lines)


def start(screen: DeskScreen, plan: PrintPlan, options: PrintOptions) -> None:
    """Print in a thread; Esc stops and leaves the batch in work open."""
    desk = screen.desk
    screen.say(_("Beginnt …"))
    screen.start_task(
        "print",
        lambda stop: printed_files(desk, print_batches(desk, plan, options, stop)),
        extra=_("Esc hält an, der Stapel bleibt dann offen"),
    )


def printed_files(
    desk: Desk, steps: Generator[Progress, None, list[Printed]]
) -> Generator[Progress, None, tuple[list[Printed], list[Path]]]:
    """Print, then put the combined print files where the clerk finds them."""
    done = yield from steps
    folder = output.output_folder(desk)
    files = []
    for one in done:
        if one.batch.file:
            files.append(folder / file_name(one.batch))
            output.put_file(desk.files.path(one.batch.file), files[-1])
    return done, files


def result_text(screen: DeskScreen, name: str, result: Any) -> str:
    """What a task has left behind: printed batches, or a preview."""
    if name == "preview":
        return _("Vorschau: {file}").format(file=result) if result else _("Angehalten.")
    return printed_text(result)


def printed_text(result: tuple[list[Printed], list[Path]]) -> str:
    """What was printed and where the print file lies."""
    done, files = result
    if not done:
        return _("Angehalten; der Stapel ist weiter offen.")
    statements = sum(one.statements for one in done)
    text = ngettext("{n} Aufstellung gedruckt", "{n} Aufstellungen gedruckt", statements).format(
        n=show.count(statements)
    )
    numbers = ", ".join(str(one.batch.number) for one in done)
    parts = [text, _("Stapel {numbers} gesperrt").format(numbers=numbers)]
    if files:
        parts.append(_("Druckdatei {file}").format(file=files[0]))
    return " · ".join(parts)


def preview(screen: DeskScreen, batch: InvoiceBatch, low: str = "", high: str = "") -> None:
    """One file with ENTWURF across, made in a thread; nothing is marked."""
    desk = screen.desk
    target = output.output_folder(desk) / file_name(batch, mark="ENTWURF")
    screen.say(_("Vorschau wird erstellt …"))
    screen.start_task("preview", lambda stop: make_preview(desk, batch, target, low, high, stop=stop))


def show_log(screen: DeskScreen, batch: InvoiceBatch) -> None:
    """Who did what with this batch, newest first."""
    entries: list[Any] = screen.desk.store.history(InvoiceBatch, batch.id)
    lines = [(f"  {show.stamp(e.ts)}  {e.by}  {_(e.why)}", PLAIN) for e in entries]
    if batch.file_hash:
        lines += [("", PLAIN), (f"  {batch.file}  SHA-256 {batch.file_hash[:16]}…", MUTED)]
    title = _("Protokoll · Rechnungsstapel {n}").format(n=batch.number)
    screen.billing.open("pager", title=title, lines=lines)
