"""Kunden: find, create, change; F7 ignores the marked ones in all runs."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.runs import IgnoredKind
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.run_texts import channel_text
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import dummy


class CustomersScreen(ListScreen):
    """The list of customers."""

    NAME: ClassVar[str] = "customers"
    TABLES: ClassVar[frozenset[str]] = frozenset(("customers",))
    HELP: ClassVar[str] = N_(
        "Alle Kunden mit Versandart und Stichtag. Enter oder F4 öffnet die Daten, Einfg legt einen Kunden an, "
        "F7 nimmt die markierten auf die Liste der ignorierten."
    )
    EMPTY: ClassVar[str] = N_("Noch kein Kunde. Einfg legt einen an.")
    LOG: ClassVar[str] = "customers"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 7),
        Column("name", N_("Name"), 20, flex=True),
        Column("city", N_("Ort"), 10, rank=2),
        Column("channel", N_("Weg"), 6),
        Column("emails", N_("E-Mail"), 16, flex=True),
        Column("cutoff", N_("Stichtag"), 8, right=True, rank=1),
    )

    def title_text(self) -> str:
        return _("Kunden")

    def fetch(self) -> list[Customer]:
        return list(self.desk.store.scan(Customer))

    def cells(self, record: Customer) -> Sequence[str]:
        return (
            record.number,
            record.name,
            record.address.city,
            channel_text(record.channel),
            ", ".join(record.emails) or "–",
            str(record.cutoff_day or ""),
        )

    def sort_key(self, record: Customer, key: str) -> Any:
        if key == "cutoff":
            return record.cutoff_day or 99
        return (len(record.number), record.number) if key == "number" else super().sort_key(record, key)

    def tone(self, record: Customer) -> str:
        return "muted" if record.blocked else ""

    def balance_text(self) -> str:
        counts = Counter(c.channel for c in self.records.values())
        ways = [f"{channel_text(w)} {show.count(counts[w])}" for w in Channel if counts[w]]
        ways += [_("ohne Versandart {n}").format(n=show.count(counts[None]))] if counts[None] else []
        blocked = sum(c.blocked for c in self.records.values())
        ways += [_("gesperrt {n}").format(n=blocked)] if blocked else []
        return " · ".join(
            [ngettext("{n} Kunde", "{n} Kunden", len(self.records)).format(n=show.count(len(self.records))), *ways]
        )

    def why_not(self, action: str) -> str:
        if action in ("open", "edit", "ignored") and self.current() is None:
            return _("Kein Kunde unter dem Zeiger. Einfg legt einen an.")
        return ""

    def open_record(self, record: Customer) -> None:
        self.billing.open("customer_form", self._saved, customer_id=record.id)

    def action_edit(self) -> None:
        self.action_open()

    def action_new(self) -> None:
        self.billing.open("customer_form", self._saved, customer_id=0)

    def _saved(self, customer: Customer | None) -> None:
        if customer is not None:
            before = self.records.get(customer.id)
            self.reload(cursor=customer.id)
            self.say_done(_("Kunde {number} gespeichert").format(number=customer.number))
            if before is not None and before.cutoff_day is None:
                self._offer_dummy(customer)

    def _offer_dummy(self, customer: Customer) -> None:
        """Who joins the Rechnungsstapel with old documents is offered a dummy batch of his own (D6.5)."""
        problem = dummy.offer(self.desk.store, customer, self.desk.today())
        if problem is not None:
            open_it = partial(self.billing.open, "dummy", self._dummy_made, customer=customer.number)
            self.ask(sentence(problem), (_("Dummy-Assistent"), open_it))

    def _dummy_made(self, done: Any) -> None:
        if done is not None:
            self.say(done.text)

    def action_ignored(self) -> None:
        """F7: the marked customers on the ignore list."""
        numbers = ", ".join(c.number for c in self.targets())
        self.billing.open("ignored_form", self._ignored, kind=IgnoredKind.CUSTOMER, numbers=numbers)

    def _ignored(self, done: Any) -> None:
        if done:
            self.say_done(ngettext("{n} Kunde ignoriert", "{n} Kunden ignoriert", len(done)).format(n=len(done)))
