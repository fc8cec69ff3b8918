"""Own exact checks before a file leaves (rules B1-B8, A4.2): the official rules let nearly 1 EUR of VAT per rate pass.

`check_amounts` recomputes every stored figure to the cent, `check_einvoice` asks for what the format must carry, and
`check_agreement` compares the XML's figures with those that are printed.
"""

from collections.abc import Iterator
from decimal import Decimal

from tui_billing.domain.document_facts import categories, is_blank
from tui_billing.domain.documents import ZERO, Document, VatCategory
from tui_billing.domain.einvoice_figures import Figures
from tui_billing.domain.format import money
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.money import percent_of
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.domain.totals import adjustment_shares, group_nets, line_net, net_of_gross


def check_amounts(document: Document) -> list[Problem]:
    """Every stored figure that is not exactly what the rules make of the lines; empty where all are right."""
    return [*_line_amounts(document), *_vat_amounts(document), *_sums(document)]


def _wrong(document: Document, code: str, text: str, stored: Decimal, right: Decimal, **params: object) -> Problem:
    shown = {"stored": money(stored, symbol=False), "right": money(right, symbol=False)}
    return Problem(code, text, {**shown, **params}, where=document.number)


def _line_amounts(document: Document) -> Iterator[Problem]:
    for n, line in enumerate(document.lines, start=1):
        right = line_net(line)
        if line.net != right:
            text = N_("Position {n}: Der Betrag {stored} ist nicht Menge x Preis abzüglich Rabatt ({right}).")
            yield _wrong(document, "POSITIONSBETRAG_FALSCH", text, line.net, right, n=n)


def _vat_amounts(document: Document) -> Iterator[Problem]:
    """One row per (category, rate): its net is its lines and adjustments, its tax is rounded once (BR-CO-17)."""
    nets = group_nets(document.lines)
    shares = [part for _, part in adjustment_shares(document.lines, document.adjustments)]
    adjustments = {group: sum((part[i] for part in shares), ZERO) for i, group in enumerate(nets)}
    rows = {(row.category, row.rate): row for row in document.totals.vat}
    if set(rows) != set(nets) or len(rows) != len(document.totals.vat):
        text = N_("Die Steuerzeilen passen nicht zu den Steuersätzen der Positionen.")
        yield Problem("STEUERZEILEN_FALSCH", text, where=document.number)
        return
    for group, row in rows.items():
        amount = nets[group] + adjustments[group]
        right = net_of_gross(amount, row.rate) if document.gross_prices else amount
        if row.net != right:
            text = N_("Steuersatz {rate} %: Der Nettobetrag {stored} müsste {right} sein.")
            yield _wrong(document, "STEUERBASIS_FALSCH", text, row.net, right, rate=row.rate)
        tax = amount - right if document.gross_prices else percent_of(right, row.rate)
        if row.tax != tax:
            text = N_("Steuersatz {rate} %: Die Steuer {stored} müsste {right} sein (BR-CO-17).")
            yield _wrong(document, "STEUERBETRAG_FALSCH", text, row.tax, tax, rate=row.rate)
        if row.adjustment != adjustments[group]:
            text = N_("Steuersatz {rate} %: Der Anteil {stored} am Nachlass müsste {right} sein (BR-CO-11).")
            yield _wrong(document, "NACHLASS_FALSCH", text, row.adjustment, adjustments[group], rate=row.rate)


_SUMS = {
    "SUMME_POSITIONEN_FALSCH": N_("Die Summe der Positionen {stored} müsste {right} sein (BR-CO-10)."),
    "SUMME_NACHLASS_FALSCH": N_("Die Summe der Nachlässe und Zuschläge {stored} müsste {right} sein (BR-CO-11)."),
    "SUMME_NETTO_FALSCH": N_("Die Nettosumme {stored} müsste {right} sein (BR-CO-13)."),
    "SUMME_STEUER_FALSCH": N_("Die Steuersumme {stored} müsste {right} sein (BR-CO-14)."),
    "SUMME_BRUTTO_FALSCH": N_("Die Bruttosumme {stored} müsste {right} sein (BR-CO-15)."),
    "ZAHLBETRAG_FALSCH": N_("Der Zahlbetrag {stored} müsste {right} sein (BR-CO-16)."),
}


def _sums(document: Document) -> Iterator[Problem]:
    totals, rows = document.totals, document.totals.vat
    pairs = {
        "SUMME_POSITIONEN_FALSCH": (totals.lines, sum((line.net for line in document.lines), ZERO)),
        "SUMME_NACHLASS_FALSCH": (totals.adjustment, sum((row.adjustment for row in rows), ZERO)),
        "SUMME_NETTO_FALSCH": (totals.net, sum((row.net for row in rows), ZERO)),
        "SUMME_STEUER_FALSCH": (totals.tax, sum((row.tax for row in rows), ZERO)),
        "SUMME_BRUTTO_FALSCH": (totals.gross, totals.net + totals.tax),
        "ZAHLBETRAG_FALSCH": (totals.payable, totals.gross - document.prepaid + totals.rounding),
    }
    for code, (stored, right) in pairs.items():
        if stored != right:
            yield _wrong(document, code, _SUMS[code], stored, right)


