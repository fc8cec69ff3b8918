"""tui-billing dispatch: sendings, the ungeklärte among them, test mail."""

import argparse
from typing import Any

from tui_billing.commands.frame import Answer, Context, listing, table
from tui_billing.commands.shown import money
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.runs import ROW_STATE_NAMES, Dispatch, RowState
from tui_billing.domain.send_reasons import SEND_REASONS, server_words
from tui_billing.i18n import _
from tui_billing.services import documents, unknowns
from tui_billing.services.errors import WrongUse
from tui_billing.services.send_single import preview_mail, send_test
from tui_billing.services.sending import settle_orphans
from tui_billing.services.unknowns import UnknownSending

RESOLUTIONS = ("sent", "resend", "deferred", "bounced")
FROM = {"sent": unknowns.UNDECIDED, "bounced": unknowns.SENT}
"""The states that a decision starts from, where they are not the ungeklärte alone."""


def register(noun_parser: argparse.ArgumentParser) -> None:
    """The actions of this noun."""
    actions = noun_parser.add_subparsers(dest="action", metavar=_("AKTION"), required=True)
    found = actions.add_parser("list", help=_("Sendungen auflisten; ohne Angabe die ungeklärten"))
    found.add_argument("--state", choices=[s.value for s in RowState], default=RowState.UNKNOWN.value)
    found.add_argument("--invoice", metavar=_("NR"), default="", help=_("alle Sendungen dieser Rechnung"))
    found.set_defaults(handler=list_dispatches)
    for name, handler, text in (
        ("show", show_dispatch, N_("Eine Sendung mit allem, was bekannt ist")),
        ("lookup", look_up, N_("Die Message-ID im Archivpostfach suchen; ohne Nummer alle ungeklärten")),
    ):
        action = actions.add_parser(name, help=_(text))
        nargs = "?" if name == "lookup" else None
        action.add_argument("number", type=int, nargs=nargs, metavar=_("NR"), help=_("Nummer der Sendung"))
        action.set_defaults(handler=handler)
    resolve = actions.add_parser("resolve", help=_("Eine ungeklärte oder zurückgekommene Sendung entscheiden"))
    resolve.add_argument("number", type=int, metavar=_("NR"), help=_("Nummer der Sendung"))
    resolve.add_argument("--as", dest="resolution", choices=RESOLUTIONS, required=True)
    resolve.add_argument("--reason", required=True, help=_("Grund, steht im Protokoll"))
    resolve.set_defaults(handler=resolve_dispatch)
    test = actions.add_parser("test", help=_("Testmail mit den echten Daten einer Rechnung an sich selbst"))
    test.add_argument("invoice", metavar=_("RECHNUNG"))
    test.add_argument("--to", required=True, metavar=_("ADRESSE"), help=_("die eigene Adresse"))
    test.set_defaults(handler=test_mail)
    preview = actions.add_parser("preview", help=_("Die Mail einer Rechnung ansehen, ohne zu senden"))
    preview.add_argument("invoice", metavar=_("RECHNUNG"))
    preview.set_defaults(handler=preview_of)


