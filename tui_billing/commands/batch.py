"""`tui-billing batch`: Rechnungsstapel from generating to reprint (help text Rechnungsstapel)."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace
from typing import Any

from tui_billing.commands import batch_report
from tui_billing.commands.batch_shape import (
    balance_line,
    batch_data,
    batch_lines,
    batch_title,
    entry_data,
    explanation_data,
    explanation_lines,
    out_data,
    out_text,
    part_data,
    part_lines,
    plan_items,
)
from tui_billing.commands.frame import RULE, Answer, Context, add_switch, day, listing, plan_data
from tui_billing.commands.shown import day as shown
from tui_billing.commands.shown import money
from tui_billing.domain.batch_selection import BatchParameters, parameters_of
from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.batches import BatchState, InvoiceBatch, ReceivableEntry
from tui_billing.domain.cutoff import Span, calendar_of, literal_warning
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.services import batch_rows, batches
from tui_billing.services.batch_figures import batch_by_number, batch_sum, parts


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))

    def action(name: str, handler: Any, text: str, *, number: bool = True) -> ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        if number:
            made.add_argument("number", type=int, metavar=_("STAPEL"), help=_("Nummer des Stapels"))
        made.set_defaults(handler=handler)
        return made

    _form(action("generate", generate, _("Rechnungsstapel generieren"), number=False), customers=True)
    listed = action("list", list_all, _("alle Stapel, der neueste zuerst"), number=False)
    listed.add_argument("--state", choices=[s.value for s in BatchState], help=_("nur in diesem Stand"))
    show = action("show", show_batch, _("Rechnungsstapeldetails: Kunden, Belege und Beträge"))
    show.add_argument("--customer", default="", metavar=_("KUNDE"), help=_("nur dieser Kunde"))
    add = action("add", add_rows, _("von Hand: neuer Stapel (--close-date), oder Kunden und Belege dazu"), number=False)
    add.add_argument("number", type=int, nargs="?", metavar=_("STAPEL"), help=_("fehlt: ein neuer Stapel"))
    _form(add, required=False)
    _rows(add)
    _rows(action("drop", drop_rows, _("Kunden oder Belege entfernen; sie sind wieder frei")))
    action("delete", delete_batch, _("einen nicht gedruckten Stapel löschen, einen Dummy-Stapel zurücknehmen"))
    action("refresh", refresh, _("aktualisieren: Zeilen entfernen, die nicht mehr hineingehören"))
    action("check", check, _("prüfen: welche Zeilen nicht mehr hineingehören"))
    calendar = action("calendar", calendar_year, _("Abschlussdaten eines Jahres und wer darauf fällt"), number=False)
    calendar.add_argument("--year", type=_year, metavar=_("JAHR"), help=_("sonst das laufende"))
    calendar.add_argument("--customer", default="", metavar=_("KUNDE"), help=_("die nächsten eines Kunden"))
    explain = action("explain", explain_one, _("warum drin, warum nicht: ein Beleg oder ein Kunde"), number=False)
    explain.add_argument("what", metavar=_("NUMMER"), help=_("Nummer des Belegs oder des Kunden"))
    explain.add_argument("--batch", type=int, metavar=_("STAPEL"), help=_("nach den Regeln dieses Stapels"))
    _form(explain, required=False)
    batch_report.register(action)


def _year(text: str) -> int:
    """A year that a calendar is made for."""
    if not re.fullmatch(r"(19|20)[0-9]{2}", text):
        raise ArgumentTypeError(_("das Jahr ist eine Zahl von 1900 bis 2099"))
    return int(text)


def _form(parser: ArgumentParser, *, required: bool = True, customers: bool = False) -> None:
    """The fields of Rechnungsstapel generieren."""
    parser.add_argument("--close-date", type=day, required=required, metavar=_("TAG"), help=_("Abschlussdatum"))
    parser.add_argument("--description", default="", metavar=_("TEXT"), help=_("Bezeichnung"))
    if customers:
        parser.add_argument("--customer-from", default="", metavar=_("KUNDE"), help=_("Kunde von"))
        parser.add_argument("--customer-to", default="", metavar=_("KUNDE"), help=_("Kunde bis"))
    add_switch(parser, "--exclude-on-close-date", help=_("Rechnungen am Abschlussdatum ausschließen"))
    add_switch(parser, "--override-rules", help=_("Rechnungsstapel-Erstellungsregeln überschreiben"))


def _rows(parser: ArgumentParser) -> None:
    parser.add_argument("--customer", action="append", nargs="+", default=[], metavar=_("KUNDE"))
    parser.add_argument("--document", action="append", nargs="+", default=[], metavar=_("BELEG"))


def _parameters(args: Namespace) -> BatchParameters:
    return BatchParameters(
        close_date=args.close_date,
        description=args.description,
        customer_from=getattr(args, "customer_from", ""),
        customer_to=getattr(args, "customer_to", ""),
        exclude_on_close_date=args.exclude_on_close_date,
        override_rules=args.override_rules,
    )


def _summed(context: Context, batch: InvoiceBatch) -> dict[str, Any]:
    return batch_data(batch, batch_sum(context.desk.store, batch))


def generate(context: Context, args: Namespace) -> Answer:
    """Plan and make the batch; where nothing fits it is refused with the nearest days and uses no number."""
    plan = batches.plan_generate(context.desk.store, _parameters(args))
    before, after = plan.nearest
    data: dict[str, Any] = {
        "batch": None,
        "balance": plan.balance.as_json(),
        **listing(plan_items(plan)),
        "out": out_data(plan),
        "nearest": {"before": before and before.isoformat(), "after": after and after.isoformat()},
    }
    lines = [balance_line(plan.balance)]
    warnings = list(plan.warnings)
    if plan.refusals:
        return Answer(data, [*plan.refusals, *warnings], RULE, lines)
    if context.dry_run:
        people = [f"{t.facts.number} {t.facts.name}: {len(t.document_ids)} · {money(t.amount)}" for t in plan.customers]
        return Answer(data, warnings, lines=[*people, *lines])
    batch = batches.apply_generate(context.desk, plan)
    return Answer({**data, "batch": _summed(context, batch)}, warnings, lines=[batch_title(batch), *lines])


def list_all(context: Context, args: Namespace) -> Answer:
    """Every batch with its counts and sum."""
    store = context.desk.store
    found = [batch_sum(store, b) for b in store.all(InvoiceBatch) if args.state in (None, b.state.value)]
    found.sort(key=lambda s: -s.batch.number)
    return Answer(listing(batch_data(s.batch, s) for s in found), lines=batch_lines(found))


def show_batch(context: Context, args: Namespace) -> Answer:
    """One batch with the figures of each customer."""
    store = context.desk.store
    batch = batch_by_number(store, args.number)
    found = [p for p in parts(store, batch) if args.customer in ("", p.customer.number)]
    data = {"batch": _summed(context, batch), **listing(part_data(p) for p in found)}
    return Answer(data, lines=[batch_title(batch), *(line for p in found for line in part_lines(p))])


def _flat(groups: list[list[str]]) -> list[str]:
    return [n for group in groups for n in group]


def add_rows(context: Context, args: Namespace) -> Answer:
    """A new batch by hand, or customers and documents into one that is not printed (D4.4)."""
    from tui_billing.commands.arguments import UsageError

    if (args.number is None) == (args.close_date is None):
        raise UsageError(_("entweder die Nummer eines Stapels oder --close-date für einen neuen"), "")
    store = context.desk.store
    customers, documents = _flat(args.customer), _flat(args.document)
    if args.number is not None:
        if args.description or args.exclude_on_close_date:
            raise UsageError(_("--description und --exclude-on-close-date gelten nur für einen neuen Stapel"), "")
        batch = batch_by_number(store, args.number)
        batch = replace(batch, override_rules=batch.override_rules or args.override_rules)
    elif context.dry_run:
        batch = InvoiceBatch(**_rules(args))
    else:
        # What does not fit is refused before the new batch takes a number.
        trial = batch_rows.plan_add(store, InvoiceBatch(**_rules(args)), customers=customers, documents=documents)
        if trial.refusals:
            return _added(context, trial)
        batch = batches.create_manual(context.desk, _parameters(args))
    plan = batch_rows.plan_add(store, batch, customers=customers, documents=documents)
    if context.dry_run or plan.refusals:
        return _added(context, plan)
    if customers or documents:
        batch = batch_rows.apply_add(context.desk, plan)
    answer = _added(context, plan)
    return Answer({**answer.data, "batch": _summed(context, batch)}, lines=[batch_title(batch), *answer.lines])


def _rules(args: Namespace) -> dict[str, Any]:
    return {
        "close_date": args.close_date,
        "description": args.description,
        "override_rules": args.override_rules,
        "exclude_on_close_date": args.exclude_on_close_date,
    }


def _added(context: Context, plan: batch_rows.AddPlan) -> Answer:
    verdicts = {v.key: v for v in plan.verdicts}
    items = [
        {
            **entry_data(e),
            "in": verdicts[e.document_id].is_in,
            "reason": verdicts[e.document_id].out_reason or None,
            "text": out_text(verdicts[e.document_id]),
        }
        for e in plan.candidates
    ]
    data = {"batch": batch_data(plan.batch), **plan_data(plan.verdicts), **listing(items)}
    return Answer(data, list(plan.refusals), RULE if plan.refusals else None, [balance_line(plan.balance)])


def drop_rows(context: Context, args: Namespace) -> Answer:
    """Take customers or documents out; the documents are free for the next batch."""
    store = context.desk.store
    batch = batch_by_number(store, args.number)
    people = [batches.customer_by_number(store, n) for n in _flat(args.customer)]
    documents = [batch_rows.entry_by_number(store, n) for n in _flat(args.document)]
    batch_rows.require_rows(batch, people, documents)
    gone = batch_rows.drop(
        context.desk, batch, customer_ids=[c.id for c in people], document_ids=[e.document_id for e in documents]
    )
    return _dropped(context, gone)


def _dropped(context: Context, gone: batch_rows.Dropped) -> Answer:
    entries = [context.desk.store.find_one(ReceivableEntry, "document_id", d) for d in gone.document_ids]
    items = [entry_data(e) for e in entries if e is not None]
    line = ngettext("{n} Beleg entfernt", "{n} Belege entfernt", len(items)).format(n=len(items))
    stored = batch_by_number(context.desk.store, gone.batch.number)
    return Answer({"batch": _summed(context, stored), **listing(items)}, lines=[line])


def delete_batch(context: Context, args: Namespace) -> Answer:
    """Delete a batch that is not printed, or take a dummy batch back."""
    batch = batch_by_number(context.desk.store, args.number)
    data = {"batch": _summed(context, batch), "deleted": not context.dry_run}
    if context.dry_run:
        batch_rows.refuse_delete(context.desk.store, batch)
        return Answer(data)
    batch_rows.delete(context.desk, batch)
    return Answer(data, lines=[_("Rechnungsstapel {number} gelöscht.").format(number=batch.number)])


def refresh(context: Context, args: Namespace) -> Answer:
    """Rows that no longer belong in the batch leave it."""
    batch = batch_by_number(context.desk.store, args.number)
    if context.dry_run:
        batch_rows.allow(batch, BatchAction.REFRESH)
        return check(context, args)
    return _dropped(context, batch_rows.refresh(context.desk, batch))


def check(context: Context, args: Namespace) -> Answer:
    """Every row that today's rules would not take, with the reason."""
    from tui_billing.i18n import speak

    batch = batch_by_number(context.desk.store, args.number)
    found = [c for c in batch_rows.check(context.desk.store, batch) if c.reason is not None]
    items = [
        {**entry_data(c.entry), "reason": c.reason.code, "text": speak(c.reason.text, c.reason.params)}
        for c in found
        if c.reason is not None
    ]
    lines = [f"{i['number']}: {i['text']}" for i in items] or [_("Alle Zeilen passen.")]
    return Answer({"batch": _summed(context, batch), **listing(items)}, lines=lines)


