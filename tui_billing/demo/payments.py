"""Payments of the demo company: most documents older than a month are paid, some late, some with a return.

Deterministic: the same documents and the same day give the same payments. Stichtage stand on the customers already.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.batches import Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO
from tui_billing.domain.due_dates import skonto_date
from tui_billing.domain.money import r2
from tui_billing.domain.parties import Customer
from tui_billing.services.payments import NewPayment, store_payment, store_return
from tui_billing.store.repositories import Transaction


def demo_payments(tx: Transaction, customer: Customer, today: date) -> list[Payment]:
    """Payments of one customer, called once behind his documents in the transaction that stores them.

    Each customer has a generator of his own (seeded by his number), so the size of the company changes nothing.
    """
    rng = random.Random(f"{customer.number}|{today.isoformat()}")
    made: list[Payment] = []
    for entry in tx.find(ReceivableEntry, "customer_id", customer.id):
        due = entry.due_date or entry.batch_date
        if entry.cancelled or entry.amount <= 0 or due + timedelta(days=7) > today or rng.random() < 0.25:
            continue
        made.append(_pay(tx, customer, entry, rng, today))
    if made and rng.random() < 0.1 and made[-1].paid_date + timedelta(days=6) <= today:
        day = made[-1].paid_date + timedelta(days=6)
        made.append(store_return(tx, made[-1], day, at=_at(day), text="Rücklastschrift AC04"))
    return made


def _at(day: date) -> str:
    """Entered in the morning of that day."""
    return f"{day.isoformat()}T08:00:00+00:00"


def _pay(tx: Transaction, customer: Customer, entry: ReceivableEntry, rng: random.Random, today: date) -> Payment:
    """Mostly the whole amount around its due date; sometimes with Skonto, sometimes a part."""
    due = entry.due_date or entry.batch_date
    amount, day = entry.amount, due + timedelta(days=rng.choice((-5, -2, 0, 0, 1, 3, 7)))
    last_day = skonto_date(entry.batch_date, customer.terms)
    if last_day is not None and rng.random() < 0.5:
        skonto = r2(amount * customer.terms.skonto_percent / 100)
        amount, day = amount - skonto, max(entry.batch_date, last_day - timedelta(days=1))
    elif rng.random() < 0.08:
        amount = r2(amount / 2)
    new = NewPayment(
        customer=customer.number,
        amount=max(amount, Decimal("0.01")),
        paid_date=min(day, today),
        text=f"{entry.number} {customer.name}"[:140],
        documents=(entry.number,),
        skonto=None if amount != entry.amount else ZERO,
    )
    return store_payment(tx, new, at=_at(new.paid_date))
