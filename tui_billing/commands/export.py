"""`tui-billing export customers|invoices [--out FILE]`: lists as CSV."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from tui_billing.commands.frame import Answer, Context
from tui_billing.domain.format import day
from tui_billing.i18n import _
from tui_billing.services import exports
from tui_billing.services.procedure import procedure_text


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
    procedure = actions.add_parser("procedure", help=_("Verfahrensdokumentation aus den Einstellungen"))
    procedure.add_argument("--out", metavar=_("DATEI"), help=_("Datei; ohne sie auf die Ausgabe"))
    procedure.set_defaults(handler=export_procedure)


def export(context: Context, args: Namespace) -> Answer:
    """Write the list to a file, or to stdout where none is named."""
    return _give(context, args, args.make(context.desk.store))


def export_procedure(context: Context, args: Namespace) -> Answer:
    """Write the Verfahrensdokumentation."""
    text = procedure_text(context.desk.store, day(context.desk.today()))
    return _give(context, args, text.encode())


def _give(context: Context, args: Namespace, data: bytes) -> Answer:
    if not args.out:
        if context.json:
            return Answer({"text": data.decode("utf-8-sig")})
        sys.stdout.buffer.write(data)
        return Answer()
    if not context.dry_run:
        Path(args.out).write_bytes(data)
    return Answer({"file": args.out, "bytes": len(data)}, lines=[_("{file} geschrieben.").format(file=args.out)])
