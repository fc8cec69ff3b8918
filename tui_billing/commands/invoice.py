"""`tui-billing invoice`: documents as a list, as PDF, by mail; Festschreiben, Storno and Korrektur."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands import invoice_check, invoicing
from tui_billing.commands.frame import Answer, Context, add_switch, amount, day, listing, record, table
from tui_billing.commands.shown import day as shown_day
from tui_billing.commands.shown import money
from tui_billing.domain.codec import encode
from tui_billing.domain.documents import STATE_NAMES, TITLES, Document, DocumentHead, DocumentKind, DocumentState
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.texts import fold
from tui_billing.i18n import _
from tui_billing.services import customers, documents, send_single, single_output


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))

    def action(name: str, handler: Any, text: str) -> ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        made.add_argument("number", metavar=_("RECHNUNG"))
        made.set_defaults(handler=handler)
        return made

    listed = actions.add_parser("list", help=_("Belege, auch gefiltert"))
    _filters(listed)
    listed.set_defaults(handler=list_documents)
    action("show", show, _("ein Beleg mit Positionen, Steuern und Stand"))
    pdf = action("pdf", make_pdf, _("als PDF ausgeben: schreibt fest; was schon versendet ist, wird Kopie"))
    pdf.add_argument("--out", default="", metavar=_("ZIEL"), help=_("Ordner, ZIP oder Datei.pdf (sonst pdf.folder)"))
    pdf.add_argument("--draft", action="store_true", help=_("nur ansehen: mit ENTWURF, schreibt nicht fest"))
    pdf.add_argument("--original", action="store_true", help=_("die archivierte Datei, Byte für Byte"))
    mail = action("mail", send_mail, _("einzeln per E-Mail senden"))
    mail.add_argument("--to", action="append", metavar=_("ADRESSE"), help=_("statt der Adressen des Kunden"))
    action("finalise", finalise, _("festschreiben"))
    cancel = action("cancel", cancel_document, _("stornieren: offen ohne, festgeschrieben mit Stornorechnung"))
    cancel.add_argument("--reason", required=True, metavar=_("GRUND"))
    add_switch(cancel, "--free-period", help=_("abgerechnete Perioden wieder fällig machen"))
    correct = action("correct", correct_document, _("Rechnungskorrektur über einen Bruttobetrag"))
    correct.add_argument("--amount", type=amount, required=True, metavar=_("BETRAG"), help=_("brutto weniger"))
    correct.add_argument("--reason", required=True, metavar=_("GRUND"))
    invoicing.add_actions(actions)
    invoice_check.add_check(actions)


def _filters(parser: ArgumentParser) -> None:
    parser.add_argument("--date-from", type=day, metavar=_("TAG"))
    parser.add_argument("--date-to", type=day, metavar=_("TAG"))
    parser.add_argument("--customer", metavar=_("KUNDE"))
    parser.add_argument("--state", choices=[s.value for s in DocumentState])
    parser.add_argument("--kind", choices=[k.value for k in DocumentKind])
    parser.add_argument("--sent", action="store_true", help=_("nur versendete"))
    parser.add_argument("--unsent", action="store_true", help=_("nur noch nicht versendete"))
    parser.add_argument("--search", default="", metavar=_("TEXT"), help=_("in Nummer und Name"))


def list_documents(context: Context, args: Namespace) -> Answer:
    """The documents by date, then in the order they were made."""
    store = context.desk.store
    if args.customer:
        customer = customers.customer_by_number(store, args.customer)
        found = sorted(store.find(DocumentHead, "customer_id", customer.id), key=lambda d: (d.invoice_date, d.id))
    else:
        found = store.between(DocumentHead, "invoice_date", args.date_from, args.date_to)
    found = [d for d in found if _matches(d, args)]
    heads = (_("Nummer"), _("Art"), _("Datum"), _("Kunde"), _("Brutto"), _("Stand"), _("versendet"))
    rows = [
        (
            d.number,
            _(TITLES[d.kind]),
            shown_day(d.invoice_date),
            d.buyer.name,
            money(d.totals.gross, symbol=False),
            _(STATE_NAMES[d.state]),
            _("ja") if d.was_sent else "",
        )
        for d in found
    ]
    return Answer(listing(head_data(d) for d in found), lines=table(heads, rows, frozenset({4})))


def _matches(document: DocumentHead, args: Namespace) -> bool:
    words = fold(args.search)
    return (
        (not args.date_from or document.invoice_date >= args.date_from)
        and (not args.date_to or document.invoice_date <= args.date_to)
        and (not args.state or document.state == args.state)
        and (not args.kind or document.kind == args.kind)
        and (not args.sent or document.was_sent)
        and (not args.unsent or not document.was_sent)
        and words in fold(f"{document.number} {document.buyer.number} {document.buyer.name}")
    )


def head_data(document: DocumentHead) -> dict[str, Any]:
    """What a list says of a document."""
    data = encode(document)
    data["customer"], data["customer_name"] = document.buyer.number, document.buyer.name
    data["gross"] = f"{document.totals.gross:.2f}"
    data["sent"] = document.was_sent
    del data["buyer"], data["totals"]
    return data


def show(context: Context, args: Namespace) -> Answer:
    """One document with everything that stands in it."""
    document = documents.by_number(context.desk.store, args.number)
    return Answer(record("invoice", document, sent=document.was_sent), lines=document_lines(document))


def document_lines(document: Document) -> list[str]:
    """The document as text."""
    head = f"{_(TITLES[document.kind])} {document.number} · {shown_day(document.invoice_date)}"
    lines = [f"{head} · {_(STATE_NAMES[document.state])}", f"{document.buyer.number} {document.buyer.name}"]
    rows = [
        (str(p.position), p.name, f"{p.quantity:f}", f"{p.unit_price:f}", f"{p.vat_rate:f} %", f"{p.net:.2f}")
        for p in document.lines
    ]
    heads = (_("Pos"), _("Bezeichnung"), _("Menge"), _("Preis"), _("USt"), _("Netto"))
    lines += table(heads, rows, frozenset({0, 2, 3, 4, 5}))
    totals = document.totals
    text = _("Netto {net} + Steuer {tax} = Brutto {gross}")
    lines.append(text.format(net=money(totals.net), tax=money(totals.tax), gross=money(totals.gross)))
    for label, value in (
        (_("gedruckt"), document.printed_at),
        (_("gemailt"), document.mailed_at),
        (_("Datei"), document.file),
    ):
        if value:
            lines.append(f"{label}: {value}")
    return lines


def make_pdf(context: Context, args: Namespace) -> Answer:
    """Hand the PDF out, or only look at it."""
    document = documents.by_number(context.desk.store, args.number)
    if context.dry_run:
        if not args.draft and not (args.original and document.was_sent):
            document = single_output.release(context.desk, document.id)
        line = _("{number} würde ausgegeben.").format(number=document.number)
        return Answer(record("invoice", document), lines=[line])
    if args.draft:
        made = single_output.preview(context.desk, document.id, args.out)
    else:
        made = single_output.hand_out(context.desk, document.id, args.out, original=args.original)
    data = {**record("invoice", made.document), "file": made.path, "copy": made.copy, "sha256": made.sha256}
    return Answer(data, lines=[made.path])


def send_mail(context: Context, args: Namespace) -> Answer:
    """One mail; the ignore lists are for runs and not asked here (E11.2)."""
    desk = context.desk
    document = documents.by_number(desk.store, args.number)
    plan = send_single.plan_single(desk, document.id, args.to)
    text = _("{number} an {recipients} senden?")
    question = text.format(number=document.number, recipients=", ".join(plan.recipients))
    data = {**record("invoice", document), "recipients": list(plan.recipients), "subject": plan.subject}
    if context.dry_run:
        return Answer(data, list(plan.problems), lines=[question])
    if not plan.blocking and not context.confirm(question):
        return Answer(data, lines=[_("Nichts geschehen.")])
    result = context.drive(send_single.apply_single(desk, plan, stop=context.stop))
    document = documents.need_document(desk.store, document.id)
    done = result.sent > 0
    problems = [result.last] if result.last and not done else []
    counts = {name: getattr(result, name) for name in ("sent", "refused", "failed", "deferred", "unknown", "open")}
    line = _("{number} gesendet.") if done else _("{number} nicht gesendet.")
    if result.unknown:
        line = _("{number}: ungeklärt.")
    data |= {**record("invoice", document), "counts": counts}
    return Answer(data, problems, 0 if done else 1, [line.format(number=document.number)])


def finalise(context: Context, args: Namespace) -> Answer:
    """Festschreiben: never changed again."""
    document = documents.by_number(context.desk.store, args.number)
    question = _("{number} festschreiben? Danach wird sie nicht mehr geändert.").format(number=document.number)
    if not context.agreed(question):
        return Answer(record("invoice", document), lines=[_("Nichts geändert.")])
    done = documents.finalise(context.desk, document.id)
    line = question if context.dry_run else _("{number} festgeschrieben.").format(number=done.number)
    return Answer(record("invoice", done), lines=[line])


def cancel_document(context: Context, args: Namespace) -> Answer:
    """Storno; a final document gets a Stornorechnung with its own number."""
    store = context.desk.store
    document = documents.by_number(store, args.number)
    question = _("{number} stornieren?").format(number=document.number)
    if not context.agreed(question):
        return Answer(record("invoice", document), lines=[_("Nichts geändert.")])
    made = documents.cancel(context.desk, document.id, args.reason, free_period=args.free_period)
    data = record("invoice", documents.need_document(store, document.id))
    lines = [question if context.dry_run else _("{number} storniert.").format(number=document.number)]
    if made.id != document.id:
        data |= record("cancellation", made)
        lines.append(
            _("Stornorechnung {number} über {gross}").format(number=made.number, gross=money(made.totals.gross))
        )
    return Answer(data, lines=lines)


def correct_document(context: Context, args: Namespace) -> Answer:
    """Rechnungskorrektur; all together never exceed the invoice (A6.4)."""
    document = documents.by_number(context.desk.store, args.number)
    if args.amount < 0 <= document.totals.gross:
        text = N_(
            "--amount nennt, was zu {number} brutto weniger zu zahlen ist, und ist nicht negativ. Soll der Kunde mehr "
            "zahlen: eine weitere Rechnung oder Lastschrift schreiben (invoice new, --kind debit_memo)."
        )
        raise Refused(Problem("KORREKTUR_NEGATIV", text, {"number": document.number}, document.number))
    question = _("{number} um {amount} korrigieren?").format(number=document.number, amount=money(args.amount))
    if not context.agreed(question):
        return Answer(record("invoice", document), lines=[_("Nichts geändert.")])
    made = documents.correct(context.desk, document.id, args.amount, args.reason)
    line = _("Rechnungskorrektur {number} über {gross}").format(number=made.number, gross=money(made.totals.gross))
    return Answer({**record("invoice", document), **record("correction", made)}, lines=[line])
