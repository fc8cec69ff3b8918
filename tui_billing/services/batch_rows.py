"""Rechnungsstapeldetails: add, drop, check and refresh the rows of a batch, delete it while it is not printed (D4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui_billing.domain.batch_selection import CustomerFacts, Rules, number_key, parameters_of
from tui_billing.domain.batch_states import BatchAction, refusal
from tui_billing.domain.batches import BatchRow, BatchState, BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Balance, Reason, Verdict, balance
from tui_billing.services.batches import assign, customer_by_number, customer_facts, month_end
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse, not_found
from tui_billing.store.repositories import Repository, Transaction

NAMED = 6
"""How many customers and documents an entry of the audit trail names."""


@dataclass(frozen=True, slots=True)
class AddPlan:
    """What adding would do: every document asked for with its verdict; `refusals` forbid the whole action."""

    batch: InvoiceBatch
    customers: tuple[CustomerFacts, ...]
    candidates: tuple[ReceivableEntry, ...]
    verdicts: tuple[Verdict, ...]
    balance: Balance
    refusals: tuple[Problem, ...] = ()


def allow(batch: InvoiceBatch, action: BatchAction) -> None:
    """Raises Refused with the table's reason where the state forbids it."""
    problem = refusal(batch, action)
    if problem is not None:
        raise Refused(problem)


def plan_add(
    reader: Repository, batch: InvoiceBatch, *, customers: Sequence[str] = (), documents: Sequence[str] = ()
) -> AddPlan:
    """Customers come with all their documents that fit; documents bring their customer along (D4.4)."""
    allow(batch, BatchAction.ADD)
    named = [customer_by_number(reader, n) for n in customers]
    asked = [entry_by_number(reader, n) for n in documents]
    entries = {e.document_id: e for c in named for e in reader.find(ReceivableEntry, "unbatched_customer", c.id)}
    entries.update({e.document_id: e for e in asked})
    ids = {c.id for c in named} | {e.customer_id for e in asked}
    facts = customer_facts(reader, ids, batch.close_date)
    rules = Rules(parameters_of(batch), month_end=month_end(reader))
    verdicts = tuple(rules.verdict(e, facts[e.customer_id], other_batch=_holder(reader, e)) for e in entries.values())
    refusals = [
        _refused(f.number, reason)
        for f in (facts[c.id] for c in named)
        for reason in rules.customer_reasons(f)
        if reason.passed is False
    ]
    by_id = {v.key: v for v in verdicts}
    for entry in asked:
        refusals += [_refused(entry.number, r) for r in by_id[entry.document_id].reasons if r.passed is False]
    people = tuple(facts[c] for c in sorted(ids))
    return AddPlan(batch, people, tuple(entries.values()), verdicts, balance(verdicts), tuple(refusals))


def _refused(number: str, reason: Reason) -> Problem:
    return Problem(f"PASST_NICHT_{reason.code.upper()}", reason.text, reason.params, where=number)


def _holder(reader: Repository, entry: ReceivableEntry) -> int:
    """Number of the batch that holds it, 0 for none."""
    batch = reader.get(InvoiceBatch, entry.batch_id) if entry.batch_id else None
    return batch.number if batch else 0


def entry_by_number(reader: Repository, number: str) -> ReceivableEntry:
    """The receivable of the document that the clerk names. Raises WrongUse where there is none."""
    document = reader.find_one(Document, "number", number.strip())
    entry = reader.find_one(ReceivableEntry, "document_id", document.id) if document else None
    if entry is None:
        raise not_found(N_("Rechnung"), number)
    return entry


def apply_add(desk: Desk, plan: AddPlan) -> InvoiceBatch:
    """Put customers and documents into the batch; decided anew inside the transaction. Undoable.

    What override let in keeps its batch overriding, else printing would refuse it (D4.4).
    """
    if plan.refusals:
        raise Refused(*plan.refusals)
    taken = [v.key for v in plan.verdicts if v.is_in]
    what = _named(desk.store, [f.customer_id for f in plan.customers], taken)
    with desk.store.transaction(f"Rechnungsstapel {plan.batch.number}: {what} hinzugefügt", undoable=True) as tx:
        batch = _current(tx, plan.batch, BatchAction.ADD)
        entries = [e for d in taken if (e := tx.find_one(ReceivableEntry, "document_id", d)) is not None]
        if any(e.batch_id or e.cancelled for e in entries):
            raise Refused(Problem("SCHON_IM_STAPEL", N_("Eine Rechnung ist inzwischen in einem anderen Stapel.")))
        assign(tx, batch, entries)
        members = set(batch.customer_ids) | {f.customer_id for f in plan.customers}
        override = batch.override_rules or plan.batch.override_rules
        return tx.put(replace(batch, customer_ids=_ordered(tx, members), override_rules=override))


def _current(tx: Transaction, batch: InvoiceBatch, action: BatchAction) -> InvoiceBatch:
    """The batch as it stands now, still allowing the action."""
    current = tx.get(InvoiceBatch, batch.id)
    if current is None:
        raise not_found(N_("Rechnungsstapel"), batch.number)
    allow(current, action)
    return current


def _ordered(tx: Transaction, ids: Iterable[int]) -> tuple[int, ...]:
    found = tx.get_many(Customer, sorted(ids)).values()
    return tuple(c.id for c in sorted(found, key=lambda c: (number_key(c.number), c.id)))


@dataclass(frozen=True, slots=True)
class Dropped:
    """What has left a batch; the documents are free for the next one."""

    batch: InvoiceBatch
    customer_ids: tuple[int, ...]
    document_ids: tuple[int, ...]


