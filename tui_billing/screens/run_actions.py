"""What the form Rechnungslauf does besides showing rows: ask and execute, confirm addresses, preview, log."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tui_billing.domain.documents import Document
from tui_billing.domain.run_selection import NO_ADDRESS
from tui_billing.domain.runs import ROW_STATE_NAMES, RowState, RunRow, RunType
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.document_text import document_lines
from tui_billing.screens.run_texts import row_note
from tui_billing.screens.widgets.status_line import duration
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import mail_text, run_mend, settings
from tui_billing.services.run_checks import rows_to_do
from tui_billing.services.run_execution import ExecuteOptions, ExecutionResult, execute
from tui_billing.services.runs import RunView

if TYPE_CHECKING:
    from tui_billing.screens.run_detail import RunDetailScreen


def state_counts(view: RunView) -> str:
    """ "112 versendet, 1 abgelehnt" while not every row is simply open; done + failed + unknown + open = in."""
    counts = view.counts
    if set(counts) <= {RowState.OPEN.value, RowState.REMOVED.value}:
        return ""
    shown = [(s, counts[s.value]) for s in RowState if counts.get(s.value) and s is not RowState.REMOVED]
    return ", ".join(f"{show.count(n)} {_(ROW_STATE_NAMES[s])}" for s, n in shown)


def ask_to_execute(screen: "RunDetailScreen") -> None:
    """One question with what will happen: how many, to whom, how much, how long."""
    view = screen.view
    assert view is not None
    todo = rows_to_do(view.run, view.rows, view.customers)
    parts = [_summary(view, todo, settings.get_int(screen.desk.store, "mail.per_hour"))]
    if without := sum(r.reason == NO_ADDRESS for r in todo):
        parts.append(_("{n} davon ohne Adresse, sie bleiben liegen").format(n=show.count(without)))
    if changed := [row for row in run_mend.changed_addresses(view) if row.address]:
        parts.append(_("{n} geänderte Adressen warten, c bestätigt sie").format(n=len(changed)))
    question = "; ".join(parts) + ". " + _("Durchführen?")
    existing = sum(1 for r in todo if (d := view.documents.get(r.document_id)) and d.file and not d.was_sent)
    if existing:
        text = ngettext("{n} PDF-Datei ist schon da.", "{n} PDF-Dateien sind schon da.", existing)
        screen.ask(
            f"{question} {text.format(n=existing)}",
            (_("Ja, überschreiben"), lambda: start(screen, overwrite=True)),
            (_("Ja, behalten"), lambda: start(screen, overwrite=False)),
        )
    else:
        screen.ask(question, (_("Ja"), lambda: start(screen, overwrite=True)))


def _summary(view: RunView, todo: list[RunRow], per_hour: int) -> str:
    """185 Rechnungen per E-Mail an 171 Kunden, 212.430,50 €; bei 400/h 28 min."""
    is_mail = view.run.parameters.type is RunType.EMAIL
    documents = ngettext("{n} Rechnung", "{n} Rechnungen", len(todo)).format(n=show.count(len(todo)))
    people = len({r.customer_id for r in todo})
    customers = ngettext("{n} Kunden", "{n} Kunden", people).format(n=show.count(people))
    text = (
        _("{documents} per E-Mail an {customers}, {eur}") if is_mail else _("{documents} als PDF, {customers}, {eur}")
    )
    text = text.format(documents=documents, customers=customers, eur=show.eur(sum((r.gross for r in todo), Decimal(0))))
    if is_mail and per_hour:
        text += _("; bei {rate}/h {time}").format(rate=per_hour, time=duration(len(todo) * 3600 / per_hour))
    return text


def start(screen: "RunDetailScreen", *, overwrite: bool) -> None:
    """Execute in a thread; Esc stops between two documents."""
    options = ExecuteOptions(overwrite=overwrite)
    run_id, desk = screen.run_id, screen.desk
    screen.say(_("Prüft und erstellt PDF-Dateien …"))
    screen.start_task(
        "execute", lambda stop: execute(desk, run_id, options, stop), extra=_("Esc hält nach dieser Rechnung an")
    )


def say_result(screen: "RunDetailScreen", result: ExecutionResult) -> None:
    """What came of it; rows that need a look are filtered."""
    states = [s for s in RowState if result.counts.get(s.value) and s is not RowState.REMOVED]
    parts = [f"{show.count(result.counts[s.value])} {_(ROW_STATE_NAMES[s])}" for s in states]
    if result.stopped is not None:
        parts.append(sentence(result.stopped))
    if result.files:
        parts.append(_("{n} Dateien, die erste: {file}").format(n=len(result.files), file=result.files[0]))
    if result.print_file:
        parts.append(_("Druckdatei {file}").format(file=result.print_file))
    trouble = [s for s in (RowState.REFUSED, RowState.FAILED, RowState.UNKNOWN, RowState.DEFERRED) if s in states]
    if trouble:
        screen.set_filter(_(ROW_STATE_NAMES[trouble[0]]))
    screen.say(" · ".join(parts), alert=bool(trouble or result.stopped))


def confirm_addresses(screen: "RunDetailScreen") -> None:
    """The addresses of today are the right ones; refused and failed rows are open again (E7.2)."""
    done = run_mend.confirm_addresses(screen.desk, screen.run_id)
    if not done:
        screen.say(_("Keine Adresse hat sich geändert, seit der Lauf angelegt wurde."))
        return
    screen.reload()
    screen.say_done(ngettext("{n} Adresse bestätigt", "{n} Adressen bestätigt", len(done)).format(n=len(done)))


def preview(screen: "RunDetailScreen", row: RunRow) -> None:
    """The mail with its subject and text, and the document as text."""
    document = screen.desk.store.get(Document, row.document_id)
    if document is None:
        screen.say(_("Der Beleg ist nicht mehr da."), alert=True)
        return
    lines: list[tuple[str, str]] = []
    if screen.run.parameters.type is RunType.EMAIL:
        lines = mail_lines(screen, document, row)
    title = _("Vorschau · {number}").format(number=document.number)
    screen.billing.open("pager", title=title, lines=[*lines, *document_lines(document)])


def mail_lines(screen: "RunDetailScreen", document: Document, row: RunRow) -> list[tuple[str, str]]:
    """An, Betreff, Text; a placeholder that does not exist is named, because it blocks the run (E6.2)."""
    profile = mail_text.read_profile(screen.desk.store)
    text = profile.text_of([document], language=document.language, copy=row.copy)
    lines = [
        (_("E-Mail"), STRONG),
        (_("  Von:     {address}").format(address=profile.sender or "–"), PLAIN),
        (_("  An:      {address}").format(address=", ".join(row.address) or "–"), PLAIN),
        (_("  Betreff: {subject}").format(subject=text.subject), PLAIN),
        ("", PLAIN),
        *((f"  {line}", PLAIN) for line in text.text.splitlines()),
    ]
    lines += [
        (_("  Unbekannter Platzhalter {name}: so wird nichts versendet").format(name=n), STRONG) for n in text.unknown
    ]
    return [*lines, ("", PLAIN)]


def show_log(screen: "RunDetailScreen") -> None:
    """Every row with time, state, address and the server's words, then who did what with the run."""
    view = screen.view
    assert view is not None
    lines: list[tuple[str, str]] = [(_("Zeilen"), STRONG)]
    for row in view.rows:
        head = f"  {show.stamp(row.changed_at) or '–':14}  {row.number}  {_(ROW_STATE_NAMES[row.state])}"
        address = ", ".join(row.address)
        lines.append((f"{head}  {address}" if address else head, PLAIN))
        if note := row_note(row).partition(": ")[2]:
            lines.append((f"                  {note}", MUTED))
        if row.file_hash:
            lines.append((f"                  {row.file}  SHA-256 {row.file_hash[:16]}…", MUTED))
    lines += [("", PLAIN), (_("Lauf"), STRONG), *_history(screen)]
    screen.billing.open("pager", title=_("Protokoll · Rechnungslauf {n}").format(n=view.run.number), lines=lines)


def _history(screen: "RunDetailScreen") -> list[tuple[str, str]]:
    entries: list[Any] = screen.desk.store.history(type(screen.run), screen.run_id)
    return [(f"  {show.stamp(e.ts)}  {e.by}  {_(e.why)}", PLAIN) for e in entries]
