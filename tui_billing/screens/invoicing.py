"""Rechnungsstellung: the documents that are angelegt; new ones by hand, edited, printed, mailed, cancelled."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.documents import SHORT_TITLES, STATE_NAMES, Document, DocumentHead, DocumentState
from tui_billing.domain.messages import N_
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.document_text import document_lines
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import documents, mass_print, send_single
from tui_billing.services.mass_print import MassPrintPlan
from tui_billing.services.mass_print_output import OutputOptions
from tui_billing.services.sending import SendResult

SHORT_STATES = {**STATE_NAMES, DocumentState.FINAL: N_("festgeschr.")}


class InvoicingScreen(ListScreen):
    """What can still be edited; Tab shows every document."""

    NAME: ClassVar[str] = "invoicing"
    TABLES: ClassVar[frozenset[str]] = frozenset(("invoices",))
    HELP: ClassVar[str] = N_(
        "Angelegte Belege lassen sich bearbeiten, bis sie zum ersten Mal gedruckt oder versendet sind; danach hilft "
        "nur Storno. Tab wechselt zwischen angelegten und allen Belegen."
    )
    EMPTY: ClassVar[str] = N_("Kein Beleg ist angelegt. Einfg legt einen an, Tab zeigt alle.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("number", N_("Nummer"), 14),
        Column("kind", N_("Art"), 11),
        Column("date", N_("Datum"), 8),
        Column("customer", N_("Kunde"), 16, flex=True),
        Column("gross", N_("Brutto"), 11, right=True),
        Column("state", N_("Stand"), 11),
    )

    def __init__(self) -> None:
        super().__init__()
        self._all = False

    def title_text(self) -> str:
        return _("Rechnungsstellung · alle Belege") if self._all else _("Rechnungsstellung · angelegte Belege")

    def fetch(self) -> list[DocumentHead]:
        store = self.desk.store
        heads = store.scan(DocumentHead) if self._all else store.find(DocumentHead, "state", DocumentState.OPEN)
        return sorted(heads, key=lambda d: (d.invoice_date, d.id), reverse=True)

    def cells(self, record: DocumentHead) -> Sequence[str]:
        return (
            record.number,
            record.document_type or _(SHORT_TITLES[record.kind]),
            show.short_day(record.invoice_date),
            record.buyer.name,
            show.amount(record.totals.gross),
            _(SHORT_STATES[record.state]),
        )

    def widths(self) -> dict[str, int]:
        """While all are angelegt that need not be said of each."""
        state = {} if self._all else {"state": 0}
        return {"gross": show.amount_width((d.totals.gross for d in self.records.values()), 10), **state}

    def sort_key(self, record: DocumentHead, key: str) -> Any:
        known: dict[str, Any] = {"date": record.invoice_date, "gross": record.totals.gross}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: DocumentHead) -> str:
        return "muted" if record.state is not DocumentState.OPEN else ""

    def balance_text(self) -> str:
        total = sum((d.totals.gross for d in self.records.values()), Decimal(0))
        text = ngettext("{n} Beleg {eur}", "{n} Belege {eur}", len(self.records))
        return text.format(n=show.count(len(self.records)), eur=show.eur(total))

    def marked_note(self, records: Sequence[Any]) -> str:
        total = sum((d.totals.gross for d in records), Decimal(0))
        return _("{n} markiert {eur}").format(n=len(records), eur=show.eur(total))

    def why_not(self, action: str) -> str:
        record = self.current()
        if record is None:
            needs = ("open", "edit", "cancel", "preview", "print", "mail", "to_run", "log")
            return _("Kein Beleg unter dem Zeiger.") if action in needs else ""
        if action == "edit" and record.state is not DocumentState.OPEN:
            return _("{number} ist festgeschrieben; möglich ist Storno (Entf).").format(number=record.number)
        if action == "cancel" and len(self.targets()) > 1:
            return _("Ein Storno braucht für jeden Beleg einen Grund; bitte einzeln.")
        if action == "mail" and len(self.targets()) > 1:
            return _("Mehrere gehen als Rechnungslauf hinaus: m.")
        return ""

    # --- one document ---

    def open_record(self, record: DocumentHead) -> None:
        if record.state is DocumentState.OPEN:
            self.billing.open("invoicing_form", self._saved, document_id=record.id)
        else:
            self.billing.open("invoice_detail", document_id=record.id)

    def action_edit(self) -> None:
        self.action_open()

    def action_new(self) -> None:
        """Einfg: Rechnung, Gutschrift or Lastschrift by hand."""
        self.billing.open("invoicing_form", self._saved)

    def _saved(self, document: Document | None) -> None:
        if document is not None:
            self.reload(cursor=document.id)
            self.say(_("{number}: {eur}").format(number=document.number, eur=show.eur(document.totals.gross)))

    def action_switch(self) -> None:
        """Tab: angelegt or all."""
        self._all = not self._all
        self.reload()

    def action_preview(self) -> None:
        """F3: the document as text; finalises nothing."""
        record = self.current()
        document = self.desk.store.get(Document, record.id) if record else None
        if document is not None:
            title = _("Vorschau · {number}").format(number=document.number)
            self.billing.open("pager", title=title, lines=document_lines(document))

    def action_cancel(self) -> None:
        """Entf: Storno with a reason; asks whether billed periods are due again."""
        record = self.current()
        if record is not None:
            heading = _("{number} stornieren").format(number=record.number)
            self.billing.open("reason_form", lambda reason: self._ask_period(record, reason), heading=heading)

    def _ask_period(self, record: DocumentHead, reason: str | None) -> None:
        if not reason:
            return
        document = self.desk.store.get(Document, record.id)
        if document is None or not document.period_starts:
            self.guarded(lambda: self._cancel(record, reason, free=False))
            return
        self.ask(
            _("{number} wird storniert. Steht die berechnete Periode wieder an?").format(number=record.number),
            (_("Storno, Periode bleibt berechnet"), lambda: self._cancel(record, reason, free=False)),
            (_("Storno, Periode steht wieder an"), lambda: self._cancel(record, reason, free=True)),
        )

    def _cancel(self, record: DocumentHead, reason: str, *, free: bool) -> None:
        result = documents.cancel(self.desk, record.id, reason, free_period=free)
        self.reload()
        if result.id == record.id:
            self.say(_("{number} storniert; die Nummer bleibt in der Liste.").format(number=result.number))
        else:
            self.say(_("{number} storniert mit {storno}").format(number=record.number, storno=result.number))

    # --- output ---

    def action_print(self) -> None:
        """F9: asks, because printing makes final."""
        targets = self.targets()
        text = ngettext("{n} Beleg drucken und festschreiben?", "{n} Belege drucken und festschreiben?", len(targets))
        plan = mass_print.plan_documents(self.desk.store, [d.id for d in targets])
        if not plan.taken:
            self.say(_("Nichts davon kann gedruckt werden."), alert=True)
            return
        self.ask(text.format(n=show.count(len(targets))), (_("Ja"), lambda: self._print(plan)))

    def _print(self, plan: MassPrintPlan) -> None:
        options = OutputOptions(combined=len(plan.taken) > 1, singles=len(plan.taken) == 1)
        desk = self.desk
        self.start_task("print", lambda stop: mass_print.apply_mass_print(desk, plan, options, stop=stop))

    def action_mail(self) -> None:
        """F8: one document by mail, after a look at where it goes."""
        record = self.current()
        if record is None:
            return
        plan = send_single.plan_single(self.desk, record.id)
        if plan.blocking:
            self.say(" ".join(sentence(p) for p in plan.blocking), alert=True)
            return
        question = _("{number} an {to} senden? Betreff: {subject}").format(
            number=record.number, to=", ".join(plan.recipients), subject=plan.subject
        )
        desk = self.desk
        self.ask(
            question,
            (_("Ja"), lambda: self._mail(lambda stop: send_single.apply_single(desk, plan, stop=stop))),
        )

    def _mail(self, work: Any) -> None:
        self.start_task("mail", work)

    def task_done(self, name: str, result: Any) -> None:
        self.reload()
        if name == "print":
            self.say(printed_text(result), alert=bool(result.failed))
        else:
            self._say_mail(result)

    def _say_mail(self, result: SendResult) -> None:
        """What came of the one mail, in the server's words where it was not sent."""
        if result.sent:
            self.say(_("Versendet."))
        elif result.last is not None:
            self.say(f"{result.last.where}: {sentence(result.last)}".removeprefix(": "), alert=True)
        else:
            self.say(_("Angehalten, nichts versendet."), alert=True)

    def action_to_run(self) -> None:
        """m: the marked ones into a new Rechnungslauf."""
        targets = self.targets()
        days = [d.invoice_date for d in targets]
        self.billing.open(
            "run_form", self._run_made, document_ids=[d.id for d in targets], dates=(min(days), max(days))
        )

    def _run_made(self, run: Any) -> None:
        if run is not None:
            self.billing.open("run_detail", run_id=run.id)

    def action_log(self) -> None:
        """F2: the audit trail of this document."""
        record = self.current()
        if record is not None:
            self.billing.open("audit", table="invoices", record_id=record.id)


def printed_text(result: mass_print.MassPrintResult) -> str:
    """3 gedruckt · 1 nicht: reason · file."""
    parts = [_("{n} gedruckt").format(n=show.count(len(result.printed)))]
    if result.failed:
        number, problem = next(iter(result.failed.items()))
        parts.append(_("{n} nicht: {number} {why}").format(n=len(result.failed), number=number, why=sentence(problem)))
    if result.open:
        parts.append(_("{n} offen").format(n=show.count(result.open)))
    if result.files:
        parts.append(result.files[-1])
    return " · ".join(parts)
