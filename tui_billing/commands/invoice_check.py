"""`tui-billing invoice check FILE`: is this e-invoice right? Needs no data folder. `invoice xml`: the XML as a file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from tui_billing.commands.frame import Answer, Context
from tui_billing.commands.shown import money
from tui_billing.i18n import _
from tui_billing.services import documents
from tui_billing.services.einvoice_mail import archived_xml, hand_out_xml


def add_check(actions: Any) -> ArgumentParser:
    """The actions `check` and `xml` among the actions of the noun `invoice`."""
    made: ArgumentParser = actions.add_parser(
        "check", help=_("eine E-Rechnung prüfen (ZUGFeRD, XRechnung): XSD, amtliche Regeln, Beträge")
    )
    made.add_argument("file", metavar=_("DATEI"), type=Path)
    made.add_argument("--rules", type=Path, metavar=_("ORDNER"), help=_("Ordner mit den amtlichen Regeln (XSL)"))
    made.add_argument("--no-schematron", action="store_true", help=_("nur XSD und Beträge"))
    made.set_defaults(handler=check)
    handed = actions.add_parser("xml", help=_("das XML der archivierten E-Rechnung als Datei"))
    handed.add_argument("number", metavar=_("RECHNUNG"))
    handed.add_argument("--out", default="", metavar=_("ZIEL"), help=_("Ordner oder Datei.xml (sonst pdf.folder)"))
    handed.set_defaults(handler=hand_out)
    return made


def hand_out(context: Context, args: Namespace) -> Answer:
    """Writes the XML as it was archived; finalises nothing."""
    document = documents.by_number(context.desk.store, args.number)
    if context.dry_run:
        archived_xml(context.desk, document)
        line = _("{number} würde ausgegeben.").format(number=document.number)
        return Answer({"number": document.number}, lines=[line])
    path = hand_out_xml(context.desk, document, args.out)
    return Answer({"number": document.number, "file": str(path)}, lines=[str(path)])


def check(context: Context, args: Namespace) -> Answer:
    """Exit code 0 for a valid file, 3 where a rule is broken."""
    from tui_billing.services.einvoice_check import check_einvoice_path

    report = check_einvoice_path(args.file, rules=args.rules, use_schematron=not args.no_schematron)
    invoice = report.invoice
    data = {
        "file": str(args.file),
        "valid": report.is_valid,
        "syntax": report.syntax,
        "profile": report.profile,
        "checks": list(report.checks),
        "number": invoice.number,
        "gross": f"{invoice.gross:.2f}",
        "payable": f"{invoice.payable:.2f}",
    }
    lines = []
    if report.syntax:
        lines.append(f"{report.syntax} · {report.profile} · {invoice.number} · {money(invoice.payable)}")
        lines.append(_("Geprüft: {checks}").format(checks=", ".join(report.checks)))
    lines.append(_("Die E-Rechnung ist gültig.") if report.is_valid else _("Die E-Rechnung ist nicht gültig."))
    return Answer(data, list(report.problems), 0 if report.is_valid else 3, lines)
