"""`tui-billing settings get|set|list`: dotted keys, each with type, default and what it does."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace

from tui_billing.commands.frame import Answer, Context, listing, table
from tui_billing.domain.cutoff import literal_warning
from tui_billing.domain.settings import SETTINGS
from tui_billing.i18n import _
from tui_billing.services import settings


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    get = actions.add_parser("get", help=_("einen Wert zeigen"))
    get.add_argument("key", metavar=_("SCHLÜSSEL"))
    get.set_defaults(handler=get_setting)
    change = actions.add_parser("set", help=_("einen Wert setzen"))
    change.add_argument("key", metavar=_("SCHLÜSSEL"))
    change.add_argument("value", metavar=_("WERT"))
    change.set_defaults(handler=set_setting, create=True)
    listed = actions.add_parser("list", help=_("alle Einstellungen"))
    listed.set_defaults(handler=list_settings)


def get_setting(context: Context, args: Namespace) -> Answer:
    """One value."""
    value = settings.get(context.desk.store, args.key)
    return Answer({"setting": {"key": args.key, "value": value}}, lines=[value])


def set_setting(context: Context, args: Namespace) -> Answer:
    """Store one value."""
    value = settings.set_value(context.desk, args.key, args.value)
    problems = [literal_warning((), context.desk.today())] if (args.key, value) == ("batch.month_end", "false") else []
    problems += [replace(p, where=args.key) for p in settings.doubts(args.key, value)]
    return Answer({"setting": {"key": args.key, "value": value}}, problems, lines=[f"{args.key} = {value}"])


def list_settings(context: Context, args: Namespace) -> Answer:
    """Every key with value, default, choices and help."""
    values = settings.get_all(context.desk.store)
    items = [
        {
            "key": key,
            "value": values[key],
            "default": known.default,
            "type": known.type.value,
            "choices": list(known.choices),
            "help": _(known.help),
        }
        for key, known in SETTINGS.items()
    ]
    rows = [(key, values[key], _(known.help)) for key, known in SETTINGS.items()]
    return Answer(listing(items), lines=table((_("Schlüssel"), _("Wert"), _("Bedeutung")), rows))
