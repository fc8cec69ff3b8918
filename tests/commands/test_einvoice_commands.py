"""`invoice pdf`, `invoice xml`, `invoice check` and the mail of an e-invoice, as a clerk types them."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

for needed in ("drafthorse", "facturx", "lxml", "pikepdf"):
    pytest.importorskip(needed, reason="needs the extra einvoice")


def invoice(number, customer):
    """An invoice as it is imported, gross 1.189,99."""
    return {
        "number": f"RE-2026-0000{number}",
        "customer_number": str(customer),
        "invoice_date": "2026-11-10",
        "service_date": "2026-11-09",
        "lines": [{"name": "Wartung", "quantity": "3", "unit_price": "333.33", "vat_rate": "19"}],
    }


@pytest.fixture
def desk(cli, tmp_path):
    """A company, three customers with a format each, an invoice each."""
    cli(
        "company", "set", "--name", "Muster & Söhne GmbH", "--street", "Weg 1", "--postcode", "80331",
        "--city", "München", "--tax-number", "143/123/45678", "--vat-id", "DE136695976",
        "--iban", "DE02120300000000202051", "--email", "rechnung@muster.example", "--phone", "089 123456",
    )  # fmt: skip
    for number, invoice_format in (("1", "zugferd"), ("2", "xrechnung"), ("3", "pdf")):
        cli(
            "customer", "add", "--number", number, "--name", f"Käufer {number} AG", "--street", "Ring 5", "--postcode",
            "10115", "--city", "Berlin", "--email", f"k{number}@kaeufer.example", "--channel", "email",
            "--format", invoice_format,
        )  # fmt: skip
    (tmp_path / "i.json").write_text(json.dumps([invoice(n, customer=n) for n in (1, 2, 3)]), encoding="utf-8")
    cli("import", "invoices", str(tmp_path / "i.json"))
    return cli


def test_a_zugferd_invoice_from_pdf_to_check(desk, tmp_path):
    made = Path(desk("invoice", "pdf", "RE-2026-00001", "--out", str(tmp_path)).data["file"])
    checked = desk("invoice", "check", str(made), "--no-schematron").data
    assert (checked["valid"], checked["syntax"], checked["profile"]) == (True, "CII", "EN 16931")
    assert (checked["number"], checked["gross"], checked["payable"]) == ("RE-2026-00001", "1189.99", "1189.99")
    assert checked["problems"] == []
    xml = Path(desk("invoice", "xml", "RE-2026-00001", "--out", str(tmp_path)).data["file"])
    assert xml.name == "Rechnung_RE-2026-00001.xml"
    assert desk("invoice", "check", str(xml), "--no-schematron").data["valid"] is True
    lines = desk.plain("invoice", "check", str(xml), "--no-schematron").out.splitlines()
    assert lines[0].replace("\xa0", " ") == "CII · EN 16931 · RE-2026-00001 · 1.189,99 €"
    assert lines[-1] == "Die E-Rechnung ist gültig."


def test_a_broken_file_is_told_in_german_with_exit_code_3(desk, tmp_path):
    made = Path(desk("invoice", "pdf", "RE-2026-00001", "--out", str(tmp_path)).data["file"])
    xml = Path(desk("invoice", "xml", "RE-2026-00001", "--out", str(tmp_path / "e.xml")).data["file"])
    broken = tmp_path / "broken.xml"
    broken.write_bytes(xml.read_bytes().replace(b"GrandTotalAmount>1189.99<", b"GrandTotalAmount>1189.98<"))
    first, *_ = desk("invoice", "check", str(broken), "--no-schematron", code=3).data["problems"]
    assert (first["code"], first["text"]) == ("BR-CO-15", "Gesamtbetrag mit Umsatzsteuer: 1.189,98 statt 1.189,99.")
    text = tmp_path / "text.txt"
    text.write_text("Rechnung", encoding="utf-8")
    assert desk("invoice", "check", str(text), code=3).data["problems"][0]["code"] == "XML_UNLESBAR"
    assert made.exists()
    desk("invoice", "check", str(tmp_path / "missing.xml"), code=None)


def test_a_plain_pdf_has_no_xml(desk, tmp_path):
    desk("invoice", "xml", "RE-2026-00003", code=3)
    made = Path(desk("invoice", "pdf", "RE-2026-00003", "--out", str(tmp_path)).data["file"])
    assert desk("invoice", "xml", "RE-2026-00003", code=3).data["problems"][0]["code"] == "KEINE_ERECHNUNG"
    assert desk("invoice", "check", str(made), code=3).data["problems"][0]["code"] == "KEINE_ERECHNUNG"


def test_a_run_mails_a_pdf_or_for_an_xrechnung_the_xml(desk, tmp_path):
    desk("run", "create", "--date-from", "2026-11-01", "--date-to", "2026-11-30", "--type", "email")
    desk("run", "execute", "1", "--yes")
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (desk.folder / "outbox").rglob("*.eml")]
    sent = {
        mail["To"]: [(part.get_filename(), part.get_content_type()) for part in mail.iter_attachments()]
        for mail in mails
    }
    assert sent == {
        "k1@kaeufer.example": [("Rechnung_RE-2026-00001.pdf", "application/pdf")],
        "k2@kaeufer.example": [("Rechnung_RE-2026-00002.xml", "application/xml")],
        "k3@kaeufer.example": [("Rechnung_RE-2026-00003.pdf", "application/pdf")],
    }
    (xml,) = [part for mail in mails for part in mail.iter_attachments() if part.get_filename().endswith(".xml")]
    target = tmp_path / "x.xml"
    target.write_bytes(xml.get_content())
    checked = desk("invoice", "check", str(target), "--no-schematron").data
    assert (checked["valid"], checked["profile"]) == (True, "XRECHNUNG")


def test_an_xrechnung_without_a_phone_number_is_a_row_with_a_reason(desk, tmp_path):
    desk("company", "set", "--phone", "")
    (tmp_path / "late.json").write_text(json.dumps([invoice(4, customer=2)]), encoding="utf-8")
    desk("import", "invoices", str(tmp_path / "late.json"))
    desk("run", "create", "--date-from", "2026-11-01", "--date-to", "2026-11-30", "--type", "email")
    desk("run", "execute", "1", "--yes", code=1)
    rows = {row["number"]: row for row in desk("run", "show", "1").data["items"]}
    for xrechnung in ("RE-2026-00002", "RE-2026-00004"):  # an open document follows the company's record
        assert (rows[xrechnung]["state"], rows[xrechnung]["reason"]) == ("failed", "KONTAKT_FEHLT")
    assert [rows[f"RE-2026-0000{n}"]["state"] for n in (1, 3)] == ["sent"] * 2