def drop(
    desk: Desk, batch: InvoiceBatch, *, customer_ids: Iterable[int] = (), document_ids: Iterable[int] = ()
) -> Dropped:
    """Take customers with all their rows, or single documents, out of a batch that is not printed. Undoable."""
    people, wanted = set(customer_ids), set(document_ids)
    what = _named(desk.store, people, wanted)
    with desk.store.transaction(f"Rechnungsstapel {batch.number}: {what} entfernt", undoable=True) as tx:
        current = _current(tx, batch, BatchAction.DROP)
        rows = tx.find(BatchRow, "batch_id", batch.id)
        gone = [r for r in rows if r.customer_id in people or r.document_id in wanted]
        release(tx, gone)
        taken = {r.id for r in gone}
        left = {r.customer_id for r in rows if r.id not in taken}
        emptied = {r.customer_id for r in gone} - left
        members = tuple(c for c in current.customer_ids if c not in people and c not in emptied)
        stored = tx.put(replace(current, customer_ids=members))
    return Dropped(stored, tuple(sorted(people | emptied)), tuple(r.document_id for r in gone))


def _named(reader: Repository, customer_ids: Iterable[int], document_ids: Iterable[int]) -> str:
    """Customers and documents for the audit trail by their numbers: "Kunde 10055, RE-2026-00001"; many are counted."""
    people = sorted((c.number for c in reader.get_many(Customer, sorted(set(customer_ids))).values()), key=number_key)
    numbers = sorted(d.number for d in reader.get_many(DocumentHead, sorted(set(document_ids))).values())
    shown = [f"Kunde {n}" for n in people] + numbers
    more = len(shown) - NAMED
    return ", ".join(shown[:NAMED]) + (f" und {more} weitere" if more > 0 else "")


def require_rows(batch: InvoiceBatch, customers: Sequence[Customer], entries: Sequence[ReceivableEntry]) -> None:
    """Raises WrongUse where one of them is not in this batch, Refused where the batch lets nothing go."""
    allow(batch, BatchAction.DROP)
    missing = [e.number for e in entries if e.batch_id != batch.id]
    missing += [c.number for c in customers if c.id not in batch.customer_ids]
    if missing:
        text = N_("{number} ist nicht im Rechnungsstapel {batch}.")
        params = {"batch": batch.number}
        raise WrongUse(*(Problem("NICHT_IM_STAPEL", text, {"number": n, **params}, where=n) for n in missing))


def release(tx: Transaction, rows: Iterable[BatchRow]) -> None:
    """Free the documents of these rows for another batch."""
    for row in rows:
        entry = tx.find_one(ReceivableEntry, "document_id", row.document_id)
        if entry is not None:
            tx.put(replace(entry, batch_id=None))
        tx.delete(BatchRow, row.id)


def delete(desk: Desk, batch: InvoiceBatch) -> None:
    """Delete a batch that is not printed; its documents are free again. A dummy batch is taken back (D4.1, D6.4).

    Undoable as long as none of its documents has gone into another batch.
    """
    with desk.store.transaction(f"Rechnungsstapel {batch.number} gelöscht", undoable=True) as tx:
        refuse_delete(tx, _current(tx, batch, BatchAction.DELETE))
        release(tx, tx.find(BatchRow, "batch_id", batch.id))
        for statement in tx.find(BatchStatement, "batch_id", batch.id):
            tx.delete(BatchStatement, statement.id)
        tx.delete(InvoiceBatch, batch.id)


def refuse_delete(reader: Repository, batch: InvoiceBatch) -> None:
    """Raises Refused where the batch stays."""
    allow(batch, BatchAction.DELETE)
    if batch.state is BatchState.DUMMY:
        refuse_later(reader, batch)


def refuse_later(reader: Repository, dummy: InvoiceBatch) -> None:
    """A dummy batch stays where a later batch of one of its customers builds on it (D6.4)."""
    for customer_id in dummy.customer_ids:
        others = {r.batch_id for r in reader.find(BatchRow, "customer_id", customer_id)} - {dummy.id}
        for other in reader.get_many(InvoiceBatch, sorted(others)).values():
            # A dummy of an earlier time does not build on this one.
            if other.state is BatchState.OPEN or other.printed_order > dummy.printed_order:
                text = N_("Stapel {number} wird nicht zurückgenommen: Stapel {later} baut darauf auf.")
                params = {"number": dummy.number, "later": other.number}
                raise Refused(Problem("SPAETERER_STAPEL", text, params, where=str(dummy.number)))


@dataclass(frozen=True, slots=True)
class RowCheck:
    """One row of an open batch and why it does not belong there any more (empty: it does)."""

    entry: ReceivableEntry
    reason: Reason | None


def check(reader: Repository, batch: InvoiceBatch) -> list[RowCheck]:
    """Every row against today's rules: a moved Rechnungsdatum or Stichtag shows here."""
    entries = reader.find(ReceivableEntry, "batch_id", batch.id)
    facts = customer_facts(reader, {e.customer_id for e in entries}, batch.close_date)
    rules = Rules(parameters_of(batch), month_end=month_end(reader))
    return [RowCheck(e, _failing(rules.verdict(e, facts[e.customer_id]))) for e in entries]


def _failing(verdict: Verdict) -> Reason | None:
    return next((r for r in verdict.reasons if r.passed is False), None)


def refresh(desk: Desk, batch: InvoiceBatch) -> Dropped:
    """Aktualisieren: rows that no longer belong in the batch leave it; figures come from current data anyway."""
    allow(batch, BatchAction.REFRESH)
    unfit = [c.entry.document_id for c in check(desk.store, batch) if c.reason is not None]
    if not unfit:
        return Dropped(batch, (), ())
    return drop(desk, batch, document_ids=unfit)
