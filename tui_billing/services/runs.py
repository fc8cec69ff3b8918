"""Rechnungsläufe: plan and create, open, remove rows, delete, explain. They send what exists and create nothing.

The balance of a run: candidates = in + out by reason, in = done + failed + unknown + open. No row vanishes.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem, Refused, Term
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.plans import Balance, Verdict, balance
from tui_billing.domain.run_selection import COPY, NO_ADDRESS, REASON_NAMES, RunFacts, judge, recipients
from tui_billing.domain.run_states import FINISHED_ROWS, RunAction, refusal
from tui_billing.domain.runs import InvoiceRun, RowState, RunParameters, RunRow, RunState, RunType
from tui_billing.services.desk import Desk
from tui_billing.services.einvoice_warnings import duty_warnings
from tui_billing.services.errors import WrongUse
from tui_billing.services.run_explain import Explanation, explain, explain_parameters
from tui_billing.services.run_facts import candidates, check_parameters, gather, need_run, run_by_number
from tui_billing.store.repositories import Repository, Transaction

__all__ = [
    "Explanation",
    "RunPlan",
    "RunView",
    "apply_create_run",
    "balance_of",
    "delete_run",
    "explain",
    "explain_parameters",
    "list_runs",
    "need_run",
    "open_run",
    "plan_create_run",
    "remove_rows",
    "run_by_number",
]

RANGE = "RUN"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Every candidate with its verdict, the rows that the run would have, the balance, and a hash of all of it."""

    parameters: RunParameters
    verdicts: tuple[Verdict, ...]
    rows: tuple[RunRow, ...]
    balance: Balance
    hash: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RunView:
    """An opened run: its rows in order, with the documents and customers that they name."""

    run: InvoiceRun
    rows: tuple[RunRow, ...]
    documents: dict[int, DocumentHead]
    customers: dict[int, Customer]

    @property
    def counts(self) -> Counter[str]:
        """How many rows stand in which state."""
        return Counter(row.state.value for row in self.rows)


def plan_create_run(
    store: Repository, parameters: RunParameters, today: date, rows: Collection[RunRow] = ()
) -> RunPlan:
    """What a run with these parameters would take (E1, E2, E11). `rows` are those of a run that is built anew.

    Raises WrongUse where the period ends before it starts.
    """
    check_parameters(parameters)
    documents = candidates(store, parameters)
    facts = gather(store, documents, today, rows)
    verdicts = tuple(judge(document, parameters, facts) for document in documents)
    taken = tuple(
        _row(document, verdict, facts, parameters)
        for document, verdict in zip(documents, verdicts, strict=True)
        if verdict.is_in
    )
    warnings = _consumer_warnings(store.get(Company, 1), taken, facts) if parameters.type is RunType.EMAIL else ()
    heads = [d for d, verdict in zip(documents, verdicts, strict=True) if verdict.is_in]
    warnings += duty_warnings(store, heads, facts.customers, today)
    return RunPlan(parameters, verdicts, taken, balance(verdicts), _fingerprint(verdicts, taken), warnings)


def apply_create_run(desk: Desk, plan: RunPlan) -> InvoiceRun:
    """Create the run; its number exists only if the commit does. Raises Refused for an empty run (E1.5) and where
    the data has moved since the plan was shown."""
    refuse_empty(plan)
    with desk.store.transaction("Rechnungslauf angelegt") as tx:
        fresh = plan_create_run(tx, plan.parameters, desk.today())
        refuse_moved(plan, fresh)
        run = tx.insert(
            InvoiceRun(
                number=tx.allocate_int(RANGE),
                parameters=plan.parameters,
                candidates=plan.balance.candidates,
                candidates_eur=plan.balance.candidates_eur,
                out=out_of(plan.balance),
                created_at=desk.timestamp(),
                created_by=desk.user,
            )
        )
        for row in plan.rows:
            tx.insert(replace(row, run_id=run.id))
    return run


