"""`tui-billing payment`: Zahlungen enter, import, allocate, take back (help text Rechnungsstapel)."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands.frame import RULE, Answer, Context, add_switch, amount, day, listing, table
from tui_billing.commands.import_ import read_file
from tui_billing.commands.shown import day as shown
from tui_billing.commands.shown import money, percent
from tui_billing.domain.batches import Payment
from tui_billing.domain.codec import encode
from tui_billing.domain.documents import ZERO, DocumentHead
from tui_billing.domain.open_items import unallocated
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.services import batches, payment_import, payments, receivables
from tui_billing.services.desk import Desk
from tui_billing.services.payment_import import NumberFormat, PaymentImport
from tui_billing.services.payments import NewPayment


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))

    def action(name: str, handler: Any, text: str, *, number: bool = True) -> ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        if number:
            made.add_argument("payment", metavar=_("ZAHLUNG"), help=_("Nummer der Zahlung (ZA-…)"))
        made.set_defaults(handler=handler)
        return made

    add = action("add", add_payment, _("eine Zahlung erfassen"), number=False)
    add.add_argument("--customer", default="", metavar=_("KUNDE"), help=_("fehlt: der Kunde der Rechnung"))
    add.add_argument("--amount", type=amount, required=True, metavar=_("BETRAG"))
    add.add_argument("--paid-date", "--date", type=day, dest="paid_date", metavar=_("TAG"), help=_("Bezahlt am; heute"))
    add.add_argument("--text", default="", metavar=_("TEXT"), help=_("Verwendungszweck"))
    add.add_argument("--reference", default="", metavar=_("TEXT"), help=_("Referenz der Bank"))
    _documents(add)
    listed = action("list", list_all, _("Zahlungen, auch gefiltert"), number=False)
    listed.add_argument("--customer", default="", metavar=_("KUNDE"))
    listed.add_argument("--date-from", type=day, metavar=_("TAG"))
    listed.add_argument("--date-to", type=day, metavar=_("TAG"))
    add_switch(listed, "--unallocated", help=_("nur mit einem Rest, der zu keiner Rechnung gehört"))
    action("show", show, _("eine Zahlung mit ihren Rechnungen"))
    _documents(action("allocate", allocate, _("den Rest einer Zahlung Rechnungen zuordnen")))
    action("release", release, _("die Zuordnung einer Zahlung aufheben"))
    back = action("return", take_back, _("Rückgabe (Rücklastschrift) als Gegenbuchung"))
    back.add_argument("--paid-date", "--date", type=day, dest="paid_date", metavar=_("TAG"), help=_("heute"))
    back.add_argument("--text", default="", metavar=_("TEXT"))
    back.add_argument("--fee", type=amount, default=ZERO, metavar=_("BETRAG"), help=_("Bankgebühr als Lastschrift"))
    edit = action("edit", edit_date, _("Bezahlt am verschieben, mit Grund"))
    edit.add_argument("--paid-date", type=day, required=True, metavar=_("TAG"))
    edit.add_argument("--reason", required=True, metavar=_("GRUND"))
    imported = action(
        "import", import_file, _("Zahlungen aus einer CSV-Datei; dieselbe Datei zählt einmal"), number=False
    )
    imported.add_argument("file", metavar=_("DATEI"))
    imported.add_argument("--numbers", choices=[f.value for f in NumberFormat], help=_("Zahlenformat der Datei"))
    add_switch(imported, "--partial", help=_("gute Zeilen übernehmen, auch wenn andere fehlerhaft sind"))


def _documents(parser: ArgumentParser) -> None:
    parser.add_argument("--document", action="append", nargs="+", default=[], metavar=_("BELEG"))
    parser.add_argument("--skonto", type=amount, metavar=_("BETRAG"), help=_("gewährtes Skonto; sonst, was passt"))
    add_switch(parser, "--oldest-first", help=_("den Rest auf die ältesten offenen Posten"))


def payment_data(desk: Desk, payment: Payment) -> dict[str, Any]:
    """The record with the numbers that a person knows."""
    reader = desk.store
    customer = reader.get(Customer, payment.customer_id)
    heads = reader.get_many(DocumentHead, [a.document_id for a in payment.allocations])
    back = reader.get(Payment, payment.returns) if payment.returns else None
    return {
        **encode(payment),
        "amount": f"{payment.amount:.2f}",
        "skonto": f"{payment.skonto:.2f}",
        "customer": customer.number if customer else "",
        "allocations": [
            {
                "document": heads[a.document_id].number if a.document_id in heads else "",
                "amount": f"{a.amount:.2f}",
                "skonto": f"{a.skonto:.2f}",
            }
            for a in payment.allocations
        ],
        "tax_relief": [
            {
                "vat_category": row.category.value,
                "vat_rate": f"{row.rate:f}",
                "gross": f"{row.gross:.2f}",
                "net": f"{row.net:.2f}",
                "tax": f"{row.tax:.2f}",
            }
            for row in payments.tax_relief(reader, payment)
        ],
        "unallocated": f"{unallocated(payment):.2f}",
        "return_of": back.number if back else None,
    }


def _answer(context: Context, payment: Payment) -> Answer:
    data = payment_data(context.desk, payment)
    parts = [f"{payment.number} {shown(payment.paid_date)} {money(payment.amount)}"]
    parts += [f"  {a['document']} {a['amount']}" for a in data["allocations"]]
    text = _("  Skonto {gross}: Entgelt {net}, Steuer {rate} {tax}")
    parts += [
        text.format(gross=money(r.gross), net=money(r.net), rate=percent(r.rate), tax=money(r.tax))
        for r in payments.tax_relief(context.desk.store, payment)
    ]
    return Answer({"payment": data}, lines=parts)


def _new(context: Context, args: Namespace) -> NewPayment:
    return NewPayment(
        customer=args.customer,
        amount=args.amount,
        paid_date=args.paid_date or context.desk.today(),
        text=args.text,
        reference=args.reference,
        documents=tuple(n for group in args.document for n in group),
        skonto=args.skonto,
        oldest_first=args.oldest_first,
    )


def add_payment(context: Context, args: Namespace) -> Answer:
    """Enter a payment; it settles what is named, what its text names, or the oldest where asked."""
    new = _new(context, args)
    if context.dry_run:
        planned = payments.plan_payment(context.desk, new)
        return _answer(context, planned)
    return _answer(context, payments.add(context.desk, new))


def list_all(context: Context, args: Namespace) -> Answer:
    """Payments by day."""
    store = context.desk.store
    found = store.between(Payment, "paid_date", args.date_from, args.date_to)
    if args.customer:
        customer = batches.customer_by_number(store, args.customer)
        found = [p for p in found if p.customer_id == customer.id]
    if args.unallocated:
        found = [p for p in found if unallocated(p)]
    items = [payment_data(context.desk, p) for p in found]
    heads = (_("Nummer"), _("Bezahlt am"), _("Kunde"), _("Betrag"), _("Skonto"), _("offen"), _("Text"))
    rows = [
        (p.number, shown(p.paid_date), i["customer"], money(p.amount), money(p.skonto), money(unallocated(p)), p.text)
        for p, i in zip(found, items, strict=True)
    ]
    return Answer(listing(items), lines=table(heads, rows, frozenset({3, 4, 5})))


def show(context: Context, args: Namespace) -> Answer:
    """One payment."""
    return _answer(context, payments.payment_by_number(context.desk.store, args.payment))


def allocate(context: Context, args: Namespace) -> Answer:
    """Spread what a payment has left."""
    numbers = [n for group in args.document for n in group]
    done = payments.allocate(
        context.desk, args.payment, numbers, skonto=args.skonto, oldest_first=args.oldest_first or not numbers
    )
    return _answer(context, done)


def release(context: Context, args: Namespace) -> Answer:
    """Take a payment off its documents."""
    return _answer(context, payments.release(context.desk, args.payment))


def take_back(context: Context, args: Namespace) -> Answer:
    """A counter-entry that opens the documents again."""
    on = args.paid_date or context.desk.today()
    return _answer(context, payments.take_back(context.desk, args.payment, on, text=args.text, fee=args.fee))


def edit_date(context: Context, args: Namespace) -> Answer:
    """Bezahlt am, with a reason (A9.6)."""
    payment = payments.payment_by_number(context.desk.store, args.payment)
    change = receivables.Edit(paid_date=args.paid_date, reason=args.reason)
    done = receivables.edit(context.desk, payment.number, change)
    return _answer(context, done.payments[0])


def import_balance(plan: PaymentImport) -> dict[str, Any]:
    """Rows of the file = taken + known + refused, in count and EUR; an amount that cannot be read counts nothing."""
    refused = len({p.where for p in plan.refused})
    counts = {name: n for name, n in (("known", plan.known), ("refused", refused)) if n}
    sums = {"known": plan.known_amount, "refused": plan.refused_amount}
    every = plan.amount + plan.known_amount + plan.refused_amount
    return {
        "candidates": len(plan.rows) + plan.known + refused,
        "in": len(plan.rows),
        "out": counts,
        "eur": {
            "candidates": f"{every:.2f}",
            "in": f"{plan.amount:.2f}",
            "out": {name: f"{sums[name]:.2f}" for name in counts},
        },
    }


def import_file(context: Context, args: Namespace) -> Answer:
    """Plan, then one commit; every refused row is named with its line."""
    desk = context.desk
    numbers = NumberFormat(args.numbers) if args.numbers else None
    plan = payment_import.plan_import(desk.store, read_file(args.file), numbers)
    data: dict[str, Any] = {"balance": import_balance(plan), "created": 0}
    problems = [*plan.refused, *plan.warnings]
    if context.dry_run:
        refusal = payment_import.refusal(plan, args.partial)
        return Answer(data, [*refusal, *plan.warnings] if refusal else problems, RULE if refusal else None)
    done = payment_import.apply_import(desk, plan, partial=args.partial)
    data |= {"created": len(done), **listing(payment_data(desk, p) for p in done)}
    line = ngettext("{n} Zahlung übernommen", "{n} Zahlungen übernommen", len(done)).format(n=len(done))
    return Answer(data, problems, lines=[line])
