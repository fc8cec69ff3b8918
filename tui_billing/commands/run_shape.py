"""A run and its rows as JSON and as lines."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tui_billing.commands.frame import table
from tui_billing.commands.shown import money
from tui_billing.domain.codec import encode
from tui_billing.domain.format import day_short, local_day
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.plans import Balance, Verdict
from tui_billing.domain.run_selection import REASON_NAMES
from tui_billing.domain.runs import (
    ROW_STATE_NAMES,
    RUN_STATE_NAMES,
    RUN_TYPE_NAMES,
    InvoiceRun,
    RowState,
    RunRow,
    RunState,
)
from tui_billing.i18n import _, speak
from tui_billing.services import run_mend, runs
from tui_billing.services.desk import Desk
from tui_billing.services.run_log import LogRow
from tui_billing.services.runs import Explanation, RunView

HALTED = "versand_angehalten"
"""The reason of the rows that a stop of the whole run has left; one sentence tells it for all of them."""

MARKS = {True: "✓", False: "✗", None: "·"}


def run_data(run: InvoiceRun) -> dict[str, Any]:
    """The run as it stands; `out` stands in the balance, in count and EUR.

    `interrupted`: the state says running, and the process that worked on it is gone.
    """
    is_interrupted = run.state is RunState.INTERRUPTED
    data = {**encode(run), "interrupted": is_interrupted}
    if is_interrupted:
        data["state"] = RunState.RUNNING.value
    del data["out"], data["candidates"], data["candidates_eur"], data["owners"]
    return data


def rows_data(view: RunView, desk: Desk) -> list[dict[str, Any]]:
    """All rows of an opened run."""
    ways = run_mend.triage(desk.store, view, desk.today())
    changed = {r.id for r in run_mend.changed_addresses(view)}
    out = []
    for row in view.rows:
        customer = view.customers.get(row.customer_id)
        out.append(
            {
                **encode(row),
                "customer": customer.number if customer else "",
                "customer_name": customer.name if customer else "",
                "way": ways[row.id].value,
                "reason_text": reason_text(row.reason),
                "address_changed": row.id in changed,
            }
        )
    return out


def reason_text(reason: str) -> str:
    """A reason code as the list shows it; what is no code is a sentence already."""
    return _(REASON_NAMES.get(reason, reason))


def run_title(run: InvoiceRun) -> str:
    """Rechnungslauf 12 · 01.11.26–30.11.26 · per E-Mail versenden · angelegt"""
    parameters = run.parameters
    return " · ".join(
        (
            _("Rechnungslauf {number}").format(number=run.number),
            f"{day_short(parameters.date_from)}–{day_short(parameters.date_to)}",
            _(RUN_TYPE_NAMES[parameters.type]),
            _(RUN_STATE_NAMES[run.state]),
        )
    )


def balance_line(counted: Balance) -> str:
    """214 = 185 im Lauf 212.430,50 € + 29 nicht: 12 Brief 9 versendet"""
    out = " ".join(f"{n} {reason_text(code)}" for code, n in counted.out.items())
    text = _("{candidates} = {taken} im Lauf {eur} + {out} nicht")
    line = text.format(
        candidates=counted.candidates,
        taken=counted.taken,
        eur=money(counted.taken_eur),
        out=counted.candidates - counted.taken,
    )
    return f"{line}: {out}" if out else line


def row_lines(items: Iterable[dict[str, Any]]) -> list[str]:
    """The table of rows."""
    heads = (_("Nummer"), _("Datum"), _("Kunde"), _("Brutto"), _("Weg"), _("Stand"), _("Grund"))
    rows = []
    for item in items:
        state = _(ROW_STATE_NAMES[RowState(item["state"])]) + (f" ({_('Kopie')})" if item["copy"] else "")
        reason = row_reason(item["reason"], item["reply"])
        way = _(run_mend.WAY_NAMES[run_mend.Way(item["way"])]) if item["way"] else ""
        rows.append((item["number"], item["invoice_date"], item["customer_name"], item["gross"], way, state, reason))
    return table(heads, rows, frozenset({3}))


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict with every reason as code, outcome and sentence."""
    return {
        "in": verdict.is_in,
        "out_reason": verdict.out_reason,
        "flags": list(verdict.flags),
        "reasons": [{"code": r.code, "passed": r.passed, "text": speak(r.text, r.params)} for r in verdict.reasons],
    }


