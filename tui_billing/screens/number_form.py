"""Two small forms of the Nummernkreise: the next number of a range, and a Belegart with its range."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain.documents import TITLES, DocumentKind, DocumentType, format_number
from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import whole_number
from tui_billing.screens.widgets.field import Field
from tui_billing.services import document_types, numbers

KINDS = tuple(
    (kind, TITLES[kind]) for kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO)
)
MOST = 999_999


class NumberFormScreen(FormScreen):
    """Dismissed with the range as it is then."""

    NAME: ClassVar[str] = "number_form"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Der nächste Beleg dieses Nummernkreises bekommt diese Nummer, danach geht es von ihr weiter."
    )

    def __init__(self, view: numbers.RangeView) -> None:
        super().__init__()
        self._view = view

    def title_text(self) -> str:
        return _("Nummernkreis {name} {year}").format(name=self._view.name, year=self._view.year)

    def fields(self) -> Sequence[Field]:
        return (Field("next", N_("Nächste Nummer"), whole_number(MOST), echo=self._as_number, width=8),)

    def _as_number(self, number: int) -> str:
        return format_number(self._view.name, self._view.year, number)

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {"next": self._view.last + 1}

    def action_save(self) -> None:
        if self.is_dirty:
            super().action_save()
        else:
            self.leave_unchanged()

    def store(self, record: Any, values: Mapping[str, Any]) -> str:
        return numbers.set_next(self.desk, self._view.name, self._view.year, values["next"])


class TypeFormScreen(FormScreen):
    """Dismissed with the stored Belegart; the same name again changes the one that there is."""

    NAME: ClassVar[str] = "type_form"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Eine Belegart gibt den Belegen eine Überschrift und einen Nummernkreis, zum Beispiel Beitragsrechnung mit BR. "
        "Ein Name, den es schon gibt, wird geändert."
    )

    def title_text(self) -> str:
        return _("Belegart")

    def fields(self) -> Sequence[Field]:
        return (
            Field("name", N_("Name"), width=30),
            Field("kind", N_("Art"), choices=KINDS),
            Field("range", N_("Nummernkreis"), width=10, hint=N_("bis zu acht Buchstaben und Ziffern, etwa BR")),
        )

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {"name": "", "kind": DocumentKind.INVOICE, "range": ""}

    def store(self, record: Any, values: Mapping[str, Any]) -> DocumentType:
        wanted = DocumentType(name=values["name"], kind=values["kind"], number_range=values["range"])
        return document_types.save_type(self.desk, wanted)
