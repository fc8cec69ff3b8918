"""`tui-billing run`: Rechnungsläufe from create to log (help text Rechnungsläufe, steps 1-6)."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from tui_billing.commands.audit import audit_lines
from tui_billing.commands.frame import RULE, Answer, Context, add_switch, day, listing
from tui_billing.commands.run_shape import (
    balance_line,
    explanation_data,
    explanation_lines,
    list_lines,
    log_lines,
    reason_text,
    row_lines,
    row_problems,
    rows_data,
    run_data,
    run_title,
)
from tui_billing.commands.shown import money
from tui_billing.domain.codec import encode
from tui_billing.domain.messages import N_, Problem, Refused, Term
from tui_billing.domain.runs import ROW_STATE_NAMES, InvoiceRun, RowState, RunParameters, RunRow, RunState, RunType
from tui_billing.i18n import _, ngettext
from tui_billing.services import audit_trail, documents, run_lease, run_log, run_mend, runs
from tui_billing.services.run_execution import ExecuteOptions, ExecutePlan, execute, plan_execute
from tui_billing.services.run_rebuild import CHANGE_NAMES, RebuildPlan, apply_rebuild, plan_rebuild


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))

    def action(name: str, handler: Any, text: str, *, number: bool = True) -> ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        if number:
            made.add_argument("number", metavar=_("LAUF"), help=_("Nummer des Laufs"))
        made.set_defaults(handler=handler)
        return made

    create = action("create", create_run, _("Lauf anlegen"), number=False)
    _parameters(create)
    action("list", list_all, _("alle Läufe, der neueste zuerst"), number=False)
    show = action("show", show_run, _("einen Lauf öffnen: Zeilen mit Stand und Grund"))
    show.add_argument("--state", choices=[s.value for s in RowState], help=_("nur Zeilen in diesem Stand"))
    _invoices(action("remove", remove, _("Auswahl entfernen")), required=True)
    rebuild = action("rebuild", rebuild_run, _("neu aufbauen: erst zeigen, was sich ändert"))
    add_switch(rebuild, "--bring-back", help=_("von Hand entfernte Zeilen zurückholen"))
    _execute_flags(action("execute", execute_run, _("durchführen: PDF erstellen und versenden oder ausgeben")))
    log = action("log", show_log, _("jede Zeile mit Zeit, Antwort, Adresse und Prüfsumme; was mit dem Lauf geschah"))
    log.add_argument("--csv", metavar=_("DATEI"), help=_("die Zeilen als CSV"))
    action("delete", delete_run, _("einen angelegten Lauf löschen"))
    explain = action("explain", explain_run, _("warum drin, warum nicht: eine Rechnung oder ein Kunde"))
    explain.add_argument("what", metavar=_("NUMMER"), help=_("Nummer der Rechnung oder des Kunden"))
    _invoices(action("confirm", confirm_addresses, _("geänderte Adressen bestätigen (ohne Rechnung: alle)")))
    _invoices(action("retry", retry, _("abgelehnte und fehlerhafte Zeilen erneut bereit machen")), required=True)


def _parameters(parser: ArgumentParser) -> None:
    parser.add_argument("--date-from", type=day, required=True, metavar=_("TAG"), help=_("Rechnungsdatum von"))
    parser.add_argument("--date-to", type=day, required=True, metavar=_("TAG"), help=_("Rechnungsdatum bis"))
    parser.add_argument("--type", choices=[t.value for t in RunType], default="email", help=_("Rechnungslauf-Typ"))
    add_switch(parser, "--respect-preference", default=True, help=_("Versandart der Kunden beachten"))
    add_switch(parser, "--include-sent", help=_("bereits versendete aufnehmen"))
    parser.add_argument("--invoice", nargs="+", default=[], metavar=_("NUMMER"), help=_("nur diese Rechnungen"))


def _execute_flags(parser: ArgumentParser) -> None:
    add_switch(parser, "--overwrite", default=True, help=_("vorhandene PDF überschreiben"))
    add_switch(parser, "--confirm-addresses", help=_("geänderte Adressen bestätigen"))
    parser.add_argument("--out", default="", metavar=_("ZIEL"), help=_("Ordner oder ZIP (sonst pdf.folder)"))
    parser.add_argument("--print", action="store_true", dest="print_now", help=_("Druckdatei an print.command geben"))


def _invoices(parser: ArgumentParser, required: bool = False) -> None:
    parser.add_argument(
        "invoices", nargs="+" if required else "*", metavar=_("RECHNUNG"), help=_("Nummern der Rechnungen im Lauf")
    )


def create_run(context: Context, args: Namespace) -> Answer:
    """Plan the run and create it; --dry-run shows every row that it would have."""
    store = context.desk.store
    parameters = RunParameters(
        date_from=args.date_from,
        date_to=args.date_to,
        type=RunType(args.type),
        respect_preference=args.respect_preference,
        include_sent=args.include_sent,
        document_ids=tuple(documents.by_number(store, number).id for number in args.invoice),
    )
    plan = runs.plan_create_run(store, parameters, context.desk.today())
    line = balance_line(plan.balance)
    if context.dry_run:
        runs.refuse_empty(plan)
        data = {"balance": plan.balance.as_json(), **listing(encode(row) for row in plan.rows)}
        return Answer(data, list(plan.warnings), lines=[line])
    run = runs.apply_create_run(context.desk, plan)
    data = {"run": run_data(run), "balance": plan.balance.as_json()}
    return Answer(data, list(plan.warnings), lines=[run_title(run), line])


def list_all(context: Context, args: Namespace) -> Answer:
    """Every run with its balance."""
    found = run_lease.all_as_they_stand(context.desk, runs.list_runs(context.desk.store))
    items = [{**run_data(run), "balance": runs.balance_of(run).as_json()} for run in found]
    return Answer(listing(items), lines=list_lines(found))


def show_run(context: Context, args: Namespace) -> Answer:
    """One run with its rows."""
    run = run_lease.opened(context.desk, runs.run_by_number(context.desk.store, args.number))
    view = runs.open_run(context.desk.store, run.id)
    items = [i for i in rows_data(view, context.desk) if not args.state or i["state"] == args.state]
    counted = runs.balance_of(run)
    data = {"run": run_data(run), "balance": counted.as_json(), "counts": dict(view.counts), **listing(items)}
    return Answer(data, lines=[run_title(run), *row_lines(items), balance_line(counted)])


def _record(run: InvoiceRun) -> dict[str, Any]:
    """The run under its noun, with its balance."""
    return {"run": run_data(run), "balance": runs.balance_of(run).as_json()}


def _rows(context: Context, run: InvoiceRun, numbers: list[str]) -> list[RunRow]:
    return runs.require_rows(context.desk.store, run.id, numbers)


def remove(context: Context, args: Namespace) -> Answer:
    """Auswahl entfernen."""
    run = runs.run_by_number(context.desk.store, args.number)
    rows = _rows(context, run, args.invoices)
    done = runs.remove_rows(context.desk, run.id, [r.id for r in rows])
    run = runs.need_run(context.desk.store, run.id)
    line = ngettext("{n} Zeile entfernt", "{n} Zeilen entfernt", len(done)).format(n=len(done))
    data = {**_record(run), **listing(encode(r) for r in done)}
    return Answer(data, lines=[line, balance_line(runs.balance_of(run))])


def rebuild_run(context: Context, args: Namespace) -> Answer:
    """Show the difference, ask, do it."""
    run = runs.run_by_number(context.desk.store, args.number)
    plan = plan_rebuild(context.desk.store, run.id, context.desk.today(), bring_back=args.bring_back)
    data = {"run": run_data(run), "balance": plan.balance.as_json(), "difference": _difference(plan)}
    lines = _difference_lines(plan)
    if context.dry_run or plan.is_empty:
        return Answer({**data, "rebuilt": False}, lines=lines)
    context.tell(*lines)
    if not context.confirm(_("Lauf {number} so neu aufbauen?").format(number=run.number)):
        return Answer({**data, "rebuilt": False}, lines=[_("Nichts geändert.")])
    run = apply_rebuild(context.desk, plan)
    return Answer({**data, "run": run_data(run), "rebuilt": True}, lines=[balance_line(plan.balance)])


def _difference(plan: RebuildPlan) -> dict[str, Any]:
    return {
        "new": [encode(row) for row in plan.new],
        "gone": [{**encode(row), "out_reason": reason} for row, reason in plan.gone],
        "changed": [{"before": encode(c.before), "after": encode(c.after), "what": list(c.what)} for c in plan.changed],
        "removed": [encode(row) for row in plan.removed],
        "back": [encode(row) for row in plan.back],
    }


def _difference_lines(plan: RebuildPlan) -> list[str]:
    lines = [f"+ {r.number} {money(r.gross)}" for r in (*plan.new, *plan.back)]
    lines += [f"- {r.number} {money(r.gross)} ({reason_text(reason)})" for r, reason in plan.gone]
    for c in plan.changed:
        what = ", ".join(_(CHANGE_NAMES[name]) for name in c.what)
        lines.append(f"~ {c.after.number} {money(c.before.gross)} → {money(c.after.gross)} ({what})")
    if plan.removed:
        lines.append(_("{n} von Hand entfernt, bleibt entfernt (--bring-back holt zurück)").format(n=len(plan.removed)))
    return lines or [_("Keine Änderungen.")]


def execute_run(context: Context, args: Namespace) -> Answer:
    """Ask once with what will happen, then send or hand out; signals stop between two documents."""
    desk = context.desk
    run = runs.run_by_number(desk.store, args.number)
    options = ExecuteOptions(
        overwrite=args.overwrite,
        confirm_addresses=args.confirm_addresses,
        out=args.out,
        print_now=args.print_now,
    )
    plan = plan_execute(desk, run.id, options)
    if plan.problems:
        raise Refused(*plan.problems)
    question = execute_question(plan)
    if context.dry_run:
        staying = [encode(r) for r in plan.staying]
        data = {**_record(run), **listing(encode(r) for r in plan.going), "staying": staying}
        return Answer(data, row_problems(plan.staying), lines=[question])
    if plan.going and not context.confirm(question):
        return Answer(_record(run), lines=[_("Nichts geschehen.")])
    result = context.drive(execute(desk, run.id, options, context.stop))
    rows = desk.store.find(RunRow, "run_id", run.id)
    counted = runs.balance_of(result.run)
    data = {
        "run": run_data(result.run),
        "balance": counted.as_json(),
        "counts": result.counts,
        "reasons": result.reasons,
        "files": list(result.files),
        "print_file": result.print_file,
    }
    problems = ([result.stopped] if result.stopped else []) + row_problems(rows)
    lines = [run_title(result.run), balance_line(counted)]
    lines += [_("Druckdatei: {file}").format(file=result.print_file)] if result.print_file else []
    return Answer(data, problems, 0 if result.run.state is RunState.DONE else 1, lines)


def execute_question(plan: ExecutePlan) -> str:
    """185 Rechnungen per E-Mail an 171 Kunden, 212.430,50 €; 28 Minuten. Durchführen?"""
    is_email = plan.run.parameters.type is RunType.EMAIL
    text = (
        _("{n} Rechnungen per E-Mail an {customers} Kunden, {eur}.")
        if is_email
        else _("{n} Rechnungen als PDF für {customers} Kunden, {eur}.")
    )
    parts = [text.format(n=len(plan.going), customers=plan.customers, eur=money(plan.eur))]
    if plan.minutes:
        parts.append(_("Etwa {minutes} Minuten.").format(minutes=plan.minutes))
    if plan.staying:
        parts.append(_("{n} bleiben zurück.").format(n=len(plan.staying)))
    return " ".join([*parts, _("Durchführen?")])


def show_log(context: Context, args: Namespace) -> Answer:
    """Every row with time, receipt, address and hash, sums that add up, and what was done to the run; --csv a file."""
    run = run_lease.as_it_stands(context.desk, runs.run_by_number(context.desk.store, args.number))
    log = run_log.rows(context.desk, run.id)
    entries = audit_trail.run_log(context.desk.store, run.id)
    if args.csv and not context.dry_run:
        Path(args.csv).write_text(run_log.csv_text(log, _), encoding="utf-8-sig", newline="")
    sums = {state.value: {"count": n, "eur": f"{eur:.2f}"} for state, (n, eur) in run_log.sums(log).items()}
    items = [{**encode(row), "reason_text": reason_text(row.reason)} for row in log]
    data = {**_record(run), **listing(items), "sums": sums, "entries": entries}
    return Answer(data, lines=[run_title(run), *log_lines(log), *audit_lines(entries[:20])])


def delete_run(context: Context, args: Namespace) -> Answer:
    """Delete a run that was never executed."""
    run = runs.run_by_number(context.desk.store, args.number)
    question = _("Lauf {number} löschen?").format(number=run.number)
    if not context.agreed(question):
        return Answer({**_record(run), "deleted": False}, lines=[_("Nichts geändert.")])
    runs.delete_run(context.desk, run.id)
    line = question if context.dry_run else _("Lauf {number} gelöscht.").format(number=run.number)
    return Answer({**_record(run), "deleted": not context.dry_run}, lines=[line])


def explain_run(context: Context, args: Namespace) -> Answer:
    """Warum drin / warum nicht."""
    run = runs.run_by_number(context.desk.store, args.number)
    found = runs.explain(context.desk.store, run.id, args.what, context.desk.today())
    lines = [line for one in found for line in explanation_lines(one)]
    return Answer({**_record(run), **listing(explanation_data(one) for one in found)}, lines=lines)


def confirm_addresses(context: Context, args: Namespace) -> Answer:
    """The addresses of today are right (E7.2)."""
    run = runs.run_by_number(context.desk.store, args.number)
    ids = [r.id for r in _rows(context, run, args.invoices)] if args.invoices else None
    return _mended(context, run, ids, run_mend.confirm_addresses)


def retry(context: Context, args: Namespace) -> Answer:
    """Refused rows go again at the next execution."""
    run = runs.run_by_number(context.desk.store, args.number)
    return _mended(context, run, [r.id for r in _rows(context, run, args.invoices)], run_mend.retry_rows)


def _mended(context: Context, run: InvoiceRun, ids: list[int] | None, mend: Any) -> Answer:
    done = mend(context.desk, run.id, ids)
    line = ngettext("{n} Zeile bereit", "{n} Zeilen bereit", len(done)).format(n=len(done))
    left = set(ids or ()) - {row.id for row in done}
    rows = [row for row in context.desk.store.find(RunRow, "run_id", run.id) if row.id in left]
    data = {**_record(run), **listing(encode(r) for r in done)}
    return Answer(data, [_untouched(row) for row in rows], RULE if rows and not done else None, [line])


def _untouched(row: RunRow) -> Problem:
    """Why a row that was named stays as it is: done, on its way, ungeklärt, or nothing to confirm."""
    text = N_("{number} ist {state}; daran ist hier nichts zu ändern.")
    params = {"number": row.number, "state": Term(ROW_STATE_NAMES[row.state])}
    return Problem("ZEILE_BLEIBT", text, params, where=row.number)
