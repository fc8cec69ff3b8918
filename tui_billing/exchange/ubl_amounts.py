"""The amounts of a UBL invoice or credit note, for the same exact checks as CII."""

from decimal import Decimal
from typing import Any

from tui_billing.domain.documents import ZERO
from tui_billing.domain.einvoice_cents import ReadAdjustment, ReadInvoice, ReadLine, ReadVat
from tui_billing.exchange.cii_amounts import number_of

_CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
_CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def read_ubl(root: Any) -> ReadInvoice:
    """All figures of the file."""
    sums = root.find(f"{_CAC}LegalMonetaryTotal")
    currency = _text(root, "DocumentCurrencyCode")
    taxes = [node for node in root.findall(f"{_CAC}TaxTotal") if _currency(node) in ("", currency)]
    return ReadInvoice(
        number=_text(root, "ID"),
        type_code=_text(root, "InvoiceTypeCode") or _text(root, "CreditNoteTypeCode"),
        currency=currency,
        seller=_party(root, "AccountingSupplierParty"),
        buyer=_party(root, "AccountingCustomerParty"),
        ibans=tuple(_text(node, "ID") for node in root.iter(f"{_CAC}PayeeFinancialAccount") if _text(node, "ID")),
        has_terms=root.find(f"{_CBC}DueDate") is not None
        or root.find(f"{_CAC}PaymentTerms") is not None
        or root.find(f".//{_CBC}PaymentDueDate") is not None,
        lines=tuple(map(_line, [*root.findall(f"{_CAC}InvoiceLine"), *root.findall(f"{_CAC}CreditNoteLine")])),
        adjustments=tuple(
            ReadAdjustment(_group(node.find(f"{_CAC}TaxCategory")), _signed(node))
            for node in root.findall(f"{_CAC}AllowanceCharge")
        ),
        vat=tuple(
            ReadVat(_group(row.find(f"{_CAC}TaxCategory")), _number(row, "TaxableAmount"), _number(row, "TaxAmount"))
            for total in taxes
            for row in total.findall(f"{_CAC}TaxSubtotal")
        ),
        line_total=_number(sums, "LineExtensionAmount"),
        allowances=_number(sums, "AllowanceTotalAmount"),
        charges=_number(sums, "ChargeTotalAmount"),
        net=_number(sums, "TaxExclusiveAmount"),
        tax=sum((_number(node, "TaxAmount") for node in taxes), ZERO),
        gross=_number(sums, "TaxInclusiveAmount"),
        prepaid=_number(sums, "PrepaidAmount"),
        rounding=_number(sums, "PayableRoundingAmount"),
        payable=_number(sums, "PayableAmount"),
    )


def _line(node: Any) -> ReadLine:
    price = node.find(f"{_CAC}Price")
    return ReadLine(
        position=_text(node, "ID"),
        quantity=_number(node, "InvoicedQuantity") or _number(node, "CreditedQuantity"),
        price=_number(price, "PriceAmount"),
        price_unit=_number(price, "BaseQuantity") or Decimal(1),
        extra=sum((_signed(entry) for entry in node.findall(f"{_CAC}AllowanceCharge")), ZERO),
        net=_number(node, "LineExtensionAmount"),
        group=_group(node.find(f"{_CAC}Item/{_CAC}ClassifiedTaxCategory")),
    )


def _signed(node: Any) -> Decimal:
    """Positive for a charge, negative for an allowance."""
    amount = _number(node, "Amount")
    return amount if _text(node, "ChargeIndicator") in ("true", "1") else -amount


def _group(node: Any) -> tuple[str, Decimal]:
    return _text(node, "ID"), _number(node, "Percent").normalize() + 0


def _currency(total: Any) -> str:
    """The currency of a TaxTotal; a second one in the accounting currency does not count."""
    amount = total.find(f"{_CBC}TaxAmount")
    return str(amount.get("currencyID", "")) if amount is not None else ""


def _party(root: Any, name: str) -> str:
    found = root.find(f"{_CAC}{name}/{_CAC}Party/{_CAC}PartyLegalEntity")
    return _text(found, "RegistrationName")


def _text(node: Any, name: str) -> str:
    found = node.find(_CBC + name) if node is not None else None
    return (found.text or "").strip() if found is not None else ""


def _number(node: Any, name: str) -> Decimal:
    return number_of(_text(node, name))
