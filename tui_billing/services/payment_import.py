"""Payments from a CSV file: plan with every refused row, then one transaction; the same file twice adds nothing."""

from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.batches import Payment
from tui_billing.domain.documents import ZERO
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.exchange.port import ImportedPayment, Item, NumberFormat, parse_payments
from tui_billing.services.batch_rows import entry_by_number
from tui_billing.services.desk import Desk
from tui_billing.services.imports import given_up, in_line_order, nothing_to_take
from tui_billing.services.payments import NewPayment, payer, store_payment, store_return
from tui_billing.store.repositories import Repository

__all__ = ["NumberFormat", "PaymentImport", "PlannedPayment", "apply_import", "plan_import"]


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """One row: a new payment, or the return of payment `returns`."""

    line: int
    new: NewPayment
    returns: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentImport:
    """What an import would do; `known` rows are in the store already.

    `refused_amount` adds up the refused rows whose amount could be read.
    """

    rows: tuple[PlannedPayment, ...]
    refused: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    known: int = 0
    known_amount: Decimal = ZERO
    refused_amount: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        """The sum of the rows that would be stored."""
        return sum((r.new.amount for r in self.rows), ZERO)


def plan_import(store: Repository, data: bytes, numbers: NumberFormat | None = None) -> PaymentImport:
    """Read a file. Raises Refused where it cannot be read at all. No effect."""
    parsed = parse_payments(data, numbers)
    if parsed.fatal:
        raise Refused(*parsed.fatal)
    rows: list[PlannedPayment] = []
    refused = list(parsed.refused)
    known, returned = 0, set[int]()
    known_amount = refused_amount = ZERO
    for item in parsed.items:
        if store.find_ids(Payment, "reference", item.record.reference):
            known += 1
            known_amount += item.record.amount
            continue
        try:
            row = _planned(store, item, returned)
        except Refused as error:
            refused_amount += item.record.amount
            refused += [Problem(p.code, p.text, p.params, item.where) for p in error.problems]
            continue
        rows.append(row)
        if row.returns is not None:
            returned.add(row.returns)
    return PaymentImport(tuple(rows), in_line_order(refused), parsed.warnings, known, known_amount, refused_amount)


def _planned(store: Repository, item: Item[ImportedPayment], returned: set[int]) -> PlannedPayment:
    record = item.record
    new = NewPayment(
        customer=record.customer,
        amount=record.amount,
        paid_date=record.paid_date,
        text=record.text,
        reference=record.reference,
        documents=(record.document,) if record.document else (),
    )
    customer = payer(store, new)
    for number in new.documents:
        if entry_by_number(store, number).customer_id != customer.id:
            text = N_("{number} gehört nicht zu Kunde {customer} oder ist storniert.")
            raise Refused(Problem("RECHNUNG_FREMD", text, {"number": number, "customer": customer.number}))
    if record.amount > 0:
        return PlannedPayment(item.line, new)
    for payment in reversed(store.find(Payment, "customer_id", customer.id)):
        is_open = payment.returns is None and payment.id not in returned
        if is_open and payment.amount == -record.amount and not store.find_ids(Payment, "returns", payment.id):
            return PlannedPayment(item.line, new, payment.id)
    text = N_("Zur Rückgabe über {amount} gibt es keine Zahlung von Kunde {customer}.")
    raise Refused(Problem("KEINE_ZAHLUNG", text, {"amount": record.amount, "customer": customer.number}))


def refusal(plan: PaymentImport, partial: bool) -> tuple[Problem, ...]:
    """What refuses the import: a bad row where `partial` was not asked for, or a file without a payment."""
    if plan.refused and not partial:
        return (*plan.refused, given_up(len({p.where for p in plan.refused})))
    return () if plan.rows or plan.known else (*plan.refused, nothing_to_take())


def apply_import(desk: Desk, plan: PaymentImport, *, partial: bool = False) -> list[Payment]:
    """Store the payments in one commit. Raises Refused where a row is bad and `partial` was not asked for."""
    if problems := refusal(plan, partial):
        raise Refused(*problems)
    done: list[Payment] = []
    if not plan.rows:
        return done
    with desk.store.transaction(f"Import: {len(plan.rows)} Zahlungen") as tx:
        for row in plan.rows:
            if tx.find_ids(Payment, "reference", row.new.reference):
                continue
            if row.returns is None:
                done.append(store_payment(tx, row.new, at=desk.timestamp()))
            else:
                back = tx.need(Payment, row.returns)
                new, at = row.new, desk.timestamp()
                done.append(store_return(tx, back, new.paid_date, at=at, text=new.text, reference=new.reference))
    return done