def refuse_empty(plan: RunPlan) -> None:
    """A run without rows is not created; the refusal counts the candidates per reason (E1.5)."""
    if plan.rows:
        return
    if not plan.verdicts:
        text = N_("Im Zeitraum {date_from} bis {date_to} gibt es keine Rechnungen; der Lauf wird nicht angelegt.")
        params = {"date_from": plan.parameters.date_from, "date_to": plan.parameters.date_to}
        raise Refused(Problem("LAUF_LEER", text, params))
    text = N_("Der Lauf wird nicht angelegt: von {n} Rechnungen im Zeitraum gehört keine hinein.")
    reasons = [
        Problem("LAUF_LEER", N_("{n} × {reason}"), {"n": n, "reason": Term(REASON_NAMES.get(code, code))}, where=code)
        for code, n in plan.balance.out.items()
    ]
    raise Refused(Problem("LAUF_LEER", text, {"n": plan.balance.candidates}), *reasons)


def refuse_moved(plan: RunPlan, fresh: RunPlan) -> None:
    """The data has moved since the clerk saw the plan: say by how much instead of doing something else."""
    if plan.hash == fresh.hash:
        return
    before = {row.document_id: row.gross for row in plan.rows}
    after = {row.document_id: row.gross for row in fresh.rows}
    text = N_("Inzwischen hat sich etwas geändert: {new} neu, {gone} entfallen, {changed} anders. Bitte neu ansehen.")
    params = {
        "new": len(after.keys() - before.keys()),
        "gone": len(before.keys() - after.keys()),
        "changed": sum(before[i] != after[i] for i in before.keys() & after.keys()),
    }
    raise Refused(Problem("PLAN_VERALTET", text, params))


def list_runs(store: Repository) -> list[InvoiceRun]:
    """All runs, the newest first."""
    return sorted(store.all(InvoiceRun), key=lambda run: -run.number)


def open_run(store: Repository, run_id: int) -> RunView:
    """The run with everything that its form shows."""
    run = need_run(store, run_id)
    rows = tuple(store.find(RunRow, "run_id", run_id))
    documents = store.get_many(DocumentHead, [row.document_id for row in rows])
    customers = store.get_many(Customer, sorted({row.customer_id for row in rows}))
    return RunView(run, tuple(sorted(rows, key=lambda r: (r.invoice_date, r.document_id))), documents, customers)


def balance_of(run: InvoiceRun) -> Balance:
    """The balance as it stands: what was removed or left the run since counts as out."""
    out_count = {code: count for code, (count, _) in run.out.items() if count}
    out_eur = {code: eur for code, (count, eur) in run.out.items() if count}
    taken = run.candidates - sum(out_count.values())
    taken_eur = run.candidates_eur - sum(out_eur.values(), Decimal(0))
    return Balance(run.candidates, run.candidates_eur, taken, taken_eur, out_count, out_eur)


def remove_rows(desk: Desk, run_id: int, row_ids: Iterable[int]) -> list[RunRow]:
    """Auswahl entfernen (E10.1): the documents stay unsent and are offered to the next run. Undoable."""
    number = need_run(desk.store, run_id).number
    with desk.store.transaction(f"Rechnungslauf {number}: Auswahl entfernt", undoable=True) as tx:
        run = need_run(tx, run_id)
        allow(run, RunAction.REMOVE)
        rows = [r for r in tx.get_many(RunRow, row_ids).values() if r.run_id == run_id]
        gone = [r for r in rows if r.state is not RowState.REMOVED]
        done = [tx.put(replace(r, state=RowState.REMOVED, reason="removed", changed_at=desk.timestamp())) for r in gone]
        # The run is written too: an undo is refused once the run has moved on.
        tx.put(replace(run, out=add_out(run.out, done)))
    return done


