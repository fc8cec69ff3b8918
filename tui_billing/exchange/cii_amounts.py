"""The amounts of a CII file, read with lxml for the exact checks. What is missing or no number counts as zero."""

import re
from decimal import Decimal
from typing import Any

from tui_billing.domain.documents import ZERO
from tui_billing.domain.einvoice_cents import ReadAdjustment, ReadInvoice, ReadLine, ReadVat

_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,30}(\.[0-9]{0,20})?\s*")
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
_UDT = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100}"


def read_cii(root: Any) -> ReadInvoice:
    """All figures of the file."""
    settlement = root.find(f".//{_RAM}ApplicableHeaderTradeSettlement")
    sums = _child(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    currency = _text(settlement, "InvoiceCurrencyCode")
    return ReadInvoice(
        number=_text(root.find("./{*}ExchangedDocument"), "ID"),
        type_code=_text(root.find("./{*}ExchangedDocument"), "TypeCode"),
        currency=currency,
        seller=_text(root.find(f".//{_RAM}SellerTradeParty"), "Name"),
        buyer=_text(root.find(f".//{_RAM}BuyerTradeParty"), "Name"),
        ibans=tuple((node.text or "").strip() for node in root.iter(f"{_RAM}IBANID")),
        has_terms=_has_terms(settlement),
        lines=tuple(_line(item) for item in root.iter(f"{_RAM}IncludedSupplyChainTradeLineItem")),
        adjustments=tuple(_adjustments(settlement)),
        vat=tuple(
            ReadVat(_group(row), _number(row, "BasisAmount"), _number(row, "CalculatedAmount"))
            for row in _children(settlement, "ApplicableTradeTax")
        ),
        line_total=_number(sums, "LineTotalAmount"),
        allowances=_number(sums, "AllowanceTotalAmount"),
        charges=_number(sums, "ChargeTotalAmount"),
        net=_number(sums, "TaxBasisTotalAmount"),
        tax=_tax_total(sums, currency),
        gross=_number(sums, "GrandTotalAmount"),
        prepaid=_number(sums, "TotalPrepaidAmount"),
        rounding=_number(sums, "RoundingAmount"),
        payable=_number(sums, "DuePayableAmount"),
    )


def _has_terms(settlement: Any) -> bool:
    """A due date (BT-9) or terms in words (BT-20)."""
    terms = _children(settlement, "SpecifiedTradePaymentTerms")
    return any(_text(node, "Description") or _child(node, "DueDateDateTime") is not None for node in terms)


def _line(item: Any) -> ReadLine:
    settlement = _child(item, "SpecifiedLineTradeSettlement")
    price = _child(_child(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    extra = sum((_signed(entry) for entry in _children(settlement, "SpecifiedTradeAllowanceCharge")), ZERO)
    return ReadLine(
        position=_text(_child(item, "AssociatedDocumentLineDocument"), "LineID"),
        quantity=_number(_child(item, "SpecifiedLineTradeDelivery"), "BilledQuantity"),
        price=_number(price, "ChargeAmount"),
        price_unit=_number(price, "BasisQuantity") or Decimal(1),
        extra=extra,
        net=_number(_child(settlement, "SpecifiedTradeSettlementLineMonetarySummation"), "LineTotalAmount"),
        group=_group(_child(settlement, "ApplicableTradeTax")),
    )


def _adjustments(settlement: Any) -> list[ReadAdjustment]:
    return [
        ReadAdjustment(_group(_child(entry, "CategoryTradeTax")), _signed(entry))
        for entry in _children(settlement, "SpecifiedTradeAllowanceCharge")
    ]


def _signed(entry: Any) -> Decimal:
    """Positive for a charge, negative for an allowance."""
    indicator = entry.find(f"{_RAM}ChargeIndicator/{_UDT}Indicator")
    amount = _number(entry, "ActualAmount")
    return amount if indicator is not None and (indicator.text or "").strip() in ("true", "1") else -amount


def _group(tax: Any) -> tuple[str, Decimal]:
    return _text(tax, "CategoryCode"), _number(tax, "RateApplicablePercent").normalize() + 0


def _tax_total(sums: Any, currency: str) -> Decimal:
    """BT-110; a second amount in the accounting currency (BT-111) does not count."""
    found = _children(sums, "TaxTotalAmount")
    own = [node for node in found if node.get("currencyID", currency) == currency]
    return number_of((own or found)[0].text) if found else ZERO


def _child(node: Any, name: str) -> Any:
    return node.find(_RAM + name) if node is not None else None


def _children(node: Any, name: str) -> list[Any]:
    return list(node.findall(_RAM + name)) if node is not None else []


def _text(node: Any, name: str) -> str:
    found = _child(node, name)
    return (found.text or "").strip() if found is not None else ""


def _number(node: Any, name: str) -> Decimal:
    return number_of(_text(node, name))


def number_of(text: str | None) -> Decimal:
    """A plain decimal of at most 30 digits before the point; anything else counts as zero."""
    return Decimal(text.strip()) if text and _NUMBER.fullmatch(text) else ZERO
