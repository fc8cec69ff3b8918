"""A reason, before a decision that stands in the audit trail."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain.messages import N_, Problem
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.field import Field


class ReasonFormScreen(FormScreen):
    """Dismissed with the reason, or None. `heading` says what is decided (already translated)."""

    NAME: ClassVar[str] = "reason_form"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_("Die Entscheidung und ihr Grund stehen danach im Protokoll.")

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    def title_text(self) -> str:
        return self._heading

    def fields(self) -> Sequence[Field]:
        return (Field("reason", N_("Grund"), parse=_needed, width=48),)

    def store(self, record: Any, values: Mapping[str, Any]) -> str:
        return str(values["reason"])


def _needed(text: str) -> tuple[str | None, list[Problem]]:
    if text.strip():
        return text.strip(), []
    return None, [Problem("GRUND_FEHLT", N_("Bitte einen Grund angeben."))]
