"""E-invoices: a document as CII XML (EN 16931, XRechnung 3.0), and its PDF finished to PDF/A-3b with the XML inside.

`finish` is the finisher that the PDF workers call by name ("tui_billing.render.einvoice:finish"). drafthorse, lxml,
pikepdf and Pillow are imported on first use.
"""

from functools import cache
from importlib.util import find_spec

from tui_billing.domain.documents import Document
from tui_billing.i18n import _, say

__all__ = ["finish", "missing_packages", "xml"]


@cache
def missing_packages() -> str:
    """The first package for e-invoices that is not installed, or nothing."""
    return next((name for name in ("drafthorse", "lxml", "pikepdf", "PIL") if find_spec(name) is None), "")


def xml(document: Document) -> bytes:
    """The document as UTF-8 XML in the profile of its invoice format; the same document gives the same bytes."""
    from tui_billing.render.einvoice.mapping import to_xml

    return to_xml(document)


def finish(document: Document, pdf: bytes) -> bytes:
    """The plain PDF as PDF/A-3b with the XML embedded (ZUGFeRD). Raises ValueError where figures would not agree."""
    from tui_billing.domain.einvoice_checks import check_agreement, check_amounts
    from tui_billing.domain.einvoice_figures import figures
    from tui_billing.render.einvoice.pdfa import to_pdfa

    if missing := missing_packages():
        raise RuntimeError(
            _("Für E-Rechnungen fehlt das Paket {name}: bitte tui-billing neu installieren.").format(name=missing)
        )
    problems = check_amounts(document) or check_agreement(document, figures(document))
    if problems:
        raise ValueError(" ".join(map(say, problems)))
    return to_pdfa(document, pdf, xml(document))
