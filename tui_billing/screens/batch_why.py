"""F6 for Rechnungsstapel: why a document or a customer is in or out, also one that is on no list."""

from typing import ClassVar

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.screens.dialogs.question import Lines, QuestionScreen, reason_lines
from tui_billing.screens.widgets.text_view import MUTED, STRONG
from tui_billing.services import batches
from tui_billing.services.batches import Explanation


class BatchWhyScreen(QuestionScreen):
    """`batch`: the one whose details are open; without it the rules of a plan are asked."""

    NAME: ClassVar[str] = "batch_why"
    LABEL: ClassVar[str] = N_("Beleg oder Kunde")
    HELP: ClassVar[str] = N_(
        "Die Nummer eines Belegs oder eines Kunden eingeben, auch wenn sie nicht in der Liste steht. "
        "Die erste Regel, die nicht erfüllt ist, entscheidet."
    )

    def __init__(self, parameters: BatchParameters, number: str, batch: InvoiceBatch | None = None) -> None:
        super().__init__(number)
        self._parameters, self._batch = parameters, batch

    def title_text(self) -> str:
        return _("Warum drin, warum nicht")

    def answer(self, number: str) -> Lines:
        if not number:
            return []
        store = self.desk.store
        if store.find_ids(Customer, "number", number):
            return why_lines(batches.explain_customer(store, number, self._parameters))
        found = batches.explain_document(store, number, self._parameters, self._batch)
        return why_lines(found, self._batch)


def why_lines(found: Explanation, batch: InvoiceBatch | None = None) -> Lines:
    """Every rule with its outcome. A row that fits no longer stays in an open batch until it is refreshed."""
    what = found.entry.number if found.entry else found.customer.number
    is_row = batch is not None and found.entry is not None and found.entry.batch_id == batch.id
    if is_row and not found.is_in:
        title = _("{what} ist im Stapel, passt aber nicht mehr hinein (F5 entfernt den Beleg):")
    else:
        title = _("Warum ist {what} dabei?") if found.is_in else _("Warum ist {what} nicht dabei?")
    head = [(title.format(what=what), STRONG), (f"  {found.customer.number} {found.customer.name}", MUTED)]
    return [*head, *reason_lines(found.verdict.reasons)]
