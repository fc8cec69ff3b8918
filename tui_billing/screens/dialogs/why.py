"""F6: Warum drin / warum nicht, for a row or for any number of an invoice or a customer that is typed."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.domain.run_selection import NO_ADDRESS, REASON_NAMES
from tui_billing.domain.run_states import FINISHED_ROWS
from tui_billing.domain.runs import ROW_STATE_NAMES, InvoiceRun, RowState, RunState
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.dialogs.question import Lines, QuestionScreen, reason_lines
from tui_billing.screens.run_texts import row_note
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import runs
from tui_billing.services.run_explain import Explanation


class WhyScreen(QuestionScreen):
    """Why an invoice is in a Rechnungslauf or not."""

    NAME: ClassVar[str] = "why"
    LABEL: ClassVar[str] = N_("Rechnung oder Kunde")
    HELP: ClassVar[str] = N_(
        "Die Nummer einer Rechnung oder eines Kunden eingeben, auch wenn sie nicht in der Liste steht. "
        "Die erste Regel, die nicht erfüllt ist, entscheidet."
    )

    def __init__(self, run_id: int, number: str) -> None:
        super().__init__(number)
        self._run_id = run_id

    def title_text(self) -> str:
        return _("Warum drin, warum nicht")

    def answer(self, number: str) -> Lines:
        if not number:
            return []
        store = self.desk.store
        answers = runs.explain(store, self._run_id, number, self.desk.today())
        run = runs.need_run(store, self._run_id)
        is_document = any(a.document.number == number for a in answers)
        customer = None if is_document else store.find_one(Customer, "number", number)
        head = customer_lines(customer, answers, run) if customer is not None else []
        return [*head, *why_lines(answers, run, self._law)]

    def _law(self, document_id: int) -> list[str]:
        """What invoice law still misses on an open document: it would stay behind."""
        document = self.desk.store.get(Document, document_id)
        if document is None or document.state is not DocumentState.OPEN:
            return []
        return [sentence(p) for p in check_document(document) if not p.warning]


def customer_lines(customer: Customer, answers: Sequence[Explanation], run: InvoiceRun) -> Lines:
    """Whom the number names, and how many of his invoices are asked about."""
    p = run.parameters
    inside = [a for a in answers if p.date_from <= a.document.invoice_date <= p.date_to]
    period = show.period(p.date_from, p.date_to)
    if inside:
        text = _("{n} im Zeitraum {period}, davon {taken} im Lauf").format(
            n=len(inside), period=period, taken=sum(a.row is not None and is_in(a) for a in inside)
        )
    elif answers:
        text = _("keine Rechnung im Zeitraum {period}; seine letzte:").format(period=period)
    else:
        text = _("keine Rechnung")
    return [(f"{customer.number} {customer.name}: {text}", PLAIN), ("", PLAIN)]


def is_in(answer: Explanation) -> bool:
    """Whether the run holds a row for it that was not taken out."""
    return answer.row is not None and answer.row.state is not RowState.REMOVED


def why_lines(answers: Sequence[Explanation], run: InvoiceRun, law: Callable[[int], list[str]]) -> Lines:
    """The screen's text for these answers; `law` gives what keeps a document from going out."""
    lines: Lines = []
    for answer in answers:
        number, document = answer.document.number, answer.document
        lines.append((_question(answer, run).format(number=number, run=run.number), STRONG))
        lines.append((f"  {document.buyer.name}, {show.eur(document.totals.gross)}", MUTED))
        lines += [*reason_lines(answer.verdict.reasons), *_state_lines(answer, run)]
        if is_in(answer):
            lines += [(f"  ! {text}", PLAIN) for text in law(document.id)]
        lines.append(("", PLAIN))
    return lines


def _question(answer: Explanation, run: InvoiceRun) -> str:
    """What the run holds and what its rules say now may differ until it is built anew."""
    holds, fits = is_in(answer), answer.verdict.is_in
    if fits and not holds:
        return _("{number} passt in den Lauf {run}, ist aber noch nicht darin:")
    if holds and not fits and answer.row is not None and answer.row.state not in FINISHED_ROWS:
        return _("{number} ist im Lauf {run}, passt aber nicht mehr hinein:")
    return _("Warum ist {number} im Lauf {run}?") if holds else _("Warum ist {number} nicht im Lauf {run}?")


def _state_lines(answer: Explanation, run: InvoiceRun) -> Lines:
    """The row as it stands, and what would change it."""
    row, can_rebuild = answer.row, run.state is RunState.CREATED
    if row is None or row.state is RowState.REMOVED:
        takes_it = answer.verdict.is_in and can_rebuild
        return [("  ! " + _("F5 im Lauf nimmt die Rechnung auf."), PLAIN)] if takes_it else []
    lines = [("  " + _("Stand: {state}").format(state=_(ROW_STATE_NAMES[row.state])), MUTED)]
    if row.reason in REASON_NAMES and (note := row_note(row).partition(": ")[2]):
        lines[0] = (f"{lines[0][0]} · {note}", MUTED)
    if NO_ADDRESS in answer.verdict.flags and row.state not in FINISHED_ROWS:
        lines.append(("  ! " + _("Ohne E-Mail-Adresse bleibt sie liegen; F4 im Lauf ändert den Kontakt."), PLAIN))
    if not answer.verdict.is_in and can_rebuild:
        lines.append(("  ! " + _("F5 im Lauf nimmt sie heraus."), PLAIN))
    return lines
