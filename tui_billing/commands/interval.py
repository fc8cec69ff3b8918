"""`tui-billing interval select|create|resume|list|show|why|waive|unwaive|gaps`: Intervallrechnungen without a screen.

`--execution-date today` is resolved here, from the day of the call; the domain never reads a clock.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_billing.commands import interval_views as views
from tui_billing.commands.frame import RULE, Answer, Context, day, listing
from tui_billing.commands.shown import day as shown_day
from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.interval_selection import RowKey, guard_dates
from tui_billing.domain.messages import Problem, Refused
from tui_billing.i18n import _
from tui_billing.services import (
    interval_creation,
    interval_ledger,
    interval_numbers,
    interval_questions,
    intervals,
    orders,
)
from tui_billing.services.intervals import IntervalSelection


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    for name, handler, text in (
        ("select", select, _("anstehende Perioden zeigen; ändert nichts")),
        ("create", create, _("Rechnungen der anstehenden Perioden erstellen")),
    ):
        action = actions.add_parser(name, help=text)
        _selection_flags(action)
        action.set_defaults(handler=handler)
    resume = actions.add_parser("resume", help=_("eine unterbrochene Erstellung fortsetzen"))
    show = actions.add_parser("show", help=_("erzeugte Nummern einer Erstellung"))
    show.add_argument("--csv", metavar=_("DATEI"), help=_("Liste als CSV; - schreibt auf die Ausgabe"))
    for action, handler in ((resume, resume_creation), (show, show_creation)):
        action.add_argument("id", type=int, metavar=_("NUMMER"))
        action.set_defaults(handler=handler)
    actions.add_parser("list", help=_("Erstellungen")).set_defaults(handler=list_creations)
    why = actions.add_parser("why", help=_("warum ein Auftrag ansteht oder nicht"))
    _selection_flags(why, needs_order=True)
    why.set_defaults(handler=explain)
    _ledger_actions(actions)


def _selection_flags(parser: ArgumentParser, *, needs_order: bool = False) -> None:
    parser.add_argument("--execution-date", type=day, required=True, metavar=_("TAG"))
    parser.add_argument("--invoice-date", type=day, metavar=_("TAG"), help=_("sonst heute"))
    parser.add_argument(
        "--billing-period-text", default="", help=_("Abrechnungszeitraum; leer: der Zeitraum der Zeile")
    )
    parser.add_argument("--document-type", default="", help=_("Belegart der erstellten Rechnungen"))
    parser.add_argument("--only-document-type", default="", help=_("nur Aufträge dieser Belegart"))
    parser.add_argument("--customer", action="append", default=[], metavar=_("KUNDE"))
    parser.add_argument("--order", action="append", default=[], metavar=_("AUFTRAG"), required=needs_order)
    parser.add_argument("--drop", type=row_name, action="append", default=[], metavar=_("AUFTRAG:PERIODENBEGINN"))


def _ledger_actions(actions: Any) -> None:
    for name, handler, text in (
        ("waive", waive, _("Periode auslassen, mit Grund")),
        ("unwaive", unwaive, _("ausgelassene Periode wieder anstehen lassen")),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--order", required=True, metavar=_("AUFTRAG"))
        action.add_argument("--period", type=day, required=True, metavar=_("PERIODENBEGINN"))
        if name == "waive":
            action.add_argument("--reason", required=True, metavar=_("GRUND"))
        action.set_defaults(handler=handler)
    gaps = actions.add_parser("gaps", help=_("Perioden, die nie berechnet und nie ausgelassen wurden"))
    gaps.add_argument("--until", type=day, metavar=_("TAG"), help=_("letzter Tag, einschließlich; sonst heute"))
    gaps.set_defaults(handler=find_gaps)


def row_name(text: str) -> tuple[str, Any]:
    """ORDER:DATE, the date of the period's start."""
    number, sign, start = text.rpartition(":")
    if not sign or not number:
        raise ArgumentTypeError(_("Form AUFTRAG:PERIODENBEGINN, etwa A-1042:2027-01-01"))
    return number, day(start)


def _parameters(context: Context, args: Namespace) -> IntervalSelectionParameters:
    store = context.desk.store
    return IntervalSelectionParameters(
        execution_date=args.execution_date,
        invoice_date=args.invoice_date or context.desk.today(),
        billing_period_text=args.billing_period_text,
        document_type=args.document_type,
        customer_ids=tuple(orders.find_customer(store, n).id for n in args.customer),
        order_ids=tuple(orders.find(store, n).id for n in args.order),
        document_type_filter=args.only_document_type,
    )


def _plan(context: Context, args: Namespace) -> IntervalSelection:
    """The selection without the rows of --drop. Raises Refused for a mistyped year without --yes (C4.7)."""
    parameters = _parameters(context, args)
    guards = guard_dates(parameters)
    if guards and not context.yes:
        raise Refused(*guards)
    plan = context.drive(intervals.plan_select(context.desk.store, parameters), at_once=True)
    return plan.without(_dropped(context, plan, args))


def _dropped(context: Context, plan: IntervalSelection, args: Namespace) -> set[RowKey]:
    keys = {RowKey(orders.find(context.desk.store, number).id, start) for number, start in args.drop}
    missing = keys - {r.key for r in plan.rows}
    for key in sorted(missing):
        context.tell(_("Nicht in der Auswahl: Periode ab {start}").format(start=shown_day(key.start)))
    return keys


def select(context: Context, args: Namespace) -> Answer:
    """What is due, row by row, with the balance; more than 12 rows of an order need --yes to count as right."""
    plan = _plan(context, args)
    return _selected(context, plan)


