"""The figures of a customer's statements (rule D5), computed from current data each time they are asked for.

Total(B) = rows of all batches up to B - payments with paid date <= closing(B), in print order; former(B) is the total
of the batch before, payments(B) those in (closing(before), closing(B)]. closing(B) is the latest close date among B
and the customer's earlier printed batches, so that a late batch with an older date counts no payment twice.
Skonto taken counts with its payment, as a line of its own; so does what a row names as paid before (its prepaid
part), in the statement that holds the row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.batches import BatchStatement, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO
from tui_billing.domain.messages import N_
from tui_billing.domain.statements import StatementPayment


@dataclass(frozen=True, slots=True)
class CustomerBatch:
    """What one batch holds of one customer."""

    batch_id: int
    number: int
    close_date: date
    rows: tuple[ReceivableEntry, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The header of one statement. `closing` is inclusive; `previous_closing` None: nothing was printed before."""

    closing: date
    previous_closing: date | None = None
    former_amount: Decimal = ZERO
    payments: Decimal = ZERO
    carry_over: Decimal = ZERO
    invoiced: Decimal = ZERO
    taxes: Decimal = ZERO
    amount_due: Decimal = ZERO
    counted: tuple[Payment, ...] = ()
    prepaid: tuple[ReceivableEntry, ...] = ()
    """Rows with a part that was paid before; it is within `payments`."""

    @property
    def period_from(self) -> date | None:
        """First day that this statement covers."""
        return None if self.previous_closing is None else self.previous_closing + timedelta(days=1)


FIGURE_NAMES: dict[str, str] = {
    "former_amount": N_("Vorhergehende Rechnung"),
    "payments": N_("Zahlungen"),
    "carry_over": N_("Übertrag"),
    "invoiced": N_("Rechnungen dieser Periode"),
    "taxes": N_("Steuern"),
    "amount_due": N_("Rechnungsbetrag"),
}


def settled(payment: Payment) -> Decimal:
    """What a payment takes off the customer's debt: the money and the Skonto taken with it."""
    return payment.amount + payment.skonto


def figures(batches: Sequence[CustomerBatch], payments: Iterable[Payment]) -> tuple[Figures, ...]:
    """One entry per batch; `batches` are the customer's printed ones in print order, an open one at most last."""
    waiting = sorted(payments, key=lambda p: (p.paid_date, p.id))
    found: list[Figures] = []
    former, closing, place = ZERO, None, 0
    for batch in batches:
        previous = closing
        closing = batch.close_date if previous is None else max(previous, batch.close_date)
        start = place
        while place < len(waiting) and waiting[place].paid_date <= closing:
            place += 1
        counted = tuple(waiting[start:place])
        rows = [r for r in batch.rows if not r.cancelled]
        prepaid = tuple(r for r in rows if r.prepaid)
        paid = sum((settled(p) for p in counted), ZERO) + sum((r.prepaid for r in prepaid), ZERO)
        invoiced, taxes = sum((r.net for r in rows), ZERO), sum((r.tax for r in rows), ZERO)
        due = former - paid + sum((r.amount for r in rows), ZERO)
        found.append(Figures(closing, previous, former, paid, former - paid, invoiced, taxes, due, counted, prepaid))
        former = due
    return tuple(found)


def payment_lines(payments: Iterable[Payment], prepaid: Iterable[ReceivableEntry] = ()) -> tuple[StatementPayment, ...]:
    """The payments as the statement lists them; Skonto is a line of its own behind its payment, `prepaid` is last."""
    lines: list[StatementPayment] = []
    for payment in payments:
        lines.append(StatementPayment(payment_id=payment.id, paid_date=payment.paid_date, text=payment.text,
                                      amount=payment.amount))  # fmt: skip
        if payment.skonto:
            lines.append(StatementPayment(payment_id=payment.id, paid_date=payment.paid_date, text=payment.text,
                                          amount=payment.skonto, is_skonto=True))  # fmt: skip
    for entry in prepaid:
        lines.append(StatementPayment(payment_id=0, paid_date=entry.batch_date, text=entry.number,
                                      amount=entry.prepaid, is_prepaid=True))  # fmt: skip
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of a statement, as it was sent and as today's data give it."""

    field: str
    as_sent: Decimal
    recomputed: Decimal

    @property
    def change(self) -> Decimal:
        """What has been added since."""
        return self.recomputed - self.as_sent


def differences(sent: BatchStatement, now: Figures) -> tuple[Difference, ...]:
    """The figures that are no longer what was sent, in the order of the statement's header."""
    pairs = (Difference(name, getattr(sent, name), getattr(now, name)) for name in FIGURE_NAMES)
    return tuple(d for d in pairs if d.change)


@dataclass(frozen=True, slots=True)
class Effect:
    """How one change of one record moves the figures of one statement."""

    former_amount: Decimal = ZERO
    payments: Decimal = ZERO
    invoiced: Decimal = ZERO
    taxes: Decimal = ZERO
    amount_due: Decimal = ZERO

    def __bool__(self) -> bool:
        return any((self.former_amount, self.payments, self.invoiced, self.taxes, self.amount_due))


def payment_effect(old: Payment | None, new: Payment | None, now: Figures) -> Effect:
    """What the change of a payment from `old` to `new` (None: not there) does to these figures."""
    before, after = _payment_share(old, now), _payment_share(new, now)
    former, paid = after[0] - before[0], after[1] - before[1]
    return Effect(former_amount=-former, payments=paid, amount_due=-former - paid)


def _payment_share(payment: Payment | None, now: Figures) -> tuple[Decimal, Decimal]:
    """Its part of the former amount and of the payments."""
    if payment is None or payment.paid_date > now.closing:
        return ZERO, ZERO
    if now.previous_closing is not None and payment.paid_date <= now.previous_closing:
        return settled(payment), ZERO
    return ZERO, settled(payment)


def entry_effect(
    old: ReceivableEntry | None, new: ReceivableEntry | None, batch_id: int, earlier: frozenset[int]
) -> Effect:
    """What the change of a receivable does to the statement of `batch_id`, `earlier` being the batches before it."""
    before, after = _entry_share(old, batch_id, earlier), _entry_share(new, batch_id, earlier)
    former, paid, net, tax, due = (b - a for a, b in zip(before, after, strict=True))
    return Effect(former_amount=former, payments=paid, invoiced=net, taxes=tax, amount_due=due)


def _entry_share(
    entry: ReceivableEntry | None, batch_id: int, earlier: frozenset[int]
) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
    """Its part of former amount, payments, net, tax and amount due."""
    if entry is None or entry.cancelled or entry.batch_id is None:
        return ZERO, ZERO, ZERO, ZERO, ZERO
    if entry.batch_id == batch_id:
        return ZERO, entry.prepaid, entry.net, entry.tax, entry.owed
    if entry.batch_id in earlier:
        return entry.owed, ZERO, ZERO, ZERO, entry.owed
    return ZERO, ZERO, ZERO, ZERO, ZERO
