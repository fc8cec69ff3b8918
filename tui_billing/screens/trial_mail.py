"""Testmail: one real mail to oneself, with the PDF as ENTWURF; it marks nothing and is no dispatch (E6)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain import inputs
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.runs import RowState
from tui_billing.i18n import _
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.field import Field
from tui_billing.services import mail_text, send_single


class TrialMailScreen(FormScreen):
    """Dismissed with the sentence to say."""

    NAME: ClassVar[str] = "trial_mail"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Die Mail eines echten Belegs an die eigene Adresse, mit dem PDF als ENTWURF. Der Beleg gilt danach nicht als "
        "versendet, und kein Kunde bekommt etwas."
    )

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    def title_text(self) -> str:
        return _("Testmail")

    def fields(self) -> Sequence[Field]:
        return (
            Field("to", N_("An"), parse=inputs.parse_email, width=44),
            Field("number", N_("Rechnung"), parse=self._find, show=str, echo=self._customer, width=20),
        )

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {"to": mail_text.read_profile(self.desk.store).sender, "number": self._number}

    def _find(self, text: str) -> tuple[DocumentHead | None, list[Problem]]:
        found = self.desk.store.find_one(DocumentHead, "number", text.strip())
        missing = Problem("NICHT_GEFUNDEN", N_("{number} gibt es nicht."), {"number": text.strip() or "–"})
        return found, [] if found else [missing]

    def _customer(self, head: DocumentHead) -> str:
        return head.buyer.name

    def action_save(self) -> None:
        """F8: render and send in a thread."""
        values, wrong = self.read_values()
        if wrong is not None:
            wrong.enter()
            return
        desk, document_id, to = self.desk, values["number"].id, values["to"]
        self.say(_("Sendet …"))
        self.start_task("test", lambda stop: send_single.send_test(desk, document_id, to))

    def task_done(self, name: str, result: Any) -> None:
        if result.state is RowState.SENT:
            self.dismiss(_("Testmail gesendet: {reply}").format(reply=result.said))
        else:
            self.say(_("Die Testmail ging nicht hinaus: {reply}").format(reply=result.said), alert=True)
