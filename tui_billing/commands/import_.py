"""`tui-billing import customers|invoices|orders|payments FILE`: everything is checked before anything is stored."""

from argparse import ArgumentParser, Namespace
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tui_billing.commands.frame import RULE, Answer, Context, Interrupted
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.os_words import os_words
from tui_billing.i18n import _
from tui_billing.services import imports, order_import
from tui_billing.services.desk import Progress
from tui_billing.services.errors import WrongUse
from tui_billing.services.imports import ImportPlan, NumberFormat

FORMATS = ("de", "iso")
FILE_MAX = 256 * 1024 * 1024


def register(parser: ArgumentParser) -> None:
    """One action per kind of record."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("WAS"))
    customers = actions.add_parser("customers", help=_("Kunden aus CSV"))
    customers.add_argument("--update", action="store_true", help=_("vorhandene Kunden ändern statt ablehnen"))
    customers.set_defaults(handler=import_customers)
    invoices = actions.add_parser("invoices", help=_("Rechnungen aus CSV (eine Zeile je Position) oder JSON"))
    invoices.set_defaults(handler=import_invoices)
    orders = actions.add_parser("orders", help=_("Aufträge aus CSV (eine Zeile je Position)"))
    orders.set_defaults(handler=import_orders)
    payments = actions.add_parser("payments", help=_("Zahlungen aus einer CSV-Datei; dieselbe Datei zählt einmal"))
    payments.set_defaults(handler=import_payments)
    for action in (customers, invoices, orders, payments):
        action.add_argument("file", metavar=_("DATEI"))
        action.set_defaults(create=True)
        action.add_argument("--numbers", choices=FORMATS, help=_("Zahlenformat: de 1.234,56 · iso 1234.56"))
        action.add_argument("--partial", action="store_true", help=_("gute Zeilen übernehmen, schlechte melden"))


def read_file(path: str) -> bytes:
    """The file's bytes. Raises WrongUse with a sentence where it cannot be read, Refused where it is too large."""
    file = Path(path)
    try:
        if file.stat().st_size > FILE_MAX:
            raise Refused(Problem("DATEI_ZU_GROSS", N_("{file} ist größer als 256 MB."), {"file": path}, path))
        return file.read_bytes()
    except OSError as error:
        text = N_("{file} lässt sich nicht lesen: {reason}")
        raise WrongUse(Problem("DATEI_UNLESBAR", text, {"file": path, "reason": os_words(error)}, path)) from None


def _numbers(args: Namespace) -> NumberFormat | None:
    return NumberFormat(args.numbers) if args.numbers else None


def import_customers(context: Context, args: Namespace) -> Answer:
    """Customers; with --dry-run only the report."""
    data = read_file(args.file)
    plan = imports.plan_customers(context.desk.store, data, _numbers(args), update=args.update)
    if context.dry_run:
        return report(plan, len(plan.items), applied=False, partial=args.partial)
    result = imports.apply_customers(context.desk, plan, partial=args.partial)
    return report(plan, result.created + result.updated, applied=True, partial=args.partial)


def import_invoices(context: Context, args: Namespace) -> Answer:
    """Invoices; with --dry-run only the report."""
    data = read_file(args.file)
    plan = imports.plan_invoices(context.desk.store, data, _numbers(args))
    if not context.dry_run:
        _store(context, imports.apply_invoices(context.desk, plan, partial=args.partial), partial=args.partial)
    return report(plan, len(plan.items), applied=not context.dry_run, partial=args.partial)


def import_orders(context: Context, args: Namespace) -> Answer:
    """Orders with the container Intervallrechnungen; with --dry-run only the report."""
    data = read_file(args.file)
    plan = order_import.plan_orders(context.desk.store, data, _numbers(args))
    if not context.dry_run:
        _store(context, order_import.apply_orders(context.desk, plan, partial=args.partial), partial=args.partial)
    return report(plan, len(plan.items), applied=not context.dry_run, partial=args.partial)


def _store(context: Context, steps: Generator[Progress, None, None], *, partial: bool) -> None:
    """Store what was read; a signal gives the open transaction up."""
    try:
        context.drive(steps, at_once=True)
    except KeyboardInterrupt:
        if not partial:
            raise
        text = N_("Abgebrochen; was schon übernommen ist, bleibt. Derselbe Befehl noch einmal nimmt den Rest.")
        raise Interrupted(Problem("ABGEBROCHEN", text)) from None


def import_payments(context: Context, args: Namespace) -> Answer:
    """Payments, as `payment import` does it."""
    from tui_billing.commands.payment import import_file

    return import_file(context, args)


def report(plan: ImportPlan[Any], count: int, *, applied: bool, partial: bool = False) -> Answer:
    """How many were taken, how many rows refused, and each refused row with its line and reason.

    A dry run ends as the import would: one bad row refuses all where `partial` is not asked for.
    """
    refusal = () if applied else imports.refusal(plan, partial)
    taken, bad = (_("{n} übernommen"), _("{n} abgelehnt")) if applied else (_("{n} in Ordnung"), _("{n} fehlerhaft"))
    line = f"{taken.format(n=count)}, {bad.format(n=plan.refused_rows)}"
    return Answer(
        {"imported" if applied else "valid": count, "updated": plan.updates, "refused": plan.refused_rows},
        problems=[*(refusal or plan.refused), *plan.warnings],
        exit_code=RULE if refusal else None,
        lines=[line],
    )
