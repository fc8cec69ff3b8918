"""`tui-billing receivable`: Gebuchte Debitorentransaktionen - Detail, open items, dates moved with a reason."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands.audit import audit_lines
from tui_billing.commands.frame import Answer, Context, add_switch, day, listing, table
from tui_billing.commands.payment import payment_data
from tui_billing.commands.shown import day as shown
from tui_billing.commands.shown import money
from tui_billing.domain.batches import InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.codec import encode
from tui_billing.domain.documents import SHORT_TITLES
from tui_billing.domain.open_items import OpenItem, open_items
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.services import audit_trail, receivables
from tui_billing.services.batch_rows import entry_by_number
from tui_billing.services.desk import Desk
from tui_billing.services.receivables import Edit


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    listed = actions.add_parser("list", help=_("gebuchte Debitorentransaktionen, offene Posten"))
    listed.add_argument("--customer", default="", metavar=_("KUNDE"), help=_("nur dieser Kunde, mit seinen Zahlungen"))
    listed.add_argument("--date-from", type=day, metavar=_("TAG"), help=_("Rechnungsdatum von"))
    listed.add_argument("--date-to", type=day, metavar=_("TAG"), help=_("Rechnungsdatum bis"))
    add_switch(listed, "--open", help=_("nur offene Posten"))
    listed.set_defaults(handler=list_all)
    show = actions.add_parser("show", help=_("eine Transaktion mit ihren Änderungen"))
    show.add_argument("number", metavar=_("BELEG"), help=_("Nummer des Belegs"))
    show.set_defaults(handler=show_one)
    edit = actions.add_parser("edit", help=_("Daten verschieben; der gedruckte Beleg bleibt, wie er ist"))
    edit.add_argument("number", metavar=_("BELEG"), help=_("Nummer des Belegs oder der Zahlung (ZA-…)"))
    edit.add_argument("--batch-date", type=day, metavar=_("TAG"), help=_("Rechnungsdatum für Rechnungsstapel"))
    edit.add_argument("--due-date", type=day, metavar=_("TAG"), help=_("Fälligkeitstermin"))
    edit.add_argument("--paid-date", type=day, metavar=_("TAG"), help=_("Bezahlt am"))
    edit.add_argument("--reason", default="", metavar=_("GRUND"), help=_("Grund (Pflicht)"))
    edit.set_defaults(handler=edit_dates)


def item_data(desk: Desk, item: OpenItem) -> dict[str, Any]:
    """One document with what is settled of it, its customer and its batch."""
    reader = desk.store
    entry = item.entry
    customer = reader.get(Customer, entry.customer_id)
    batch = reader.get(InvoiceBatch, entry.batch_id) if entry.batch_id else None
    return {
        **encode(entry),
        "amount": f"{entry.amount:.2f}",
        "net": f"{entry.net:.2f}",
        "tax": f"{entry.tax:.2f}",
        "prepaid": f"{entry.prepaid:.2f}",
        "customer": customer.number if customer else "",
        "batch": batch.number if batch else None,
        "paid": f"{item.paid:.2f}",
        "skonto": f"{item.skonto:.2f}",
        "open": f"{item.open:.2f}",
    }


def list_all(context: Context, args: Namespace) -> Answer:
    """Documents by Rechnungsdatum; of one customer with his payments and balance."""
    store = context.desk.store
    more: dict[str, Any] = {}
    if args.customer:
        found = receivables.transactions_of(store, args.customer)
        items = [
            i
            for i in found.items
            if (args.date_from is None or i.entry.batch_date >= args.date_from)
            and (args.date_to is None or i.entry.batch_date <= args.date_to)
        ]
        more = {"payments": [payment_data(context.desk, p) for p in found.payments], "balance_due": f"{found.open:.2f}"}
    else:
        items = receivables.in_period(store, args.date_from, args.date_to)
    items = [i for i in items if not args.open or i.open]
    heads = (_("Beleg"), _("Art"), _("Rechnungsdatum"), _("Fällig"), _("Bezahlt am"), _("Betrag"), _("Offen"))
    rows = [_row(i) for i in items]
    return Answer(
        listing((item_data(context.desk, i) for i in items), **more), lines=table(heads, rows, frozenset({5, 6}))
    )


def _row(item: OpenItem) -> tuple[str, ...]:
    e = item.entry
    return (
        e.number,
        _(SHORT_TITLES[e.kind]),
        shown(e.batch_date),
        shown(e.due_date),
        shown(e.paid_date),
        money(e.amount),
        money(item.open),
    )


def show_one(context: Context, args: Namespace) -> Answer:
    """One document's receivable and every change of it."""
    store = context.desk.store
    entry = entry_by_number(store, args.number)
    (item,) = open_items([entry], store.find(Payment, "customer_id", entry.customer_id))
    log = audit_trail.record_log(store, ReceivableEntry, entry.id)
    data = {"receivable": item_data(context.desk, item), "history": log}
    labels = (_("Rechnungsdatum"), _("Fällig"), _("Bezahlt am"), _("Betrag"), _("Offen"))
    number, kind, *values = _row(item)
    lines = [f"{number} {kind}", *(f"  {label}: {value or '–'}" for label, value in zip(labels, values, strict=True))]
    return Answer(data, lines=[*lines, *audit_lines(log)])


def edit_dates(context: Context, args: Namespace) -> Answer:
    """Only what is given changes; without a reason it is refused (A9.6)."""
    change = Edit(batch_date=args.batch_date, due_date=args.due_date, paid_date=args.paid_date, reason=args.reason)
    done = receivables.edit(context.desk, args.number, change, dry_run=context.dry_run)
    store = context.desk.store
    data: dict[str, Any] = {"payments": [payment_data(context.desk, p) for p in done.payments]}
    if done.entry is not None:
        (item,) = open_items([done.entry], store.find(Payment, "customer_id", done.entry.customer_id))
        data["receivable"] = item_data(context.desk, item)
    elif done.payments:
        data["payment"] = data["payments"][0]
    return Answer(data, list(done.warnings), lines=[_("{number} geändert").format(number=args.number)])
