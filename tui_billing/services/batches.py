"""Rechnungsstapel generieren: a plan that names every document, then one transaction (rules D1 to D3)."""

import hashlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tui_billing.domain.batch_selection import (
    BatchParameters,
    CustomerFacts,
    CustomerTotal,
    Rules,
    by_customer,
    facts_of,
    parameters_of,
)
from tui_billing.domain.batches import BatchRow, BatchState, BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.cutoff import DAYS, Span, fits, literal_warning, nearest_closings, next_span
from tui_billing.domain.documents import ZERO, Document
from tui_billing.domain.format import day
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Balance, Verdict, balance
from tui_billing.domain.texts import clean
from tui_billing.services import settings
from tui_billing.services.desk import Desk, Progress, finish, never
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Repository, Store, Transaction

STEP = 500
"""Documents between two signs of progress."""
BATCH_RANGE, PRINT_RANGE = "STAPEL", "STAPELDRUCK"


@dataclass(frozen=True, slots=True)
class GeneratePlan:
    """Every candidate with its verdict; `refusals` say why nothing is made. `seq` is where the store stood."""

    parameters: BatchParameters
    candidates: tuple[ReceivableEntry, ...]
    verdicts: tuple[Verdict, ...]
    customers: tuple[CustomerTotal, ...]
    facts: dict[int, CustomerFacts]
    balance: Balance
    hash: str
    seq: int
    refusals: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    nearest: tuple[date | None, date | None] = (None, None)


def month_end(reader: Repository) -> bool:
    """Whether the last-day rule is in force, else the literal comparison."""
    return settings.get_bool(reader, "batch.month_end")


def cutoff_days_in_use(reader: Repository) -> tuple[int, ...]:
    """Every Stichtag that a customer has."""
    return tuple(d for d in DAYS if reader.find_ids(Customer, "cutoff_day", d))


def plan_generate(store: Store, parameters: BatchParameters) -> GeneratePlan:
    """Who and what would be in the batch, who and what not and why. No effect."""
    seq = store.refresh()
    return _plan(store, parameters, seq)


def _plan(reader: Repository, parameters: BatchParameters, seq: int) -> GeneratePlan:
    at_month_end = month_end(reader)
    until = None if parameters.override_rules else parameters.close_date
    candidates = tuple(reader.between(ReceivableEntry, "unbatched_date", None, until))
    facts = customer_facts(reader, {e.customer_id for e in candidates}, parameters.close_date)
    rules = Rules(parameters, month_end=at_month_end)
    verdicts = tuple(rules.verdict(e, facts[e.customer_id]) for e in candidates)
    customers = by_customer(zip(candidates, verdicts, strict=True), facts)
    sums = balance(verdicts)
    plan = GeneratePlan(
        parameters, candidates, verdicts, customers, facts, sums, _hash(parameters, candidates, verdicts), seq
    )
    days = {f.cutoff_day for f in facts.values() if f.cutoff_day} or set(cutoff_days_in_use(reader))
    warnings = () if at_month_end else (literal_warning(days | set(cutoff_days_in_use(reader)), parameters.close_date),)
    nearest = nearest_closings(days, parameters.close_date, month_end=at_month_end)
    refusals = () if customers else _nothing_fits(plan, nearest)
    return replace(plan, warnings=warnings, refusals=refusals, nearest=nearest)


def customer_facts(reader: Repository, ids: Iterable[int], close_date: date) -> dict[int, CustomerFacts]:
    """What the rules ask of these customers; a customer whose record is gone counts as one without a Stichtag."""
    later = later_closings(reader, close_date)
    wanted = set(ids)
    found = {c.id: facts_of(c, later.get(c.id)) for c in reader.get_many(Customer, sorted(wanted)).values()}
    return {i: found.get(i) or CustomerFacts(i, str(i), "", None) for i in wanted}


def later_closings(reader: Repository, close_date: date) -> dict[int, date]:
    """Per customer the latest close date after this one that is already printed (D4.6)."""
    found: dict[int, date] = {}
    for batch in reader.between(InvoiceBatch, "close_date", close_date + timedelta(days=1), None):
        if batch.state is not BatchState.OPEN:
            for statement in reader.find(BatchStatement, "batch_id", batch.id):
                found[statement.customer_id] = batch.close_date
    return found


