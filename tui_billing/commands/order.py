"""`tui-billing order add|edit|list|show|delete|preview`: orders with the container Intervallrechnungen."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands import order_flags
from tui_billing.commands.frame import Answer, Context, day, listing, table
from tui_billing.commands.import_ import read_file
from tui_billing.commands.shown import day as shown_day
from tui_billing.domain.codec import encode
from tui_billing.domain.interval_names import rhythm
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import IntervalTerms, Order, Period
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.services import order_files, orders

STATE_NAMES = {"active": N_("aktiv"), "paused": N_("pausiert"), "closed": N_("abgeschlossen")}


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    add = actions.add_parser("add", help=_("neuer Auftrag aus Schaltern oder --file"))
    order_flags.add_flags(add)
    add.set_defaults(handler=add_order)
    edit = actions.add_parser("edit", help=_("Auftrag ändern: nur was angegeben ist"))
    edit.add_argument("number", metavar=_("AUFTRAG"))
    order_flags.add_flags(edit)
    edit.set_defaults(handler=edit_order)
    listed = actions.add_parser("list", help=_("Aufträge"))
    listed.add_argument("--customer", metavar=_("KUNDE"))
    listed.set_defaults(handler=list_orders)
    for name, handler, text in (
        ("show", show_order, _("Auftrag mit den nächsten 12 Terminen und 24 Perioden")),
        ("delete", delete_order, _("Auftrag löschen, der nie berechnet wurde")),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("number", metavar=_("AUFTRAG"))
        action.set_defaults(handler=handler)
        if name == "show":
            action.add_argument("--day", type=day, help=_("Tag, um den der Streifen liegt (sonst heute)"))
    preview = actions.add_parser("preview", help=_("Termine eines Auftrags ansehen, ohne ihn zu speichern"))
    order_flags.add_flags(preview)
    preview.add_argument("--day", type=day)
    preview.set_defaults(handler=preview_order)


def add_order(context: Context, args: Namespace) -> Answer:
    """Store a new order; with --dry-run only its problems and its next dates."""
    store = context.desk.store
    order = order_files.order_from_json(store, read_file(args.file)) if args.file else Order()
    order = orders.cleaned(order_flags.with_flags(context.desk, order, args))
    if context.dry_run:
        orders.save(context.desk, order)
        return _preview(context, order, args)
    saved, problems = orders.save(context.desk, order)
    return _shown(context, saved, problems)


def edit_order(context: Context, args: Namespace) -> Answer:
    """Change what is given; the ledger keeps what was billed."""
    store = context.desk.store
    order = orders.find(store, args.number)
    if args.file:
        order = order_files.order_from_json(store, read_file(args.file), order)
    order = orders.cleaned(order_flags.with_flags(context.desk, order, args))
    if context.dry_run:
        return _preview(context, order, args)
    saved, problems = orders.save(context.desk, order)
    return _shown(context, saved, problems)


def preview_order(context: Context, args: Namespace) -> Answer:
    """What `order add` would store, with its next dates and problems."""
    store = context.desk.store
    order = order_files.order_from_json(store, read_file(args.file)) if args.file else Order()
    return _preview(context, orders.cleaned(order_flags.with_flags(context.desk, order, args)), args)


def list_orders(context: Context, args: Namespace) -> Answer:
    """All orders, or those of one customer."""
    store = context.desk.store
    if args.customer:
        found = store.find(Order, "customer_id", orders.find_customer(store, args.customer).id)
    else:
        found = store.all(Order)
    customers = store.get_many(Customer, sorted({o.customer_id for o in found}))
    rows = [_list_row(o, customers.get(o.customer_id)) for o in found]
    heads = (_("Auftrag"), _("Kunde"), _("Intervall"), _("Text"), _("Stand"))
    cells = [
        (r["number"], r["customer_name"], shown_rhythm(o.interval), r["text"], _(STATE_NAMES[r["state"]]))
        for o, r in zip(found, rows, strict=True)
    ]
    return Answer(listing(rows), lines=table(heads, cells))


def shown_rhythm(terms: IntervalTerms | None) -> str:
    """monatlich, alle 2 Monate."""
    every, name = rhythm(terms)
    return _(name).format(n=every) if name else ""


def _list_row(order: Order, customer: Customer | None) -> dict[str, Any]:
    terms = order.interval
    return {
        "id": order.id,
        "number": order.number,
        "customer": customer.number if customer else "",
        "customer_name": customer.name if customer else "",
        "document_type": order.document_type,
        "every": terms.every if terms else None,
        "unit": terms.unit.value if terms else None,
        "text": order.lines[0].name if order.lines else "",
        "state": "closed" if order.closed else "paused" if terms and terms.paused else "active",
    }


def show_order(context: Context, args: Namespace) -> Answer:
    """One order with its ledger, next 12 dates and strip of 24 periods."""
    return _shown(context, orders.find(context.desk.store, args.number), [], args.day)


def delete_order(context: Context, args: Namespace) -> Answer:
    """Delete after a question."""
    order = orders.find(context.desk.store, args.number)
    question = _("Auftrag {number} löschen?").format(number=order.number)
    if not context.agreed(question):
        return Answer({"deleted": False}, lines=[_("Nichts geändert.")])
    orders.delete(context.desk, order)
    if context.dry_run:
        return Answer({"deleted": False}, lines=[question])
    return Answer({"deleted": True}, lines=[_("Auftrag {number} gelöscht.").format(number=order.number)])


def _shown(context: Context, order: Order, problems: list[Problem], around: Any = None) -> Answer:
    store = context.desk.store
    view = orders.stored_preview(store, order, around or context.desk.today())
    customer = store.get(Customer, order.customer_id)
    ledger = [encode(p) for p in sorted(store.find(Period, "order_id", order.id), key=lambda p: p.period_start)]
    data = {"order": order_files.order_json(order, customer), **preview_data(view), "ledger": ledger}
    name = customer.name if customer else ""
    head = _("Auftrag {number} · {customer}").format(number=order.number, customer=name)
    return Answer(data, problems=problems, lines=[head, *preview_lines(view)])


def _preview(context: Context, order: Order, args: Namespace) -> Answer:
    store = context.desk.store
    around = getattr(args, "day", None) or context.desk.today()
    problems = orders.check(store, order)
    view = orders.stored_preview(store, order, around)
    if errors := [p for p in problems if not p.warning]:
        raise Refused(*errors)
    data = {"order": order_files.order_json(order, store.get(Customer, order.customer_id)), **preview_data(view)}
    return Answer(data, problems=problems, lines=preview_lines(view))


def preview_data(view: orders.OrderPreview) -> dict[str, Any]:
    """`next` and `strip` as JSON."""
    return {
        "next": [_period(p) for p in view.next],
        "strip": [{**_period(p), "state": mark.value} for p, mark in view.strip],
    }


def _period(period: BillingPeriod) -> dict[str, str]:
    return {
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "due": period.trigger.isoformat(),
    }


def preview_lines(view: orders.OrderPreview) -> list[str]:
    """The strip by year and the next dates for people."""
    dates = [f"{shown_day(p.trigger)}  {shown_day(p.start)}–{shown_day(p.end)}" for p in view.next]
    strip = orders.strip_text(view.strip)
    return [line for line in (strip, _("Nächste Termine:") if dates else "", *dates) if line]
