"""The XML of an e-invoice by itself, exactly as the archived PDF carries it: by mail for an XRechnung, or as a file."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.file_names import document_file_name
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.exchange.einvoice_pdf import embedded_xml
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.output import hand_over, output_folder

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


def archived_xml(desk: Desk, document: Document) -> bytes:
    """The XML in the archived file. Raises Refused where the document has not gone out, or only as a plain PDF."""
    xml = embedded_xml(desk.files.read(document.file)) if document.file else None
    if xml is None:
        text = N_("{number} ist noch nicht als E-Rechnung ausgegeben: Rechnungsformat prüfen und zuerst ausgeben.")
        raise Refused(Problem("KEINE_ERECHNUNG", text, {"number": document.number}, where=document.number))
    return xml


def hand_out_xml(desk: Desk, document: Document, out: str = "") -> Path:
    """The XML of a document that has gone out as e-invoice, byte by byte as archived, into a folder or file.

    Raises Refused as `archived_xml` does.
    """
    xml = archived_xml(desk, document)
    target = output_folder(desk, out)
    if target.suffix.lower() != ".xml":
        target = target / document_file_name(document, settings.get(desk.store, "pdf.file_name"), extension=".xml")
    staging = desk.files.staging(f"xml-{document.id}")
    try:
        source = staging / "einvoice.xml"
        source.write_bytes(xml)
        return hand_over(source, target).path
    finally:
        shutil.rmtree(staging, ignore_errors=True)
