"""A customer with the format XRechnung gets the XML by mail, everybody else the PDF."""

# ruff: noqa: E402
from dataclasses import replace
from pathlib import Path

import pytest

for needed in ("drafthorse", "lxml", "pikepdf"):
    pytest.importorskip(needed, reason="needs the extra einvoice")

from einvoice_cases import in_format, mixed_rates

from tui_billing.domain.parties import InvoiceFormat
from tui_billing.render.einvoice import xml
from tui_billing.render.port import Job, Letterhead
from tui_billing.render.worker import Order, render_batch
from tui_billing.services.einvoice_mail import as_mailed


def test_the_xml_alone_goes_out_for_an_xrechnung(tmp_path: Path) -> None:
    document = in_format("mixed_rates", InvoiceFormat.XRECHNUNG)
    order = Order(0, (Job(document),), str(tmp_path), Letterhead(), "tui_billing.render.einvoice:finish")
    (row,) = render_batch(order).rendered
    assert row.path is not None
    pdf = row.path.read_bytes()
    assert as_mailed([document], "Rechnung_1.pdf", pdf) == ("Rechnung_1.xml", xml(document))
    zugferd = replace(document, invoice_format=InvoiceFormat.ZUGFERD_XRECHNUNG)
    assert as_mailed([zugferd], "Rechnung_1.pdf", pdf) == ("Rechnung_1.pdf", pdf)
    other = replace(document, number="RE-2026-99999")
    assert as_mailed([other, zugferd], "Rechnung_1.pdf", pdf) == ("Rechnung_1.pdf", pdf)


def test_other_files_are_left_alone() -> None:
    assert as_mailed([mixed_rates()], "a.pdf", b"%PDF-1.7 plain") == ("a.pdf", b"%PDF-1.7 plain")
