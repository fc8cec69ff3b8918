"""Dummy-Assistent: each Stichtag in use with its previous close date, the first real statement before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple

from tui_billing.domain.batches import InvoiceBatch
from tui_billing.domain.format import NBSP
from tui_billing.domain.messages import N_
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import dummy
from tui_billing.services.dummy import DummyParameters, DummyPlan, FirstStatement


@dataclass(frozen=True, slots=True)
class DummyRow:
    """One customer of a dummy batch that would be made."""

    id: int
    cutoff_day: int
    close_date: date
    statement: FirstStatement


class Created(NamedTuple):
    """What was made as a sentence, and the first batch of it."""

    text: str
    batch_id: int


class DummyScreen(ListScreen):
    """Nothing is rendered or sent; dismissed with what was created once the batches are made."""

    NAME: ClassVar[str] = "dummy"
    TABLES: ClassVar[frozenset[str]] = frozenset(("receivables", "batches", "customers", "payments"))
    HELP: ClassVar[str] = N_(
        "Ein Dummy-Rechnungsstapel je Stichtag zum vorherigen Abschlussdatum macht alte Belege zum Vortrag, damit sie "
        "nicht auf der ersten Rechnung an den Kunden erscheinen. Ihr Betrag bleibt derselbe. Er lässt sich in der "
        "Liste der Stapel mit Entf zurücknehmen, solange kein späterer Stapel seiner Kunden besteht."
    )
    EMPTY: ClassVar[str] = N_("Keine alten Belege: niemand braucht einen Dummy-Rechnungsstapel.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("day", N_("St."), 3, right=True),
        Column("close", N_("Dummy zum"), 9),
        Column("customer", N_("Kunde"), 12, flex=True),
        Column("documents", N_("alt"), 4, right=True),
        Column("total", N_("Vortrag"), 11, right=True),
        Column("without", N_("1. ohne"), 11, right=True),
        Column("with", N_("1. mit"), 11, right=True),
    )

    def __init__(self, customer: str = "") -> None:
        super().__init__()
        self._customer = customer
        self.plan: DummyPlan | None = None

    def title_text(self) -> str:
        return _("Dummy-Assistent")

    def fetch(self) -> DummyPlan:
        return dummy.plan_dummy(self.desk.store, DummyParameters(today=self.desk.today(), customer=self._customer))

    def show(self, data: Any) -> None:
        self.plan = data
        rows = [(b, s) for b in data.batches for s in b.statements]
        super().show([DummyRow(s.facts.customer_id, b.cutoff_day, b.close_date, s) for b, s in rows])

    def cells(self, record: DummyRow) -> Sequence[str]:
        s = record.statement
        return (
            str(record.cutoff_day),
            show.short_day(record.close_date),
            f"{s.facts.number} {s.facts.name}",
            str(s.documents),
            show.amount(s.dummy_total),
            show.amount(s.without.amount_due),
            show.amount(s.with_dummy.amount_due),
        )

    def widths(self) -> dict[str, int]:
        found = [r.statement for r in self.records.values()]
        return {
            "total": show.amount_width((s.dummy_total for s in found), 9),
            "without": show.amount_width((s.without.amount_due for s in found), 9),
            "with": show.amount_width((s.with_dummy.amount_due for s in found), 9),
        }

    def sort_key(self, record: DummyRow, key: str) -> Any:
        s = record.statement
        known: dict[str, Any] = {
            "day": record.cutoff_day,
            "close": record.close_date,
            "documents": s.documents,
            "total": s.dummy_total,
            "without": s.without.amount_due,
            "with": s.with_dummy.amount_due,
        }
        return known[key] if key in known else super().sort_key(record, key)

    def balance_text(self) -> str:
        if self.plan is None:
            return ""
        days = ", ".join(f"{d} → {show.short_day(close)}".replace(" ", NBSP) for d, close in self.plan.days)
        made, documents = len(self.plan.batches), sum(len(b.entries) for b in self.plan.batches)
        text = ngettext("{n} Dummy-Stapel", "{n} Dummy-Stapel", made).format(n=made)
        text += ", " + ngettext("{n} Beleg", "{n} Belege", documents).format(n=show.count(documents))
        return text + (_(" · Stichtage {days}").format(days=days) if days else "")

    def why_not(self, action: str) -> str:
        if action == "create":
            if self.plan is None:
                return _("Wird noch gelesen.")
            return sentence(self.plan.refusals[0]) if self.plan.refusals else ""
        return _("Keine Zeile unter dem Zeiger.") if action == "open" and self.current() is None else ""

    def open_record(self, record: DummyRow) -> None:
        """Enter: both first statements, figure by figure."""
        from tui_billing.screens.batch_texts import figure_lines
        from tui_billing.screens.widgets.text_view import PLAIN, STRONG

        s = record.statement
        lines = [(_("Erste Aufstellung ohne Dummy-Stapel"), STRONG)]
        lines += [(f"  {line}", PLAIN) for line in figure_lines(s.without)]
        lines += [("", PLAIN), (_("Erste Aufstellung mit Dummy-Stapel"), STRONG)]
        lines += [(f"  {line}", PLAIN) for line in figure_lines(s.with_dummy)]
        self.billing.open("pager", title=f"{s.facts.number} {s.facts.name}", lines=lines)

    def action_create(self) -> None:
        """F8: ask once, then make them."""
        assert self.plan is not None
        n = len(self.plan.batches)
        text = ngettext(
            "{n} Dummy-Stapel anlegen? Nichts wird gedruckt oder versendet.",
            "{n} Dummy-Stapel anlegen? Nichts wird gedruckt oder versendet.",
            n,
        )
        self.ask(text.format(n=n), (_("Ja"), self._create))

    def _create(self) -> None:
        assert self.plan is not None
        desk, plan = self.desk, self.plan
        self.say(_("Legt an …"))
        self.start_task("create", lambda stop: dummy.dummy_steps(desk, plan, stop))

    def task_done(self, name: str, result: list[InvoiceBatch] | None) -> None:
        if result is None:
            self.say(_("Angehalten; es ist nichts angelegt."))
            return
        numbers = ", ".join(str(b.number) for b in result)
        self.dismiss(Created(_("Dummy-Stapel {numbers} angelegt").format(numbers=numbers), result[0].id))
