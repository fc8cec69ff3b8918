"""What a customer with the format XRechnung gets by mail: the XML alone, exactly as the archived PDF carries it."""

from collections.abc import Sequence

from tui_billing.domain.documents import Document
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.exchange.einvoice_file import embedded_xml

_MARK = b"xrechnung.xml"


def as_mailed(documents: Sequence[Document], name: str, data: bytes) -> tuple[str, bytes]:
    """Name and bytes of one attachment; any file but the PDF of an XRechnung is left as it is.

    All documents of a mail belong to one customer, but the formats are those of their snapshots: the file is known by
    the number in its XML.
    """
    if _MARK not in data or not any(d.invoice_format is InvoiceFormat.XRECHNUNG for d in documents):
        return name, data
    xml = embedded_xml(data)
    if xml is None or not any(_is_of(d, xml) for d in documents if d.invoice_format is InvoiceFormat.XRECHNUNG):
        return name, data
    return name.removesuffix(".pdf") + ".xml", xml


def _is_of(document: Document, xml: bytes) -> bool:
    """Whether the XML is this document's: its number is the first ID of the ExchangedDocument."""
    from lxml import etree

    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    return str(root.xpath("string(/*/*[local-name()='ExchangedDocument']/*[local-name()='ID'])")) == document.number
