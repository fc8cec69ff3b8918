"""`tui-billing audit`: who changed what, when and why, newest first; of one record or of everything."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable
from typing import Any

from tui_billing.commands.frame import Answer, Context, listing
from tui_billing.domain.batches import InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentType
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.runs import InvoiceRun
from tui_billing.domain.settings import Setting
from tui_billing.i18n import _, language
from tui_billing.services import audit_trail, documents, maintenance, settings
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found

SHOWN_CHANGES, LONGEST = 20, 60
Find = Callable[[Desk, str], int]


def register(parser: ArgumentParser) -> None:
    """One record by its number, or everything."""
    which = parser.add_mutually_exclusive_group()
    number = _("NUMMER")
    which.add_argument("--invoice", metavar=number, help=_("eine Rechnung"))
    which.add_argument("--receivable", metavar=number, help=_("die Debitorentransaktion einer Rechnung"))
    which.add_argument("--customer", metavar=number, help=_("ein Kunde"))
    which.add_argument("--order", metavar=number, help=_("ein Auftrag"))
    which.add_argument("--payment", metavar=number, help=_("eine Zahlung"))
    which.add_argument("--run", metavar=number, help=_("ein Rechnungslauf mit seinen Zeilen"))
    which.add_argument("--batch", metavar=number, help=_("ein Rechnungsstapel"))
    which.add_argument("--setting", metavar=_("SCHLÜSSEL"), help=_("eine Einstellung"))
    which.add_argument("--document-type", metavar=_("NAME"), help=_("eine Belegart"))
    which.add_argument("--company", action="store_true", help=_("die Firma"))
    parser.add_argument("--limit", type=_limit, default=audit_trail.SHOWN, metavar="N", help=_("höchstens so viele"))
    parser.set_defaults(handler=show)


def _limit(text: str) -> int:
    """How many entries, at least one."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(_("„{text}“ ist keine ganze Zahl ab 1").format(text=text))
    return int(text)


def show(context: Context, args: Namespace) -> Answer:
    """The audit trail of what was named."""
    desk = context.desk
    if args.run:
        run_id = _keyed(InvoiceRun, N_("Rechnungslauf"), convert=int)(desk, args.run)
        items = audit_trail.run_log(desk.store, run_id, args.limit)
    else:
        cls, record_id = _named(desk, args)
        items = audit_trail.record_log(desk.store, cls, record_id, args.limit)
    return Answer(listing(items), maintenance.trail_problems(context.folder), lines=audit_lines(items))


def _receivable(desk: Desk, number: str) -> int:
    entry = desk.store.find_one(ReceivableEntry, "document_id", documents.by_number(desk.store, number).id)
    return entry.id if entry else 0


def _setting(desk: Desk, key: str) -> int:
    """A setting that was never set has no record yet."""
    settings.get(desk.store, key)
    return next(iter(desk.store.find_ids(Setting, "key", key)), 0)


def _keyed(cls: type[Any], noun: str, key: str = "number", convert: Callable[[str], Any] = str) -> Find:
    """How a record is found by what the clerk calls it, also where it is deleted by now."""

    def find(desk: Desk, text: str) -> int:
        value = convert(text) if convert is str or (text.isascii() and text.isdigit()) else text
        ids = desk.store.find_ids(cls, key, value) or audit_trail.former_ids(desk.store, cls, key, value)
        if not ids:
            raise not_found(noun, text)
        return ids[0]

    return find


NAMED: dict[str, tuple[type[Any], Find]] = {
    "invoice": (Document, lambda desk, number: documents.by_number(desk.store, number).id),
    "receivable": (ReceivableEntry, _receivable),
    "customer": (Customer, _keyed(Customer, N_("Kunde"))),
    "order": (Order, _keyed(Order, N_("Auftrag"))),
    "payment": (Payment, _keyed(Payment, N_("Zahlung"))),
    "batch": (InvoiceBatch, _keyed(InvoiceBatch, N_("Rechnungsstapel"), convert=int)),
    "setting": (Setting, _setting),
    "document_type": (DocumentType, _keyed(DocumentType, N_("Belegart"), "name")),
}
"""Option -> (class, how its record is found)."""


def _named(desk: Desk, args: Namespace) -> tuple[type[Any] | None, int | None]:
    for option, (cls, find) in NAMED.items():
        text = getattr(args, option)
        if text:
            return cls, find(desk, text)
    return (Company, 1) if args.company else (None, None)


def audit_lines(items: Iterable[dict[str, Any]]) -> list[str]:
    """One line per transaction, and below it one for each record and each field that moved."""
    lines: list[str] = []
    words = audit_trail.Words(_, language())
    for item in items:
        reason = f" · {item['reason']}" if item["reason"] else ""
        lines.append(f"{item['seq']:>7}  {item['ts'][:19]}Z  {item['by']}  {_(item['why'])}{reason}")
        for change in item["changes"][:SHOWN_CHANGES]:
            name = audit_trail.record_name(change, _)
            lines.append(f"           {name} {audit_trail.action_name(change, _)}")
            for field, old, new in audit_trail.field_rows(change, words):
                lines.append(f"               {field}: {_short(old)} → {_short(new)}")
        if len(item["changes"]) > SHOWN_CHANGES:
            lines.append("           " + _("… und {n} weitere").format(n=len(item["changes"]) - SHOWN_CHANGES))
    return lines


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