def last_closing(reader: Repository, customer_id: int) -> date | None:
    """The latest close date of the customer's printed batches."""
    ids = [s.batch_id for s in reader.find(BatchStatement, "customer_id", customer_id)]
    return max((b.close_date for b in reader.get_many(InvoiceBatch, ids).values()), default=None)


def coming_spans(reader: Repository, customer: Customer, today: date, count: int) -> list[Span]:
    """The customer's next closings and the days that each covers; the first may be short or long (D9)."""
    if customer.cutoff_day is None:
        return []
    at_month_end = month_end(reader)
    found = [next_span(customer.cutoff_day, last_closing(reader, customer.id), today, month_end=at_month_end)]
    while len(found) < count:
        found.append(next_span(customer.cutoff_day, found[-1].last, month_end=at_month_end))
    return found


def _hash(parameters: BatchParameters, candidates: tuple[ReceivableEntry, ...], verdicts: tuple[Verdict, ...]) -> str:
    """Two plans with the same hash do the same."""
    digest = hashlib.sha256(repr(parameters).encode())
    for entry, verdict in zip(candidates, verdicts, strict=True):
        digest.update(f"{entry.document_id} {entry.amount} {verdict.out_reason};".encode())
    return digest.hexdigest()


def _nothing_fits(plan: GeneratePlan, nearest: tuple[date | None, date | None]) -> tuple[Problem, ...]:
    """No empty batch, no number; the nearest fitting days are named (D1.12, D2.11)."""
    params = {"close": plan.parameters.close_date, "before": nearest[0], "after": nearest[1]}
    if nearest[0] is None:
        text = N_("Kein Kunde hat einen Rechnungsstapel-Stichtag; er steht im Kundenstamm.")
        return (Problem("KEIN_STICHTAG", text, params),)
    if not plan.candidates:
        text = N_(
            "Bis {close} gibt es keine Rechnung, die noch in keinem Stapel ist. "
            "Nächste Abschlussdaten: {before} und {after}."
        )
        return (Problem("KEINE_RECHNUNGEN", text, params),)
    text = N_("Zum {close} passt kein Kunde mit Rechnungen. Nächste passende Abschlussdaten: {before} und {after}.")
    problems = [Problem("KEIN_KUNDE_PASST", text, params)]
    if "later_batch" in plan.balance.out:
        text = N_("Ein Stapel mit späterem Abschlussdatum ist schon gedruckt; nur Überschreiben der Regeln hilft.")
        problems.append(Problem("SPAETERER_STAPEL_GEDRUCKT", text, params))
    return tuple(problems)


def apply_generate(desk: Desk, plan: GeneratePlan) -> InvoiceBatch:
    """Make the batch in one transaction. Raises Refused where nothing fits or the data has moved since the plan."""
    batch = finish(generate_steps(desk, plan))
    assert batch is not None
    return batch


def generate_steps(
    desk: Desk, plan: GeneratePlan, stop: Callable[[], bool] = never
) -> Generator[Progress, None, InvoiceBatch | None]:
    """The same document by document; stopped, it gives up everything and returns None."""
    if plan.refusals:
        raise Refused(*plan.refusals)
    why = f"Rechnungsstapel zum {day(plan.parameters.close_date)} generiert"
    try:
        with desk.store.transaction(why) as tx:
            if desk.store.seq != plan.seq:
                _refuse_moved(plan, _plan(tx, plan.parameters, plan.seq))
            batch = _insert(desk, tx, plan.parameters, tuple(c.facts.customer_id for c in plan.customers))
            taken = [e for e, v in zip(plan.candidates, plan.verdicts, strict=True) if v.is_in]
            for begin in range(0, len(taken), STEP):
                if stop():
                    raise GivenUp
                assign(tx, batch, taken[begin : begin + STEP])
                yield Progress(min(begin + STEP, len(taken)), len(taken))
    except GivenUp:
        return None
    return batch


class GivenUp(Exception):
    """The clerk has stopped in the middle of the one transaction."""


def _refuse_moved(plan: GeneratePlan, now: GeneratePlan) -> None:
    """The plan that the clerk saw is the one that is done, or nothing is."""
    if now.hash == plan.hash:
        return
    before = {v.key for v in plan.verdicts if v.is_in}
    after = {v.key for v in now.verdicts if v.is_in}
    text = N_("Die Daten haben sich seit der Vorschau geändert: {new} Rechnungen neu, {gone} weg. Bitte neu planen.")
    params = {"new": len(after - before), "gone": len(before - after)}
    raise Refused(Problem("PLAN_VERALTET", text, params), *now.refusals)


