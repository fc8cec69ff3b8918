"""Ignorierte Kunden und Rechnungen: reason, last day, what is held back in EUR. Tab changes between both lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.domain.runs import IgnoredKind
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import ignored


@dataclass(frozen=True)
class Entry:
    """One entry with its id as the table wants it."""

    id: int
    it: ignored.IgnoredView


class IgnoredScreen(ListScreen):
    """Both lists; they hold for runs only, never for a single mail that a clerk asks for (E11.2)."""

    NAME: ClassVar[str] = "ignored"
    TABLES: ClassVar[frozenset[str]] = frozenset(("ignored", "customers", "invoices"))
    HELP: ClassVar[str] = N_(
        "Wer hier steht, bekommt aus Rechnungsläufen nichts, bis zum letzten Tag oder bis er freigegeben wird. "
        "Tab wechselt zwischen Kunden und Rechnungen. Einzelne Sendungen sind davon nicht betroffen."
    )
    EMPTY: ClassVar[str] = N_("Diese Liste ist leer. Einfg nimmt auf, Tab zeigt die andere Liste.")
    LOG: ClassVar[str] = "ignored"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 14),
        Column("name", N_("Name"), 14, flex=True),
        Column("reason", N_("Grund"), 14, flex=True),
        Column("until", N_("bis"), 10, rank=2),
        Column("count", N_("Belege"), 6, right=True, rank=1),
        Column("eur", N_("EUR"), 10, right=True),
    )

    def __init__(self, kind: IgnoredKind = IgnoredKind.CUSTOMER) -> None:
        super().__init__()
        self.kind = kind

    def title_text(self) -> str:
        return _("Ignorierte Kunden") if self.kind is IgnoredKind.CUSTOMER else _("Ignorierte Rechnungen")

    def fetch(self) -> list[Entry]:
        found = ignored.list_ignored(self.desk.store, self.kind, self.desk.today())
        return [Entry(view.entry.id, view) for view in found]

    def cells(self, record: Entry) -> Sequence[str]:
        it = record.it
        until = show.day(it.entry.until) if it.active else _("abgelaufen")
        return (
            it.number,
            it.name,
            it.entry.reason,
            until,
            str(it.count or ""),
            show.amount(it.eur) if it.count else "",
        )

    def sort_key(self, record: Entry, key: str) -> Any:
        it = record.it
        known = {"count": it.count, "eur": it.eur, "until": str(it.entry.until or "9")}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: Entry) -> str:
        return "" if record.it.active else "muted"

    def widths(self) -> dict[str, int]:
        """Numbers of customers are short; the name gets the room."""
        views = [e.it for e in self.records.values()]
        number = max((len(v.number) for v in views), default=0)
        return {
            "number": max(7, number),
            "until": show.day_width(),
            "eur": show.amount_width((v.eur for v in views), 10),
        }

    def balance_text(self) -> str:
        views = [e.it for e in self.records.values()]
        held = sum(v.count for v in views)
        eur = show.eur(sum((v.eur for v in views), Decimal(0)))
        entries = ngettext("{n} Eintrag", "{n} Einträge", len(views)).format(n=len(views))
        text = _("{entries} · nicht versendete Belege zurückgehalten: {held}, {eur}")
        return text.format(entries=entries, held=show.count(held), eur=eur)

    def why_not(self, action: str) -> str:
        if action in ("open", "delete") and self.current() is None:
            return _("Kein Eintrag unter dem Zeiger.")
        return ""

    def action_switch(self) -> None:
        """Tab."""
        self.kind = IgnoredKind.DOCUMENT if self.kind is IgnoredKind.CUSTOMER else IgnoredKind.CUSTOMER
        self.set_filter("")
        self.table.action_mark_none()
        self.reload()

    def action_new(self) -> None:
        self.billing.open("ignored_form", self._saved, kind=self.kind)

    def open_record(self, record: Entry) -> None:
        """Enter: change reason and last day."""
        entry = record.it.entry
        self.billing.open(
            "ignored_form",
            self._saved,
            kind=self.kind,
            numbers=record.it.number,
            reason=entry.reason,
            until=entry.until,
        )

    def _saved(self, done: Any) -> None:
        if done:
            self.reload(cursor=done[0].id)
            self.say_done(
                ngettext("{n} Eintrag gespeichert", "{n} Einträge gespeichert", len(done)).format(n=len(done))
            )

    def action_delete(self) -> None:
        """Entf: allowed again, at once."""
        ids = [e.id for e in self.targets()]
        count = ignored.stop_ignoring(self.desk, ids)
        self.table.remove_rows(ids)
        self.reload()
        self.say_done(ngettext("{n} Eintrag freigegeben", "{n} Einträge freigegeben", count).format(n=count))
