"""The columns of the item table: figures stay on the sheet, side by side and aligned, whatever stands beside them."""

from dataclasses import dataclass, replace
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from render_samples import BUYER, MM, SELLER, invoice, line, render, statement, where

from tui_billing.domain.documents import Adjustment, Document, Line, VatCategory
from tui_billing.domain.statements import StatementPayment
from tui_billing.render.invoice import invoice_letter
from tui_billing.render.port import Job, StatementJob
from tui_billing.render.statement import statement_letter

URL = "https://portal.muster.example/auftraege/2026/11/AU-2026-00017/leistungsnachweis.pdf?sprache=de"


@dataclass(frozen=True)
class Sheet:
    """The only page of a document, measured in millimetres."""

    path: Path

    def words(self) -> list[tuple[float, float, float, float, str]]:
        with pymupdf.open(str(self.path)) as pdf:
            return [(*(value / MM for value in word[:4]), word[4]) for word in pdf[0].get_text("words")]

    def right_edges(self, text: str) -> list[float]:
        with pymupdf.open(str(self.path)) as pdf:
            return [round(box.x1 / MM, 1) for box in pdf[0].search_for(text)]


def sheet(document: Document, folder: Path) -> Sheet:
    (row,) = render([Job(document)], folder)
    assert row.path is not None, row.problem
    return Sheet(row.path)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": URL},
        {"name": "Leistungsnachweis", "description": f"Nachweis: {URL}"},
        {"article": "X" * 90},
        {"unit": "U" * 40},
        {"unit": "laufende Meter je angefangene Arbeitswoche"},
        {"quantity": D("12345678.1234"), "unit": "Quadratmeter", "unit_price": D("1234.123456")},
        {"unit_price": D("12345678.123456"), "discount_percent": D("33.3333")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_no_word_and_no_figure_pushes_the_amounts_off_the_sheet(changes: dict[str, Any], tmp_path: Path) -> None:
    found = sheet(invoice([line(1, **changes), line(2)]), tmp_path)
    assert 190.0 in found.right_edges("Gesamt")
    assert found.right_edges("126,00\u00a0€")[-1] == 190.0
    assert max(word[2] for word in found.words() if 98 < word[1] < 262) < 191
    title = next(round(word[2], 1) for word in found.words() if word[4] == "USt")
    assert found.right_edges("19\u00a0%")[:2] == [title, title]


def test_figures_of_a_row_never_touch(tmp_path: Path) -> None:
    huge = line(1, quantity=D("12345678.1234"), unit="m²", unit_price=D("1234567.123456"), discount_percent=D("33.33"))
    found = sheet(invoice([huge]), tmp_path).words()
    top = next(word[1] for word in found if word[4].startswith("33,33"))
    row = sorted(word for word in found if abs(word[1] - top) < 0.5)
    assert len(row) >= 6
    gaps = [after[0] - before[2] for before, after in pairwise(row) if after[4] not in "€%" and after[4] != "m²"]
    assert min(gaps) > 1


def test_huge_totals_stand_in_one_line_each(tmp_path: Path) -> None:
    (row,) = render([Job(invoice([line(1, quantity=D(10) ** 9, unit_price=D(9999))]))], tmp_path)
    assert row.path is not None
    for amount in ("9.999.000.000.000,00\u00a0€", "11.898.810.000.000,00\u00a0€"):
        assert where(row.path, amount)[2] == pytest.approx(190, abs=0.3)


def test_a_quantity_without_a_unit_is_aligned_like_the_others(tmp_path: Path) -> None:
    found = sheet(invoice([line(1, unit="", quantity=D("7.25"))]), tmp_path)
    assert found.right_edges("7,25") == found.right_edges("Menge")


def test_names_get_the_room_that_figures_leave() -> None:
    def room(lines: list[Line]) -> float:
        return invoice_letter(invoice(lines)).tables[0].columns[1].width

    plain = room([line(1)])
    assert plain > 215
    assert room([line(1, unit_price=D("1234567.8912"))]) < plain
    assert room([line(1), line(2, discount_percent=D(5))]) < plain


def test_a_long_unit_stands_below_its_number() -> None:
    shown = invoice_letter(invoice([line(1, quantity=D("1234.5"), unit="laufende Meter")])).tables[0].rows[0].cells
    assert shown[2] == "1.234,5<br/>laufende Meter"


def test_a_long_name_of_a_discount_stands_in_one_line_with_its_percentage(tmp_path: Path) -> None:
    text = "Treuerabatt für langjährige Zusammenarbeit"
    (row,) = render([Job(invoice(1, adjustments=(Adjustment(text=text, percent=D(10)),)))], tmp_path)
    assert row.path is not None
    assert where(row.path, f"{text}\u00a010\u00a0%")


@pytest.mark.parametrize(
    ("category", "german", "english"),
    [
        (VatCategory.EXEMPT, "USt auf 126,00 € (steuerfrei)", "VAT on €126.00 (exempt)"),
        (VatCategory.REVERSE_CHARGE, "USt auf 126,00 € (Reverse Charge)", "VAT on €126.00 (reverse charge)"),
        (
            VatCategory.INTRA_COMMUNITY,
            "USt auf 126,00 € (innergem. Lieferung)",
            "VAT on €126.00 (intra-Community supply)",
        ),
        (VatCategory.EXPORT, "USt auf 126,00 € (Ausfuhr)", "VAT on €126.00 (export)"),
        (VatCategory.OUT_OF_SCOPE, "USt auf 126,00 € (nicht steuerbar)", "VAT on €126.00 (not taxable)"),
        (VatCategory.ZERO_RATED, "0 % USt auf 126,00 €", "0% VAT on €126.00"),
    ],
)
def test_a_group_without_tax_says_of_what_amount_and_why(category: VatCategory, german: str, english: str) -> None:
    for language, words_of_row in (("de", german), ("en", english)):
        document = invoice([line(1, vat_category=category, vat_rate=D(0))], language=language)
        row = invoice_letter(document).tables[0].sums[1]
        assert f"{row.label} {row.base}".strip().replace("\u00a0", " ") == words_of_row


def test_long_payment_texts_of_a_statement_keep_their_amounts_on_the_sheet(tmp_path: Path) -> None:
    paid = StatementPayment(payment_id=1, paid_date=statement().close_date, text="E2E/" + "9" * 130, amount=D(1000))
    (row,) = render([StatementJob(statement(payment_rows=(paid,)))], tmp_path)
    assert row.path is not None
    assert where(row.path, "-1.000,00\u00a0€")[2] == pytest.approx(190, abs=0.3)


def test_the_carry_begins_where_the_names_do() -> None:
    assert invoice_letter(invoice(1)).tables[0].carry_left == invoice_letter(invoice(1)).tables[0].columns[0].width
    assert statement_letter(StatementJob(statement())).tables[0].carry_left == 0


def test_a_kleinunternehmer_has_no_column_of_rates() -> None:
    exempt = line(1, vat_category=VatCategory.EXEMPT, vat_rate=D(0))
    document = invoice([exempt], seller=replace(SELLER, small_business=True), buyer=BUYER)
    assert [column.title for column in invoice_letter(document).tables[0].columns] == [
        "Pos.",
        "Bezeichnung",
        "Menge",
        "Einzelpreis",
        "Gesamt",
    ]
