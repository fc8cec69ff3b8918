"""Before a batch is printed: what would come out, and everything that cannot be printed, with reasons."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tui_billing.domain.batch_states import BatchAction, refusal
from tui_billing.domain.batches import BatchRow, BatchState, InvoiceBatch
from tui_billing.domain.documents import ZERO
from tui_billing.domain.law import check_document, is_complete_address
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.plans import Reason, Verdict
from tui_billing.services.batch_bundles import Bundle, Bundler
from tui_billing.services.batch_figures import batch_by_number, customers_of
from tui_billing.services.batch_rows import check
from tui_billing.services.batches import batches_in_range
from tui_billing.services.company import company
from tui_billing.services.desk import Progress, finish
from tui_billing.store.repositories import Repository, Store

ADDRESS = "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"


@dataclass(frozen=True, slots=True)
class PrintPlan:
    """Open batches in the order of printing; `problems` keep all of them from being printed (all or nothing)."""

    batches: tuple[InvoiceBatch, ...]
    statements: int = 0
    originals: int = 0
    amount_due: Decimal = ZERO
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    skipped: tuple[InvoiceBatch, ...] = ()
    seq: int = 0
    verdicts: tuple[Verdict, ...] = ()
    """One per statement; key is (batch number, customer number)."""


def plan_print(store: Store, low: int, high: int | None = None) -> PrintPlan:
    """Batches by number from-to, both inclusive; printed ones in a range are passed over. No effect."""
    return finish(plan_steps(store, asked_for(store, low, high)))


def asked_for(store: Repository, low: int, high: int | None = None) -> list[InvoiceBatch]:
    """The batches by number from-to, both inclusive. Raises Refused where none of them is open."""
    found = [batch_by_number(store, low)] if high is None or high == low else batches_in_range(store, low, high)
    return need_open(found, low, high)


def need_open(found: list[InvoiceBatch], low: int, high: int | None = None) -> list[InvoiceBatch]:
    """These batches. Raises Refused where none of them is open."""
    if not any(b.state is BatchState.OPEN for b in found):
        problem = refusal(found[0], BatchAction.PRINT) if found else None
        text = N_("Von {low} bis {high} ist kein offener Rechnungsstapel.")
        raise Refused(problem or Problem("KEIN_OFFENER_STAPEL", text, {"low": low, "high": high}))
    return found


def plan_steps(store: Store, found: Sequence[InvoiceBatch]) -> Generator[Progress, None, PrintPlan]:
    """The plan of printing these batches, customer by customer; printed ones are passed over. No effect."""
    waiting = sorted((b for b in found if b.state is BatchState.OPEN), key=lambda b: (b.close_date, b.number))
    passed = tuple(b for b in found if b.state is not BatchState.OPEN)
    plan = yield from _check_steps(store, company(store), waiting)
    return replace(plan, skipped=passed)


def check_batches(store: Store, seller: Company, waiting: Sequence[InvoiceBatch]) -> PrintPlan:
    """Count and check what these open batches would print, in this order."""
    return finish(_check_steps(store, seller, waiting))


def _check_steps(
    store: Store, seller: Company, waiting: Sequence[InvoiceBatch]
) -> Generator[Progress, None, PrintPlan]:
    seq = store.refresh()
    total = sum(len(b.customer_ids) for b in waiting)
    yield Progress(0, total)
    bundler = Bundler(store, seller, waiting)
    originals, due = 0, ZERO
    verdicts: list[Verdict] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for batch in waiting:
        before = len(verdicts)
        known = _known_problems(store, batch, waiting)
        for bundle in bundler.bundles(batch):
            customer, amount = bundle.part.customer, bundle.part.figures.amount_due
            found = [*known.pop(customer.id, ()), *bundle_problems(bundle)]
            originals, due = originals + len(bundle.fresh), due + amount
            problems += found
            reasons = tuple(Reason(p.code.lower(), False, p.text, p.params) for p in found)
            verdicts.append(Verdict((batch.number, customer.number), amount, reasons))
            yield Progress(min(len(verdicts), total), total, failed=len(problems), note=customer.number)
        problems += [p for rest in known.values() for p in rest]
        if len(verdicts) == before:
            problems.append(empty_problem(batch))
        warnings += _without_rows(store, batch)
    return PrintPlan(
        tuple(waiting), len(verdicts), originals, due, tuple(problems), tuple(warnings), (), seq, tuple(verdicts)
    )


def _known_problems(store: Store, batch: InvoiceBatch, waiting: Sequence[InvoiceBatch]) -> dict[int, list[Problem]]:
    """By customer what the order of batches and today's dates say against printing."""
    found: dict[int, list[Problem]] = {}
    for customer_id, problem in (*_earlier(store, batch, waiting), *_rows(store, batch)):
        found.setdefault(customer_id, []).append(problem)
    return found


