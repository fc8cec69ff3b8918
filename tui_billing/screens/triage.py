"""Versandwege: which way each document of a run can take; a contact is mended here, Tab changes the way shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.run_texts import NBSP, channel_text
from tui_billing.screens.widgets.record_table import Column, RecordTable
from tui_billing.services import run_ways
from tui_billing.services.run_mend import WAY_NAMES, Way


@dataclass(frozen=True)
class Entry:
    """One document; the id is the document's."""

    id: int
    it: run_ways.WayRow


class TriageScreen(ListScreen):
    """Dismissed with True where a contact was mended."""

    NAME: ClassVar[str] = "triage"
    TABLES: ClassVar[frozenset[str]] = frozenset(("customers", "ignored", "run_rows"))
    HELP: ClassVar[str] = N_(
        "Welcher Beleg auf welchem Weg gehen kann. Tab zeigt den nächsten Weg, F4 ändert den Kontakt des Kunden. "
        "Danach baut F5 im Rechnungslauf den Lauf neu auf."
    )
    EMPTY: ClassVar[str] = N_("Hier ist nichts. Tab zeigt den nächsten Weg.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 13),
        Column("customer", N_("Kunde"), 16, flex=True),
        Column("channel", N_("Weg"), 6, rank=1),
        Column("emails", N_("E-Mail"), 20, flex=True),
        Column("inside", N_("im Lauf"), 7),
    )

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self._run_id = run_id
        self._way: Way | None = None
        self._everything: list[Entry] = []
        self._mended = False
        self._others = 0

    def title_text(self) -> str:
        shown = _(WAY_NAMES[self._way]) if self._way else _("alle")
        return _("Versandwege · {way}").format(way=shown)

    def compose_body(self) -> ComposeResult:
        for table in super().compose_body():
            assert isinstance(table, RecordTable)
            table.follow = True
            yield table

    def fetch(self) -> run_ways.Ways:
        return run_ways.ways(self.desk.store, self._run_id, self.desk.today())

    def show(self, data: Any) -> None:
        self._others = data.others
        self._everything = [Entry(w.document.id, w) for w in data.rows]
        self._show_way()

    def _show_way(self) -> None:
        super().show([e for e in self._everything if self._way in (None, e.it.way)])

    def on_record_table_cursor_moved(self) -> None:
        """Name and addresses in full: an address must be readable to its end."""
        record: Entry | None = self.current()
        if record is not None:
            customer = record.it.customer
            emails = ", ".join(customer.emails) if customer and customer.emails else _("keine E-Mail-Adresse")
            self.say(f"{record.it.document.buyer.number} {record.it.document.buyer.name} · {emails}")

    def cells(self, record: Entry) -> Sequence[str]:
        customer = record.it.customer
        return (
            record.it.document.number,
            record.it.document.buyer.name,
            channel_text(customer.channel if customer else None),
            ", ".join(customer.emails) if customer and customer.emails else "–",
            _("ja") if record.it.row else _("mit F5") if record.it.joins else _("nein"),
        )

    def tone(self, record: Entry) -> str:
        return "alert" if record.it.way in (Way.NONE, Way.BLOCKED) else ""

    def balance_text(self) -> str:
        counts = Counter(e.it.way for e in self._everything)
        eur: dict[Way, Decimal] = {}
        for entry in self._everything:
            eur[entry.it.way] = eur.get(entry.it.way, Decimal(0)) + entry.it.document.totals.gross
        parts = [f"{_(WAY_NAMES[w])} {counts[w]} {show.eur(eur[w])}" for w in Way if counts[w]]
        parts += [_("{n} aus anderem Grund nicht").format(n=self._others)] if self._others else []
        return " · ".join(part.replace(" ", NBSP) for part in parts)

    def action_switch(self) -> None:
        """Tab: the next way that has documents."""
        order: list[Way | None] = [None, *(w for w in Way if any(e.it.way is w for e in self._everything))]
        at = order.index(self._way) if self._way in order else -1
        self._way = order[(at + 1) % len(order)]
        self._show_way()

    def why_not(self, action: str) -> str:
        record: Entry | None = self.current()
        if action in ("edit", "open") and (record is None or record.it.customer is None):
            return _("Kein Kunde unter dem Zeiger.")
        return ""

    def action_edit(self) -> None:
        """F4: mend the contact in place."""
        record: Entry | None = self.current()
        if record is not None and record.it.customer is not None:
            self.billing.open("contact_form", self._edited, customer_id=record.it.customer.id)

    def open_record(self, record: Entry) -> None:
        self.action_edit()

    def _edited(self, changed: Any) -> None:
        if changed:
            self._mended = True
            self.reload()
            self.say_done(_("Kontakt gespeichert"))

    def dismiss(self, result: Any = None) -> Any:
        """Tell the run whether to build anew."""
        return super().dismiss(self._mended)