def _selected(context: Context, plan: IntervalSelection) -> Answer:
    """The selection; a guard that --yes has answered only warns."""
    refused = bool(plan.guards) and not context.yes
    return Answer(
        views.selection_data(plan),
        problems=[*plan.problems, *(replace(g, warning=context.yes) for g in plan.guards)],
        exit_code=RULE if refused else None,
        lines=views.selection_lines(plan),
    )


def create(context: Context, args: Namespace) -> Answer:
    """Create the invoices of the selection; exit 1 where rows failed or stayed open."""
    plan = _plan(context, args)
    if context.dry_run:
        return _selected(context, plan)
    if plan.guards and not context.yes:
        raise Refused(*plan.guards)
    rows = plan.taken
    if not rows:
        data = {**listing([]), "creation": None, "balance": plan.balance().as_json()}
        return Answer(data, problems=list(plan.problems), lines=[_("Nichts steht an.")])
    question = _("{n} Rechnungen über {gross} erstellen?").format(n=len(rows), gross=views.euro(plan.gross))
    if not context.confirm(question):
        return Answer({**listing([]), "creation": None}, lines=[_("Nichts geändert.")])
    result = context.drive(interval_creation.apply_create(context.desk, plan, stop=context.stop))
    return _created(context, result, plan, list(plan.problems))


def resume_creation(context: Context, args: Namespace) -> Answer:
    """Go on with exactly the rows that were confirmed."""
    result = context.drive(interval_creation.resume(context.desk, args.id, stop=context.stop))
    return _created(context, result, None, [])


def _created(
    context: Context,
    result: interval_creation.CreationResult,
    plan: IntervalSelection | None,
    problems: list[Problem],
) -> Answer:
    assert result.creation is not None
    rows = interval_numbers.created_rows(context.desk.store, result.creation)
    data = {
        **listing(views.created_item(r) for r in rows),
        "creation": views.creation_item(result.creation),
        "done": len(result.document_ids),
        "failed": len(result.failed),
        "open": result.open,
    }
    if plan is not None:
        data["balance"] = plan.balance().as_json()
    problems += result.failed.values()
    return Answer(
        data,
        problems=problems,
        exit_code=1 if result.failed or result.open or any(not p.warning for p in problems) else 0,
        lines=[*views.created_lines(rows), views.outcome_line(result)],
    )


def list_creations(context: Context, args: Namespace) -> Answer:
    """Every press of Erstellen."""
    found = context.desk.store.all(IntervalCreation)
    return Answer(listing(views.creation_item(c) for c in found), lines=views.creation_lines(found))


def show_creation(context: Context, args: Namespace) -> Answer:
    """The created numbers, also as CSV."""
    store = context.desk.store
    creation = interval_numbers.need_creation(store, args.id)
    rows = interval_numbers.created_rows(store, creation)
    lines = [*views.created_lines(rows), *(f"{k}: {v}" for k, v in (creation.failed or {}).items())]
    if args.csv and args.csv != "-":
        Path(args.csv).write_bytes(interval_numbers.created_csv(rows))
        lines = [_("{n} Zeilen nach {file} geschrieben.").format(n=len(rows), file=args.csv)]
    elif args.csv and not context.json:
        lines = interval_numbers.created_csv(rows).decode("utf-8-sig").splitlines()
    data = {**listing(views.created_item(r) for r in rows), "creation": views.creation_item(creation)}
    return Answer(data, lines=lines)


def explain(context: Context, args: Namespace) -> Answer:
    """F6: each rule with its outcome, also for an order that is not in the list."""
    parameters = _parameters(context, args)
    items: list[dict[str, Any]] = []
    lines: list[str] = []
    for number in args.order:
        order = orders.find(context.desk.store, number)
        dropped = {RowKey(order.id, start) for name, start in args.drop if name == number}
        found = interval_questions.explain_order(context.desk.store, order, parameters, dropped)
        items += [views.reason_item(order.number, period, reasons) for period, reasons in found]
        lines += views.reason_lines(order.number, found)
    return Answer(listing(items), lines=lines)


def waive(context: Context, args: Namespace) -> Answer:
    """Leave a period out for good; `undo` by unwaive."""
    order = orders.find(context.desk.store, args.order)
    period = interval_ledger.waive(context.desk, order, args.period, args.reason)
    text = _("Periode ab {start} des Auftrags {order} ausgelassen.")
    return Answer(
        views.period_data(order, period), lines=[text.format(start=shown_day(args.period), order=order.number)]
    )


def unwaive(context: Context, args: Namespace) -> Answer:
    """A waived period is due again."""
    order = orders.find(context.desk.store, args.order)
    interval_ledger.unwaive(context.desk, order, args.period)
    text = _("Periode ab {start} des Auftrags {order} steht wieder an.")
    return Answer(
        {"period": {"order": order.number, "period_start": args.period.isoformat(), "state": "open"}},
        lines=[text.format(start=shown_day(args.period), order=order.number)],
    )


def find_gaps(context: Context, args: Namespace) -> Answer:
    """What was forgotten up to a day, in EUR."""
    until = args.until or context.desk.today()
    gaps = context.drive(interval_questions.find_gaps(context.desk, until), at_once=True)
    data = {
        **listing(views.gap_item(g) for g in gaps.rows),
        "until": until.isoformat(),
        "total": f"{gaps.total:.2f}",
        "balance": gaps.selection.balance().as_json(),
    }
    return Answer(data, problems=list(gaps.problems), lines=views.gap_lines(gaps))
