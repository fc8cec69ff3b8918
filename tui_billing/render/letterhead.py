"""The sender's paper: a first and a following sheet with name or logo, return address, marks and footer.

Fold marks at 105 and 210 mm, the punch mark at 148.5 mm (DIN 5008 form B).
"""

from pathlib import Path

import pymupdf
from pymupdf import mupdf

from tui_billing.domain.parties import Party
from tui_billing.render.frames import RIGHT, Frame
from tui_billing.render.invoice import grouped_iban, seller_line
from tui_billing.render.markup import as_html, plain
from tui_billing.render.metrics import fitting, width
from tui_billing.render.pen import GREY, LIGHT, MM, Pen
from tui_billing.render.texts import label

FOLD_MARKS, PUNCH_MARK = (105 * MM, 210 * MM), 148.5 * MM
LOGO = pymupdf.Rect(110 * MM, 10 * MM, 190 * MM, 32 * MM)
FOOTER = (25 * MM, 271 * MM, 195 * MM, 294 * MM)
COLUMNS = (38 * MM, 36 * MM, 50 * MM, 46 * MM)


def draw_sheet(device: mupdf.FzDevice, seller: Party, language: str, logo: Path | None, first: bool) -> None:
    """Draw one sheet of the own letterhead."""
    pen = Pen(device)
    if first:
        _head(pen, seller, logo)
        pen.text(25 * MM, 48.5 * MM, fitting(seller_line(seller), 80 * MM, 6.5), 6.5, gray=GREY)
        pen.rule(25 * MM, 105 * MM, 49.3 * MM, 0.4)
        for y in FOLD_MARKS:
            pen.rectangles([(0, y - 0.2, 5 * MM, y + 0.2)], LIGHT)
        pen.rectangles([(0, PUNCH_MARK - 0.2, 8 * MM, PUNCH_MARK + 0.2)], LIGHT)
    else:
        pen.text(25 * MM, 22 * MM, fitting(plain(seller.name), 165 * MM, 10), 10, bold=True, gray=GREY)
    pen.rule(25 * MM, RIGHT, 269 * MM, 0.5)
    _footer(device, seller, language)


def _head(pen: Pen, seller: Party, logo: Path | None) -> None:
    if logo is not None:
        draw_logo(pen, logo)
        return
    name = plain(seller.name)
    size = next((s for s in (20, 17, 14, 12, 10, 8) if width(name, s) <= 160 * MM), 6)
    pen.text(RIGHT, 24 * MM, fitting(name, 165 * MM, size), size, bold=True, right=True)
    place = " · ".join(part for part in (plain(seller.address.city), plain(seller.website)) if part)
    pen.text(RIGHT, 30 * MM, fitting(place, 160 * MM, 9), 9, right=True, gray=GREY)
    pen.rule(25 * MM, RIGHT, 34 * MM, 1.2, 0.25)


def draw_logo(pen: Pen, logo: Path) -> None:
    """The picture in the upper right corner, as large as its frame allows, in its own proportions."""
    image = mupdf.fz_new_image_from_file(str(logo))
    scale = min(LOGO.width / image.w(), LOGO.height / image.h())
    w, h = image.w() * scale, image.h() * scale
    pen.image(image, (LOGO.x1 - w, LOGO.y0, LOGO.x1, LOGO.y0 + h))


def _footer(device: mupdf.FzDevice, seller: Party, language: str) -> None:
    cells = "".join(
        f'<td style="width: {room - 6:.1f}pt; padding-right: 6pt; font-size: 6.8pt; color: #555">'
        f"{'<br/>'.join(as_html(line) for line in column)}</td>"
        for room, column in zip(COLUMNS, footer_columns(seller, language), strict=True)
    )
    Frame(f"<table><tr>{cells}</tr></table>", FOOTER, 6.8).draw(device)


def footer_columns(seller: Party, language: str) -> list[list[str]]:
    """Address, contact, bank, tax and register: only what is known."""
    address = seller.address

    def named(key: str, value: str) -> str:
        return f"{label(language, key)} {plain(value)}" if plain(value) else ""

    columns = [
        [seller.name, address.street or address.po_box, f"{address.postcode} {address.city}"],
        [named("phone", seller.phone), seller.email, seller.website],
        [
            seller.bank_name,
            f"IBAN {grouped_iban(seller.iban)}" if seller.iban else "",
            f"BIC {seller.bic}" if seller.bic else "",
            named("creditor_id", seller.creditor_id),
        ],
        [
            named("tax_number", seller.tax_number),
            named("vat_id", seller.vat_id),
            seller.register_entry,
            named("management", seller.managing_directors),
        ],
    ]
    return [[line for line in map(plain, column) if line] for column in columns]
