"""`tui-billing export customers|invoices [--out FILE]`: lists as CSV."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from tui_billing.commands.frame import Answer, Context
from tui_billing.i18n import _
from tui_billing.services import exports


def register(parser: ArgumentParser) -> None:
    """One action per list."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("WAS"))
    for name, text, make in (
        ("customers", _("Kunden"), exports.customers_csv),
        ("invoices", _("Rechnungen"), exports.documents_csv),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--out", metavar=_("DATEI"), help=_("Datei; ohne sie auf die Ausgabe"))
        action.set_defaults(handler=export, make=make)


def export(context: Context, args: Namespace) -> Answer:
    """Write the list to a file, or to stdout where none is named."""
    data = args.make(context.desk.store)
    if not args.out:
        if context.json:
            return Answer({"csv": data.decode("utf-8-sig")})
        sys.stdout.buffer.write(data)
        return Answer()
    if not context.dry_run:
        Path(args.out).write_bytes(data)
    return Answer({"file": args.out, "bytes": len(data)}, lines=[_("{file} geschrieben.").format(file=args.out)])
