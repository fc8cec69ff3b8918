"""Invoice law as checks on one document's snapshots (rules A1-A5): usable before a number is drawn, and again later.

The exact sums and what the invoice format must carry (einvoice_checks) are asked here too, so that one question tells
whether a document may leave.

Each check is a function that yields problems; none of them knows the others.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tui_billing.domain.document_facts import categories, delivered_to, is_blank
from tui_billing.domain.documents import SECOND_KINDS, Document, DocumentKind, Line, VatCategory
from tui_billing.domain.einvoice_checks import check_amounts, check_einvoice
from tui_billing.domain.law_notes import latest_issue_date
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Address
from tui_billing.domain.texts import clean
from tui_billing.domain.vat_rates import adjusted_rate, supply_end

SMALL_INVOICE_LIMIT = Decimal("250.00")
"""§ 33 UStDV: up to this gross total, inclusive."""

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_COUNTRIES = frozenset(_EU.split())

_NO_DATE = date(1970, 1, 1)
_TAX_FREE_FOR_BUYER = (VatCategory.REVERSE_CHARGE, VatCategory.INTRA_COMMUNITY)


def check_document(document: Document) -> list[Problem]:
    """What the document lacks to be an invoice (§ 14(4) UStG); without one that is no warning it may become final.

    Sums are asked for where nothing else is wrong; what the law and the format both ask for is told once.
    """
    checks = (_seller, _buyer, _dates, _lines, _amounts, _small_business, _reverse_charge, _intra_community)
    problems = [problem for check in checks for problem in check(document)]
    if document.totals.vat and not problems:
        problems = check_amounts(document)
    told = {problem.code for problem in problems}
    problems += [problem for problem in check_einvoice(document) if problem.code not in told]
    return [*problems, *_rates_of_the_day(document), *_late_issue(document)]


def is_small_invoice(document: Document) -> bool:
    """Kleinbetragsrechnung (§ 33 UStDV): gross at most 250,00, and no supply under § 6a or § 13b."""
    return abs(document.totals.gross) <= SMALL_INVOICE_LIMIT and not categories(document) & {*_TAX_FREE_FOR_BUYER}


def is_complete_address(address: Address) -> bool:
    """Street, P.O. box or a bulk recipient's postcode (§ 31(2) UStDV), with city and, in Germany, postcode."""
    place = not is_blank(address.street) or not is_blank(address.po_box) or address.bulk_postcode
    postcode = not is_blank(address.postcode) or (address.country not in ("", "DE") and not address.bulk_postcode)
    return place and postcode and not is_blank(address.city)


def _where(document: Document) -> str:
    return document.number or document.buyer.number or document.buyer.name


def _problem(document: Document, code: str, text: str, **params: object) -> Problem:
    return Problem(code, text, params, where=_where(document))


def _line_problem(document: Document, line: Line, n: int, code: str, text: str) -> Problem:
    return Problem(code, text, {"n": line.position or n, "name": clean(line.name)}, where=_where(document))


def _seller(document: Document) -> Iterator[Problem]:
    seller = document.seller
    if is_blank(seller.name):
        yield _problem(document, "VERKAEUFER_NAME_FEHLT", N_("Der Name der Firma fehlt: bitte unter Firma eintragen."))
    if not is_complete_address(seller.address):
        yield _problem(
            document,
            "VERKAEUFER_ANSCHRIFT_UNVOLLSTAENDIG",
            N_("Die Anschrift der Firma ist unvollständig: Straße, Postleitzahl und Ort unter Firma eintragen."),
        )
    if is_blank(seller.tax_number) and is_blank(seller.vat_id) and not is_small_invoice(document):
        yield _problem(
            document,
            "STEUERNUMMER_FEHLT",
            N_("Die Firma hat weder Steuernummer noch USt-IdNr.: bitte unter Firma eintragen."),
        )


def _buyer(document: Document) -> Iterator[Problem]:
    if is_small_invoice(document):
        return
    if is_blank(document.buyer.name):
        yield _problem(
            document, "EMPFAENGER_NAME_FEHLT", N_("Der Name des Empfängers fehlt: bitte beim Kunden eintragen.")
        )
    if not is_complete_address(document.buyer.address):
        yield _problem(
            document,
            "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG",
            N_(
                "Die Anschrift von {name} ist unvollständig: Straße oder Postfach, Postleitzahl und Ort beim Kunden"
                " eintragen."
            ),
            name=clean(document.buyer.name),
        )


