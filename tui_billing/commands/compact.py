"""`tui-billing compact`: take the journal over into the table files; happens by itself when it has grown."""

from argparse import ArgumentParser, Namespace

from tui_billing.commands.frame import Answer, Context
from tui_billing.i18n import _


def register(parser: ArgumentParser) -> None:
    """No actions."""
    parser.set_defaults(handler=compact)


def compact(context: Context, args: Namespace) -> Answer:
    """Others go on writing meanwhile; kept journals are the audit trail and stay."""
    from tui_billing.wiring import compact_folder

    if context.dry_run:
        return Answer({"compact": {"seq": context.desk.store.seq}})
    done = compact_folder(context.folder)
    return Answer({"compact": done}, lines=[_("Tabellen sind auf dem Stand {seq}.").format(seq=done["seq"])])
