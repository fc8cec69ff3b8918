"""What the form Rechnungslauf does besides showing rows: ask and execute, confirm addresses, preview, log."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Refused
from tui_billing.domain.runs import ROW_STATE_NAMES, RowState, RunRow, RunState, RunType
from tui_billing.domain.send_reasons import server_words
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.document_text import document_lines
from tui_billing.screens.mail_lines import mail_lines
from tui_billing.screens.run_texts import reason_name, reason_text
from tui_billing.screens.widgets.status_line import duration
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import run_lease, run_log, run_mend, send_single, settings, unknowns
from tui_billing.services.run_checks import ADDRESS_CHANGED
from tui_billing.services.run_execution import ExecuteOptions, ExecutePlan, ExecutionResult, execute, plan_execute
from tui_billing.services.run_log import LogRow
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


def plan_to_execute(screen: "RunDetailScreen") -> None:
    """Check every row in a thread, then ask: the question says exactly what will happen."""
    desk, run_id = screen.desk, screen.run_id
    screen.say(_("Prüft die Rechnungen …"))
    screen.start_task("plan", lambda stop: plan_execute(desk, run_id))


def ask_to_execute(screen: "RunDetailScreen", plan: ExecutePlan) -> None:
    """One question with what will happen: how many, to whom, how much, how long, and what stays behind."""
    if plan.problems:
        raise Refused(*plan.problems)
    run = run_lease.as_it_stands(screen.desk, plan.run)
    staying = _staying(plan)
    if not plan.going and plan.staying:
        screen.say(_("Keine Rechnung kann gehen: {reasons}. F6 und t sagen mehr.").format(reasons=staying), alert=True)
        return
    if not plan.going:
        screen.ask(
            _("Alle Rechnungen sind erledigt. Den Lauf abschließen?"),
            (_("Ja"), lambda: start(screen, overwrite=False)),
        )
        return
    busy = _("Der Lauf läuft schon in einem anderen Programm") if run.state is RunState.RUNNING else ""
    stays = ngettext("{n} bleibt liegen: {reasons}", "{n} bleiben liegen: {reasons}", len(plan.staying))
    stays = stays.format(n=show.count(len(plan.staying)), reasons=staying)
    parts = [busy, _summary(plan, screen), stays if plan.staying else ""]
    is_first = run.state is RunState.CREATED
    question = "; ".join(filter(None, parts)) + ". " + (_("Durchführen?") if is_first else _("Fortsetzen?"))
    existing = _existing(screen, plan)
    if existing:
        text = ngettext("{n} PDF-Datei ist schon da.", "{n} PDF-Dateien sind schon da.", existing)
        screen.ask(
            f"{question} {text.format(n=existing)}",
            (_("Ja, überschreiben"), lambda: start(screen, overwrite=True)),
            (_("Ja, behalten"), lambda: start(screen, overwrite=False)),
        )
    else:
        screen.ask(question, (_("Ja"), lambda: start(screen, overwrite=True)))


def _existing(screen: "RunDetailScreen", plan: ExecutePlan) -> int:
    """How many PDFs would be overwritten; what was sent is never among them."""
    known = screen.view.documents if screen.view else {}
    return sum(1 for r in plan.going if (d := known.get(r.document_id)) and d.file and not d.was_sent)


def _staying(plan: ExecutePlan) -> str:
    """`3 keine E-Mail-Adresse, 1 Adresse geändert (c bestätigt)`; one reason alone goes without its number."""
    counts = Counter(row.reason for row in plan.staying)
    names = {code: reason_name(code) for code in counts}
    if ADDRESS_CHANGED in names:
        names[ADDRESS_CHANGED] += _(" (c bestätigt)")
    if len(names) == 1:
        return next(iter(names.values()))
    return ", ".join(f"{show.count(n)} {names[code]}" for code, n in counts.items())


def _summary(plan: ExecutePlan, screen: "RunDetailScreen") -> str:
    """185 Rechnungen per E-Mail an 171 Kunden, 212.430,50 €; bei 400/h 28 min."""
    is_mail, n = plan.run.parameters.type is RunType.EMAIL, len(plan.going)
    documents = ngettext("{n} Rechnung", "{n} Rechnungen", n).format(n=show.count(n))
    customers = ngettext("{n} Kunden", "{n} Kunden", plan.customers).format(n=show.count(plan.customers))
    text = (
        _("{documents} per E-Mail an {customers}, {eur}") if is_mail else _("{documents} als PDF, {customers}, {eur}")
    )
    text = text.format(documents=documents, customers=customers, eur=show.eur(plan.eur))
    store = screen.desk.store
    per_hour = settings.get_int(store, "mail.per_hour")
    if is_mail and per_hour:
        text += _("; bei {rate}/h {time}").format(rate=per_hour, time=duration(n * 3600 / per_hour))
    if is_mail and settings.get(store, "mail.transport") != "smtp":
        text += _("; nur als Dateien in {folder}").format(folder=settings.get(store, "mail.folder") or "outbox")
    return text


def start(screen: "RunDetailScreen", *, overwrite: bool) -> None:
    """Execute in a thread; Esc stops between two documents."""
    options = ExecuteOptions(overwrite=overwrite)
    run_id, desk = screen.run_id, screen.desk
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
        n, folder = len(result.files), PurePath(result.files[0]).parent
        files = ngettext("{n} Datei in {folder}", "{n} Dateien in {folder}", n).format(n=show.count(n), folder=folder)
        parts.append(files)
    if result.print_file:
        parts.append(_("Druckdatei {file}").format(file=PurePath(result.print_file).name))
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


def may_bounce(rows: Sequence[RunRow]) -> bool:
    """All of them sent by mail, or all of them back already."""
    return len({r.state for r in rows}) == 1 and rows[0].state in (RowState.SENT, RowState.BOUNCED)


def bounce(screen: "RunDetailScreen", rows: Sequence[RunRow]) -> None:
    """Mails that came back are booked with a reason; what is booked so is made ready again, as Kopie (E8)."""
    if rows[0].state is RowState.BOUNCED:
        run_mend.retry_rows(screen.desk, screen.run_id, [r.id for r in rows])
        screen.reload()
        text = ngettext("{n} Zeile wieder bereit, als Kopie", "{n} Zeilen wieder bereit, als Kopie", len(rows))
        screen.say_done(text.format(n=len(rows)))
        return
    sendings = list(dict.fromkeys(r.dispatch_id for r in rows if r.dispatch_id))

    def booked(reason: str | None) -> None:
        if reason:
            screen.guarded(lambda: [unknowns.book_as_bounced(screen.desk, i, reason) for i in sendings])
            screen.reload()
            text = ngettext("{n} Mail als unzustellbar gebucht", "{n} Mails als unzustellbar gebucht", len(sendings))
            screen.say(text.format(n=len(sendings)))

    heading = ngettext("{n} Mail kam zurück: Grund", "{n} Mails kamen zurück: Grund", len(sendings))
    screen.billing.open("reason_form", booked, heading=heading.format(n=len(sendings)))


def preview(screen: "RunDetailScreen", row: RunRow) -> None:
    """The mail with its subject and text, and the document as text."""
    document = screen.desk.store.get(Document, row.document_id)
    if document is None:
        screen.say(_("Der Beleg ist nicht mehr da."), alert=True)
        return
    lines: list[tuple[str, str]] = []
    if screen.run.parameters.type is RunType.EMAIL:
        # What the clerk saw counts until a changed address is confirmed; from none to one needs no word (E7.2).
        to = row.address or None
        lines = mail_lines(send_single.preview_mail(screen.desk, document.id, to, copy=row.copy))
    title = _("Vorschau · {number}").format(number=document.number)
    screen.billing.open("pager", title=title, lines=[*lines, *document_lines(document)])


def show_log(screen: "RunDetailScreen") -> None:
    """Who did what with the run, then every row with time, state, address, the server's words and hashes."""
    view = screen.view
    assert view is not None
    lines: list[tuple[str, str]] = [(_("Lauf"), STRONG), *_history(screen), ("", PLAIN), (_("Zeilen"), STRONG)]
    for row in run_log.rows(screen.desk, screen.run_id):
        lines += _log_row(row)
    screen.billing.open("pager", title=_("Protokoll · Rechnungslauf {n}").format(n=view.run.number), lines=lines)


def _log_row(row: LogRow) -> list[tuple[str, str]]:
    """One row in as many lines as it needs; a hash is never cut, it is there to be compared."""
    head = f"  {show.stamp(row.time) or '–':14}  {row.number}  {_(ROW_STATE_NAMES[row.state])}"
    to = " · ".join(t for t in (row.customer, ", ".join(row.address)) if t)
    same = reason_name(row.reason) == _(ROW_STATE_NAMES[row.state])
    reply = server_words(row.reply_code, row.reply)
    parts = (to, reason_text("" if same else row.reason, reply), row.file)
    hashes = [f"SHA-256 {row.hash}"] if row.hash else []
    hashes += [_("überschrieben {hash}").format(hash=old) for old in row.overwritten]
    return [(head, PLAIN), *((f"    {text}", MUTED) for text in (*parts, *hashes) if text)]


def _history(screen: "RunDetailScreen") -> list[tuple[str, str]]:
    entries: list[Any] = screen.desk.store.history(type(screen.run), screen.run_id)
    return [(f"  {show.stamp(e.ts)}  {e.by}  {_(e.why)}", PLAIN) for e in entries]
