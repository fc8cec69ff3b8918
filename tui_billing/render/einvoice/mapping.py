"""A document as CII by drafthorse: header, agreement, delivery and settlement. BT and BG numbers are EN 16931's."""

import xml.etree.ElementTree as ET
from datetime import date

from drafthorse.models.document import Document as Cii
from drafthorse.models.note import IncludedNote

from tui_billing.domain.documents import Document
from tui_billing.domain.einvoice_figures import Figures, figures
from tui_billing.domain.law_notes import notes
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.render.einvoice.line_templates import lines_xml
from tui_billing.render.einvoice.lines import add_lines
from tui_billing.render.einvoice.parties import fill_buyer, fill_seller, fill_ship_to
from tui_billing.render.einvoice.payment import fill_payment
from tui_billing.render.einvoice.settlement import fill_settlement
from tui_billing.render.einvoice.xmltext import block, line
from tui_billing.render.markup import markdown_text

EN16931 = "urn:cen.eu:en16931:2017"
XRECHNUNG = EN16931 + "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TRANSACTION = "<rsm:SupplyChainTradeTransaction>"
BILLING_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def guideline(document: Document) -> str:
    """BT-24 of the document's format; plain PDF counts as EN 16931."""
    return EN16931 if document.invoice_format in (InvoiceFormat.ZUGFERD, InvoiceFormat.PDF) else XRECHNUNG


def to_xml(document: Document) -> bytes:
    """The whole file, UTF-8 with declaration, without a time of its own."""
    amounts = figures(document)
    head = ET.tostring(build_head(document, amounts).to_etree(), "unicode")
    before, transaction, after = head.partition(_TRANSACTION)
    text = "".join((_DECLARATION, before, transaction, lines_xml(document, amounts), after))
    return text.encode()


def build(document: Document, amounts: Figures) -> Cii:
    """The whole drafthorse tree: slower than to_xml, and its measure."""
    cii = build_head(document, amounts)
    add_lines(cii, document, amounts)
    return cii


def build_head(document: Document, amounts: Figures) -> Cii:
    """The drafthorse tree without lines."""
    cii = Cii()
    _header(cii, document, amounts)
    _agreement(cii, document)
    _delivery(cii, document)
    fill_payment(cii, document, amounts)
    fill_settlement(cii, document, amounts)
    return cii


def _header(cii: Cii, document: Document, amounts: Figures) -> None:
    cii.context.business_parameter.id = BILLING_PROCESS
    cii.context.guideline_parameter.id = guideline(document)
    cii.header.id = line(document.number)
    cii.header.type_code = amounts.type_code
    cii.header.issue_date_time = document.invoice_date
    texts = [markdown_text(document.header_text), markdown_text(document.footer_text), *notes(document)]
    for text in map(block, texts):
        if text:
            note = IncludedNote()
            note.content = text
            cii.header.notes.add(note)


def _agreement(cii: Cii, document: Document) -> None:
    agreement = cii.trade.agreement
    reference = document.buyer.leitweg_id or document.buyer_order_reference or document.buyer.number
    if line(reference):
        agreement.buyer_reference = line(reference)
    fill_seller(agreement.seller, document)
    fill_buyer(agreement.buyer, document)
    if line(document.order_number):
        agreement.seller_order.issuer_assigned_id = line(document.order_number)
    if line(document.buyer_order_reference):
        agreement.buyer_order.issuer_assigned_id = line(document.buyer_order_reference)


def _delivery(cii: Cii, document: Document) -> None:
    """BT-72 stands besides the period: many readers know only the day."""
    fill_ship_to(cii.trade.delivery.ship_to, document)
    delivered = document.service_date or (service_period(document) or (None, None))[1]
    if delivered:
        cii.trade.delivery.event.occurrence = delivered
    period = service_period(document)
    if period:
        cii.trade.settlement.period.start, cii.trade.settlement.period.end = period


def service_period(document: Document) -> tuple[date, date] | None:
    """BG-14: the document's period, wide enough for the periods of all lines; None where there is none."""
    starts = [line.service_from for line in document.lines if line.service_from]
    ends = [line.service_to for line in document.lines if line.service_to]
    if document.period_from and document.period_to:
        starts.append(document.period_from)
        ends.append(document.period_to)
    return (min(starts), max(ends)) if starts and ends else None
