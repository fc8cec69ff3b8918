"""Nummernkreise: what was drawn last, what comes next, and which Belegarten draw from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui_billing.domain.documents import format_number
from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.row_ids import RowIds
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import numbers


@dataclass(frozen=True)
class Entry:
    """One range of one year with its id as the table wants it."""

    id: int
    it: numbers.RangeView


class NumbersScreen(ListScreen):
    """The list of ranges; a number is drawn in the commit of its document, so it is never drawn in vain."""

    NAME: ClassVar[str] = "numbers"
    TABLES: ClassVar[frozenset[str]] = frozenset(("numbers", "document_types", "invoices"))
    HELP: ClassVar[str] = N_(
        "Woraus die Belege ihre Nummern ziehen, je Jahr von vorn. Wer von einem anderen Programm kommt, setzt mit F4 "
        "die nächste Nummer; zurück geht es nie. Einfg legt eine Belegart mit eigenem Nummernkreis an."
    )
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("name", N_("Kreis"), 6),
        Column("year", N_("Jahr"), 4, right=True),
        Column("used_by", N_("für"), 16, flex=True),
        Column("last", N_("zuletzt"), 14),
        Column("next", N_("nächste"), 14),
        Column("gaps", N_("Lücken"), 6, right=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._ids = RowIds()

    def title_text(self) -> str:
        return _("Nummernkreise")

    def fetch(self) -> list[numbers.RangeView]:
        return numbers.list_ranges(self.desk.store, self.desk.today())

    def show(self, data: Any) -> None:
        ids = self._ids.of((view.name, view.year) for view in data)
        super().show([Entry(n, view) for n, view in zip(ids, data, strict=True)])

    def cells(self, record: Entry) -> Sequence[str]:
        it = record.it
        last = format_number(it.name, it.year, it.last) if it.last else "–"
        gaps = show.count(it.gaps) if it.gaps else ""
        return (it.name, str(it.year), ", ".join(_(u) for u in it.used_by), last, it.next_number, gaps)

    def sort_key(self, record: Entry, key: str) -> Any:
        known = {"year": record.it.year, "gaps": record.it.gaps}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: Entry) -> str:
        return "muted" if record.it.year < self.desk.today().year else ""

    def balance_text(self) -> str:
        gaps = sum(e.it.gaps for e in self.records.values())
        return _("Lücken: {n} Nummern ohne Beleg; p auf dem Startbildschirm nennt sie.").format(n=gaps) if gaps else ""

    def why_not(self, action: str) -> str:
        if action in ("open", "edit") and self.current() is None:
            return _("Kein Nummernkreis unter dem Zeiger.")
        return ""

    def open_record(self, record: Entry) -> None:
        self.billing.open("number_form", self._saved, view=record.it)

    def action_edit(self) -> None:
        """F4: the next number."""
        self.action_open()

    def action_new(self) -> None:
        """Einfg: a Belegart."""
        self.billing.open("type_form", self._added)

    def _saved(self, number: str | None) -> None:
        if number is not None:
            self.reload()
            self.say_done(_("Die nächste Nummer ist {number}").format(number=number))

    def _added(self, stored: Any) -> None:
        if stored is not None:
            (new,) = self._ids.of([(stored.number_range, self.desk.today().year)])
            self.reload(cursor=new)
            self.say_done(_("Belegart {name} gespeichert").format(name=stored.name))
