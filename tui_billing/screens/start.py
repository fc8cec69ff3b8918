"""Start: the counters that matter today, one key to each; an empty folder is offered the demo, an import, the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tui_billing import keymap
from tui_billing.domain.messages import N_
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.list_screen import CURSOR_KEYS, ListScreen
from tui_billing.screens.messages import TaskFailed
from tui_billing.screens.widgets.lines import BalanceLine
from tui_billing.screens.widgets.record_table import Column

if TYPE_CHECKING:
    from tui_billing.services import overview

AFTER_PAINT = 0.02


@dataclass(frozen=True)
class Entry:
    """One way from here: `action` of the key table, what it leads to, how many and how much."""

    id: int
    action: str
    label: str
    count: str = ""
    note: str = ""


class StartScreen(ListScreen):
    """The desk in the morning."""

    NAME: ClassVar[str] = "start"
    TABLES: ClassVar[frozenset[str]] = frozenset()
    HELP: ClassVar[str] = N_(
        "Was heute ansteht. Jede Zeile hat ihre eigene Taste; Enter öffnet die Zeile unter dem Zeiger. "
        "Der Weg der Hilfe: Abrechnung > Rechnungen > Rechnungsläufe."
    )
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("key", "", 3),
        Column("label", N_("Heute"), 27),
        Column("count", "", 7, right=True),
        Column("note", "", 20, flex=True),
    )

    _painted = False

    def title_text(self) -> str:
        """Program and day."""
        return _("Abrechnung · {day}").format(day=show.day(self.desk.today()))

    def takes(self, key: str) -> bool:
        """Every line has its own key; only the cursor needs the lines."""
        return key not in CURSOR_KEYS or super().takes(key)

    def reload(self, cursor: int | None = None) -> None:
        """Count only behind the first paint: what the counters import would hold it up."""
        if self._painted:
            super().reload(cursor)
        else:
            self._painted = True
            self.set_timer(AFTER_PAINT, super().reload)

    def fetch(self) -> "overview.Overview":
        """Count, in a thread; what counts is imported there, behind the first paint."""
        from tui_billing.services import overview

        return overview.overview(self.desk)

    def show(self, data: Any) -> None:
        """One line per counter; an empty folder gets another list."""
        super().show(_first_steps() if data.is_empty else _counters(data))
        text = _("Noch leer. Womit soll es losgehen?") if data.is_empty else ""
        self.query_one(BalanceLine).set(text)

    def on_task_failed(self, message: TaskFailed) -> None:
        """The ways are there too where the counters cannot be read: Prüfung is one of them."""
        if not message.task and not self.records:
            super().show(_counters(None))

    def show_lines(self) -> None:
        """No rule with counts here."""

    def cells(self, record: Entry) -> Sequence[str]:
        row = keymap.row_of("start", record.action)
        key = keymap.display(row.twin or row.key) if row else ""
        return (key, record.label, record.count, record.note)

    def open_record(self, record: Entry) -> None:
        """Enter does what the key of the line does."""
        self.call_later(self.action_do, record.action)

    def action_back(self) -> None:
        """Esc halts a task; it does not end the program."""
        if self.task_now is not None:
            super().action_back()
        else:
            self.say(_("Strg+Q beendet das Programm."))

    def why_not(self, action: str) -> str:
        if action == "demo" and self.desk.store.seq:
            return _("Die Demo gibt es nur in einem leeren Datenordner.")
        return ""

    def action_demo(self) -> None:
        """The invented company, in this empty folder."""
        from tui_billing.demo.company import build_demo

        self.start_task("demo", lambda stop: build_demo(self.desk, 60))

    def task_done(self, name: str, result: Any) -> None:
        self.reload()
        self.say(_("Die Musterfirma ist angelegt. r zeigt die Rechnungsläufe."))

    def action_import(self) -> None:
        """How the files come in."""
        self.say(_("Im Terminal: tui-billing import customers DATEI.csv, dann import invoices DATEI.csv"))

    def action_runs(self) -> None:
        self.billing.open("runs")

    def action_invoices(self) -> None:
        self.billing.open("invoices")

    def action_orders(self) -> None:
        self.billing.open("orders")

    def action_intervals(self) -> None:
        self.billing.open("interval_form")

    def action_invoicing(self) -> None:
        self.billing.open("invoicing")

    def action_mass_print(self) -> None:
        self.billing.open("mass_print")

    def action_gaps(self) -> None:
        self.billing.open("gaps")

    def action_customers(self) -> None:
        self.billing.open("customers")

    def action_unknowns(self) -> None:
        self.billing.open("unknowns")

    def action_ignored(self) -> None:
        self.billing.open("ignored")

    def action_company(self) -> None:
        self.billing.open("company_form")

    def action_mail(self) -> None:
        self.billing.open("mail_form")

    def action_audit(self) -> None:
        self.billing.open("audit")

    def action_batches(self) -> None:
        self.billing.open("batches")

    def action_payments(self) -> None:
        self.billing.open("payments")

    def action_receivables(self) -> None:
        self.billing.open("receivables")

    def action_verify(self) -> None:
        self.billing.open("verify")


def _first_steps() -> list[Entry]:
    texts = (
        ("demo", _("Demo ansehen"), _("erfundene Firma mit 60 Kunden")),
        ("import", _("Daten importieren"), _("Kunden und Rechnungen aus CSV")),
        ("company", _("Firma eingeben"), _("mit leeren Büchern beginnen")),
    )
    return [Entry(n, action, label, "", note) for n, (action, label, note) in enumerate(texts, 1)]


def _counters(data: "overview.Overview | None") -> list[Entry]:
    """The ways with their counters; without `data` they could not be read."""
    unsent = show.eur(data.unsent_eur) if data is not None and data.unsent else ""
    unknown = _("bitte entscheiden") if data is not None and data.unknown else ""
    rows = (
        ("intervals", _("Fällige Aufträge"), "due_orders", ""),
        ("runs", _("Rechnungsläufe offen"), "open_runs", ""),
        ("batches", _("Rechnungsstapel offen"), "open_batches", ""),
        ("invoices", _("Rechnungen nicht versendet"), "unsent", unsent),
        ("unknowns", _("Sendungen ungeklärt"), "unknown", unknown),
        ("customers", _("Kunden"), "customers", ""),
        ("ignored", _("Ignorierte"), "ignored", ""),
    )
    entries = [
        Entry(n, action, label, "–" if data is None else show.count(getattr(data, name)), note)
        for n, (action, label, name, note) in enumerate(rows, 1)
    ]
    more = (
        ("orders", _("Aufträge")),
        ("invoicing", _("Rechnungsstellung")),
        ("mass_print", _("Massendruck")),
        ("gaps", _("Lücken")),
        ("receivables", _("Offene Posten")),
        ("payments", _("Zahlungen")),
        ("company", _("Firma")),
        ("mail", _("Versand, Mailtext")),
        ("audit", _("Protokoll")),
        ("verify", _("Prüfung")),
    )
    return entries + [Entry(len(rows) + n, action, label) for n, (action, label) in enumerate(more, 1)]
