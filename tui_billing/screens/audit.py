"""Protokoll: who changed what, when and why; Enter shows old and new values field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.i18n import _, language, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import audit_trail
from tui_billing.services.audit_classes import class_of

LIMIT = 2000


@dataclass(frozen=True)
class Entry:
    """One transaction; the id is its number in the journal."""

    id: int
    data: dict[str, Any]


class AuditScreen(ListScreen):
    """Everything, or one record (`table` and `record_id`)."""

    NAME: ClassVar[str] = "audit"
    TABLES: ClassVar[frozenset[str]] = frozenset()
    HELP: ClassVar[str] = N_(
        "Jede Änderung mit Zeit, Person und Grund, die neuesten zuerst. Das Protokoll ist das Journal selbst und "
        "lässt sich nicht ändern. Enter zeigt alte und neue Werte."
    )
    EMPTY: ClassVar[str] = N_("Noch keine Änderung.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("seq", N_("Nr."), 6, right=True),
        Column("ts", N_("Zeit"), 14),
        Column("by", N_("Wer"), 8),
        Column("why", N_("Was"), 20, flex=True),
        Column("count", N_("Sätze"), 5, right=True),
    )

    def __init__(self, table: str = "", record_id: int | None = None) -> None:
        super().__init__()
        self._table, self._record_id = table, record_id
        self._name = ""

    def title_text(self) -> str:
        if not self._table:
            return _("Protokoll")
        return _("Protokoll · {record}").format(record=self._name) if self._name else _("Protokoll")

    def fetch(self) -> list[Entry]:
        found = self._found()
        self._name = self._name_in(found)
        return [Entry(data["seq"], data) for data in found]

    def _found(self) -> list[dict[str, Any]]:
        if self._table == "runs" and self._record_id is not None:
            return audit_trail.run_log(self.desk.store, self._record_id, LIMIT)
        cls = class_of(self._table) if self._table else None
        return audit_trail.record_log(self.desk.store, cls, self._record_id, LIMIT)

    def _name_in(self, found: list[dict[str, Any]]) -> str:
        """What the record was called last."""
        changes = (c for data in found for c in data["changes"])
        mine = (c for c in changes if (c["table"], c["id"]) == (self._table, self._record_id))
        change = next(mine, None)
        return audit_trail.record_name(change, _) if change else ""

    def cells(self, record: Entry) -> Sequence[str]:
        data = record.data
        why = f"{_(data['why'])}: {data['reason']}" if data["reason"] else _(data["why"])
        return (str(data["seq"]), show.stamp(data["ts"]), data["by"], why, str(len(data["changes"])))

    def sort_key(self, record: Entry, key: str) -> Any:
        known = {"seq": -record.id, "ts": record.data["ts"], "count": len(record.data["changes"])}
        return known[key] if key in known else super().sort_key(record, key)

    def balance_text(self) -> str:
        count = len(self.records)
        more = _(", ältere stehen im Journal") if count >= LIMIT else ""
        return ngettext("{n} Eintrag", "{n} Einträge", count).format(n=show.count(count)) + more

    def why_not(self, action: str) -> str:
        return _("Kein Eintrag unter dem Zeiger.") if action in ("open", "log") and self.current() is None else ""

    def open_record(self, record: Entry) -> None:
        """Enter: every field that changed."""
        lines = [line for change in record.data["changes"] for line in change_lines(change)]
        heading = [(f"{_(record.data['why'])} · {record.data['by']} · {show.stamp(record.data['ts'])}", STRONG)]
        if record.data["reason"]:
            heading.append((_("Grund: {reason}").format(reason=record.data["reason"]), PLAIN))
        self.billing.open(
            "pager", title=_("Protokoll · Nr. {n}").format(n=record.id), lines=[*heading, ("", PLAIN), *lines]
        )

    def action_log(self) -> None:
        self.action_open()


def change_lines(change: dict[str, Any]) -> list[tuple[str, str]]:
    """`Kunde 10003 geändert`, then `    E-Mail: alt → neu` for each field."""
    name, action = audit_trail.record_name(change, _), audit_trail.action_name(change, _)
    words = audit_trail.Words(_, language(), show.stamp)
    rows = [f"    {field}: {old} → {new}" for field, old, new in audit_trail.field_rows(change, words)]
    return [(f"{name} {action}", PLAIN), *((row, MUTED) for row in rows)]