def calendar_year(context: Context, args: Namespace) -> Answer:
    """Close dates of a year with the customers on each, or the next twelve of one customer."""
    store = context.desk.store
    at_month_end = batches.month_end(store)
    today = context.desk.today()
    days = batches.cutoff_days_in_use(store)
    warnings = [] if at_month_end else [literal_warning(days, today)]
    if args.customer:
        customer = batches.customer_by_number(store, args.customer)
        spans = batches.coming_spans(store, customer, today, 12)
        data = {**listing(_span_data(s, customer.cutoff_day) for s in spans), "customer": customer.number}
        lines = [f"{shown(s.last)}  {_('ab')} {shown(s.first) or '…'}" for s in spans]
        return Answer(data, warnings, lines=lines)
    people = {d: sorted(c.number for c in store.find(Customer, "cutoff_day", d)) for d in days}
    year = args.year or today.year
    items: list[dict[str, Any]] = []
    lines = []
    for closing in calendar_of(year, days, month_end=at_month_end):
        numbers = [n for d in closing.cutoff_days for n in people[d]]
        items.append(
            {
                "close_date": closing.close_date.isoformat(),
                "cutoff_days": list(closing.cutoff_days),
                "customers": numbers,
                "customer_count": len(numbers),
            }
        )
        text = ngettext("{day}: Stichtag {days} · {n} Kunde", "{day}: Stichtag {days} · {n} Kunden", len(numbers))
        joined = ", ".join(map(str, closing.cutoff_days))
        lines.append(text.format(day=shown(closing.close_date), days=joined, n=len(numbers)))
    return Answer({"year": year, **listing(items)}, warnings, lines=lines)


def _span_data(span: Span, cutoff_day: int | None) -> dict[str, Any]:
    return {
        "close_date": span.last.isoformat(),
        "cutoff_days": [cutoff_day],
        "covers_from": span.first.isoformat() if span.first else None,
        "days": span.days,
    }


def explain_one(context: Context, args: Namespace) -> Answer:
    """Any document or customer, by the rules of a batch or of a close date."""
    store = context.desk.store
    batch = batch_by_number(store, args.batch) if args.batch is not None else None
    if batch is None and args.close_date is None:
        args.close_date = context.desk.today()
    parameters = parameters_of(batch) if batch else _parameters(args)
    if store.find_ids(Customer, "number", args.what.strip()):
        found = batches.explain_customer(store, args.what, parameters)
    else:
        found = batches.explain_document(store, args.what, parameters, batch)
    return Answer({"explanation": explanation_data(found)}, lines=explanation_lines(found))