def close_if_done(tx: Transaction, run_id: int) -> None:
    """A run whose last row was decided by the clerk is done; called in the transaction of that decision.

    RUNNING too: its process may have been killed, and one that still works writes the same at its end.
    """
    run = tx.get(InvoiceRun, run_id)
    if run is None or run.state not in (RunState.PARTIAL, RunState.PAUSED, RunState.RUNNING):
        return
    if all(row.state in FINISHED_ROWS for row in tx.find(RunRow, "run_id", run_id)):
        tx.put(replace(run, state=RunState.DONE))


def delete_run(desk: Desk, run_id: int) -> InvoiceRun:
    """Delete a run that was never executed, with its rows; its number is not used again. Undoable."""
    number = need_run(desk.store, run_id).number
    with desk.store.transaction(f"Rechnungslauf {number} gelöscht", undoable=True) as tx:
        run = need_run(tx, run_id)
        allow(run, RunAction.DELETE)
        for row_id in tx.find_ids(RunRow, "run_id", run_id):
            tx.delete(RunRow, row_id)
        tx.delete(InvoiceRun, run_id)
    return run


def allow(run: InvoiceRun, action: RunAction) -> None:
    """Raises Refused where the run's state forbids the action."""
    if problem := refusal(run, action):
        raise Refused(problem)


def add_out(out: dict[str, tuple[int, Decimal]], rows: Iterable[RunRow]) -> dict[str, tuple[int, Decimal]]:
    """The balance's out with these rows that left the run, each under its reason."""
    result = dict(out)
    for row in rows:
        count, eur = result.get(row.reason, (0, Decimal(0)))
        result[row.reason] = (count + 1, eur + row.gross)
    return result


def out_of(counted: Balance) -> dict[str, tuple[int, Decimal]]:
    """A balance's out as the run keeps it."""
    return {code: (count, counted.out_eur[code]) for code, count in counted.out.items()}


def _row(document: DocumentHead, verdict: Verdict, facts: RunFacts, parameters: RunParameters) -> RunRow:
    is_email = parameters.type is RunType.EMAIL
    return RunRow(
        document_id=document.id,
        customer_id=document.customer_id,
        number=document.number,
        gross=document.totals.gross,
        invoice_date=document.invoice_date,
        reason=NO_ADDRESS if NO_ADDRESS in verdict.flags else "",
        copy=COPY in verdict.flags,
        address=recipients(facts.customers.get(document.customer_id)) if is_email else (),
    )


def _fingerprint(verdicts: Iterable[Verdict], rows: Iterable[RunRow]) -> str:
    parts = [f"{v.key}|{v.out_reason}|{v.amount}|{v.flags}" for v in verdicts]
    parts += [f"{r.document_id}|{r.number}|{r.address}" for r in rows]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _consumer_warnings(company: Company | None, rows: Iterable[RunRow], facts: RunFacts) -> tuple[Problem, ...]:
    """Plain transport encryption is not enough for a consumer's large invoice (OLG Schleswig 12 U 9/24, E7)."""
    limit = company.consumer_mail_warn_above if company else None
    if limit is None:
        return ()
    large = [r for r in rows if r.gross > limit and (c := facts.customers.get(r.customer_id)) and not c.is_business]
    text = N_("Rechnung über {limit} € an einen Verbraucher per E-Mail: besser als Brief senden.")
    return tuple(Problem("VERBRAUCHER_MAIL", text, {"limit": limit}, where=row.number, warning=True) for row in large)


def require_rows(tx: Repository, run_id: int, numbers: Iterable[str]) -> list[RunRow]:
    """The rows of a run by the numbers of their documents. Raises WrongUse for one that is not in it."""
    rows = {row.number: row for row in tx.find(RunRow, "run_id", run_id)}
    wanted = [number.strip() for number in numbers]
    for number in wanted:
        if number not in rows:
            text = N_("{number} steht nicht in diesem Lauf; „run show“ zeigt, was darin ist.")
            raise WrongUse(Problem("NICHT_GEFUNDEN", text, {"number": number}, where=str(number)))
    return [rows[number] for number in wanted]
