"""Rechnungen: every document, newest first. `/` finds, Enter shows, `m` takes the marked ones into a new run."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.documents import STATE_NAMES, Document, DocumentHead, DocumentState
from tui_billing.domain.messages import N_
from tui_billing.domain.runs import IgnoredKind, InvoiceRun
from tui_billing.i18n import _, ngettext
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.mail_lines import document_and_mail
from tui_billing.screens.widgets.record_table import Column


class InvoicesScreen(ListScreen):
    """The list of all documents; heads only, five times quicker to read than documents."""

    NAME: ClassVar[str] = "invoices"
    TABLES: ClassVar[frozenset[str]] = frozenset(("invoices",))
    HELP: ClassVar[str] = N_(
        "Alle Belege. / filtert nach Nummer, Kunde, Datum oder Stand; m nimmt die markierten in einen Rechnungslauf."
    )
    EMPTY: ClassVar[str] = N_("Noch kein Beleg. „tui-billing import invoices DATEI“ liest Rechnungen ein.")
    LOG: ClassVar[str] = "invoices"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 13),
        Column("date", N_("Datum"), 8, rank=1),
        Column("customer", N_("Kunde"), 16, flex=True),
        Column("gross", N_("Brutto"), 10, right=True),
        Column("due", N_("Fällig"), 8, rank=2),
        Column("state", N_("Stand"), 10),
    )

    def title_text(self) -> str:
        return _("Rechnungen")

    def fetch(self) -> list[DocumentHead]:
        heads = list(self.desk.store.scan(DocumentHead))
        return sorted(heads, key=lambda d: (d.invoice_date, d.id), reverse=True)

    def cells(self, record: DocumentHead) -> Sequence[str]:
        return (
            record.number,
            show.short_day(record.invoice_date),
            record.buyer.name,
            show.amount(record.totals.gross),
            show.short_day(record.due_date),
            _("versendet") if record.was_sent and record.state is DocumentState.FINAL else _(STATE_NAMES[record.state]),
        )

    def sort_key(self, record: DocumentHead, key: str) -> Any:
        known = {
            "date": record.invoice_date,
            "gross": record.totals.gross,
            "due": record.due_date or record.invoice_date,
        }
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: DocumentHead) -> str:
        return "muted" if record.state is DocumentState.CANCELLED else ""

    def widths(self) -> dict[str, int]:
        return {"gross": show.amount_width((d.totals.gross for d in self.records.values()), 10)}

    def balance_text(self) -> str:
        heads = self.records.values()
        unsent = [d for d in heads if d.state is DocumentState.OPEN]
        total = sum((d.totals.gross for d in heads), Decimal(0))
        waiting = sum((d.totals.gross for d in unsent), Decimal(0))
        text = ngettext(
            "{n} Beleg {eur} · {unsent} nicht versendet {waiting}",
            "{n} Belege {eur} · {unsent} nicht versendet {waiting}",
            len(heads),
        )
        counts = {"n": show.count(len(heads)), "unsent": show.count(len(unsent))}
        return text.format(**counts, eur=show.eur(total), waiting=show.eur(waiting))

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((d.totals.gross for d in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        if action in ("open", "preview", "to_run", "edit") and self.current() is None:
            return _("Kein Beleg unter dem Zeiger.")
        return ""

    def open_record(self, record: DocumentHead) -> None:
        self.billing.open("invoice_detail", document_id=record.id)

    def action_preview(self) -> None:
        """F3: the mail as it would go out, and the document as text."""
        record = self.current()
        document = self.desk.store.get(Document, record.id) if record else None
        if document is not None:
            title = _("Vorschau · {number}").format(number=document.number)
            self.billing.open("pager", title=title, lines=document_and_mail(self.desk, document))

    def action_edit(self) -> None:
        """F4: the customer of the document."""
        record = self.current()
        if record is not None:
            self.billing.open("customer_form", customer_id=record.customer_id)

    def action_to_run(self) -> None:
        """m: a new run with exactly the marked documents."""
        targets = self.targets()
        days = [d.invoice_date for d in targets]
        self.billing.open("run_form", self._created, document_ids=[d.id for d in targets], dates=(min(days), max(days)))

    def action_ignored(self) -> None:
        """F7: the marked documents on the ignore list."""
        numbers = ", ".join(d.number for d in self.targets())
        self.billing.open("ignored_form", self._ignored, kind=IgnoredKind.DOCUMENT, numbers=numbers)

    def _ignored(self, done: Any) -> None:
        if done:
            self.say_done(ngettext("{n} Rechnung ignoriert", "{n} Rechnungen ignoriert", len(done)).format(n=len(done)))

    def _created(self, run: InvoiceRun | None) -> None:
        if run is not None:
            self.table.action_mark_none()
            self.billing.open("run_detail", run_id=run.id)
