"""`batch print`, `preview`, `reprint` and `dummy`: the Bericht Rechnungsstapel and the Dummy-Assistent."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui_billing.commands.batch_shape import (
    batch_data,
    batch_title,
    entry_data,
    eur,
    figures_data,
    recomputed_data,
    recomputed_lines,
)
from tui_billing.commands.frame import RULE, Answer, Context, add_switch, day, listing
from tui_billing.commands.shown import day as shown
from tui_billing.commands.shown import money
from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.codec import encode
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.plans import balance
from tui_billing.i18n import _, ngettext
from tui_billing.services import batch_mail, batch_reprint, batch_rows, dummy, output
from tui_billing.services.batch_check import PrintPlan, plan_print
from tui_billing.services.batch_figures import batch_by_number, batch_sum
from tui_billing.services.batch_print import Printed, PrintOptions, print_batches
from tui_billing.services.batch_report import file_name, preview
from tui_billing.services.dummy import DummyBatch, DummyParameters

Action = Callable[..., ArgumentParser]


def register(action: Action) -> None:
    """The actions of the report."""
    printing = action("print", print_report, _("drucken: prüft alles, druckt dann alles und sperrt den Stapel"))
    printing.add_argument("--to", type=int, metavar=_("STAPEL"), help=_("bis zu diesem Stapel"))
    add_switch(printing, "--preview", help=_("nur Vorschau mit ENTWURF, nichts wird markiert"))
    add_switch(printing, "--with-copies", help=_("bereits versendete Belege als Kopien dazu"))
    add_switch(printing, "--to-run", help=_("E-Mail-Kunden in einen Rechnungslauf, alle anderen drucken"))
    printing.add_argument("--print", action="store_true", dest="print_now", help=_("Druckdatei an print.command geben"))
    _range(printing)
    _range(action("preview", preview_report, _("Vorschau mit ENTWURF, nichts wird markiert")))
    again = action("reprint", reprint, _("Neudruck wie gesendet, oder --recompute aus heutigen Daten"))
    add_switch(again, "--recompute", help=_("Neuberechnung mit Unterschieden und ihren Ursachen"))
    add_switch(again, "--to-run", help=_("noch einmal als Rechnungslauf per E-Mail"))
    _range(again)
    made = action("dummy", dummy_assistant, _("Dummy-Assistent: alte Belege werden Saldovortrag"), number=False)
    made.add_argument("--customer", default="", metavar=_("KUNDE"), help=_("nur dieser Kunde"))
    made.add_argument("--first-close-date", type=day, metavar=_("TAG"), help=_("erster echter Abschluss ab diesem Tag"))
    made.add_argument("--close-date", type=day, metavar=_("TAG"), help=_("Abschlussdatum der Dummy-Stapel"))


def _range(parser: ArgumentParser) -> None:
    parser.add_argument("--customer-from", default="", metavar=_("KUNDE"), help=_("Kunde von"))
    parser.add_argument("--customer-to", default="", metavar=_("KUNDE"), help=_("Kunde bis"))
    parser.add_argument("--out", default="", metavar=_("ORDNER"), help=_("Ordner oder ZIP-Datei"))


def print_report(context: Context, args: Namespace) -> Answer:
    """List what cannot be printed first; then print all or nothing."""
    if args.preview:
        return preview_report(context, args)
    desk = context.desk
    plan = plan_print(desk.store, args.number, args.to)
    _refuse_part(plan, args)
    data = {"batches": [batch_data(b) for b in plan.batches], **_plan_data(plan)}
    if plan.problems:
        return Answer(data, [*plan.problems, *plan.warnings], RULE)
    question = print_question(plan)
    if context.dry_run:
        return Answer(data, list(plan.warnings), lines=[question])
    if not context.confirm(question):
        return Answer(data, lines=[_("Nichts geschehen.")])
    options = PrintOptions(with_copies=args.with_copies)
    if args.to_run:
        options = PrintOptions(with_copies=args.with_copies, only_statement=batch_mail.gets_mail)
    done = context.drive(print_batches(desk, plan, options, context.stop))
    files = _hand_out(context, args, done)
    data |= listing(_printed(context, one) for one in done) | {"files": [str(f) for f in files]}
    data["batch"] = batch_data(done[0].batch) if done else batch_data(plan.batches[0])
    problems = list(plan.warnings)
    if args.to_run:
        made = [_run(context, one, problems) for one in done]
        data["runs"] = [r for r in made if r]
    lines = [batch_title(one.batch) for one in done] + [str(f) for f in files]
    return Answer(data, problems, 0 if len(done) == len(plan.batches) else 1, lines)


def _refuse_part(plan: PrintPlan, args: Namespace) -> None:
    """Printing locks a whole batch; a range of customers is for preview and reprint."""
    from tui_billing.domain.batch_selection import in_range

    numbers = [v.key[1] for v in plan.verdicts]
    if all(in_range(n, args.customer_from, args.customer_to) for n in numbers):
        return
    text = N_("Der Druck sperrt den ganzen Stapel; ein Kundenbereich gilt nur für Vorschau und Neudruck.")
    raise Refused(Problem("NUR_GANZER_STAPEL", text))


def print_question(plan: PrintPlan) -> str:
    """2 Aufstellungen mit 3 Rechnungen dahinter, 357,00 €. Drucken und sperren?"""
    text = _("{n} Aufstellungen mit {originals} Originalen dahinter, {eur}. Drucken und sperren?")
    return text.format(n=plan.statements, originals=plan.originals, eur=money(plan.amount_due))


def _plan_data(plan: PrintPlan) -> dict[str, Any]:
    return {
        "balance": balance(plan.verdicts).as_json(),
        "statements": plan.statements,
        "originals": plan.originals,
        "amount_due": eur(plan.amount_due),
        "skipped": [b.number for b in plan.skipped],
    }


def _printed(context: Context, one: Printed) -> dict[str, Any]:
    return {
        "batch": one.batch.number,
        "close_date": one.batch.close_date.isoformat(),
        "statements": one.statements,
        "originals": one.originals,
        "amount_due": eur(one.amount_due),
        "file": one.batch.file,
        "file_hash": one.batch.file_hash,
    }


def _hand_out(context: Context, args: Namespace, done: list[Printed]) -> list[Path]:
    """The combined print file of each batch, and to the printer where asked."""
    desk, files = context.desk, []
    with output.folder_or_zip(desk, args.out) as folder:
        for one in done:
            if one.batch.file:
                target = folder / file_name(one.batch)
                output.put_file(desk.files.path(one.batch.file), target)
                files.append(target)
        if args.print_now:
            for target in files:
                output.print_file(desk, target)
    return output.handed_out(desk, args.out, files)


def _run(context: Context, one: Printed, problems: list[Problem]) -> dict[str, Any] | None:
    """The batch is printed and locked; that nobody gets mail is only said."""
    try:
        return encode(batch_mail.create_run(context.desk, one.batch))
    except Refused as refused:
        problems += [Problem(p.code, p.text, p.params, p.where, warning=True) for p in refused.problems]
        return None


def preview_report(context: Context, args: Namespace) -> Answer:
    """One file with ENTWURF across; a printed batch may be looked at too."""
    desk = context.desk
    batch = batch_by_number(desk.store, args.number)
    with output.folder_or_zip(desk, args.out) as folder:
        target = folder / file_name(batch, mark="ENTWURF")
        if not context.dry_run:
            context.drive(preview(desk, batch, target, args.customer_from, args.customer_to), at_once=True)
    (made,) = output.handed_out(desk, args.out, [target])
    data = {"batch": batch_data(batch, batch_sum(desk.store, batch)), "file": str(made)}
    return Answer(data, lines=[str(made)])


def reprint(context: Context, args: Namespace) -> Answer:
    """As sent: the archived bytes as Kopie. Recomputed: differences, causes, later batches."""
    desk = context.desk
    batch = batch_by_number(desk.store, args.number)
    batch_rows.allow(batch, BatchAction.REPRINT)
    data: dict[str, Any] = {"batch": batch_data(batch)}
    if args.to_run:
        run = batch_mail.create_run(desk, batch)
        line = _("Rechnungslauf {number} angelegt").format(number=run.number)
        return Answer({**data, "run": encode(run)}, lines=[] if context.dry_run else [line])
    if args.recompute:
        steps = batch_reprint.plan_recompute(desk.store, batch, args.customer_from, args.customer_to)
        found = context.drive(steps, at_once=True)
        files: list[Path] = []
        if not context.dry_run:
            with output.folder_or_zip(desk, args.out) as folder:
                files = context.drive(batch_reprint.print_recomputed(desk, batch, found, folder), at_once=True)
            files = output.handed_out(desk, args.out, files)
        lines = [batch_title(batch), *(line for one in found for line in recomputed_lines(one))]
        items = listing(recomputed_data(one) for one in found)
        return Answer({**data, "recomputed": True, **items, "files": [str(f) for f in files]}, lines=lines)
    if context.dry_run:
        return Answer({**data, "recomputed": False})
    with output.folder_or_zip(desk, args.out) as folder:
        copies = batch_reprint.reprint_as_sent(desk, batch, folder, args.customer_from, args.customer_to)
        files = context.drive(copies, at_once=True)
    files = output.handed_out(desk, args.out, files)
    return Answer({**data, "recomputed": False, "files": [str(f) for f in files]}, lines=[str(f) for f in files])


def dummy_assistant(context: Context, args: Namespace) -> Answer:
    """One dummy batch per Stichtag in use, or for one customer; shows the first real statement before and after."""
    desk = context.desk
    parameters = DummyParameters(
        today=desk.today(), first=args.first_close_date, close_date=args.close_date, customer=args.customer
    )
    plan = dummy.plan_dummy(desk.store, parameters)
    days = [{"cutoff_day": d, "close_date": close.isoformat()} for d, close in plan.days]
    items = [dummy_data(one) for one in plan.batches]
    data = {"balance": plan.balance.as_json(), **listing(items), "cutoff_days": days, "batches": []}
    lines = [line for one in plan.batches for line in dummy_lines(one)]
    if plan.refusals:
        return Answer(data, list(plan.refusals), RULE)
    if context.dry_run:
        return Answer(data, lines=lines)
    made = dummy.apply_dummy(desk, plan)
    data["batches"] = [batch_data(b, batch_sum(desk.store, b)) for b in made]
    if len(made) == 1:
        data["batch"] = data["batches"][0]
    return Answer(data, lines=[*lines, *(batch_title(b) for b in made)])


def dummy_data(one: DummyBatch) -> dict[str, Any]:
    """One dummy batch with the first real statement of each customer, without and with it."""
    return {
        "cutoff_day": one.cutoff_day,
        "close_date": one.close_date.isoformat(),
        "first_close_date": one.first_close_date.isoformat(),
        "documents": [entry_data(e) for e in one.entries],
        "customers": [
            {
                "customer": s.facts.number,
                "name": s.facts.name,
                "documents": s.documents,
                "dummy_total": eur(s.dummy_total),
                "without": figures_data(s.without),
                "with": figures_data(s.with_dummy),
            }
            for s in one.statements
        ],
    }


def dummy_lines(one: DummyBatch) -> list[str]:
    """The assistant's table for people."""
    count = len(one.statements)
    text = ngettext(
        "Stichtag {day}: Dummy-Stapel zum {close}, {n} Kunde",
        "Stichtag {day}: Dummy-Stapel zum {close}, {n} Kunden",
        count,
    )
    lines = [text.format(day=one.cutoff_day, close=shown(one.close_date), n=count)]
    for s in one.statements:
        text = _("  {number} {name}: {n} alte Belege, Vortrag {total}; erste Aufstellung {due} (ohne Dummy {without})")
        lines.append(
            text.format(
                number=s.facts.number,
                name=s.facts.name,
                n=s.documents,
                total=money(s.dummy_total),
                due=money(s.with_dummy.amount_due),
                without=money(s.without.amount_due),
            )
        )
    return lines
