"""Erstellungen: every press of Erstellen, newest first; Enter opens its numbers, F8 goes on with an unfinished one."""

from collections.abc import Sequence
from typing import Any, ClassVar

from tui_billing.domain.creations import IntervalCreation
from tui_billing.domain.messages import N_
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column


class CreationsScreen(ListScreen):
    """The kept lists of created numbers."""

    NAME: ClassVar[str] = "creations"
    TABLES: ClassVar[frozenset[str]] = frozenset(("creations",))
    HELP: ClassVar[str] = N_("Jedes Erstellen mit seinen Rechnungsnummern. Eine unterbrochene Erstellung geht weiter.")
    EMPTY: ClassVar[str] = N_("Noch nichts erstellt.")
    LOG: ClassVar[str] = "creations"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", N_("Nr."), 4, right=True),
        Column("when", N_("erstellt am"), 14),
        Column("execution", N_("Ausführung"), 10),
        Column("planned", N_("geplant"), 7, right=True),
        Column("done", N_("Rechnungen"), 10, right=True),
        Column("state", N_("Stand"), 12),
        Column("by", N_("wer"), 6, flex=True),
    )

    def title_text(self) -> str:
        return _("Erstellungen")

    def fetch(self) -> list[IntervalCreation]:
        return sorted(self.desk.store.all(IntervalCreation), key=lambda c: -c.id)

    def cells(self, record: IntervalCreation) -> Sequence[str]:
        state = _("fertig") if record.finished else _("unterbrochen")
        if record.finished and record.failed:
            state = _("teilweise")
        return (
            str(record.id),
            show.stamp(record.created_at),
            show.short_day(record.parameters.execution_date),
            show.count(record.planned),
            show.count(len(record.document_ids)) if record.finished else "…",
            state,
            record.created_by,
        )

    def sort_key(self, record: IntervalCreation, key: str) -> Any:
        known: dict[str, Any] = {
            "id": record.id,
            "execution": record.parameters.execution_date,
            "when": record.created_at,
            "planned": record.planned,
            "done": len(record.document_ids),
        }
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: IntervalCreation) -> str:
        return "" if record.finished else "alert"

    def balance_text(self) -> str:
        unfinished = sum(not c.finished for c in self.records.values())
        count = len(self.records)
        text = ngettext("{n} Erstellung", "{n} Erstellungen", count).format(n=show.count(count))
        return f"{text} · {_('{n} unterbrochen').format(n=unfinished)}" if unfinished else text

    def open_record(self, record: IntervalCreation) -> None:
        self.billing.open("interval_created", creation_id=record.id)
