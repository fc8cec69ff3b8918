"""F6 for Rechnungsstapel: why a document or a customer is in or out, also one that is on no list."""

from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.batch_texts import why_lines
from tui_billing.screens.widgets.field import Field, FieldWidget, TextField
from tui_billing.screens.widgets.text_view import PLAIN, TextView
from tui_billing.services import batches
from tui_billing.services.errors import Refused


class BatchWhyScreen(DeskScreen):
    """A number and the answer; Enter asks again."""

    NAME: ClassVar[str] = "batch_why"
    AUTO_FOCUS = "TextField"
    HELP: ClassVar[str] = N_(
        "Die Nummer eines Belegs oder eines Kunden eingeben, auch wenn sie nicht in der Liste steht. "
        "Die erste Regel, die nicht erfüllt ist, entscheidet."
    )

    def __init__(self, parameters: BatchParameters, number: str, batch: InvoiceBatch | None = None) -> None:
        super().__init__()
        self._parameters, self._number, self._batch = parameters, number, batch

    def title_text(self) -> str:
        return _("Warum drin, warum nicht")

    def compose_body(self) -> ComposeResult:
        hint = N_("Enter fragt")
        yield TextField(Field("number", N_("Beleg oder Kunde"), width=20, hint=hint), self._number)
        yield TextView()

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def reload(self) -> None:
        """Answer for the number in the field."""
        number = self.query_one(TextField).text.strip()
        if not number:
            self.query_one(TextView).set_lines([])
            return
        store = self.desk.store
        try:
            if store.find_ids(Customer, "number", number):
                found = batches.explain_customer(store, number, self._parameters)
            else:
                found = batches.explain_document(store, number, self._parameters, self._batch)
            lines = why_lines(found)
        except Refused as error:
            lines = [(sentence(p), PLAIN) for p in error.problems]
        self.query_one(TextView).set_lines([("", PLAIN), *lines])

    def on_field_widget_next(self, message: FieldWidget.Next) -> None:
        self.reload()
