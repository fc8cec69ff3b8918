"""Rechnung: one document with everything that it carries, and what happened to it."""

from typing import ClassVar

from textual.app import ComposeResult

from tui_billing.domain.documents import STATE_NAMES, TITLES, Document
from tui_billing.domain.messages import N_
from tui_billing.domain.runs import ROW_STATE_NAMES, InvoiceRun, RunRow
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.document_text import document_lines
from tui_billing.screens.mail_lines import document_and_mail
from tui_billing.screens.widgets.text_view import PLAIN, STRONG, TextView


class InvoiceDetailScreen(DeskScreen):
    """Read-only: what is final is never changed again."""

    NAME: ClassVar[str] = "invoice_detail"
    TABLES: ClassVar[frozenset[str]] = frozenset(("invoices", "run_rows"))
    HELP: ClassVar[str] = N_("Ein Beleg mit Anschrift, Positionen, Summen und den Rechnungsläufen, in denen er steht.")

    def __init__(self, document_id: int) -> None:
        super().__init__()
        self._document_id = document_id
        self.document: Document | None = None

    def compose_body(self) -> ComposeResult:
        yield TextView()

    def compose_foot(self) -> ComposeResult:
        yield from ()

    def title_text(self) -> str:
        d = self.document
        if d is None:
            return _("Beleg")
        title = d.document_type or _(TITLES[d.kind])
        return f"{title} {d.number} · {_(STATE_NAMES[d.state])} · {show.eur(d.totals.gross)}"

    def reload(self) -> None:
        store = self.desk.store
        self.document = store.get(Document, self._document_id)
        self.show_title()
        if self.document is None:
            self.say(_("Der Beleg ist nicht mehr da."), alert=True)
            return
        lines = document_lines(self.document)
        rows = store.find(RunRow, "document_id", self._document_id)
        if rows:
            lines += [("", PLAIN), (_("Rechnungsläufe"), STRONG)]
            lines += [(f"  {text}", PLAIN) for row in rows for text in self._run_texts(row)]
        self.query_one(TextView).set_lines(lines)

    def _run_texts(self, row: RunRow) -> list[str]:
        run = self.desk.store.get(InvoiceRun, row.run_id)
        number = run.number if run else "?"
        text = _("Lauf {run}: {state} {when}").format(
            run=number, state=_(ROW_STATE_NAMES[row.state]), when=show.stamp(row.changed_at)
        )
        return [text.rstrip(), *([f"  {row.reply}"] if row.reply else [])]

    def why_not(self, action: str) -> str:
        if action in ("preview", "edit", "trial_mail") and self.document is None:
            return _("Der Beleg ist nicht mehr da.")
        return ""

    def action_preview(self) -> None:
        """F3: the mail as it would go out; the document stands here already."""
        assert self.document is not None
        title = _("Vorschau · {number}").format(number=self.document.number)
        self.billing.open("pager", title=title, lines=document_and_mail(self.desk, self.document))

    def action_trial_mail(self) -> None:
        """t: this document by mail to oneself."""
        assert self.document is not None
        self.billing.open("trial_mail", self._tried, number=self.document.number)

    def _tried(self, text: str | None) -> None:
        if text:
            self.say(text)

    def action_edit(self) -> None:
        """F4: the customer."""
        if self.document is not None:
            self.billing.open("customer_form", customer_id=self.document.customer_id)

    def action_log(self) -> None:
        """F2: the audit trail of this document."""
        self.billing.open("audit", table="invoices", record_id=self._document_id)
