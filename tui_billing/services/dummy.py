"""Dummy-Assistent: old documents become prior balance, nothing is rendered or sent (rule D6).

Per Stichtag in use one batch at the closing before the first real one, for customers who were never in a printed
batch; or one batch for a single customer who joins later.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.batch_selection import BatchParameters, CustomerFacts, CustomerTotal, Rules, by_customer
from tui_billing.domain.batches import BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.cutoff import fits, nearest_closings, next_closing, previous_closing
from tui_billing.domain.documents import ZERO
from tui_billing.domain.format import money
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Balance, Verdict, balance
from tui_billing.domain.statement_rules import CustomerBatch, Figures, figures
from tui_billing.services.batch_figures import Accounts
from tui_billing.services.batch_report import statement_record
from tui_billing.services.batches import (
    BATCH_RANGE,
    PRINT_RANGE,
    GivenUp,
    assign,
    customer_by_number,
    customer_facts,
    cutoff_days_in_use,
    month_end,
)
from tui_billing.services.desk import Desk, Progress, finish, never
from tui_billing.store.repositories import Repository, Store, Transaction


@dataclass(frozen=True, slots=True)
class FirstStatement:
    """A customer's first real statement, without and with the dummy batch; both come to the same total."""

    facts: CustomerFacts
    documents: int
    dummy_total: Decimal
    without: Figures
    with_dummy: Figures


@dataclass(frozen=True, slots=True)
class DummyBatch:
    """One batch that the assistant would make."""

    cutoff_day: int
    close_date: date
    first_close_date: date
    customers: tuple[CustomerTotal, ...]
    statements: tuple[FirstStatement, ...]
    entries: tuple[ReceivableEntry, ...]