def explanation_data(one: Explanation) -> dict[str, Any]:
    """One document with its verdict, and its row where it has one."""
    return {
        "number": one.document.number,
        "id": one.document.id,
        "invoice_date": one.document.invoice_date.isoformat(),
        "gross": f"{one.document.totals.gross:.2f}",
        "row": encode(one.row) if one.row else None,
        **verdict_data(one.verdict),
    }


def explanation_lines(one: Explanation) -> list[str]:
    """Warum: one line per rule, with its mark."""
    head = _("{number}: gehört in den Lauf") if one.verdict.is_in else _("{number}: gehört nicht in den Lauf")
    lines = [head.format(number=one.document.number)]
    lines += [f"  {MARKS[r.passed]} {speak(r.text, r.params)}" for r in one.verdict.reasons]
    if one.row is not None:
        state = _(ROW_STATE_NAMES[one.row.state])
        lines.append(
            "  " + _("Zeile im Lauf: {state} {reason}").format(state=state, reason=reason_text(one.row.reason)).rstrip()
        )
    elif one.verdict.is_in:
        lines.append("  " + _("Noch nicht im Lauf: „neu aufbauen“ nimmt sie auf."))
    return lines


def row_problems(rows: Iterable[RunRow]) -> list[Problem]:
    """One problem for each row that did not go out, with its reason; what is still to go is counted in one sentence."""
    done = {RowState.SENT, RowState.ISSUED, RowState.REMOVED}
    waiting = {RowState.OPEN, RowState.RENDERED}
    problems, left = [], Counter[str]()
    for row in rows:
        if row.state in waiting and row.reason in ("", HALTED):
            left[row.reply if row.reason else ""] += 1
        elif row.state not in done:
            code = (row.reason if row.reason in REASON_NAMES or row.reason.isupper() else row.state.value).upper()
            text = " ".join(part for part in (_(ROW_STATE_NAMES[row.state]), row_reason(row.reason, row.reply)) if part)
            problems.append(Problem(code, "{text}", {"text": text}, where=row.number))
    for reply, count in left.items():
        text = N_("Noch zu versenden: {n}; noch einmal durchführen setzt den Lauf fort.")
        halted = N_(
            "Noch zu versenden: {n} (Versand angehalten: {reply}); noch einmal durchführen setzt den Lauf fort."
        )
        problems.append(Problem("ANGEHALTEN", halted if reply else text, {"n": count, "reply": reply}))
    return problems


def row_reason(reason: str, reply: str) -> str:
    """Why, in words: a code that has no name of its own is told by the sentence beside it."""
    named = "" if reply and reason.isupper() and reason not in REASON_NAMES else reason_text(reason)
    return " ".join(part for part in (named, reply) if part)


def list_lines(found: Iterable[InvoiceRun]) -> list[str]:
    """The list of runs, the newest first."""
    heads = (_("Lauf"), _("von"), _("bis"), _("Typ"), _("Stand"), _("im Lauf"), _("Brutto"), _("angelegt"))
    rows = []
    for run in found:
        counted = runs.balance_of(run)
        rows.append(
            (
                str(run.number),
                day_short(run.parameters.date_from),
                day_short(run.parameters.date_to),
                _(RUN_TYPE_NAMES[run.parameters.type]),
                _(RUN_STATE_NAMES[run.state]),
                f"{counted.taken}/{counted.candidates}",
                money(counted.taken_eur),
                f"{local_day(run.created_at)} {run.created_by}",
            )
        )
    return table(heads, rows, frozenset({0, 5, 6}))


def log_lines(log: Iterable[LogRow]) -> list[str]:
    """The rows of a log as text."""
    heads = (_("Nummer"), _("Stand"), _("Zeit (UTC)"), _("Adresse"), _("Antwort"), _("Grund"), _("SHA-256"))
    rows = [
        (
            row.number,
            _(ROW_STATE_NAMES[row.state]),
            row.time[:19],
            ", ".join(row.address),
            row.reply,
            reason_text(row.reason),
            row.hash[:12],
        )
        for row in log
    ]
    return table(heads, rows)