def check_agreement(document: Document, figures: Figures) -> list[Problem]:
    """XML against print: every sum equal, gross and tax apart by the stated rounding amount (BT-114) alone."""
    sign = -1 if figures.type_code == "381" else 1
    totals = document.totals
    pairs = (
        (N_("Nettosumme"), figures.net, sign * totals.net),
        (N_("Bruttosumme"), figures.gross + figures.rounding, sign * totals.gross),
        (N_("Steuersumme"), figures.tax + figures.rounding, sign * totals.tax),
        (N_("Anzahlungen"), figures.prepaid, sign * document.prepaid),
        (N_("Zahlbetrag"), figures.payable, sign * totals.payable),
        (N_("Summe der Positionen"), figures.line_total + figures.charges - figures.allowances, figures.net),
    )
    text = N_("{figure}: In der XML-Datei steht {stored}, auf dem Beleg {right}.")
    problems = [
        _wrong(document, "PDF_UND_XML_VERSCHIEDEN", text, found, right, figure=name)
        for name, found, right in pairs
        if found != right
    ]
    if figures.rounding and not document.gross_prices:
        problems.append(_wrong(document, "PDF_UND_XML_VERSCHIEDEN", text, figures.rounding, ZERO, figure="BT-114"))
    return problems


def check_einvoice(document: Document) -> list[Problem]:
    """What the document's invoice format must carry besides the law's contents; nothing for plain PDF."""
    if document.invoice_format is InvoiceFormat.PDF:
        return []
    problems = [*_tax_ids(document), *_payment(document)]
    if document.invoice_format is not InvoiceFormat.ZUGFERD:
        problems += _xrechnung(document)
    return problems


def _missing(document: Document, code: str, text: str) -> Problem:
    return Problem(code, text, {"name": document.buyer.name}, where=document.number or document.buyer.number)


def _tax_ids(document: Document) -> Iterator[Problem]:
    used = categories(document)
    known = not is_blank(document.buyer.vat_id) or not is_blank(document.buyer.registration_id)
    if VatCategory.REVERSE_CHARGE in used and not known:
        text = N_(
            "E-Rechnung mit Steuerschuld des Empfängers: USt-IdNr. oder Registernummer von {name} eintragen (BR-AE-02)."
        )
        yield _missing(document, "USTID_EMPFAENGER_FEHLT", text)
    if VatCategory.EXPORT in used and is_blank(document.seller.vat_id):
        text = N_("E-Rechnung über eine Ausfuhr: Die Firma braucht eine USt-IdNr. (BR-G-02).")
        yield _missing(document, "USTID_VERKAEUFER_FEHLT", text)
    if VatCategory.OUT_OF_SCOPE in used and len(used) > 1:
        text = N_("Nicht steuerbare Positionen (O) dürfen nicht neben anderen stehen (BR-O-11): zwei Belege anlegen.")
        yield _missing(document, "KATEGORIE_O_GEMISCHT", text)
    if is_blank(document.seller.vat_id) and is_blank(document.seller.tax_number):
        text = N_("E-Rechnung: Die Firma braucht Steuernummer oder USt-IdNr. (BR-CO-26).")
        yield _missing(document, "STEUERNUMMER_FEHLT", text)
    addresses = (document.seller.address, document.buyer.address, document.delivery_address)
    for country in (address.country for address in addresses if address):
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            text = N_("E-Rechnung: Das Land in der Anschrift muss ein Code aus zwei Buchstaben sein (BR-CL-14).")
            yield _missing(document, "LAND_UNGUELTIG", text)


def _payment(document: Document) -> Iterator[Problem]:
    terms = document.terms
    if terms.direct_debit and document.totals.payable > 0:
        if is_blank(document.buyer.mandate_reference) or is_blank(document.buyer.iban):
            text = N_("Lastschrift: Mandatsreferenz und IBAN von {name} eintragen (BR-DE-30, BR-DE-31).")
            yield _missing(document, "MANDAT_FEHLT", text)
        if is_blank(document.seller.creditor_id):
            text = N_("Lastschrift: Die Gläubiger-ID der Firma fehlt (BR-DE-30).")
            yield _missing(document, "GLAEUBIGER_ID_FEHLT", text)


def _xrechnung(document: Document) -> Iterator[Problem]:
    seller, buyer = document.seller, document.buyer
    if is_blank(seller.phone) or is_blank(seller.email):
        text = N_("XRechnung: Telefon und E-Mail-Adresse der Firma eintragen (BR-DE-6, BR-DE-7).")
        yield _missing(document, "KONTAKT_FEHLT", text)
    if sum(c.isdigit() for c in seller.phone) < 3 and not is_blank(seller.phone):
        text = N_("XRechnung: Die Telefonnummer der Firma braucht mindestens drei Ziffern (BR-DE-27).")
        yield _missing(document, "TELEFON_UNGUELTIG", text)
    if is_blank(buyer.leitweg_id) and is_blank(buyer.email):
        text = N_("XRechnung: {name} braucht eine Leitweg-ID oder eine E-Mail-Adresse (BT-49).")
        yield _missing(document, "EMPFAENGER_EADRESSE_FEHLT", text)
    if all(map(is_blank, (buyer.leitweg_id, document.buyer_order_reference, buyer.number))):
        text = N_("XRechnung: Leitweg-ID oder Bestellnummer von {name} fehlt (BR-DE-15).")
        yield _missing(document, "KAEUFERREFERENZ_FEHLT", text)
    for party, code, text in (
        (
            seller,
            "VERKAEUFER_ANSCHRIFT_UNVOLLSTAENDIG",
            N_("XRechnung: Postleitzahl und Ort der Firma fehlen (BR-DE-3)."),
        ),
        (
            buyer,
            "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG",
            N_("XRechnung: Postleitzahl und Ort von {name} fehlen (BR-DE-8)."),
        ),
    ):
        if is_blank(party.address.postcode) or is_blank(party.address.city):
            yield _missing(document, code, text)
    delivered = document.delivery_address
    if delivered and (is_blank(delivered.postcode) or is_blank(delivered.city)):
        text = N_("XRechnung: Postleitzahl und Ort der Lieferanschrift fehlen (BR-DE-10, BR-DE-11).")
        yield _missing(document, "LIEFERANSCHRIFT_UNVOLLSTAENDIG", text)