def list_dispatches(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch list."""
    store = context.desk.store
    if args.invoice:
        document = documents.by_number(store, args.invoice)
        found = [unknowns.describe(store, d) for d in store.find(Dispatch, "document_ids", document.id)]
    elif args.state == RowState.UNKNOWN.value:
        found = unknowns.list_unknown(context.desk)
    else:
        found = [unknowns.describe(store, d) for d in store.find(Dispatch, "state", args.state)]
    heads = (_("Nr."), _("Stand"), _("Zeit (UTC)"), _("Belege"), _("Kunde"), _("EUR"), _("Letzte Antwort"))
    lines = table(heads, [_cells(one) for one in found], frozenset({0, 5}))
    return Answer(listing([_json(one) for one in found]), lines=lines if found else [_("Keine Sendungen.")])


def show_dispatch(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch show NR."""
    one = unknowns.describe(context.desk.store, unknowns.need_dispatch(context.desk.store, args.number))
    d = one.dispatch
    pairs = (
        (_("Sendung"), str(d.id)),
        (_("Stand"), _(ROW_STATE_NAMES[d.state])),
        (_("Belege"), ", ".join(one.numbers)),
        (_("Kunde"), one.customer),
        (_("Betrag"), money(one.gross)),
        (_("An"), ", ".join(d.recipients)),
        (_("Betreff"), d.subject),
        (_("Message-ID"), d.message_id),
        (_("In Versand seit (UTC)"), d.in_flight_at),
        (_("Beendet (UTC)"), d.finished_at),
        (_("Server"), d.server),
        (_("Letzte Antwort"), _reply(d)),
        (_("Versuche"), str(d.attempts)),
        (_("Datei"), d.spool),
        (_("SHA-256"), d.spool_hash),
        (_("Entschieden von"), d.decided_by),
        (_("Notiz"), _(SEND_REASONS.get(d.note, d.note))),
    )
    return Answer({"dispatch": _json(one)}, lines=[f"{name}: {value}" for name, value in pairs if value])


def look_up(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch lookup [NR]."""
    numbers = [args.number] if args.number else [u.dispatch.id for u in unknowns.list_unknown(context.desk)]
    items: list[dict[str, Any]] = []
    for number in numbers:
        answer = unknowns.look_up(context.desk, number)
        items.append({"id": number, "found": answer.found, "detail": answer.detail})
    words = {True: _("gefunden"), False: _("nicht gefunden"), None: _("nicht zu erfahren")}
    heads = (_("Nr."), _("Archiv"), _("Näheres"))
    rows = [(str(i["id"]), words[i["found"]], str(i["detail"])) for i in items]
    return Answer(listing(items), lines=table(heads, rows, frozenset({0})))


def resolve_dispatch(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch resolve NR --as sent|resend|deferred|bounced --reason …"""
    desk = context.desk
    settle_orphans(desk)
    one = unknowns.need_in(desk.store, args.number, FROM.get(args.resolution, unknowns.UNKNOWN))
    if context.dry_run:
        return Answer({"dispatch": _json(unknowns.describe(desk.store, one))}, lines=[_("Nichts geändert.")])
    question = _("Sendung {number} entscheiden ({what})?").format(number=args.number, what=args.resolution)
    if not context.confirm(question):
        return Answer(lines=[_("Nichts geändert.")])
    problems: list[Problem] = []
    if args.resolution == "sent":
        unknowns.book_as_sent(desk, args.number, args.reason)
    elif args.resolution == "bounced":
        unknowns.book_as_bounced(desk, args.number, args.reason)
    elif args.resolution == "deferred":
        unknowns.put_back(desk, args.number, args.reason)
    else:
        result = context.drive(unknowns.send_again(desk, args.number, args.reason, stop=context.stop))
        if not result.sent:
            text = N_("Die Mail ging nicht hinaus.")
            problems.append(result.last or Problem("NICHT_GESENDET", text, where=str(args.number)))
    after = unknowns.describe(desk.store, unknowns.need_dispatch(desk.store, args.number))
    return Answer({"dispatch": _json(after)}, problems, lines=["  ".join(_cells(after))])


def test_mail(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch test RECHNUNG --to ADRESSE."""
    document = documents.by_number(context.desk.store, args.invoice)
    if context.dry_run:
        raise WrongUse(
            Problem("OHNE_PROBELAUF", N_("Eine Testmail gibt es nicht als Probelauf; „dispatch preview“ zeigt sie."))
        )
    outcome = send_test(context.desk, document.id, args.to)
    sent = outcome.state is RowState.SENT
    text = N_("Die Testmail ging nicht hinaus: {reply}")
    problems = [] if sent else [Problem("TESTMAIL", text, {"reply": outcome.said}, where=args.to)]
    data = {"test": {"state": outcome.state.value, "reply": outcome.reply, "server": outcome.server}}
    return Answer(data, problems, lines=[_("Testmail gesendet: {reply}").format(reply=outcome.said)] if sent else [])


def preview_of(context: Context, args: argparse.Namespace) -> Answer:
    """dispatch preview RECHNUNG."""
    document = documents.by_number(context.desk.store, args.invoice)
    preview = preview_mail(context.desk, document.id)
    data = {
        "from": preview.sender,
        "to": list(preview.recipients),
        "subject": preview.subject,
        "text": preview.text,
        "attachments": list(preview.attachments),
        "copy": preview.copy,
    }
    lines = [
        f"{_('Von')}: {preview.sender}",
        f"{_('An')}: {', '.join(preview.recipients)}",
        f"{_('Betreff')}: {preview.subject}",
        f"{_('Anhang')}: {', '.join(preview.attachments)}",
        "",
        *preview.text.splitlines(),
    ]
    return Answer({"preview": data}, list(preview.problems), lines=lines)


def _reply(d: Dispatch) -> str:
    return server_words(d.reply_code, d.reply)


def _cells(one: UnknownSending) -> tuple[str, ...]:
    d = one.dispatch
    state, numbers = _(ROW_STATE_NAMES[d.state]), ", ".join(one.numbers)
    last = _reply(d) or _(SEND_REASONS.get(d.note, d.note))
    return (str(d.id), state, d.in_flight_at, numbers, one.customer, money(one.gross, symbol=False), last)


def _json(one: UnknownSending) -> dict[str, Any]:
    d = one.dispatch
    return {
        "id": d.id,
        "number": d.id,
        "state": d.state.value,
        "invoices": list(one.numbers),
        "customer": one.customer,
        "gross": f"{one.gross:.2f}",
        "run": one.run_number or None,
        "recipients": list(d.recipients),
        "subject": d.subject,
        "message_id": d.message_id,
        "generation": d.generation,
        "attempts": d.attempts,
        "copy": d.copy,
        "in_flight_at": d.in_flight_at,
        "finished_at": d.finished_at,
        "server": d.server,
        "reply_code": d.reply_code,
        "reply": d.reply,
        "spool": d.spool,
        "spool_hash": d.spool_hash,
        "decided_by": d.decided_by,
        "note": d.note,
    }
