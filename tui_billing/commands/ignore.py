"""`tui-billing ignore add|list|remove`: Ignorierte Kunden und Rechnungen (help text, step 6; rule E11)."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands.frame import Answer, Context, day, listing, table
from tui_billing.commands.shown import day as shown_day
from tui_billing.commands.shown import money
from tui_billing.domain.codec import encode
from tui_billing.domain.runs import IgnoredKind
from tui_billing.i18n import _
from tui_billing.services import customers, documents, ignored
from tui_billing.services.errors import not_found
from tui_billing.services.ignored import IgnoredView


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    add = actions.add_parser("add", help=_("Kunden oder Rechnungen ignorieren"))
    _targets(add, required=True)
    add.add_argument("--reason", required=True, metavar=_("GRUND"))
    add.add_argument("--until", type=day, metavar=_("TAG"), help=_("letzter Tag; ohne: bis auf Weiteres"))
    add.set_defaults(handler=add_entries)
    listed = actions.add_parser("list", help=_("was ignoriert wird"))
    listed.add_argument("--kind", choices=[k.value for k in IgnoredKind], help=_("nur eine der Listen"))
    listed.set_defaults(handler=list_entries)
    remove = actions.add_parser("remove", help=_("nicht mehr ignorieren"))
    _targets(remove, required=True)
    remove.set_defaults(handler=remove_entries)


def _targets(parser: ArgumentParser, required: bool) -> None:
    which = parser.add_mutually_exclusive_group(required=required)
    which.add_argument("--customer", nargs="+", metavar=_("KUNDE"))
    which.add_argument("--invoice", nargs="+", metavar=_("RECHNUNG"))


def _named(context: Context, args: Namespace) -> tuple[IgnoredKind, dict[int, str]]:
    """The list that is meant, and the numbers by id."""
    store = context.desk.store
    if args.customer:
        return IgnoredKind.CUSTOMER, {customers.customer_by_number(store, n).id: n for n in args.customer}
    return IgnoredKind.DOCUMENT, {documents.by_number(store, n).id: n for n in args.invoice}


def add_entries(context: Context, args: Namespace) -> Answer:
    """Put them on the list."""
    kind, targets = _named(context, args)
    done = ignored.ignore(context.desk, kind, targets, args.reason, args.until)
    if context.dry_run:
        items = [{**encode(entry), "number": targets[entry.target_id]} for entry in done]
        return Answer(listing(items), lines=[f"{item['number']} {item['reason']}" for item in items])
    views = [
        v for v in ignored.list_ignored(context.desk.store, kind, context.desk.today()) if v.entry.target_id in targets
    ]
    return Answer(listing(view_data(v) for v in views), lines=view_lines(views))


def list_entries(context: Context, args: Namespace) -> Answer:
    """Both lists, or one."""
    kinds = [IgnoredKind(args.kind)] if args.kind else list(IgnoredKind)
    store, today = context.desk.store, context.desk.today()
    views = [view for kind in kinds for view in ignored.list_ignored(store, kind, today)]
    return Answer(listing(view_data(v) for v in views), lines=view_lines(views))


def remove_entries(context: Context, args: Namespace) -> Answer:
    """Take them off the list."""
    kind, targets = _named(context, args)
    views = [
        v for v in ignored.list_ignored(context.desk.store, kind, context.desk.today()) if v.entry.target_id in targets
    ]
    missing = set(targets) - {v.entry.target_id for v in views}
    if missing:
        raise not_found(_("Auf der Liste"), ", ".join(targets[i] for i in sorted(missing)))
    ignored.stop_ignoring(context.desk, [v.entry.id for v in views])
    return Answer(listing(view_data(v) for v in views), lines=[_("{n} Einträge entfernt.").format(n=len(views))])


def view_data(view: IgnoredView) -> dict[str, Any]:
    """An entry with the number and name of its target and its effect."""
    return {
        **encode(view.entry),
        "number": view.number,
        "name": view.name,
        "active": view.active,
        "documents": view.count,
        "eur": f"{view.eur:.2f}",
    }


def view_lines(views: list[IgnoredView]) -> list[str]:
    """The list as text."""
    heads = (_("Nummer"), _("Name"), _("Grund"), _("bis"), _("hält zurück"), _("Brutto"))
    rows = [(v.number, v.name, v.entry.reason, shown_day(v.entry.until), str(v.count), money(v.eur)) for v in views]
    return table(heads, rows, frozenset({4, 5}))
