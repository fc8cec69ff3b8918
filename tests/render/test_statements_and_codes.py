"""The Sammelaufstellung (rules D5, D8) and the GiroCode."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from render_samples import BUYER, SELLER, invoice, page_texts, render, statement

from tui_billing.domain.documents import DocumentKind
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.statements import Statement, StatementPayment, StatementRow
from tui_billing.render import girocode
from tui_billing.render.invoice import transfer_code
from tui_billing.render.port import StatementJob
from tui_billing.render.statement import statement_letter

D = Decimal


def printed(of: Statement, folder: Path, note: str = "", copy: bool = False) -> str:
    (row,) = render([StatementJob(of, note=note, copy=copy)], folder)
    assert row.path is not None, row.problem
    return "\n".join(page_texts(row.path))


def test_d8_1_it_says_that_it_is_no_invoice_and_shows_no_tax(tmp_path: Path) -> None:
    text = printed(statement(), tmp_path)
    for words in ("Rechnungsstapel / Sammelaufstellung", "keine Rechnung im Sinne des § 14 UStG", "RE-2013-00002"):
        assert words in text
    for words in ("79,83", "420,17", "USt auf", "19 %"):
        assert words not in text


def test_d5_1_figures_of_may(tmp_path: Path) -> None:
    lines = [line for line in printed(statement(), tmp_path).splitlines() if line]
    assert lines[lines.index("Vorhergehende Rechnung") + 1] == "1.000,00 €"
    assert lines[lines.index("Zahlung vom 12.05.2013 · Überweisung") + 1] == "-1.000,00 €"
    assert lines[lines.index("Übertrag") + 1] == "0,00 €"
    assert lines[lines.index("Rechnungen dieser Periode") + 1] == "500,00 €"
    assert lines[lines.index("Zu zahlen") + 1] == "500,00 €"


def test_skonto_is_a_line_of_its_own() -> None:
    rows = (
        StatementPayment(payment_id=1, paid_date=date(2013, 5, 12), text="", amount=D(980)),
        StatementPayment(payment_id=1, paid_date=date(2013, 5, 12), text="", amount=D(20), is_skonto=True),
    )
    account = statement_letter(StatementJob(statement(payment_rows=rows))).tables[1]
    assert [row.cells[0] for row in account.rows] == [
        "Vorhergehende Rechnung",
        "Zahlung vom 12.05.2013",
        "Skonto vom 12.05.2013",
    ]


def test_a_prepaid_part_is_a_line_of_its_own_and_names_the_document() -> None:
    rows = (StatementPayment(payment_id=0, paid_date=date(2013, 5, 20), text="RE-2013-00002", amount=D(50),
                             is_prepaid=True),)  # fmt: skip
    for language, name in (("de", "Anzahlung zu RE-2013-00002"), ("en", "Prepayment on RE-2013-00002")):
        account = statement_letter(StatementJob(statement(payment_rows=rows, language=language))).tables[1]
        assert account.rows[1].cells[0] == name


def test_a_recomputed_statement_carries_its_note_and_a_copy_its_mark(tmp_path: Path) -> None:
    text = printed(statement(), tmp_path, note="Neuberechnung vom 22.11.2026 <b>", copy=True)
    assert "Neuberechnung vom 22.11.2026 <b>" in text
    assert "Kopie" in text


def test_it_asks_for_the_amount_due_with_a_code_unless_it_is_collected() -> None:
    asked = statement_letter(StatementJob(statement()))
    assert "06.2013" in asked.payment_html[0]
    assert asked.girocode.splitlines()[7:] == ["EUR500.00", "", "", "Stapel 87 10004"]
    terms = PaymentTerms(direct_debit=True)
    buyer = replace(BUYER, iban="DE89370400440532013000", mandate_reference="M-1")
    collected = statement_letter(StatementJob(statement(terms=terms, buyer=buyer)))
    assert collected.girocode == ""
    assert "SEPA-Lastschrift" in collected.payment_html[0]


@pytest.mark.parametrize(("due", "label"), [(D("-19"), "Guthaben"), (D(0), "Zu zahlen")])
def test_nothing_is_asked_for_where_nothing_is_due(due: Decimal, label: str) -> None:
    letter = statement_letter(StatementJob(statement(amount_due=due)))
    assert letter.payment_html == ()
    assert letter.girocode == ""
    assert letter.tables[1].sums[-1].label == label


def test_a_long_statement_breaks_with_head_and_carry(tmp_path: Path) -> None:
    rows = tuple(
        StatementRow(
            document_id=n,
            number=f"RE-2013-{n:05d}",
            kind=DocumentKind.INVOICE,
            batch_date=date(2013, 5, 20),
            net=D("8.40"),
            tax=D("1.60"),
            gross=D(10),
        )
        for n in range(1, 121)
    )
    (row,) = render([StatementJob(statement(rows=rows))], tmp_path)
    assert row.path is not None
    texts = page_texts(row.path)
    assert len(texts) > 3
    assert all("Betrag brutto" in text for text in texts[:-1])
    found = "".join(texts)
    assert [found.count(line.number) for line in rows] == [1] * 120


def test_an_english_statement_keeps_the_words_of_the_law(tmp_path: Path) -> None:
    text = printed(statement(language="en"), tmp_path)
    assert "Statement of account (Rechnungsstapel / Sammelaufstellung)" in text
    assert "keine Rechnung im Sinne des § 14 UStG" in text
    assert "Amount due" in text


def test_the_code_holds_payee_amount_and_number() -> None:
    assert transfer_code(invoice()) == "\n".join(
        (
            "BCD",
            "002",
            "1",
            "SCT",
            "BYLADEM1001",
            "Muster & Söhne GmbH",
            "DE02120300000000202051",
            "EUR449.82",
            "",
            "",
            "RE-2026-00001",
        )
    )


@pytest.mark.parametrize(
    ("amount", "made"),
    [
        ("0.01", True),
        ("999999999.99", True),
        ("0.00", False),
        ("-1.00", False),
        ("1000000000.00", False),
    ],
)
def test_a_code_is_made_for_amounts_that_a_transfer_can_have(amount: str, made: bool) -> None:
    assert bool(girocode.payload(SELLER, D(amount), "x")) is made


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": PaymentTerms(direct_debit=True)},
        {"kind": DocumentKind.CANCELLATION},
        {"kind": DocumentKind.CORRECTION},
        {"kind": DocumentKind.CREDIT_MEMO},
        {"seller": replace(SELLER, iban="")},
        {"prepaid": D("449.82")},
        {"currency": "USD"},
    ],
)
def test_no_code_where_nothing_is_to_be_transferred(changes: dict[str, object]) -> None:
    assert transfer_code(invoice(**changes)) == ""


def test_name_and_text_are_cut_to_what_the_code_may_hold() -> None:
    lines = girocode.payload(replace(SELLER, name="Ä" * 90, bic=""), D(1), "N" * 200).splitlines()
    assert (lines[4], len(lines[5]), len(lines[10])) == ("", 70, 100)
    assert len("\n".join(lines).encode()) <= 331
    assert girocode.drawing("\n".join(lines), 0, 0, 50)
