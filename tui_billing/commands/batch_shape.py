"""How batches, their plans, details and reprints look as JSON and as lines for people."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tui_billing.commands.frame import table
from tui_billing.commands.shown import day, money
from tui_billing.domain.batch_selection import REASON_NAMES, CustomerTotal
from tui_billing.domain.batches import BATCH_STATE_NAMES, BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.codec import encode
from tui_billing.domain.documents import SHORT_TITLES
from tui_billing.domain.plans import Balance, Verdict
from tui_billing.domain.statement_rules import FIGURE_NAMES, Figures, payment_lines
from tui_billing.i18n import _, speak
from tui_billing.services.batch_figures import BatchSum, CustomerPart
from tui_billing.services.batch_reprint import Recomputed
from tui_billing.services.batches import Explanation, GeneratePlan

RIGHT = frozenset({0, 3, 4, 5})


def eur(value: Decimal) -> str:
    """An amount in JSON: a string with a point and two decimals."""
    return f"{value:.2f}"


def batch_data(batch: InvoiceBatch, total: BatchSum | None = None) -> dict[str, Any]:
    """The record; with `total` its counts and sum."""
    data = encode(batch)
    if total is not None:
        data |= {"customers": total.customers, "documents": total.documents, "amount": eur(total.amount)}
    return data


def batch_title(batch: InvoiceBatch) -> str:
    """Rechnungsstapel 87 · Abschluss 30.11.2026 · offen"""
    text = _("Rechnungsstapel {number} · Abschluss {day} · {state}")
    return text.format(number=batch.number, day=day(batch.close_date), state=_(BATCH_STATE_NAMES[batch.state]))


def batch_lines(found: Sequence[BatchSum]) -> list[str]:
    """The list of batches."""
    heads = (_("Nummer"), _("Abschluss"), _("Stand"), _("Kunden"), _("Belege"), _("Summe"), _("Bezeichnung"))
    rows = [
        (
            str(s.batch.number),
            day(s.batch.close_date),
            _(BATCH_STATE_NAMES[s.batch.state]),
            str(s.customers),
            str(s.documents),
            money(s.amount),
            s.batch.description,
        )
        for s in found
    ]
    return table(heads, rows, RIGHT)


def entry_data(entry: ReceivableEntry) -> dict[str, Any]:
    """One document as a row."""
    return {
        "number": entry.number,
        "kind": entry.kind.value,
        "batch_date": entry.batch_date.isoformat(),
        "due_date": entry.due_date.isoformat() if entry.due_date else None,
        "net": eur(entry.net),
        "tax": eur(entry.tax),
        "amount": eur(entry.amount),
        "prepaid": eur(entry.prepaid),
    }


def plan_items(plan: GeneratePlan) -> list[dict[str, Any]]:
    """One item per customer that is in, with his documents."""
    by_id = {e.document_id: e for e in plan.candidates}
    return [_total_data(t, [by_id[d] for d in t.document_ids]) for t in plan.customers]


def _total_data(total: CustomerTotal, entries: Iterable[ReceivableEntry]) -> dict[str, Any]:
    return {
        "customer": total.facts.number,
        "name": total.facts.name,
        "cutoff_day": total.facts.cutoff_day,
        "amount": eur(total.amount),
        "documents": [entry_data(e) for e in entries],
    }


def out_data(plan: GeneratePlan) -> list[dict[str, Any]]:
    """Every candidate that is out, with the reason that decided."""
    return [
        {
            **entry_data(entry),
            "customer": plan.facts[entry.customer_id].number,
            "reason": verdict.out_reason,
            "text": out_text(verdict),
        }
        for entry, verdict in zip(plan.candidates, plan.verdicts, strict=True)
        if not verdict.is_in
    ]


def out_text(verdict: Verdict) -> str:
    """The sentence of the first failing rule."""
    return next((speak(r.text, r.params) for r in verdict.reasons if r.passed is False), "")


def balance_line(sums: Balance) -> str:
    """214 = 185 im Stapel 212.430,50 € + 29 nicht: 12 Stichtag"""
    text = _("{candidates} = {taken} im Stapel {eur} + {out} nicht")
    line = text.format(
        candidates=sums.candidates, taken=sums.taken, eur=money(sums.taken_eur), out=sums.candidates - sums.taken
    )
    reasons = ", ".join(f"{n} {_(REASON_NAMES.get(code, code))}" for code, n in sums.out.items())
    return f"{line}: {reasons}" if reasons else line


def figures_data(figures: Figures | BatchStatement) -> dict[str, str]:
    """The six figures of the header."""
    return {name: eur(getattr(figures, name)) for name in FIGURE_NAMES}


def part_data(part: CustomerPart) -> dict[str, Any]:
    """One customer of a batch: figures from current data, rows, payments, and what was sent."""
    return {
        "customer": part.customer.number,
        "name": part.customer.name,
        "cutoff_day": part.customer.cutoff_day,
        **figures_data(part.figures),
        "documents": [entry_data(r) for r in part.rows],
        "payment_rows": [
            {
                "paid_date": p.paid_date.isoformat(),
                "text": p.text,
                "amount": eur(p.amount),
                "is_skonto": p.is_skonto,
                "is_prepaid": p.is_prepaid,
            }
            for p in payment_lines(part.figures.counted, part.figures.prepaid)
        ],
        "sent": figures_data(part.sent) if part.sent else None,
    }


def figure_lines(figures: Figures) -> list[str]:
    """The two header lines of Rechnungsstapeldetails."""
    first = _("Vorhergehende Rechnung {former} − Zahlungen {payments} = Übertrag {carry}")
    second = _("+ Neue Rechnungen {invoiced} + Steuern {taxes} = Rechnungsbetrag {due}")
    return [
        first.format(
            former=money(figures.former_amount, symbol=False),
            payments=money(figures.payments, symbol=False),
            carry=money(figures.carry_over, symbol=False),
        ),
        second.format(
            invoiced=money(figures.invoiced, symbol=False),
            taxes=money(figures.taxes, symbol=False),
            due=money(figures.amount_due),
        ),
    ]


def part_lines(part: CustomerPart) -> list[str]:
    """One customer for people."""
    head = _("Kunde {number} {name} · Stichtag {day}")
    lines = [
        "",
        head.format(number=part.customer.number, name=part.customer.name, day=part.customer.cutoff_day or "–"),
        *figure_lines(part.figures),
    ]
    rows = [(r.number, _(SHORT_TITLES[r.kind]), day(r.batch_date), money(r.amount, symbol=False)) for r in part.rows]
    return lines + [
        "  " + line for line in table((_("Beleg"), _("Art"), _("Datum"), _("Brutto")), rows, frozenset({3}))
    ]


def explanation_data(found: Explanation) -> dict[str, Any]:
    """Warum drin, warum nicht."""
    return {
        "customer": found.customer.number,
        "name": found.customer.name,
        "cutoff_day": found.customer.cutoff_day,
        "document": found.entry.number if found.entry else None,
        "batch": found.batch_number or None,
        "in": found.is_in,
        "reason": found.verdict.out_reason or None,
        "reasons": [
            {"code": r.code, "passed": r.passed, "text": speak(r.text, r.params)} for r in found.verdict.reasons
        ],
    }


def explanation_lines(found: Explanation) -> list[str]:
    """The sketch of F6: a tick, a cross, a dot for what is no longer decisive."""
    signs = {True: "✓", False: "✗", None: "·"}
    what = found.entry.number if found.entry else found.customer.number
    title = _("Warum ist {what} dabei?") if found.is_in else _("Warum ist {what} nicht dabei?")
    reasons = [f"  {signs[r.passed]} {speak(r.text, r.params)}" for r in found.verdict.reasons]
    return [title.format(what=what), *reasons]


def recomputed_data(one: Recomputed) -> dict[str, Any]:
    """A recomputed statement beside what was sent, with causes and later batches."""
    return {
        "customer": one.part.customer.number,
        "name": one.part.customer.name,
        **figures_data(one.part.figures),
        "sent": figures_data(one.sent),
        "differences": [
            {"field": d.field, "as_sent": eur(d.as_sent), "recomputed": eur(d.recomputed), "change": eur(d.change)}
            for d in one.differences
        ],
        "causes": [
            {
                "text": speak(c.text, c.params),
                "amount_due": eur(c.effect.amount_due),
                "by": c.by,
                "at": c.at,
                "reason": c.reason,
            }
            for c in one.causes
        ],
        "later_batches": [
            {
                "number": b.number,
                "close_date": b.close_date.isoformat(),
                "as_sent": eur(b.as_sent),
                "recomputed": eur(b.recomputed),
            }
            for b in one.later
        ],
    }


def recomputed_lines(one: Recomputed) -> list[str]:
    """The same for people; a customer without differences is one line."""
    name = f"{one.part.customer.number} {one.part.customer.name}"
    if not one.differences:
        return [_("{name}: unverändert, Rechnungsbetrag {due}").format(name=name, due=money(one.sent.amount_due))]
    lines = [name]
    for d in one.differences:
        text = _("  {figure}: gesendet {sent}, jetzt {now} ({change})")
        change = f"+{money(d.change)}" if d.change > 0 else money(d.change)
        lines.append(
            text.format(figure=_(FIGURE_NAMES[d.field]), sent=money(d.as_sent), now=money(d.recomputed), change=change)
        )
    for c in one.causes:
        because = f" – {c.reason}" if c.reason else ""
        lines.append(f"  {speak(c.text, c.params)} ({c.by}, {c.at[:16].replace('T', ' ')}){because}")
    for b in one.later:
        text = _("  berührt Stapel {number} vom {day}: gesendet {sent}, jetzt {now}")
        lines.append(
            text.format(number=b.number, day=day(b.close_date), sent=money(b.as_sent), now=money(b.recomputed))
        )
    return lines
