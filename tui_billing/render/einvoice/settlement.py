"""VAT rows (BG-23), adjustments of the document (BG-20, BG-21) and the sums (BG-22)."""

from drafthorse.models.accounting import ApplicableTradeTax, CategoryTradeTax, TradeAllowanceCharge
from drafthorse.models.document import Document as Cii

from tui_billing.domain.documents import Document, VatCategory
from tui_billing.domain.einvoice_figures import AdjustmentFigures, Figures, VatFigures
from tui_billing.domain.law_notes import exemption_reason
from tui_billing.render.einvoice.lines import DISCOUNT_CODE
from tui_billing.render.einvoice.xmltext import amount, line, plain

EXEMPTION_CODES = {
    VatCategory.REVERSE_CHARGE: "VATEX-EU-AE",
    VatCategory.INTRA_COMMUNITY: "VATEX-EU-IC",
    VatCategory.EXPORT: "VATEX-EU-G",
    VatCategory.OUT_OF_SCOPE: "VATEX-EU-O",
}


def fill_settlement(cii: Cii, document: Document, amounts: Figures) -> None:
    """VAT rows, adjustments and sums from the figures alone."""
    settlement = cii.trade.settlement
    for row in amounts.vat:
        settlement.trade_tax.add(_tax(document, row))
    for adjustment in amounts.adjustments:
        settlement.allowance_charge.add(_adjustment(document, adjustment))
    sums = settlement.monetary_summation
    sums.line_total = amount(amounts.line_total)
    if amounts.charges:
        sums.charge_total = amount(amounts.charges)
    if amounts.allowances:
        sums.allowance_total = amount(amounts.allowances)
    sums.tax_basis_total = (amount(amounts.net), None)
    sums.tax_total = (amount(amounts.tax), document.currency)
    if amounts.rounding:
        sums.rounding_amount = amount(amounts.rounding)
    sums.grand_total = (amount(amounts.gross), None)
    if amounts.prepaid:
        sums.prepaid_total = amount(amounts.prepaid)
    sums.due_amount = amount(amounts.payable)


def _tax(document: Document, row: VatFigures) -> ApplicableTradeTax:
    tax = ApplicableTradeTax()
    tax.calculated_amount = amount(row.tax)
    tax.type_code = "VAT"
    reason = line(exemption_reason(document, row.category))
    if reason:
        tax.exemption_reason = reason
    tax.basis_amount = amount(row.net)
    tax.category_code = row.category.value
    if row.category in EXEMPTION_CODES:
        tax.exemption_reason_code = EXEMPTION_CODES[row.category]
    tax.rate_applicable_percent = plain(row.rate)
    return tax


def _adjustment(document: Document, found: AdjustmentFigures) -> TradeAllowanceCharge:
    entry = TradeAllowanceCharge()
    is_charge = found.amount > 0
    entry.indicator = is_charge
    if found.percent is not None:
        entry.calculation_percent = plain(found.percent)
        entry.basis_amount = amount(found.basis)
    entry.actual_amount = amount(abs(found.amount))
    if not is_charge:
        entry.reason_code = DISCOUNT_CODE
    entry.reason = line(found.text) or _reason(document, is_charge)
    tax = CategoryTradeTax()
    tax.type_code = "VAT"
    category, rate = found.group
    tax.category_code = category.value
    if category is not VatCategory.OUT_OF_SCOPE:
        tax.rate_applicable_percent = plain(rate)
    entry.trade_tax.add(tax)
    return entry


def _reason(document: Document, is_charge: bool) -> str:
    if document.language == "en":
        return "Charge" if is_charge else "Discount"
    return "Zuschlag" if is_charge else "Rabatt"