def _dates(document: Document) -> Iterator[Problem]:
    if document.invoice_date == _NO_DATE:
        yield _problem(document, "RECHNUNGSDATUM_FEHLT", N_("Das Rechnungsdatum fehlt."))
    if _is_reversed(document.period_from, document.period_to):
        yield _problem(document, "LEISTUNGSZEITRAUM_VERKEHRT", N_("Der Leistungszeitraum endet vor seinem Anfang."))
    for n, line in enumerate(document.lines, start=1):
        if _is_reversed(line.service_from, line.service_to):
            text = N_("Der Leistungszeitraum der Position {n} endet vor seinem Anfang.")
            yield _line_problem(document, line, n, "LEISTUNGSZEITRAUM_VERKEHRT", text)
    if _needs_service_date(document) and not has_service_date(document):
        yield _problem(
            document,
            "LEISTUNGSZEITPUNKT_FEHLT",
            N_("Der Leistungszeitpunkt fehlt: Leistungsdatum oder Leistungszeitraum (von und bis) eintragen."),
        )


def _is_reversed(start: date | None, end: date | None) -> bool:
    return start is not None and end is not None and start > end


def _needs_service_date(document: Document) -> bool:
    """Not for small invoices (§ 33), Kleinunternehmer (§ 34a UStDV), nor where the original tells it (§ 31(5))."""
    if VatCategory.INTRA_COMMUNITY in categories(document):
        return True
    if is_small_invoice(document) or document.seller.small_business:
        return False
    return document.kind not in (*SECOND_KINDS, DocumentKind.CREDIT_MEMO)


def has_service_date(document: Document) -> bool:
    """One day, one period with both ends, or a period on every line (§ 14(4) no. 6 UStG, § 31(4) UStDV)."""
    if document.service_date or (document.period_from and document.period_to):
        return True
    return bool(document.lines) and all(line.service_from and line.service_to for line in document.lines)


def _lines(document: Document) -> Iterator[Problem]:
    if not document.lines:
        yield _problem(document, "POSITIONEN_FEHLEN", N_("Der Beleg hat keine Position: mindestens eine eintragen."))
    for n, line in enumerate(document.lines, start=1):
        if is_blank(line.name) and is_blank(line.description):
            text = N_("Position {n} hat keine Bezeichnung: die handelsübliche Bezeichnung der Leistung eintragen.")
            yield _line_problem(document, line, n, "LEISTUNGSBESCHREIBUNG_FEHLT", text)
        if line.vat_category is VatCategory.STANDARD and not 0 < line.vat_rate <= 100:
            text = N_("Position {n} hat keinen Steuersatz: einen Satz eintragen oder die Befreiung wählen.")
            yield _line_problem(document, line, n, "STEUERSATZ_FEHLT", text)
        if line.price_unit <= 0:
            text = N_("Position {n}: Die Preiseinheit muss größer als null sein.")
            yield _line_problem(document, line, n, "PREISEINHEIT_UNGUELTIG", text)
        if not 0 <= line.discount_percent <= 100:
            text = N_("Position {n}: Der Rabatt liegt zwischen 0 und 100 %.")
            yield _line_problem(document, line, n, "RABATT_UNGUELTIG", text)
        if _decimals(line.quantity) > 4 or _decimals(line.unit_price) > 6:
            text = N_("Position {n}: Die Menge hat höchstens 4, der Preis höchstens 6 Nachkommastellen.")
            yield _line_problem(document, line, n, "ZU_VIELE_NACHKOMMASTELLEN", text)


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _amounts(document: Document) -> Iterator[Problem]:
    if document.kind is DocumentKind.CREDIT_MEMO and document.totals.gross > 0:
        yield _problem(
            document,
            "GUTSCHRIFT_POSITIV",
            N_("Eine kaufmännische Gutschrift hat einen negativen Betrag: die Mengen mit Minus eintragen."),
        )
    if document.currency != "EUR":
        # Receivables, statements and payments add up euros and know no other currency.
        text = N_("Belege lauten auf Euro, nicht auf {currency}.")
        yield _problem(document, "WAEHRUNG_NICHT_EURO", text, currency=clean(document.currency))
    if document.kind in SECOND_KINDS and not (document.reference and document.reference.number):
        yield _problem(
            document,
            "BEZUG_FEHLT",
            N_("Nummer und Datum der ursprünglichen Rechnung fehlen (§ 31 Abs. 5 UStDV)."),
        )


