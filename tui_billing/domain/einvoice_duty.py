"""Whether a document must be an e-invoice (rule A12): § 14(2), § 27(38), §§ 33, 34a UStDV."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.document_facts import categories
from tui_billing.domain.documents import Document, DocumentKind, VatCategory
from tui_billing.domain.law import SMALL_INVOICE_LIMIT
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.domain.vat_rates import supply_end

TURNOVER_LIMIT = Decimal(800_000)
DUTY_BEGINS = date(2025, 1, 1)
LARGE_SELLERS_FROM = date(2027, 1, 1)
ALL_SELLERS_FROM = date(2028, 1, 1)


class Duty(StrEnum):
    """Never for this document; not yet, so that paper and (with consent) PDF will do; or now."""

    NEVER = "never"
    NOT_YET = "not_yet"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class DutyVerdict:
    """`reason` is a German message id; `required_from` the day from which this buyer needs an e-invoice."""

    duty: Duty
    reason: str
    required_from: date | None = None


def einvoice_duty(document: Document, sent_on: date, turnover: Decimal | None) -> DutyVerdict:
    """The verdict for a transmission on `sent_on`; an unknown previous year's `turnover` counts as above the limit.

    Both the supply and the transmission decide: § 27(38) no. 1 is for supplies of 2025/26 and ends with 2026, no. 2
    for supplies of 2027 and ends with 2027.
    """
    exception = _exception(document)
    if exception:
        return DutyVerdict(Duty.NEVER, exception)
    supplied = supply_end(document)
    begins = required_from(turnover)
    if supplied < DUTY_BEGINS:
        return DutyVerdict(Duty.NEVER, N_("Die Leistung liegt vor dem 01.01.2025."))
    if supplied < LARGE_SELLERS_FROM and sent_on < LARGE_SELLERS_FROM:
        return DutyVerdict(Duty.NOT_YET, N_("Für Leistungen bis 2026 genügt bis 31.12.2026 Papier oder PDF."), begins)
    is_small = turnover is not None and turnover <= TURNOVER_LIMIT
    if is_small and LARGE_SELLERS_FROM <= supplied < ALL_SELLERS_FROM and sent_on < ALL_SELLERS_FROM:
        return DutyVerdict(
            Duty.NOT_YET, N_("Bis 800.000 EUR Vorjahresumsatz genügt bis 31.12.2027 Papier oder PDF."), begins
        )
    return DutyVerdict(Duty.REQUIRED, N_("Für diesen Kunden ist eine E-Rechnung Pflicht."), begins)


def required_from(turnover: Decimal | None) -> date:
    """The first day of the duty for a seller of this size."""
    return ALL_SELLERS_FROM if turnover is not None and turnover <= TURNOVER_LIMIT else LARGE_SELLERS_FROM


def format_problem(document: Document, sent_on: date, turnover: Decimal | None) -> Problem | None:
    """The warning for a row whose document leaves as PDF or paper though that is not, or soon not, an invoice."""
    if document.invoice_format is not InvoiceFormat.PDF:
        return None
    verdict = einvoice_duty(document, sent_on, turnover)
    if verdict.duty is Duty.REQUIRED:
        text = N_("PDF genügt nicht: {name} braucht eine E-Rechnung (§ 27 Abs. 38 UStG). Rechnungsformat umstellen.")
        code = "ERECHNUNG_PFLICHT"
    elif verdict.duty is Duty.NOT_YET:
        text = N_("PDF genügt für {name} nur noch vor dem {begins}: dann das Rechnungsformat umstellen.")
        code = "ERECHNUNG_BALD_PFLICHT"
    else:
        return None
    params = {"name": document.buyer.name, "begins": verdict.required_from}
    return Problem(code, text, params, where=document.number, warning=True)


def _exception(document: Document) -> str:
    """Why this document never has to be an e-invoice, or nothing."""
    if not document.buyer.is_business:
        return N_("Der Empfänger ist kein Unternehmen.")
    if (document.seller.address.country or "DE") != "DE" or (document.buyer.address.country or "DE") != "DE":
        return N_("Nicht beide Unternehmen sitzen im Inland.")
    if document.seller.small_business:
        return N_("Ein Kleinunternehmer darf immer Papier oder PDF ausstellen.")
    if abs(document.totals.gross) <= SMALL_INVOICE_LIMIT:
        return N_("Kleinbetragsrechnungen bis 250,00 EUR dürfen Papier oder PDF sein.")
    if categories(document) == {VatCategory.OUT_OF_SCOPE}:
        return N_("Für nicht steuerbare Beträge besteht keine Pflicht.")
    if categories(document) <= {VatCategory.EXEMPT, VatCategory.OUT_OF_SCOPE}:
        return N_("Für steuerfreie Leistungen (§ 4 Nr. 8 bis 29 UStG) besteht keine Pflicht.")
    if document.kind is DocumentKind.CREDIT_MEMO:
        return N_("Eine kaufmännische Gutschrift ist keine Rechnung.")
    return ""
