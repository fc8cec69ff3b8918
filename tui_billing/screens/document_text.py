"""A document as plain text: the preview on a terminal, the detail of a Rechnung."""

from tui_billing.domain.documents import STATE_NAMES, TITLES, Document, Line
from tui_billing.domain.parties import Party
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.widgets.cells import fit
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG

NAME_WIDTH = 36


def document_lines(document: Document) -> list[tuple[str, str]]:
    """Head, addressee, positions, sums, terms."""
    title = document.document_type or _(TITLES[document.kind])
    name = f"{title} {document.number}".rstrip()  # what is not created yet has no number
    lines = [(f"{name} · {_(STATE_NAMES[document.state])}", STRONG), ("", PLAIN)]
    lines += [(f"  {text}", PLAIN) for text in party_lines(document.buyer)]
    lines += [("", PLAIN), *_dates(document), ("", PLAIN)]
    lines += [(f"  {text}", PLAIN) for text in document.header_text.splitlines()]
    lines.append((_row(_("Pos"), _("Bezeichnung"), _("Menge"), _("Preis"), _("Netto")), MUTED))
    for line in document.lines:
        lines += _position(line)
    lines += [("", PLAIN), *_sums(document)]
    lines += [(f"  {text}", PLAIN) for text in document.footer_text.splitlines()]
    return lines


def party_lines(party: Party) -> list[str]:
    """Name and address as they stand on the document."""
    a = party.address
    place = " ".join(t for t in (a.postcode, a.city, "" if a.country == "DE" else a.country) if t)
    po_box = _("Postfach {number}").format(number=a.po_box) if a.po_box else ""
    texts = (party.name, party.name2, party.contact_person, po_box or a.street, a.extra, place, party.email)
    return [t for t in texts if t]


def _dates(document: Document) -> list[tuple[str, str]]:
    pairs = [
        (_("Rechnungsdatum"), show.day(document.invoice_date)),
        (_("Fällig am"), show.day(document.due_date)),
        (_("Leistung am"), show.day(document.service_date)),
        (_("Kundennummer"), document.buyer.number),
        (_("Auftrag"), document.order_number),
        (_("gedruckt"), show.stamp(document.printed_at)),
        (_("versendet"), show.stamp(document.mailed_at)),
        (_("Datei"), document.file),
    ]
    if document.period_from and document.period_to:
        pairs.insert(2, (_("Leistungszeitraum"), show.period(document.period_from, document.period_to)))
    if document.reference:
        reference = f"{document.reference.number} ({show.day(document.reference.invoice_date)})"
        pairs.append((_("Bezug"), reference))
    return [(f"  {fit(label, 20)}{value}", PLAIN) for label, value in pairs if value]


def _row(position: str, name: str, quantity: str, price: str, net: str) -> str:
    cells = (fit(position, 3, True), fit(name, NAME_WIDTH), fit(quantity, 9, True), fit(price, 10, True))
    return "  " + " ".join(cells) + " " + fit(net, 12, True)


def _position(line: Line) -> list[tuple[str, str]]:
    quantity = f"{show.plain_number(line.quantity)} {line.unit}"
    texts = [_row(str(line.position), line.name, quantity, show.price(line.unit_price), show.amount(line.net))]
    texts += [f"      {text}" for text in line.description.splitlines()]
    return [(texts[0], PLAIN), *((t, MUTED) for t in texts[1:])]


def _sums(document: Document) -> list[tuple[str, str]]:
    totals = document.totals
    rows = [(_("Netto"), totals.net)]
    rows += [
        (_("USt {rate} auf {net}").format(rate=show.rate(v.rate), net=show.amount(v.net)), v.tax) for v in totals.vat
    ]
    rows.append((_("Brutto"), totals.gross))
    if totals.payable != totals.gross:
        rows.append((_("Zahlbetrag"), totals.payable))
    last = len(rows) - 1
    return [
        (f"  {fit(label, 61, True)} {fit(show.amount(value), 12, True)}", STRONG if n == last else PLAIN)
        for n, (label, value) in enumerate(rows)
    ]