def _small_business(document: Document) -> Iterator[Problem]:
    if not document.seller.small_business:
        return
    free = {VatCategory.EXEMPT, VatCategory.OUT_OF_SCOPE}
    if document.totals.tax or categories(document) - free:
        yield _problem(
            document,
            "KLEINUNTERNEHMER_OHNE_STEUERAUSWEIS",
            N_(
                "Ein Kleinunternehmer weist keine Umsatzsteuer aus (§ 19 UStG): alle Positionen steuerfrei (E) stellen."
            ),
        )


def _reverse_charge(document: Document) -> Iterator[Problem]:
    """§ 14a(1): both VAT ids for a business elsewhere in the EU; a domestic § 13b invoice needs none on paper."""
    country = document.buyer.address.country
    if VatCategory.REVERSE_CHARGE in categories(document) and country in EU_COUNTRIES - {"DE"}:
        yield from _both_vat_ids(document)


def _intra_community(document: Document) -> Iterator[Problem]:
    """§ 6a, § 14a(3); that the delivery date is known (BR-IC-11) is asked with the other dates."""
    if VatCategory.INTRA_COMMUNITY not in categories(document):
        return
    yield from _both_vat_ids(document)
    if document.buyer.vat_id.upper().startswith("DE"):
        yield _problem(
            document,
            "USTID_EMPFAENGER_INLAND",
            N_("Innergemeinschaftliche Lieferung: Der Empfänger braucht die USt-IdNr. eines anderen EU-Landes."),
        )
    northern_ireland = document.buyer.vat_id.upper().startswith("XI")
    if delivered_to(document).country not in EU_COUNTRIES - {"DE"} and not northern_ireland:
        yield _problem(
            document,
            "LIEFERLAND_NICHT_EU",
            N_("Innergemeinschaftliche Lieferung: Das Lieferland muss ein anderes EU-Land sein (BR-IC-12)."),
        )


def _rates_of_the_day(document: Document) -> Iterator[Problem]:
    """A rate that was not in force on the day of the supply is shown, and owed (§ 14c), but not forbidden (B12)."""
    if document.kind in SECOND_KINDS or not has_service_date(document):
        return
    for n, line in enumerate(document.lines, start=1):
        day = supply_end(document, line)
        right = adjusted_rate(line.vat_rate, day)
        if line.vat_category is VatCategory.STANDARD and right != line.vat_rate:
            text = N_("Position {n}: Am Tag der Leistung ({day}) gelten {right} %, nicht {rate} % (§ 27 Abs. 1 UStG).")
            params = {"n": line.position or n, "day": day, "right": right, "rate": line.vat_rate}
            yield Problem("STEUERSATZ_ZUM_LEISTUNGSTAG", text, params, where=_where(document), warning=True)


def _late_issue(document: Document) -> Iterator[Problem]:
    """§ 14a(3): the invoice on an intra-Community supply is issued by the 15th of the following month."""
    if VatCategory.INTRA_COMMUNITY not in categories(document) or document.kind in SECOND_KINDS:
        return
    last = latest_issue_date(supply_end(document))
    if has_service_date(document) and document.invoice_date > last:
        text = N_("Innergemeinschaftliche Lieferung: Die Rechnung war bis {last} auszustellen (§ 14a Abs. 3 UStG).")
        yield Problem("AUSSTELLUNG_VERSPAETET", text, {"last": last}, where=_where(document), warning=True)


def _both_vat_ids(document: Document) -> Iterator[Problem]:
    if is_blank(document.buyer.vat_id):
        yield _problem(
            document,
            "USTID_EMPFAENGER_FEHLT",
            N_("Die USt-IdNr. von {name} fehlt: bitte beim Kunden eintragen (§ 14a UStG)."),
            name=clean(document.buyer.name),
        )
    if is_blank(document.seller.vat_id):
        yield _problem(
            document,
            "USTID_VERKAEUFER_FEHLT",
            N_("Die Firma braucht eine USt-IdNr. für diese Rechnung: bitte unter Firma eintragen (§ 14a UStG)."),
        )
