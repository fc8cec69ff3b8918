"""`tui-billing customer`: list, show, add, edit; delete, block and export for the DSGVO (A10.4)."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands import fields
from tui_billing.commands.frame import Answer, Context, listing, record, table
from tui_billing.commands.shown import day as shown_day
from tui_billing.domain.codec import encode
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.texts import fold
from tui_billing.i18n import _
from tui_billing.services import customers, dummy

CHANNELS = {Channel.EMAIL: "E-Mail", Channel.LETTER: "Brief", None: "—"}


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    listed = actions.add_parser("list", help=_("Kunden, auch gefiltert"))
    listed.add_argument("--search", default="", metavar=_("TEXT"), help=_("in Nummer, Name, Ort und E-Mail"))
    way = _("nur mit dieser Versandart")
    listed.add_argument("--channel", type=lambda text: (fields.channel(text),), metavar="email|letter|none", help=way)
    listed.add_argument("--blocked", action="store_true", help=_("auch gesperrte"))
    listed.set_defaults(handler=list_customers)
    add = actions.add_parser("add", help=_("neuer Kunde; ohne --number die nächste Nummer"))
    fields.add_fields(add, fields.CUSTOMER)
    add.set_defaults(handler=add_customer, create=True)

    def action(name: str, handler: Any, text: str, *, reason: bool = False) -> ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        made.add_argument("customer", metavar=_("KUNDE"))
        if reason:
            made.add_argument("--reason", required=True, metavar=_("GRUND"))
        made.set_defaults(handler=handler)
        return made

    action("show", show, _("ein Kunde"))
    fields.add_fields(action("edit", edit, _("Felder ändern: nur was angegeben ist")), fields.CUSTOMER)
    action("delete", delete, _("löschen; mit Belegen in der Aufbewahrungsfrist: sperren"), reason=True)
    action("block", block, _("sperren: keine neuen Belege"), reason=True)
    action("unblock", unblock, _("entsperren"), reason=True)
    action("export", export, _("Auskunft: alles, was über den Kunden gespeichert ist"))


def list_customers(context: Context, args: Namespace) -> Answer:
    """Customers by number."""
    words = fold(args.search)
    found = [
        c
        for c in context.desk.store.scan(Customer)
        if (args.blocked or not c.blocked)
        and (args.channel is None or (c.channel,) == args.channel)
        and words in fold(" ".join((c.number, c.name, c.name2, c.address.city, *c.emails)))
    ]
    heads = (_("Nummer"), _("Name"), _("Ort"), _("Versandart"), _("E-Mail"), _("Stichtag"))
    rows = [
        (c.number, c.name, c.address.city, CHANNELS[c.channel], ", ".join(c.emails), str(c.cutoff_day or ""))
        for c in found
    ]
    return Answer(listing(encode(c) for c in found), lines=table(heads, rows, frozenset({5})))


def show(context: Context, args: Namespace) -> Answer:
    """One customer."""
    return _shown(customers.customer_by_number(context.desk.store, args.customer))


def _shown(customer: Customer, problems: Any = ()) -> Answer:
    address = customer.address
    town = " ".join(part for part in (address.postcode, address.city) if part)
    way = CHANNELS[customer.channel] if customer.channel else _("ohne Versandart")
    parts = (
        f"{customer.number} {customer.name} {customer.name2}".strip()
        + (f" ({_('gesperrt')})" if customer.blocked else ""),
        address.po_box or address.street,
        town and f"{address.country} {town}",
        ": ".join(part for part in (way, ", ".join(customer.emails)) if part),
    )
    return Answer(record("customer", customer), list(problems), lines=[part for part in parts if part.strip()])


def add_customer(context: Context, args: Namespace) -> Answer:
    """Store a new customer."""
    return _saved(context, customers.new_customer(fields.given(args)))


def edit(context: Context, args: Namespace) -> Answer:
    """Change what is given; documents that exist keep their snapshot."""
    found = customers.customer_by_number(context.desk.store, args.customer)
    return _saved(context, customers.with_fields(found, fields.given(args)))


def _saved(context: Context, customer: Customer) -> Answer:
    _checked, problems = customers.checked(customer)
    before = context.desk.store.get(Customer, customer.id) if customer.id else None
    saved = customers.save_customer(context.desk, customer)
    problems = [p for p in problems if p.warning]
    if before is not None and before.cutoff_day is None:
        offer = dummy.offer(context.desk.store, saved, context.desk.today())
        problems += [offer] if offer else []
    return _shown(saved, problems)


def delete(context: Context, args: Namespace) -> Answer:
    """A request for erasure (A10.4)."""
    store = context.desk.store
    plan = customers.plan_erase(store, customers.customer_by_number(store, args.customer), context.desk.today())
    number = plan.customer.number
    if plan.deletes:
        question = _("Kunde {number} löschen?").format(number=number)
    else:
        text = _("Kunde {number} hat {n} Belege (aufzubewahren bis {until}): sperren und auf das Nötigste kürzen?")
        question = text.format(number=number, n=plan.documents, until=shown_day(plan.until))
    data = {
        **record("customer", plan.customer),
        "deleted": False,
        "blocked": False,
        "documents": plan.documents,
        "retention_until": plan.until.isoformat() if plan.until else None,
    }
    if context.dry_run or not context.confirm(question):
        return Answer(data, lines=[question, _("Nichts geändert.")])
    left = customers.apply_erase(context.desk, plan, args.reason)
    line = _("Kunde {number} gelöscht.") if left is None else _("Kunde {number} gesperrt.")
    data |= {"deleted": left is None, "blocked": left is not None}
    if left is not None:
        data |= record("customer", left)
    return Answer(data, lines=[line.format(number=number)])


def block(context: Context, args: Namespace) -> Answer:
    """No new documents for this customer."""
    return _block(context, args, True)


def unblock(context: Context, args: Namespace) -> Answer:
    """New documents again."""
    return _block(context, args, False)


def _block(context: Context, args: Namespace, blocked: bool) -> Answer:
    found = customers.customer_by_number(context.desk.store, args.customer)
    return _shown(customers.set_blocked(context.desk, found, blocked, args.reason))


def export(context: Context, args: Namespace) -> Answer:
    """Everything about one customer, as JSON in both forms of output."""
    import json

    found = customers.customer_by_number(context.desk.store, args.customer)
    data = customers.export_customer(context.desk.store, found)
    return Answer(data, lines=json.dumps(data, ensure_ascii=False, indent=2).split("\n"))
