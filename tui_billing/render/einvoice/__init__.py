"""E-invoices: a document as CII XML (EN 16931, XRechnung 3.0), and its PDF finished to PDF/A-3b with the XML inside.

`finish` is the finisher that the PDF workers call by name ("tui_billing.render.einvoice:finish"). drafthorse, lxml,
pikepdf and Pillow come with the extra `einvoice` and are imported on first use.
"""

from tui_billing.domain.documents import Document

__all__ = ["finish", "xml"]


def xml(document: Document) -> bytes:
    """The document as UTF-8 XML in the profile of its invoice format; the same document gives the same bytes."""
    from tui_billing.render.einvoice.mapping import to_xml

    return to_xml(document)


def finish(document: Document, pdf: bytes) -> bytes:
    """The plain PDF as PDF/A-3b with the XML embedded (ZUGFeRD). Raises ValueError where figures would not agree."""
    from tui_billing.domain.einvoice_checks import check_agreement, check_amounts
    from tui_billing.domain.einvoice_figures import figures
    from tui_billing.i18n import say
    from tui_billing.render.einvoice.pdfa import to_pdfa

    problems = check_amounts(document) or check_agreement(document, figures(document))
    if problems:
        raise ValueError(" ".join(map(say, problems)))
    return to_pdfa(document, pdf, xml(document))
