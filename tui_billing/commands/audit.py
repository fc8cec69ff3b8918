"""`tui-billing audit`: who changed what, when and why, newest first; of one record or of everything."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

from tui_billing.commands.frame import Answer, Context, listing
from tui_billing.domain.batches import ReceivableEntry
from tui_billing.domain.documents import Document
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Company, Customer
from tui_billing.i18n import _
from tui_billing.services import audit_trail, customers, documents, runs
from tui_billing.services.errors import not_found


def register(parser: ArgumentParser) -> None:
    """One record by its number, or everything."""
    which = parser.add_mutually_exclusive_group()
    number = _("NUMMER")
    which.add_argument("--invoice", metavar=number, help=_("eine Rechnung"))
    which.add_argument("--receivable", metavar=number, help=_("die Debitorentransaktion einer Rechnung"))
    which.add_argument("--customer", metavar=number, help=_("ein Kunde"))
    which.add_argument("--order", metavar=number, help=_("ein Auftrag"))
    which.add_argument("--run", metavar=number, help=_("ein Rechnungslauf mit seinen Zeilen"))
    which.add_argument("--company", action="store_true", help=_("die Firma"))
    parser.add_argument("--limit", type=int, default=audit_trail.SHOWN, metavar="N", help=_("höchstens so viele"))
    parser.set_defaults(handler=show)


def show(context: Context, args: Namespace) -> Answer:
    """The audit trail of what was named."""
    store = context.desk.store
    if args.run:
        items = audit_trail.run_log(store, runs.run_by_number(store, args.run).id, args.limit)
    else:
        cls, record_id = _named(store, args)
        items = audit_trail.record_log(store, cls, record_id, args.limit)
    return Answer(listing(items), lines=audit_lines(items))


def _named(store: Any, args: Namespace) -> tuple[type[Any] | None, int | None]:
    if args.invoice:
        return Document, documents.by_number(store, args.invoice).id
    if args.receivable:
        document = documents.by_number(store, args.receivable)
        entry = store.find_one(ReceivableEntry, "document_id", document.id)
        return ReceivableEntry, entry.id if entry else 0
    if args.customer:
        return Customer, customers.customer_by_number(store, args.customer).id
    if args.order:
        order = store.find_one(Order, "number", args.order)
        if order is None:
            raise not_found(_("Auftrag"), args.order)
        return Order, order.id
    return (Company, 1) if args.company else (None, None)


def audit_lines(items: Iterable[dict[str, Any]]) -> list[str]:
    """One line per transaction, and one below it for each record with the fields that moved."""
    lines: list[str] = []
    for item in items:
        reason = f" · {item['reason']}" if item["reason"] else ""
        lines.append(f"{item['seq']:>7}  {item['ts'][:19]}  {item['by']}  {item['why']}{reason}")
        for change in item["changes"][:20]:
            fields = ", ".join(f"{k}: {_short(a)} → {_short(b)}" for k, (a, b) in change["fields"].items())
            lines.append(f"           {change['table']} {change['id']} {fields or change['action']}")
        if len(item["changes"]) > 20:
            lines.append("           " + _("… und {n} weitere").format(n=len(item["changes"]) - 20))
    return lines


def _short(value: Any) -> str:
    text = "–" if value in (None, "", []) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
