"""`tui-billing mass-print print|run`: Rechnungen Massendruck by number from-to."""

from argparse import ArgumentParser, Namespace
from typing import Any

from tui_billing.commands.frame import Answer, Context, add_switch, listing, table
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.format import day_short, money
from tui_billing.domain.runs import RunType
from tui_billing.i18n import _, language
from tui_billing.services import mass_print
from tui_billing.services.mass_print import MassPrintParameters, MassPrintPlan, Which
from tui_billing.services.mass_print_output import OutputOptions


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    out = actions.add_parser("print", help=_("drucken: eine Druckdatei, einzelne PDF-Dateien oder beides"))
    _range_flags(out, Which.NOT_PRINTED)
    add_switch(out, "--combined", default=True, help=_("eine gemeinsame Druckdatei"))
    add_switch(out, "--singles", help=_("einzelne PDF-Dateien"))
    add_switch(out, "--print-now", help=_("Druckdatei an print.command geben"))
    out.add_argument("--out", default="", metavar=_("ORDNER"), help=_("Ordner oder ZIP-Datei"))
    out.set_defaults(handler=print_documents)
    run = actions.add_parser("run", help=_("in einen neuen Rechnungslauf"))
    _range_flags(run, Which.NOT_SENT)
    run.add_argument("--type", type=RunType, choices=list(RunType), default=RunType.EMAIL)
    run.set_defaults(handler=make_run)


def _range_flags(parser: ArgumentParser, which: Which) -> None:
    parser.add_argument("--from", dest="number_from", default="", metavar=_("NUMMER"))
    parser.add_argument("--to", dest="number_to", default="", metavar=_("NUMMER"))
    parser.add_argument("--which", type=Which, choices=list(Which), default=which)


def _plan(context: Context, args: Namespace) -> MassPrintPlan:
    parameters = MassPrintParameters(args.number_from, args.number_to, args.which)
    return mass_print.plan_mass_print(context.desk.store, parameters)


def _item(head: DocumentHead) -> dict[str, Any]:
    return {
        "id": head.id,
        "number": head.number,
        "customer": head.buyer.number,
        "customer_name": head.buyer.name,
        "invoice_date": head.invoice_date.isoformat(),
        "gross": f"{head.totals.gross:.2f}",
        "printed_at": head.printed_at or None,
        "mailed_at": head.mailed_at or None,
    }


def _lines(plan: MassPrintPlan) -> list[str]:
    heads = (_("Nummer"), _("Datum"), _("Kunde"), _("Brutto"))
    cells = [(h.number, day_short(h.invoice_date), h.buyer.name, money(h.totals.gross, language())) for h in plan.taken]
    text = _("{taken} von {candidates} Belegen").format(taken=plan.balance.taken, candidates=plan.balance.candidates)
    return [*(table(heads, cells, frozenset({3})) if cells else []), text]


def print_documents(context: Context, args: Namespace) -> Answer:
    """Print what the range holds; asks because printing makes the documents final."""
    plan = _plan(context, args)
    data = {**listing(_item(h) for h in plan.taken), "balance": plan.balance.as_json()}
    if context.dry_run or not plan.taken:
        return Answer(data, lines=_lines(plan))
    question = _("{n} Belege drucken und festschreiben?").format(n=len(plan.taken))
    if not context.confirm(question):
        return Answer({**listing([]), "balance": data["balance"]}, lines=[_("Nichts geändert.")])
    options = OutputOptions(combined=args.combined, singles=args.singles, out=args.out, print_now=args.print_now)
    result = context.drive(mass_print.apply_mass_print(context.desk, plan, options, stop=context.stop))
    data |= {"printed": result.printed, "files": result.files, "failed": len(result.failed), "open": result.open}
    return Answer(
        data,
        problems=list(result.failed.values()),
        exit_code=1 if result.failed or result.open else 0,
        lines=[_("{n} gedruckt").format(n=len(result.printed)), *result.files],
    )


def make_run(context: Context, args: Namespace) -> Answer:
    """The documents of the range as a Rechnungslauf."""
    plan = _plan(context, args)
    data = {**listing(_item(h) for h in plan.taken), "balance": plan.balance.as_json()}
    if context.dry_run and plan.taken:
        return Answer(data, lines=_lines(plan))
    # An empty range is refused here, in a dry run too.
    run = mass_print.into_run(context.desk, plan.taken, args.type, include_sent=args.which is Which.ALL)
    text = _("Rechnungslauf {number} angelegt.").format(number=run.number)
    return Answer({**data, "run": {"id": run.id, "number": run.number}}, lines=[text])
