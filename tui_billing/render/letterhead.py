"""The sender's paper: a first and a following sheet with name or logo, return address, marks and footer.

Fold marks at 105 and 210 mm, the punch mark at 148.5 mm (DIN 5008 form B).
"""

from collections.abc import Sequence

from pymupdf import mupdf

from tui_billing.domain.format import NBSP
from tui_billing.domain.parties import Party
from tui_billing.render.frames import RIGHT, Frame
from tui_billing.render.invoice import grouped_iban, seller_line
from tui_billing.render.logo import draw_logo
from tui_billing.render.markup import as_html, plain
from tui_billing.render.metrics import BOLD, fitting, width
from tui_billing.render.pen import GREY, LIGHT, MM, Pen
from tui_billing.render.texts import label

FOLD_MARKS, PUNCH_MARK = (105 * MM, 210 * MM), 148.5 * MM
FOOTER = (25 * MM, 271 * MM, 200 * MM, 294 * MM)
FOOTER_SIZES, FOOTER_GAP = (6.8, 6.3, 5.8, 5.3, 4.8), 9.0
WHOLE_LINES = (6.8, 6.5, 6.2)
"""Sizes to try for a footer without a broken line, before lines are broken in the first size."""
WIDEST_WORD = 0.36  # of the footer's room
RETURN_SIZES, RETURN_ROOM = (6.5, 6.0, 5.5), 80 * MM
NAME_SIZES, NAME_ROOM = (20, 17, 14), 160 * MM


def draw_sheet(device: mupdf.FzDevice, seller: Party, language: str, logo: str, first: bool) -> None:
    """Draw one sheet of the own letterhead."""
    pen = Pen(device)
    if first:
        _head(pen, seller, logo)
        line, size = return_line(seller)
        pen.text(25 * MM, 48.5 * MM, line, size, gray=GREY)
        pen.rule(25 * MM, 105 * MM, 49.3 * MM, 0.4)
        for y in FOLD_MARKS:
            pen.rectangles([(0, y - 0.2, 5 * MM, y + 0.2)], LIGHT)
        pen.rectangles([(0, PUNCH_MARK - 0.2, 8 * MM, PUNCH_MARK + 0.2)], LIGHT)
    else:
        pen.text(25 * MM, 22 * MM, fitting(plain(seller.name), 165 * MM, 10), 10, bold=True, gray=GREY)
    pen.rule(25 * MM, RIGHT, 269 * MM, 0.5)
    _footer(device, seller, language)


def _head(pen: Pen, seller: Party, logo: str) -> None:
    if logo:
        draw_logo(pen, logo)
        return
    lines, size = name_lines(plain(seller.name))
    for n, line in enumerate(reversed(lines)):
        pen.text(RIGHT, 24 * MM - n * size * 1.2, line, size, bold=True, right=True)
    place = " · ".join(part for part in (plain(seller.address.city), plain(seller.website)) if part)
    pen.text(RIGHT, 30 * MM, fitting(place, 160 * MM, 9), 9, right=True, gray=GREY)
    pen.rule(25 * MM, RIGHT, 34 * MM, 1.2, 0.25)


def name_lines(name: str) -> tuple[list[str], float]:
    """The name in one large line, or in two balanced ones, and their size."""
    for size in NAME_SIZES:
        if width(name, size, BOLD) <= NAME_ROOM:
            return [name], size
    words = name.split()
    halves = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))] or [(name, "")]
    parted = min(halves, key=lambda half: max(len(half[0]), len(half[1])))
    size = next((s for s in (13, 11, 9) if all(width(line, s, BOLD) <= NAME_ROOM for line in parted)), 8)
    return [fitting(line, NAME_ROOM, size, BOLD) for line in parted if line], size


def return_line(seller: Party) -> tuple[str, float]:
    """The return address and its size: shrunk to its place, then the name is cut, never street and town."""
    text = seller_line(seller)
    for size in RETURN_SIZES:
        if width(text, size) <= RETURN_ROOM:
            return text, size
    address = text.removeprefix(plain(seller.name))
    name = fitting(plain(seller.name), RETURN_ROOM - width(address, size), size)
    return fitting(name + address, RETURN_ROOM, size), size


def _footer(device: mupdf.FzDevice, seller: Party, language: str) -> None:
    """The columns as wide as their texts, in a size in which nothing is lost."""
    columns = [column for column in footer_columns(seller, language) if column]
    sizes = [size for size in WHOLE_LINES if sum(_longest(columns, size)) <= _room(columns)] or FOOTER_SIZES
    for size in sizes:
        frame = Frame(_footer_html(columns, size), (*FOOTER[:3], 2 * FOOTER[3]), size)
        if frame.bottom <= FOOTER[3]:
            break
    frame.draw(device)


def _longest(columns: Sequence[Sequence[str]], size: float) -> list[float]:
    return [max(width(line, size) for line in column) + 1 for column in columns]


def _room(columns: Sequence[object]) -> float:
    return RIGHT - FOOTER[0] - FOOTER_GAP * (len(columns) - 1)


def _footer_html(columns: Sequence[Sequence[str]], size: float) -> str:
    whole = _longest(columns, size)
    words = [max(width(word, size) for line in column for word in line.split(" ")) + 1 for column in columns]
    cells = "".join(
        f'<td style="width: {room:.1f}pt; padding-right: {FOOTER_GAP}pt; font-size: {size}pt; color: #555">'
        f"{'<br/>'.join(as_html(line) for line in column)}</td>"
        for room, column in zip(column_widths(whole, words), columns, strict=True)
    )
    return f"<table><tr>{cells}</tr></table>"


def column_widths(whole: Sequence[float], words: Sequence[float]) -> list[float]:
    """Points of each column: of its longest line and a share of the rest; where that is too much, the widest give.

    No column becomes narrower than its longest word, unless that is longer than any address is.
    """
    room = _room(whole)
    spare = room - sum(whole)
    if spare >= 0:
        share = spare / max(len(whole) - 1, 1)
        return [*(one + share for one in whole[:-1]), *whole[-1:]]
    bounded = [min(word, WIDEST_WORD * room) for word in words]
    widths = [word * min(1.0, room / sum(bounded)) for word in bounded]
    room -= sum(widths)
    wanted = sorted(range(len(whole)), key=lambda n: whole[n] - widths[n])
    for n, index in enumerate(wanted):
        more = min(max(whole[index] - widths[index], 0.0), room / (len(whole) - n))
        widths[index] += more
        room -= more
    return widths


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
            f"IBAN{NBSP}{grouped_iban(seller.iban)}" if seller.iban else "",
            f"BIC{NBSP}{seller.bic}" if seller.bic else "",
            named("creditor_id", seller.creditor_id),
        ],
        [
            named("tax_number", seller.tax_number),
            named("vat_id", seller.vat_id),
            seller.register_entry,
            management(seller, language),
        ],
    ]
    return [[line for line in map(plain, column) if line] for column in columns]


def management(seller: Party, language: str) -> str:
    """Who manages the company (§ 35a GmbHG); a text with a colon brings its own title ("Vorstand: …")."""
    names = plain(seller.managing_directors)
    return names if not names or ":" in names else f"{label(language, 'management')} {names}"
