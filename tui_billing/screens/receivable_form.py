"""The dates of one posted transaction and the reason why they move; the audit trail keeps both."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain.batches import Payment, ReceivableEntry
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field
from tui_billing.services import receivables
from tui_billing.services.batch_rows import entry_by_number
from tui_billing.services.receivables import Edit


class ReceivableFormScreen(FormScreen):
    """A document has three dates, a payment one; dismissed with a sentence."""

    NAME: ClassVar[str] = "receivable_form"
    HELP: ClassVar[str] = N_(
        "Rechnungsdatum und Bezahlt am entscheiden über Rechnungsstapel und Zahlungen. Der gedruckte Beleg bleibt "
        "unverändert; wer, wann, alt, neu und Grund stehen im Protokoll."
    )

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    def title_text(self) -> str:
        return _("Gebuchte Debitorentransaktionen - Detail · {number}").format(number=self._number)

    def fields(self) -> Sequence[Field]:
        today = self.desk.today
        dates = []
        if isinstance(self.record, ReceivableEntry):
            dates = [
                date_field("batch_date", N_("Rechnungsdatum"), today, optional=True),
                date_field("due_date", N_("Fälligkeitstermin"), today, optional=True),
            ]
        return [
            *dates,
            date_field("paid_date", N_("Bezahlt am"), today, optional=True),
            Field("reason", N_("Grund"), width=48),
        ]

    def read_record(self) -> ReceivableEntry | Payment:
        payment = self.desk.store.find_one(Payment, "number", self._number)
        return payment or entry_by_number(self.desk.store, self._number)

    def values_of(self, record: Any) -> Mapping[str, Any]:
        names = ("batch_date", "due_date", "paid_date")
        return {name: getattr(record, name, None) for name in names} | {"reason": ""}

    def store(self, record: Any, values: Mapping[str, Any]) -> str:
        """Only what differs is moved."""
        changed = {
            name: values[name]
            for name in ("batch_date", "due_date", "paid_date")
            if values.get(name) is not None and values[name] != getattr(record, name, None)
        }
        if not values["reason"].strip():
            raise Refused(Problem("GRUND_FEHLT", N_("Bitte einen Grund angeben."), where="reason"))
        done = receivables.edit(self.desk, self._number, Edit(**changed, reason=values["reason"]))
        text = _("{number} geändert").format(number=self._number)
        return " · ".join([text, *(sentence(p) for p in done.warnings)])
