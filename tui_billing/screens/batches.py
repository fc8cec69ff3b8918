"""Rechnungsstapel: the list, newest first. Einfg adds one by hand, F8 generates, Entf deletes what is not printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui_billing.domain.batch_states import BatchAction, refusal
from tui_billing.domain.batches import BATCH_STATE_NAMES, BatchState, InvoiceBatch
from tui_billing.domain.messages import N_
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import batch_rows
from tui_billing.services.batch_figures import BatchSum, batch_sum


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch with its counts, known by the batch's id."""

    id: int
    total: BatchSum

    @property
    def batch(self) -> InvoiceBatch:
        """The batch."""
        return self.total.batch


class BatchesScreen(ListScreen):
    """The help text's form Rechnungsstapel."""

    NAME: ClassVar[str] = "batches"
    TABLES: ClassVar[frozenset[str]] = frozenset(("batches", "batch_rows"))
    HELP: ClassVar[str] = N_(
        "Ein Rechnungsstapel fasst die Rechnungen eines Kunden seit dem letzten Stichtag zusammen. F8 generiert einen "
        "zu einem Abschlussdatum, Einfg legt einen leeren von Hand an, F9 druckt. Bis zum Druck ist alles änderbar; "
        "danach ist der Stapel gesperrt und seine Belege kommen in keinen anderen."
    )
    EMPTY: ClassVar[str] = N_("Noch kein Rechnungsstapel. F8 generiert einen, Einfg legt einen von Hand an.")
    LOG: ClassVar[str] = "batches"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Stapel"), 6, right=True),
        Column("close", N_("Abschluss"), 9),
        Column("state", N_("Stand"), 16),
        Column("customers", N_("Kunden"), 6, right=True),
        Column("documents", N_("Belege"), 6, right=True),
        Column("amount", N_("Summe"), 12, right=True),
        Column("description", N_("Text"), 8, flex=True),
    )

    def title_text(self) -> str:
        return _("Rechnungsstapel")

    def fetch(self) -> list[BatchRecord]:
        store = self.desk.store
        found = sorted(store.scan(InvoiceBatch), key=lambda b: -b.number)
        return [BatchRecord(b.id, batch_sum(store, b)) for b in found]

    def cells(self, record: BatchRecord) -> Sequence[str]:
        batch = record.batch
        return (
            str(batch.number),
            show.short_day(batch.close_date),
            _(BATCH_STATE_NAMES[batch.state]),
            show.count(record.total.customers),
            show.count(record.total.documents),
            show.amount(record.total.amount),
            batch.description,
        )

    def widths(self) -> dict[str, int]:
        rows = list(self.records.values())
        return {
            "state": show.text_width((_(BATCH_STATE_NAMES[r.batch.state]) for r in rows), 8, 16),
            "amount": show.amount_width((r.total.amount for r in rows), 10),
        }

    def sort_key(self, record: BatchRecord, key: str) -> Any:
        known: dict[str, Any] = {
            "number": record.batch.number,
            "close": record.batch.close_date,
            "customers": record.total.customers,
            "documents": record.total.documents,
            "amount": record.total.amount,
        }
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: BatchRecord) -> str:
        return "" if record.batch.state is BatchState.OPEN else "muted"

    def balance_text(self) -> str:
        states = [r.batch.state for r in self.records.values()]
        total = ngettext("{n} Rechnungsstapel", "{n} Rechnungsstapel", len(states)).format(n=show.count(len(states)))
        counts = [(s, states.count(s)) for s in BatchState if s in states]
        return total + "".join(f" · {n} {_(BATCH_STATE_NAMES[s])}" for s, n in counts)

    def why_not(self, action: str) -> str:
        if action in ("open", "delete", "print", "preview") and self.current() is None:
            return _("Hier ist kein Rechnungsstapel. F8 generiert einen.")
        if action == "delete":
            problems = [p for r in self.targets() if (p := refusal(r.batch, BatchAction.DELETE))]
            return sentence(problems[0]) if problems else ""
        return ""

    def open_record(self, record: BatchRecord) -> None:
        self.billing.open("batch_detail", batch_id=record.id)

    def action_generate(self) -> None:
        """F8: Rechnungsstapel generieren; what was made is opened."""
        self.billing.open("batch_generate", self._made)

    def action_new(self) -> None:
        """Einfg: an empty batch by hand, then its details."""
        self.billing.open("batch_generate", self._made, by_hand=True)

    def _made(self, batch: InvoiceBatch | None) -> None:
        if batch is not None:
            self.reload(cursor=batch.id)
            self.say(_("Rechnungsstapel {number} angelegt. Enter öffnet ihn.").format(number=batch.number))

    def action_delete(self) -> None:
        """Entf: delete at once; `u` brings them back."""
        targets = self.targets()
        for record in targets:
            batch_rows.delete(self.desk, record.batch)
        self.table.remove_rows([r.id for r in targets])
        text = ngettext("{n} Stapel gelöscht, seine Belege sind frei", "{n} Stapel gelöscht, ihre Belege sind frei",
                        len(targets))  # fmt: skip
        self.say_done(text.format(n=len(targets)))
        self.reload()

    def action_print(self) -> None:
        """F9: Bericht Rechnungsstapel for the marked ones, else the one under the cursor."""
        numbers = tuple(r.batch.number for r in self.targets())
        self.billing.open("batch_report", self._printed, numbers=numbers)

    def _printed(self, text: str | None) -> None:
        if text:
            self.reload()
            self.say(text)

    def action_calendar(self) -> None:
        """c: close dates of the year."""
        self.billing.open("batch_calendar", self._made)

    def action_dummy(self) -> None:
        """y: Dummy-Assistent."""
        self.billing.open("dummy", self._dummy_made)

    def _dummy_made(self, done: Any) -> None:
        if done is not None:
            self.reload(cursor=done.batch_id)
            self.say(done.text)
