"""Neu aufbauen (E10, ruling 2): first what would change, then do exactly that. Only while the run is angelegt.

Rows removed by hand stay removed, unless the clerk brings them back in that same dialog.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.plans import Balance
from tui_billing.domain.run_states import RunAction
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow
from tui_billing.services.desk import Desk
from tui_billing.services.run_facts import need_run
from tui_billing.services.runs import RunPlan, allow, out_of, plan_create_run
from tui_billing.store.repositories import Repository

CHANGE_NAMES = {
    "amount": N_("Betrag"),
    "address": N_("Adresse"),
    "date": N_("Datum"),
    "copy": N_("Kopie"),
}
"""What differs in a row that stays, as the difference names it."""


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that stays with other contents; `what` names the fields that differ: amount, address, copy, date."""

    before: RunRow
    after: RunRow
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """The difference: `new` (+), `gone` (-, with the reason each), `changed` (~), removed by hand, brought back."""

    run: InvoiceRun
    plan: RunPlan
    new: tuple[RunRow, ...]
    gone: tuple[tuple[RunRow, str], ...]
    changed: tuple[ChangedRow, ...]
    removed: tuple[RunRow, ...]
    back: tuple[RunRow, ...]
    bring_back: bool
    hash: str

    @property
    def balance(self) -> Balance:
        """The balance after the rebuild."""
        return self.plan.balance

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.new or self.gone or self.changed or self.back)


def plan_rebuild(store: Repository, run_id: int, today: date, *, bring_back: bool = False) -> RebuildPlan:
    """What building the run anew would change. Raises Refused where it is no longer angelegt (E10.4)."""
    run = need_run(store, run_id)
    allow(run, RunAction.REBUILD)
    rows = {row.document_id: row for row in store.find(RunRow, "run_id", run_id)}
    removed = {i: r for i, r in rows.items() if r.state is RowState.REMOVED}
    standing = {i: r for i, r in rows.items() if i not in removed}
    plan = plan_create_run(store, run.parameters, today, [] if bring_back else list(removed.values()))
    reasons = {v.key: v.out_reason for v in plan.verdicts}
    wanted = {row.document_id: row for row in plan.rows}
    back = tuple(wanted[i] for i in wanted if i in removed)
    pairs = [(standing[i], row) for i, row in wanted.items() if i in standing]
    result = RebuildPlan(
        run=run,
        plan=plan,
        new=tuple(row for i, row in wanted.items() if i not in rows),
        gone=tuple((row, reasons.get(i) or "period") for i, row in standing.items() if i not in wanted),
        changed=tuple(ChangedRow(a, b, what) for a, b in pairs if (what := differences(a, b))),
        removed=tuple(row for i, row in removed.items() if i not in wanted),
        back=back,
        bring_back=bring_back,
        hash="",
    )
    return replace(result, hash=_fingerprint(result))


def apply_rebuild(desk: Desk, plan: RebuildPlan) -> InvoiceRun:
    """Do what the plan showed, in one commit; refused where the data has moved since. Undoable."""
    with desk.store.transaction(f"Rechnungslauf {plan.run.number} neu aufgebaut", undoable=True) as tx:
        fresh = plan_rebuild(tx, plan.run.id, desk.today(), bring_back=plan.bring_back)
        if fresh.hash != plan.hash:
            text = N_("Inzwischen hat sich etwas geändert; bitte die Änderungen neu ansehen.")
            raise Refused(Problem("PLAN_VERALTET", text))
        at = desk.timestamp()
        rows = {row.document_id: row for row in tx.find(RunRow, "run_id", plan.run.id)}
        for row in fresh.new:
            tx.insert(replace(row, run_id=plan.run.id))
        for row, _ in fresh.gone:
            tx.delete(RunRow, row.id)
        for after in (*(c.after for c in fresh.changed), *fresh.back):
            before = rows[after.document_id]
            tx.put(replace(after, id=before.id, rev=before.rev, run_id=plan.run.id, changed_at=at))
        counted = fresh.balance
        return tx.put(
            replace(
                fresh.run,
                candidates=counted.candidates,
                candidates_eur=counted.candidates_eur,
                out=out_of(counted),
            )
        )


def differences(before: RunRow, after: RunRow) -> tuple[str, ...]:
    """What the clerk would see differently in the row."""
    fields = {
        "amount": before.gross != after.gross,
        "address": before.address != after.address,
        "date": before.invoice_date != after.invoice_date,
        "copy": before.copy != after.copy,
    }
    return tuple(name for name, differs in fields.items() if differs)


def _fingerprint(plan: RebuildPlan) -> str:
    parts: list[object] = [plan.run.id, plan.run.rev, plan.plan.hash, plan.bring_back]
    parts += _ids(plan.new) + ["-"] + _ids(row for row, _ in plan.gone) + ["~"] + [c.before.id for c in plan.changed]
    parts += ["b", *_ids(plan.back), "r", *_ids(plan.removed)]
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def _ids(rows: Iterable[RunRow]) -> list[object]:
    return [row.document_id for row in rows]