def empty_problem(batch: InvoiceBatch) -> Problem:
    """A batch without rows is not printed."""
    text = N_("Rechnungsstapel {number} ist leer: es gibt nichts zu drucken.")
    return Problem("STAPEL_LEER", text, {"number": batch.number}, where=str(batch.number))


def bundle_problems(bundle: Bundle) -> Iterator[Problem]:
    """What the customer's record and the law say against printing."""
    customer = bundle.part.customer
    is_complete = bool(customer.name.strip()) and is_complete_address(customer.address)
    if not is_complete:
        text = N_("Die Anschrift des Kunden ist unvollständig; bitte im Kundenstamm ergänzen oder Kunden entfernen.")
        yield Problem(ADDRESS, text, where=customer.number)
    for document in bundle.fresh:
        for problem in check_document(document):
            # An open document follows its customer: his address is told once, not for every document.
            if not problem.warning and (is_complete or problem.code != ADDRESS):
                yield problem


def _rows(store: Repository, batch: InvoiceBatch) -> Iterator[tuple[int, Problem]]:
    """Rows that today's dates no longer let into the batch: the date fields count while printing too."""
    for row in check(store, batch):
        if row.reason is not None:
            code = f"PASST_NICHT_{row.reason.code.upper()}"
            yield row.entry.customer_id, Problem(code, row.reason.text, row.reason.params, where=row.entry.number)


def _earlier(
    store: Repository, batch: InvoiceBatch, selection: Sequence[InvoiceBatch]
) -> Iterator[tuple[int, Problem]]:
    """An earlier unprinted batch of the same customer comes first (D4.5); one in this selection is printed first."""
    together = {b.id for b in selection}
    others = [
        b
        for b in store.find(InvoiceBatch, "state", BatchState.OPEN.value)
        if b.close_date < batch.close_date and b.id not in together
    ]
    if not others:
        return
    mine = _members(store, batch)
    for other in others:
        for customer in store.get_many(Customer, sorted(mine & _members(store, other))).values():
            text = N_(
                "Stapel {earlier} vom {close} ist noch nicht gedruckt: früheren Stapel zuerst drucken oder löschen."
            )
            params = {"earlier": other.number, "close": other.close_date}
            yield customer.id, Problem("FRUEHERER_STAPEL_OFFEN", text, params, where=customer.number)


def _members(store: Repository, batch: InvoiceBatch) -> set[int]:
    return {r.customer_id for r in store.find(BatchRow, "batch_id", batch.id)}


def _without_rows(store: Repository, batch: InvoiceBatch) -> Iterator[Problem]:
    """Customers added by hand who have nothing: they are left out, there is no empty statement (D2.11)."""
    rows = _members(store, batch)
    for customer in customers_of(store, batch):
        if customer.id not in rows:
            text = N_("Der Kunde hat keine Rechnung im Stapel und erhält keine Aufstellung.")
            yield Problem("KUNDE_OHNE_RECHNUNG", text, where=customer.number, warning=True)
