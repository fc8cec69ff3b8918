"""Zahlungen: the list, newest first. Einfg enters one, F8 allocates what is left, Entf takes one back as a return."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.batches import Payment
from tui_billing.domain.documents import ZERO
from tui_billing.domain.messages import N_
from tui_billing.domain.open_items import unallocated
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.payment_form import Posted
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import payments


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment with its customer's name."""

    id: int
    payment: Payment
    customer: str

    @property
    def left(self) -> Decimal:
        """What settles no document yet."""
        return unallocated(self.payment)


class PaymentsScreen(ListScreen):
    """All payments."""

    NAME: ClassVar[str] = "payments"
    TABLES: ClassVar[frozenset[str]] = frozenset(("payments",))
    HELP: ClassVar[str] = N_(
        "Zahlungseingänge. Bezahlt am entscheidet, in welchem Rechnungsstapel eine Zahlung steht. F8 ordnet den Rest "
        "einer Zahlung Rechnungen zu, Entf bucht eine Rückgabe gegen; eine Zahlung wird nie gelöscht."
    )
    EMPTY: ClassVar[str] = N_("Noch keine Zahlung. Einfg erfasst eine; „payment import“ liest Dateien.")
    LOG: ClassVar[str] = "payments"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Zahlung"), 13),
        Column("paid", N_("Bezahlt am"), 10),
        Column("customer", N_("Kunde"), 12, flex=True),
        Column("amount", N_("Betrag"), 11, right=True),
        Column("skonto", N_("Skonto"), 8, right=True),
        Column("left", N_("Rest"), 11, right=True),
    )

    def title_text(self) -> str:
        return _("Zahlungen")

    def fetch(self) -> list[PaymentRow]:
        store = self.desk.store
        found = sorted(store.scan(Payment), key=lambda p: (p.paid_date, p.id), reverse=True)
        names = {
            c.id: f"{c.number} {c.name}" for c in store.get_many(Customer, {p.customer_id for p in found}).values()
        }
        return [PaymentRow(p.id, p, names.get(p.customer_id, "")) for p in found]

    def cells(self, record: PaymentRow) -> Sequence[str]:
        p = record.payment
        return (
            p.number,
            show.day(p.paid_date),
            record.customer,
            show.amount(p.amount),
            show.amount(p.skonto) if p.skonto else "",
            show.amount(record.left) if record.left else "",
        )

    def widths(self) -> dict[str, int]:
        rows = list(self.records.values())
        return {
            "paid": show.day_width(),
            "amount": show.amount_width((r.payment.amount for r in rows), 10),
            "skonto": show.amount_width((r.payment.skonto for r in rows), 6),
            "left": show.amount_width((r.left for r in rows), 8),
        }

    def sort_key(self, record: PaymentRow, key: str) -> Any:
        p = record.payment
        known: dict[str, Any] = {"paid": p.paid_date, "amount": p.amount, "skonto": p.skonto, "left": record.left}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: PaymentRow) -> str:
        return "alert" if record.payment.amount < 0 else ""

    def balance_text(self) -> str:
        rows = list(self.records.values())
        total = sum((r.payment.amount for r in rows), ZERO)
        left = sum((r.left for r in rows), ZERO)
        text = ngettext("{n} Zahlung {eur}", "{n} Zahlungen {eur}", len(rows)).format(
            n=show.count(len(rows)), eur=show.eur(total)
        )
        return text + (_(" · nicht zugeordnet {eur}").format(eur=show.eur(left)) if left else "")

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((r.payment.amount for r in records), ZERO)
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        record = self.current()
        if action in ("open", "edit", "allocate", "take_back", "release") and record is None:
            return _("Keine Zahlung unter dem Zeiger. Einfg erfasst eine.")
        if action == "allocate" and record is not None and not record.left:
            return _("Von dieser Zahlung ist nichts mehr zuzuordnen.")
        if action == "release" and record is not None and not record.payment.allocations:
            return _("Diese Zahlung ist keiner Rechnung zugeordnet.")
        return ""

    def _changed(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say_done(text)

    def action_new(self) -> None:
        """Einfg: a payment by hand."""
        self.billing.open("payment_form", self._posted)

    def open_record(self, record: PaymentRow) -> None:
        """Enter: what the payment settles."""
        self.billing.open("pager", title=record.payment.number, lines=self._lines(record))

    def _lines(self, record: PaymentRow) -> list[tuple[str, str]]:
        from tui_billing.domain.documents import DocumentHead
        from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG

        p = record.payment
        head = f"{record.customer} · {show.day(p.paid_date)} · {show.eur(p.amount)}"
        lines = [(head, STRONG), (f"  {p.text}", MUTED), ("", PLAIN)]
        heads = self.desk.store.get_many(DocumentHead, [a.document_id for a in p.allocations])
        for part in p.allocations:
            number = heads[part.document_id].number if part.document_id in heads else "–"
            skonto = f" + {_('Skonto')} {show.amount(part.skonto)}" if part.skonto else ""
            lines.append((f"  {number}  {show.amount(part.amount)}{skonto}", PLAIN))
        if record.left:
            lines.append((_("  nicht zugeordnet {eur}").format(eur=show.eur(record.left)), STRONG))
        return lines

    def action_edit(self) -> None:
        """F4: Bezahlt am, with a reason."""
        record = self.current()
        if record is not None:
            self.billing.open("receivable_form", self._changed, number=record.payment.number)

    def action_allocate(self) -> None:
        """F8: the rest to documents."""
        record = self.current()
        if record is not None:
            self.billing.open("payment_allocate", self._changed, number=record.payment.number)

    def action_take_back(self) -> None:
        """Entf: a return on the day that the bank names, with its fee."""
        record = self.current()
        if record is not None:
            self.billing.open("payment_return", self._posted, number=record.payment.number)

    def _posted(self, done: Posted | None) -> None:
        if done is not None:
            self.reload(cursor=done.payment_id)
            self.say_done(done.text) if done.is_undoable else self.say(done.text)

    def action_release(self) -> None:
        """F12: off its documents, which are open again."""
        record = self.current()
        if record is not None:
            payments.release(self.desk, record.payment.number)
            self.reload()
            self.say_done(_("{number} ist keiner Rechnung mehr zugeordnet").format(number=record.payment.number))
