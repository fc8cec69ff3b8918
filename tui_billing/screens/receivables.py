"""Gebuchte Debitorentransaktionen - Detail: documents and payments with the dates that may be moved, and open items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.batches import InvoiceBatch, Payment
from tui_billing.domain.documents import SHORT_TITLES, ZERO
from tui_billing.domain.due_dates import days_late
from tui_billing.domain.messages import N_
from tui_billing.domain.open_items import OpenItem
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import receivables

PAYMENT_BASE = 1_000_000_000
"""Payments and receivables share a table; their ids must not meet."""


@dataclass(frozen=True, slots=True)
class PostedRow:
    """A document or a payment; `open` is what the document still owes."""

    id: int
    number: str
    kind: str
    customer: str
    day: date
    due: date | None
    paid: date | None
    amount: Decimal
    open: Decimal
    batch: int = 0
    document_id: int = 0


class ReceivablesScreen(ListScreen):
    """Open items first shown; Tab changes to all posted transactions. `customer`: only this customer."""

    NAME: ClassVar[str] = "receivables"
    TABLES: ClassVar[frozenset[str]] = frozenset(("receivables", "payments", "batches"))
    HELP: ClassVar[str] = N_(
        "Rechnungsdatum, Fälligkeitstermin und Bezahlt am entscheiden, in welchen Rechnungsstapel ein Beleg und in "
        "welche Zahlungen ein Eingang gehört. F4 verschiebt sie, mit Grund; der gedruckte Beleg bleibt, wie er ist. "
        "Tab wechselt zwischen offenen Posten und allen."
    )
    EMPTY: ClassVar[str] = N_("Nichts offen. Tab zeigt alle gebuchten Transaktionen.")
    LOG: ClassVar[str] = "receivables"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Beleg"), 13),
        Column("customer", N_("Kunde"), 8, flex=True),
        Column("day", N_("Datum"), 8),
        Column("due", N_("Fällig"), 8),
        Column("paid", N_("Bezahlt"), 8),
        Column("amount", N_("Betrag"), 10, right=True),
        Column("open", N_("Offen"), 10, right=True),
    )

    def __init__(self, customer: str = "") -> None:
        super().__init__()
        self._customer, self._all = customer, False

    def title_text(self) -> str:
        kind = _("alle") if self._all else _("offene Posten")
        who = f" · {_('Kunde')} {self._customer}" if self._customer else ""
        return _("Gebuchte Debitorentransaktionen - Detail · {kind}").format(kind=kind) + who

    def fetch(self) -> list[PostedRow]:
        store = self.desk.store
        if self._customer:
            found = receivables.transactions_of(store, self._customer)
            items, payments = list(found.items), list(found.payments)
        else:
            items, payments = receivables.in_period(store, None, None), store.between(Payment, "paid_date", None, None)
        names = {c.id: f"{c.number} {c.name}" for c in store.scan(Customer)}
        numbers = {b.id: b.number for b in store.scan(InvoiceBatch)}
        rows = [_document(i, names, numbers) for i in items if self._all or i.open]
        if self._all:
            rows += [_payment(p, names) for p in payments]
        return sorted(rows, key=lambda r: (r.day, r.id))

    def log_of(self, row_id: int) -> tuple[str, int]:
        return ("payments", row_id - PAYMENT_BASE) if row_id > PAYMENT_BASE else super().log_of(row_id)

    def cells(self, record: PostedRow) -> Sequence[str]:
        return (
            record.number,
            record.customer,
            show.short_day(record.day),
            show.short_day(record.due),
            show.short_day(record.paid),
            show.amount(record.amount),
            show.amount(record.open) if record.document_id else _(record.kind),
        )

    def widths(self) -> dict[str, int]:
        """What is open has not been paid: the day of payment stands in the list of all."""
        rows = list(self.records.values())
        return {
            "paid": 8 if self._all else 0,
            "amount": show.amount_width((r.amount for r in rows), 9),
            "open": show.amount_width((r.open for r in rows), 9),
        }

    def sort_key(self, record: PostedRow, key: str) -> Any:
        known: dict[str, Any] = {
            "day": record.day,
            "due": record.due or date.min,
            "paid": record.paid or date.min,
            "amount": record.amount,
            "open": record.open,
        }
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: PostedRow) -> str:
        late = record.open > 0 and self._is_late(record)
        return "alert" if late else "" if record.open else "muted"

    def _is_late(self, record: PostedRow) -> bool:
        """A due day on a weekend or holiday ends on the next working day (§ 193 BGB)."""
        return record.due is not None and days_late(record.due, self.desk.today()) > 0

    def balance_text(self) -> str:
        rows = [r for r in self.records.values() if r.document_id]
        still = [r for r in rows if r.open]
        late = sum((r.open for r in still if r.open > 0 and self._is_late(r)), ZERO)
        text = ngettext("{n} offener Posten {eur}", "{n} offene Posten {eur}", len(still)).format(
            n=show.count(len(still)), eur=show.eur(sum((r.open for r in still), ZERO))
        )
        return text + (_(" · überfällig {eur}").format(eur=show.eur(late)) if late else "")

    def marked_note(self, records: Sequence[Any]) -> str:
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(sum((r.amount for r in records), ZERO)))

    def why_not(self, action: str) -> str:
        if action in ("open", "edit") and self.current() is None:
            return _("Keine Zeile unter dem Zeiger.")
        return ""

    def open_record(self, record: PostedRow) -> None:
        if record.document_id:
            self.billing.open("invoice_detail", document_id=record.document_id)
        else:
            self.action_edit()

    def action_edit(self) -> None:
        """F4: the dates, with a reason."""
        record = self.current()
        if record is not None:
            self.billing.open("receivable_form", self._edited, number=record.number)

    def _edited(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say_done(text)

    def action_switch(self) -> None:
        """Tab: open items or everything."""
        self._all = not self._all
        self.reload()

    def action_payments(self) -> None:
        """z: Zahlungen."""
        self.billing.open("payments")


def _document(item: OpenItem, names: dict[int, str], numbers: dict[int, int]) -> PostedRow:
    e = item.entry
    return PostedRow(
        e.id,
        e.number,
        SHORT_TITLES[e.kind],
        names.get(e.customer_id, ""),
        e.batch_date,
        e.due_date,
        e.paid_date,
        e.amount,
        item.open,
        numbers.get(e.batch_id or 0, 0),
        e.document_id,
    )


def _payment(payment: Payment, names: dict[int, str]) -> PostedRow:
    kind = N_("Rückgabe") if payment.returns else N_("Zahlung")
    name = names.get(payment.customer_id, "")
    row_id = PAYMENT_BASE + payment.id
    return PostedRow(
        row_id, payment.number, kind, name, payment.paid_date, None, payment.paid_date, -payment.amount, ZERO
    )