def _insert(desk: Desk, tx: Transaction, parameters: BatchParameters, customer_ids: tuple[int, ...]) -> InvoiceBatch:
    return tx.insert(
        InvoiceBatch(
            number=tx.allocate_int(BATCH_RANGE),
            close_date=parameters.close_date,
            description=clean(parameters.description).strip(),
            override_rules=parameters.override_rules,
            exclude_on_close_date=parameters.exclude_on_close_date,
            customer_ids=customer_ids,
            created_at=desk.timestamp(),
            created_by=desk.user,
        )
    )


def assign(tx: Transaction, batch: InvoiceBatch, entries: Iterable[ReceivableEntry]) -> None:
    """Put documents into a batch; the unique key of batch_rows keeps each in one batch at most."""
    for entry in entries:
        tx.insert(BatchRow(batch_id=batch.id, customer_id=entry.customer_id, document_id=entry.document_id))
        tx.put(replace(entry, batch_id=batch.id))


def generate(desk: Desk, parameters: BatchParameters) -> InvoiceBatch:
    """Plan and apply in one go, for callers that ask nobody."""
    return apply_generate(desk, plan_generate(desk.store, parameters))


def create_manual(desk: Desk, parameters: BatchParameters) -> InvoiceBatch:
    """An empty batch that the clerk fills by hand; printing refuses it as long as it is empty."""
    with desk.store.transaction(f"Rechnungsstapel zum {day(parameters.close_date)} von Hand angelegt") as tx:
        batch = _insert(desk, tx, parameters, ())
        return tx.put(replace(batch, manual=True))


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document or a customer is in or out; without an entry the verdict speaks of the customer."""

    customer: CustomerFacts
    entry: ReceivableEntry | None
    verdict: Verdict
    batch_number: int = 0

    @property
    def is_in(self) -> bool:
        """Whether it is in this batch, or would be taken."""
        return self.verdict.is_in


def explain_document(
    store: Repository, number: str, parameters: BatchParameters, batch: InvoiceBatch | None = None
) -> Explanation:
    """Any document, also one that is on no list: the rules that generating asks (F6)."""
    document = store.find_one(Document, "number", number.strip())
    entry = store.find_one(ReceivableEntry, "document_id", document.id) if document else None
    if entry is None:
        raise not_found(N_("Rechnung"), number)
    facts = customer_facts(store, [entry.customer_id], parameters.close_date)[entry.customer_id]
    holder = store.get(InvoiceBatch, entry.batch_id) if entry.batch_id else None
    held = holder.number if holder else 0
    other = 0 if holder is None or (batch and batch.id == holder.id) else held
    rules = Rules(parameters, month_end=month_end(store))
    return Explanation(facts, entry, rules.verdict(entry, facts, other_batch=other), held)


def explain_customer(store: Repository, number: str, parameters: BatchParameters) -> Explanation:
    """Whether the rules let this customer in."""
    customer = customer_by_number(store, number)
    facts = customer_facts(store, [customer.id], parameters.close_date)[customer.id]
    rules = Rules(parameters, month_end=month_end(store))
    amount = sum((e.amount for e in store.find(ReceivableEntry, "unbatched_customer", customer.id)), ZERO)
    return Explanation(facts, None, Verdict(customer.id, amount, rules.customer_reasons(facts)))


def customer_by_number(store: Repository, number: str) -> Customer:
    """The customer that the clerk names. Raises WrongUse where there is none."""
    found = store.find_one(Customer, "number", number.strip())
    if found is None:
        raise not_found(N_("Kunde"), number)
    return found


def addable_customers(store: Repository, batch: InvoiceBatch) -> list[Customer]:
    """Whom the pick list of a batch offers: matching, not yet assigned, not blocked (D4.4)."""
    parameters, at_month_end = parameters_of(batch), month_end(store)
    days = [d for d in DAYS if parameters.override_rules or fits(d, batch.close_date, month_end=at_month_end)]
    later = {} if parameters.override_rules else later_closings(store, batch.close_date)
    taken = set(batch.customer_ids)
    found = (c for d in days for c in store.find(Customer, "cutoff_day", d))
    return [c for c in found if c.id not in taken and c.id not in later and not c.blocked]


def batches_in_range(store: Repository, low: int | None, high: int | None) -> list[InvoiceBatch]:
    """Batches by number, both ends inclusive, None open."""
    return store.between(InvoiceBatch, "number", low, high)
