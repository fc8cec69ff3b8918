"""The first page of each kind as a picture (pdftoppm, else MuPDF's own), compared with the one that was looked at.

`UPDATE_PICTURES=1 pytest tests/render/test_page_pictures.py` draws them anew; look at them before they are committed.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pymupdf
import pytest
from render_samples import BUYER, invoice, line, render, statement, storno

from tui_billing.domain.documents import Adjustment, DocumentKind, VatCategory
from tui_billing.domain.parties import Address, PaymentTerms
from tui_billing.domain.totals import negated
from tui_billing.render.port import Job, StatementJob

PICTURES = Path(__file__).parent / "pictures"
DPI = 50
TILE = 8

KINDS: dict[str, Callable[[], Job | StatementJob]] = {
    "invoice": lambda: Job(invoice(8, terms=PaymentTerms(days=14, skonto_percent=Decimal(2), skonto_days=7))),
    "invoice_long": lambda: Job(invoice(60)),
    "invoice_english": lambda: Job(
        invoice(
            [
                line(1, discount_percent=Decimal(10)),
                line(2, vat_rate=Decimal(7)),
                line(3, description="On site\nand more"),
            ],
            language="en",
            prepaid=Decimal(50),
            buyer=replace(BUYER, address=Address(street="Ring 1", postcode="1010", city="Wien", country="AT")),
        )
    ),
    "reverse_charge_copy": lambda: Job(
        invoice([line(1, vat_category=VatCategory.REVERSE_CHARGE, vat_rate=Decimal(0))]), copy=True
    ),
    "draft_gross": lambda: Job(
        invoice(3, gross_prices=True, adjustments=(Adjustment(text="Treuerabatt", percent=Decimal(5)),)), draft=True
    ),
    "storno": lambda: Job(storno()),
    "correction": lambda: Job(replace(negated(invoice(1)), kind=DocumentKind.CORRECTION, number="KO-2026-00001")),
    "credit_memo": lambda: Job(replace(negated(invoice(1)), kind=DocumentKind.CREDIT_MEMO, number="GS-2026-00001")),
    "debit_memo": lambda: Job(invoice(1, kind=DocumentKind.DEBIT_MEMO, number="LA-2026-00001")),
    "statement": lambda: StatementJob(statement()),
}


def picture(pdf: Path, target: Path) -> pymupdf.Pixmap:
    """The first page in grey."""
    if shutil.which("pdftoppm"):
        stem = target.with_suffix("")
        subprocess.run(
            ["pdftoppm", "-r", str(DPI), "-gray", "-png", "-singlefile", str(pdf), str(stem)], check=True, timeout=60
        )
    else:
        with pymupdf.open(str(pdf)) as document:
            document[0].get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY).save(str(target))
    return load(target)


def load(path: Path) -> pymupdf.Pixmap:
    """A picture with one channel, whatever the tool wrote."""
    return pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.Pixmap(str(path)))


def tiles(pixmap: pymupdf.Pixmap) -> list[list[float]]:
    """Mean brightness of squares: renderers differ in the smoothing of edges, not in where the ink is."""
    samples, width = pixmap.samples, pixmap.width
    rows = []
    for top in range(0, pixmap.height - TILE, TILE):
        strips = [samples[(top + y) * width : (top + y + 1) * width] for y in range(TILE)]
        rows.append([sum(sum(s[x : x + TILE]) for s in strips) / TILE**2 for x in range(0, width - TILE, TILE)])
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_page_looks_as_it_did(kind: str, tmp_path: Path) -> None:
    (row,) = render([KINDS[kind]()], tmp_path)
    assert row.path is not None, row.problem
    kept = PICTURES / f"{kind}.png"
    if os.environ.get("UPDATE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        picture(row.path, kept)
    now = picture(row.path, tmp_path / "now.png")
    before = load(kept)
    assert abs(now.width - before.width) <= 1
    assert abs(now.height - before.height) <= 1
    differences = [
        abs(a - b)
        for line_now, line_before in zip(tiles(now), tiles(before), strict=False)
        for a, b in zip(line_now, line_before, strict=False)
    ]
    assert max(differences) < 50, f"a part of the page has changed: {max(differences):.0f}"
    assert sum(differences) / len(differences) < 2.0
