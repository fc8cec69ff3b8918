"""Payment (BG-16), terms with Skonto (BT-20), direct debit (BG-19) and the reference to an original (BG-3)."""

from drafthorse.models.document import Document as Cii
from drafthorse.models.payment import PaymentMeans, PaymentTerms

from tui_billing.domain.documents import Document
from tui_billing.domain.einvoice_figures import Figures
from tui_billing.domain.format import day
from tui_billing.domain.skonto import xrechnung_line
from tui_billing.render.einvoice.xmltext import line

CREDIT_TRANSFER, DIRECT_DEBIT, NOT_DEFINED = "58", "59", "1"
"""UNTDID 4461: SEPA credit transfer, SEPA direct debit, instrument not defined."""


def fill_payment(cii: Cii, document: Document, amounts: Figures) -> None:
    """Means, terms and due date; BT-83 is the document's number."""
    settlement = cii.trade.settlement
    settlement.payment_reference = line(document.number)
    settlement.currency_code = document.currency
    means = PaymentMeans()
    if is_direct_debit(document):
        means.type_code = DIRECT_DEBIT
        means.payer_account.iban = line(document.buyer.iban)
        settlement.creditor_reference_id = line(document.seller.creditor_id)
    elif line(document.seller.iban):
        means.type_code = CREDIT_TRANSFER
        means.payee_account.iban = line(document.seller.iban)
        means.payee_account.account_name = line(document.seller.name)
        if line(document.seller.bic):
            means.payee_institution.bic = line(document.seller.bic)
    else:
        means.type_code = NOT_DEFINED
    settlement.payment_means.add(means)
    _terms(cii, document, amounts)
    if document.reference:
        settlement.invoice_referenced_document.issuer_assigned_id = line(document.reference.number)
        settlement.invoice_referenced_document.issue_date_time = document.reference.invoice_date


def is_direct_debit(document: Document) -> bool:
    """Collected from the buyer's account: only a positive amount with a mandate."""
    return document.terms.direct_debit and bool(document.buyer.mandate_reference) and document.totals.payable > 0


def _terms(cii: Cii, document: Document, amounts: Figures) -> None:
    terms = PaymentTerms()
    skonto = xrechnung_line(document.terms) if amounts.payable > 0 else ""
    if skonto:
        terms.description = skonto + _sentence(document)
    elif not document.due_date and amounts.payable > 0:
        terms.description = "Payable immediately" if document.language == "en" else "Zahlbar sofort"
    if document.due_date:
        terms.due = document.due_date
    if is_direct_debit(document):
        terms.debit_mandate_id = line(document.buyer.mandate_reference)
    if skonto or document.due_date or is_direct_debit(document) or amounts.payable > 0:
        cii.trade.settlement.terms.add(terms)


def _sentence(document: Document) -> str:
    """The rest of BT-20 in words."""
    if not document.due_date:
        return ""
    when = day(document.due_date, document.language)
    return f"Payable without deduction until {when}" if document.language == "en" else f"Zahlbar ohne Abzug bis {when}"