@dataclass(frozen=True, slots=True)
class DummyPlan:
    """What the assistant would do; days without old documents make no batch. `key` names the data it was made from."""

    batches: tuple[DummyBatch, ...]
    verdicts: tuple[Verdict, ...]
    balance: Balance
    parameters: "DummyParameters"
    key: tuple[object, ...]
    seq: int
    refusals: tuple[Problem, ...] = ()
    days: tuple[tuple[int, date], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DummyParameters:
    """What the assistant asks. `first`: the day from which real batches are made (default: the next closing).

    `close_date` names the dummy's own date instead; then only the Stichtage that fall on it are taken.
    """

    today: date
    first: date | None = None
    close_date: date | None = None
    customer: str = ""


def plan_dummy(store: Store, parameters: DummyParameters) -> DummyPlan:
    """Every Stichtag in use, or one customer's, with its close date before the first real closing. No effect."""
    return _plan(store, parameters, store.refresh())


def _plan(reader: Repository, parameters: DummyParameters, seq: int) -> DummyPlan:
    at_month_end, number = month_end(reader), parameters.customer
    named = customer_by_number(reader, number) if number else None
    if named is not None and named.cutoff_day is None:
        text = N_("Der Kunde hat keinen Rechnungsstapel-Stichtag.")
        raise Refused(Problem("KEIN_STICHTAG", text, where=named.number))
    days = (named.cutoff_day,) if named and named.cutoff_day else cutoff_days_in_use(reader)
    batches, verdicts, dates = [], [], []
    for cutoff_day, close, real in _dates(parameters, days, at_month_end):
        dates.append((cutoff_day, close))
        people = [named] if named else reader.find(Customer, "cutoff_day", cutoff_day)
        one, asked = _one(reader, cutoff_day, (close, real), people, at_month_end)
        verdicts += asked
        if one is not None:
            batches.append(one)
    key = tuple((b.cutoff_day, b.close_date, tuple(e.document_id for e in b.entries)) for b in batches)
    plan = DummyPlan(tuple(batches), tuple(verdicts), balance(verdicts), parameters, key, seq, days=tuple(dates))
    return plan if batches else replace(plan, refusals=(_nothing(named),))


def _dates(parameters: DummyParameters, days: Sequence[int], at_month_end: bool) -> list[tuple[int, date, date]]:
    """Per Stichtag the dummy's close date and the first real one behind it (D6.3)."""
    given = parameters.close_date
    if given is None:
        start = (parameters.first or parameters.today) - timedelta(days=1)
        real = {d: next_closing(d, start, month_end=at_month_end) for d in days}
        return [(d, previous_closing(d, real[d], month_end=at_month_end), real[d]) for d in days]
    if given >= parameters.today:
        text = N_("Ein Dummy-Stapel gehört auf ein vergangenes Abschlussdatum, sonst verschluckt er neue Rechnungen.")
        raise Refused(Problem("DUMMY_NICHT_VERGANGEN", text, {"close": given}))
    found = [d for d in days if fits(d, given, month_end=at_month_end)]
    if not found:
        before, after = nearest_closings(days, given, month_end=at_month_end)
        text = N_("Auf den {close} fällt kein Stichtag. Nächste passende Abschlussdaten: {before} und {after}.")
        raise Refused(Problem("KEIN_STICHTAG_PASST", text, {"close": given, "before": before, "after": after}))
    return [(d, given, next_closing(d, given, month_end=at_month_end)) for d in found]


def _nothing(named: Customer | None) -> Problem:
    text = N_("Es gibt keine alten Rechnungen, die in einen Dummy-Stapel gehören.")
    return Problem("NICHTS_FUER_DUMMY", text, where=named.number if named else "")


def _one(
    reader: Repository, cutoff_day: int, dates: tuple[date, date], people: Sequence[Customer], at_month_end: bool
) -> tuple[DummyBatch | None, list[Verdict]]:
    """The dummy batch of one Stichtag."""
    close, real = dates
    parameters = BatchParameters(close_date=close)
    rules = Rules(parameters, month_end=at_month_end)
    new = [c for c in people if not reader.find_ids(BatchStatement, "customer_id", c.id)]
    facts = customer_facts(reader, [c.id for c in new], close)
    entries = [e for c in new for e in reader.find(ReceivableEntry, "unbatched_customer", c.id)]
    asked = [(e, rules.verdict(e, facts[e.customer_id])) for e in entries if e.batch_date <= real]
    totals = by_customer(asked, facts)
    if not totals:
        return None, [v for _, v in asked]
    taken = tuple(e for e, v in asked if v.is_in)
    shown = tuple(_before_after(reader, t, taken, [e for e, _ in asked], (close, real)) for t in totals)
    return DummyBatch(cutoff_day, close, real, totals, shown, taken), [v for _, v in asked]


def _before_after(
    reader: Repository,
    total: CustomerTotal,
    old: Sequence[ReceivableEntry],
    every: Sequence[ReceivableEntry],
    dates: tuple[date, date],
) -> FirstStatement:
    close, real = dates
    customer = total.facts.customer_id
    mine = [e for e in every if e.customer_id == customer]
    dummy = CustomerBatch(-1, 0, close, tuple(e for e in old if e.customer_id == customer))
    taken = {e.document_id for e in dummy.rows}
    rest = CustomerBatch(-2, 0, real, tuple(e for e in mine if e.document_id not in taken))
    payments = reader.find(Payment, "customer_id", customer)
    (without,) = figures([CustomerBatch(-2, 0, real, tuple(mine))], payments)
    before, with_dummy = figures([dummy, rest], payments)
    return FirstStatement(total.facts, len(dummy.rows), before.amount_due, without, with_dummy)


def apply_dummy(desk: Desk, plan: DummyPlan) -> list[InvoiceBatch]:
    """Make the dummy batches in one transaction. Raises Refused where nothing is there or the data has moved."""
    return finish(dummy_steps(desk, plan)) or []


def dummy_steps(
    desk: Desk, plan: DummyPlan, stop: Callable[[], bool] = never
) -> Generator[Progress, None, list[InvoiceBatch] | None]:
    """The same batch by batch; stopped, it gives up everything and returns None."""
    if plan.refusals:
        raise Refused(*plan.refusals)
    total, done = sum(len(b.entries) for b in plan.batches), 0
    made: list[InvoiceBatch] = []
    try:
        with desk.store.transaction("Dummy-Rechnungsstapel angelegt") as tx:
            if desk.store.seq != plan.seq and _plan(tx, plan.parameters, plan.seq).key != plan.key:
                text = N_("Die Daten haben sich seit der Vorschau geändert. Bitte neu planen.")
                raise Refused(Problem("PLAN_VERALTET", text))
            for one in plan.batches:
                if stop():
                    raise GivenUp
                made.append(_store(desk, tx, one))
                done += len(one.entries)
                yield Progress(done, total)
    except GivenUp:
        return None
    return made


def _store(desk: Desk, tx: Transaction, one: DummyBatch) -> InvoiceBatch:
    at = desk.timestamp()
    batch = tx.insert(
        InvoiceBatch(
            number=tx.allocate_int(BATCH_RANGE),
            close_date=one.close_date,
            description=f"Dummy Stichtag {one.cutoff_day}",
            state=BatchState.DUMMY,
            customer_ids=tuple(c.facts.customer_id for c in one.customers),
            printed_at=at,
            printed_order=tx.allocate_int(PRINT_RANGE),
            created_at=at,
            created_by=desk.user,
        )
    )
    assign(tx, batch, one.entries)
    accounts = Accounts(tx, [batch])
    for customer_id in batch.customer_ids:
        account = accounts.of(customer_id)
        tx.insert(statement_record(batch, customer_id, account.figures[account.place(batch.id)], at))
    return batch


def offer(store: Store, customer: Customer, today: date) -> Problem | None:
    """The warning for a customer whose Stichtag is set for the first time and who has old documents (D6.5)."""
    if customer.cutoff_day is None or store.find_ids(BatchStatement, "customer_id", customer.id):
        return None
    plan = plan_dummy(store, DummyParameters(today=today, customer=customer.number))
    if not plan.batches:
        return None
    one = plan.batches[0]
    if len(one.entries) == 1:
        text = N_(
            "Eine alte Rechnung über {amount} käme auf den ersten Rechnungsstapel. "
            "Ein Dummy-Stapel zum {close} macht sie zum Saldovortrag."
        )
    else:
        text = N_(
            "{count} alte Rechnungen über {amount} kämen auf den ersten Rechnungsstapel. "
            "Ein Dummy-Stapel zum {close} macht sie zum Saldovortrag."
        )
    amount = sum((c.amount for c in one.customers), ZERO)
    params = {"count": len(one.entries), "amount": money(amount), "close": one.close_date}
    return Problem("DUMMY_EMPFOHLEN", text, params, where=customer.number, warning=True)
