"""A payment by hand, its return, and the allocation of what it has left; open items stand below while it is typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.documents import ZERO
from tui_billing.domain.inputs import parse_amount
from tui_billing.domain.messages import N_, Refused
from tui_billing.domain.open_items import unallocated
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import optional
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import NEIN_JA, Field, FieldWidget
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import payments
from tui_billing.services.batches import customer_by_number
from tui_billing.services.payments import NewPayment, items_of, payment_by_number

SHOWN = 4


def numbers_of(text: str) -> tuple[str, ...]:
    """Several numbers, separated by comma, semicolon or blank."""
    return tuple(text.replace(",", " ").replace(";", " ").split())


@dataclass(frozen=True, slots=True)
class Posted:
    """What was recorded, its payment, and whether `u` takes it back: a fee has drawn a number."""

    text: str
    payment_id: int
    is_undoable: bool = True


class _WithItems(FormScreen):
    """Shows a customer's open items below the fields."""

    HAS_VERSIONS = False

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def customer_number(self) -> str:
        """Whose open items are shown."""
        return ""

    def reload(self) -> None:
        self.edited(None)

    def edited(self, field: FieldWidget | None) -> None:
        number = self.customer_number()
        text = ""
        if number:
            try:
                customer = customer_by_number(self.desk.store, number)
                items = items_of(self.desk.store, customer.id)
                shown = ", ".join(f"{i.entry.number} {show.amount(i.open)}" for i in items[:SHOWN])
                more = f" … ({len(items)})" if len(items) > SHOWN else ""
                text = _("{name}, offen: {items}").format(name=customer.name, items=(shown or "–") + more)
            except Refused as error:
                text = sentence(error.problems[0])
        self.query_one(BalanceLine).set(text)


class PaymentFormScreen(_WithItems):
    """Zahlung erfassen; dismissed with what was recorded."""

    NAME: ClassVar[str] = "payment_form"
    HELP: ClassVar[str] = N_(
        "Kunde oder Rechnung genügt. Skonto wird genommen, wo der Betrag die Rechnung genau und rechtzeitig "
        "ausgleicht; ein anderes Skonto kann gewährt werden."
    )

    def title_text(self) -> str:
        return _("Zahlung erfassen")

    def fields(self) -> Sequence[Field]:
        return (
            Field("customer", N_("Kunde"), width=12, hint=N_("leer: der Kunde der Rechnung")),
            Field("amount", N_("Betrag"), parse=parse_amount, show=show.amount, echo=show.eur, width=14),
            date_field("paid_date", N_("Bezahlt am"), self.desk.today, hint=N_("h  1.3.  -2")),
            Field("documents", N_("Rechnungen"), width=30, hint=N_("mehrere mit Komma")),
            Field("skonto", N_("Skonto"), parse=optional(parse_amount, ""), width=14, hint=N_("leer: was passt")),
            Field("oldest_first", N_("Rest auf älteste Posten"), choices=NEIN_JA),
            Field("text", N_("Verwendungszweck"), width=45),
            Field("reference", N_("Referenz"), width=30),
        )

    def read_record(self) -> Any:
        return None

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {
            "customer": "",
            "amount": ZERO,
            "paid_date": self.desk.today(),
            "documents": "",
            "skonto": "",
            "oldest_first": False,
            "text": "",
            "reference": "",
        }

    def customer_number(self) -> str:
        return str(self.field("customer").read()[0] or "")

    def store(self, record: Any, values: Mapping[str, Any]) -> Posted:
        stored = payments.add(
            self.desk,
            NewPayment(
                customer=values["customer"],
                amount=values["amount"],
                paid_date=values["paid_date"],
                text=values["text"],
                reference=values["reference"],
                documents=numbers_of(values["documents"]),
                skonto=None if values["skonto"] == "" else values["skonto"],
                oldest_first=values["oldest_first"],
            ),
        )
        left = unallocated(stored)
        text = _("Zahlung {number} erfasst, {eur}").format(number=stored.number, eur=show.eur(stored.amount))
        text += _(", davon nicht zugeordnet {eur}").format(eur=show.eur(left)) if left else ""
        return Posted(text, stored.id)


class PaymentAllocateScreen(_WithItems):
    """The rest of one payment to documents."""

    NAME: ClassVar[str] = "payment_allocate"
    HELP: ClassVar[str] = N_("Ohne Nummern wird der Rest auf die ältesten offenen Posten verteilt.")

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    def title_text(self) -> str:
        payment = payment_by_number(self.desk.store, self._number)
        text = _("Zahlung {number} zuordnen · Rest {eur}")
        return text.format(number=self._number, eur=show.eur(unallocated(payment)))

    def fields(self) -> Sequence[Field]:
        return (
            Field("documents", N_("Rechnungen"), width=30, hint=N_("mehrere mit Komma")),
            Field("skonto", N_("Skonto"), parse=optional(parse_amount, ""), width=14, hint=N_("leer: was passt")),
        )

    def read_record(self) -> Any:
        return payment_by_number(self.desk.store, self._number)

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {"documents": "", "skonto": ""}

    def customer_number(self) -> str:
        from tui_billing.domain.parties import Customer

        return self.desk.store.need(Customer, self.record.customer_id).number

    def store(self, record: Any, values: Mapping[str, Any]) -> str:
        numbers = numbers_of(values["documents"])
        skonto = None if values["skonto"] == "" else values["skonto"]
        payments.allocate(self.desk, self._number, numbers, skonto=skonto, oldest_first=not numbers)
        return _("Zahlung {number} zugeordnet").format(number=self._number)


class PaymentReturnScreen(FormScreen):
    """Rückgabe: the day that the bank names, its fee as a Lastschrift."""

    NAME: ClassVar[str] = "payment_return"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Die Zahlung bleibt stehen, eine Gegenbuchung an diesem Tag macht ihre Rechnungen wieder offen. Eine Gebühr "
        "der Bank wird dem Kunden als Lastschrift berechnet."
    )

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    def title_text(self) -> str:
        payment = payment_by_number(self.desk.store, self._number)
        text = _("Rückgabe von {number} über {eur}")
        return text.format(number=self._number, eur=show.eur(payment.amount))

    def fields(self) -> Sequence[Field]:
        return (
            date_field("paid_date", N_("Zurückgegeben am"), self.desk.today, hint=N_("h  1.3.  -2")),
            Field("fee", N_("Gebühr der Bank"), parse=optional(parse_amount, ZERO), show=_or_empty, width=14,
                  hint=N_("leer: keine")),
            Field("text", N_("Verwendungszweck"), width=45),
        )  # fmt: skip

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {"paid_date": self.desk.today(), "fee": ZERO, "text": ""}

    def store(self, record: Any, values: Mapping[str, Any]) -> Posted:
        fee = values["fee"]
        counter = payments.take_back(self.desk, self._number, values["paid_date"], text=values["text"], fee=fee)
        text = _("{number} gegengebucht mit {counter}").format(number=self._number, counter=counter.number)
        if fee:
            text += " · " + _("Gebühr {eur} als Lastschrift").format(eur=show.eur(fee))
        return Posted(text, counter.id, not fee)


def _or_empty(value: Decimal) -> str:
    return show.amount(value) if value else ""
