"""Ignorieren: which customers or documents, why, until when."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import Ignored, IgnoredKind
from tui_billing.i18n import _
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import Field
from tui_billing.services import ignored


class IgnoredFormScreen(FormScreen):
    """Several numbers at once, separated by comma or blank."""

    NAME: ClassVar[str] = "ignored_form"
    HELP: ClassVar[str] = N_("Ein Grund gehört dazu. Ohne letzten Tag gilt der Eintrag, bis er freigegeben wird.")

    def __init__(self, kind: IgnoredKind, numbers: str = "", reason: str = "", until: date | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._values = {"numbers": numbers, "reason": reason, "until": until}

    def first_field(self) -> str:
        """With the numbers given only the reason is missing."""
        return "reason" if self._values["numbers"] else "numbers"

    def title_text(self) -> str:
        return _("Kunden ignorieren") if self.kind is IgnoredKind.CUSTOMER else _("Rechnungen ignorieren")

    def fields(self) -> Sequence[Field]:
        is_customer = self.kind is IgnoredKind.CUSTOMER
        label = N_("Kundennummer") if is_customer else N_("Rechnungsnummer")
        hint = N_("mehrere mit Komma")
        return (
            Field("numbers", label, parse=self._read_numbers, show=str, echo=self._names, hint=hint, width=24),
            Field("reason", N_("Grund"), parse=_reason, width=44),
            date_field("until", N_("bis einschließlich"), self.desk.today, optional=True, hint=N_("leer: unbefristet")),
        )

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return self._values

    def _found(self, number: str) -> Customer | DocumentHead | None:
        cls: Any = Customer if self.kind is IgnoredKind.CUSTOMER else DocumentHead
        found: Customer | DocumentHead | None = self.desk.store.find_one(cls, "number", number)
        return found

    def _read_numbers(self, text: str) -> tuple[list[int] | None, list[Problem]]:
        numbers = text.replace(",", " ").replace(";", " ").split()
        missing = [n for n in numbers if self._found(n) is None]
        if missing or not numbers:
            sentence = N_("{number} gibt es nicht.") if missing else N_("Bitte eine Nummer eingeben.")
            return None, [Problem("NICHT_GEFUNDEN", sentence, {"number": ", ".join(missing)})]
        return [found.id for n in numbers if (found := self._found(n)) is not None], []

    def _names(self, ids: list[int]) -> str:
        if self.kind is IgnoredKind.CUSTOMER:
            return ", ".join(c.name for c in self.desk.store.get_many(Customer, ids[:3]).values())
        return ", ".join(d.buyer.name for d in self.desk.store.get_many(DocumentHead, ids[:3]).values())

    def store(self, record: Any, values: Mapping[str, Any]) -> list[Ignored]:
        return ignored.ignore(self.desk, self.kind, values["numbers"], values["reason"], values["until"])


def _reason(text: str) -> tuple[str | None, list[Problem]]:
    if text.strip():
        return text.strip(), []
    return None, [Problem("GRUND_FEHLT", N_("Bitte einen Grund angeben."))]
