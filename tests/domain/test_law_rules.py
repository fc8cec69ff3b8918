"""Rules A1-A5: what a document lacks to be an invoice, and the sentences it must carry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from tui_billing.domain.documents import Document, DocumentKind, Line, Reference, VatCategory
from tui_billing.domain.law import check_document, is_small_invoice
from tui_billing.domain.law_notes import exemption_reason, latest_issue_date, notes, reference_note
from tui_billing.domain.parties import Address, Party
from tui_billing.domain.totals import compute, negated
from tui_billing.i18n import say

HOME = Address(street="Hauptstraße 1", postcode="80331", city="München")
VIENNA = Address(street="Ring 1", postcode="1010", city="Wien", country="AT")
SELLER = Party(name="Muster GmbH", address=HOME, tax_number="143/123/45678", vat_id="DE136695976")
BUYER = Party(number="10001", name="Käufer AG", address=HOME)
K, AE, E, S = VatCategory.INTRA_COMMUNITY, VatCategory.REVERSE_CHARGE, VatCategory.EXEMPT, VatCategory.STANDARD


def invoice(gross: str = "1190.00", **changes: object) -> Document:
    """A complete invoice at 19 % with this gross amount."""
    document = compute(
        Document(
            number="RE-2026-00001",
            invoice_date=date(2026, 11, 22),
            service_date=date(2026, 11, 10),
            seller=SELLER,
            buyer=BUYER,
            gross_prices=True,
            lines=(Line(name="Wartung", unit_price=D(gross)),),
        )
    )
    return replace(document, **changes)  # type: ignore[arg-type]


def in_category(category: VatCategory, **changes: object) -> Document:
    made = invoice("1000.00", gross_prices=False)
    return replace(
        compute(replace(made, lines=(Line(name="Ware", unit_price=D(1000), vat_category=category),))), **changes
    )  # type: ignore[arg-type]


def codes(document: Document) -> str:
    return " ".join(problem.code for problem in check_document(document))


def with_line(**changes: object) -> Document:
    made = invoice()
    return replace(made, lines=(replace(made.lines[0], **changes),))  # type: ignore[arg-type]


def with_buyer(gross: str = "250.01", **changes: object) -> Document:
    return invoice(gross, buyer=replace(BUYER, **changes))  # type: ignore[arg-type]


def with_seller(gross: str = "1190.00", **changes: object) -> Document:
    return invoice(gross, seller=replace(SELLER, **changes))  # type: ignore[arg-type]


NOVEMBER = {"period_from": date(2026, 11, 1), "period_to": date(2026, 11, 30)}
CASES: list[tuple[str, Callable[[], Document], str]] = [
    ("a complete invoice", invoice, ""),
    ("A1.1", lambda: invoice("250.01", service_date=None), "LEISTUNGSZEITPUNKT_FEHLT"),
    ("A1.2", lambda: invoice("250.01", service_date=None, **NOVEMBER), ""),
    ("half a period", lambda: invoice(service_date=None, period_from=date(2026, 11, 1)), "LEISTUNGSZEITPUNKT_FEHLT"),
    (
        "a period on every line is enough",
        lambda: replace(
            with_line(service_from=date(2026, 11, 1), service_to=date(2026, 11, 30)), service_date=None
        ),
        "",
    ),
    ("A1.3", lambda: with_seller(tax_number="", vat_id=""), "STEUERNUMMER_FEHLT"),
    ("one of the two tax numbers is enough", lambda: with_seller(tax_number=""), ""),
    ("A1.4", lambda: with_buyer(address=replace(HOME, street="")), "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"),
    ("A1.4 P.O. box", lambda: with_buyer(address=replace(HOME, street="", po_box="12 34")), ""),
    ("A1.4 bulk recipient", lambda: with_buyer(address=replace(HOME, street="", bulk_postcode=True)), ""),
    (
        "a bulk recipient needs the postcode",
        lambda: with_buyer(address=replace(HOME, street="", postcode="", bulk_postcode=True)),
        "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG",
    ),
    ("no city", lambda: with_buyer(address=replace(HOME, city=" ")), "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"),
    ("no postcode", lambda: with_buyer(address=replace(HOME, postcode="")), "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"),
    (
        "abroad without a postcode",
        lambda: with_buyer(address=Address(street="1 Main St", city="Dubai", country="AE")),
        "",
    ),
    ("no buyer's name", lambda: with_buyer(name="\u200b "), "EMPFAENGER_NAME_FEHLT"),
    ("A1.5", lambda: with_line(name="   ", description=""), "LEISTUNGSBESCHREIBUNG_FEHLT"),
    ("a description is enough", lambda: with_line(name="", description="Wartung"), ""),
    ("A2.1", lambda: with_buyer("250.00", address=Address()), ""),
    ("A2.2", lambda: with_buyer("250.01", address=Address()), "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"),
    ("A2 service date", lambda: invoice("250.00", service_date=None), ""),
    ("A2 tax number", lambda: with_seller("250.00", tax_number="", vat_id=""), ""),
    ("A2 wants the seller's name", lambda: with_seller("250.00", name=""), "VERKAEUFER_NAME_FEHLT"),
    (
        "A2 wants the seller's address",
        lambda: with_seller("250.00", address=replace(HOME, city="")),
        "VERKAEUFER_ANSCHRIFT_UNVOLLSTAENDIG",
    ),
    (
        "A2 measures the size",
        lambda: replace(negated(with_buyer("250.01", address=Address())), kind=DocumentKind.CREDIT_MEMO),
        "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG",
    ),
    ("A3.1", lambda: in_category(E, seller=replace(SELLER, small_business=True), service_date=None), ""),
    ("A3.2", lambda: with_seller(small_business=True), "KLEINUNTERNEHMER_OHNE_STEUERAUSWEIS"),
    ("A4.1", lambda: in_category(AE), ""),
    ("A4.2 EU buyer", lambda: in_category(AE, buyer=replace(BUYER, address=VIENNA)), "USTID_EMPFAENGER_FEHLT"),
    (
        "A4 EU buyer and no id of the seller",
        lambda: in_category(
            AE, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002"), seller=replace(SELLER, vat_id="")
        ),
        "USTID_VERKAEUFER_FEHLT",
    ),
    (
        "A4 is never a small invoice",
        lambda: replace(compute(replace(in_category(AE), lines=(Line(name="x", unit_price=D(9), vat_category=AE),))),
                        service_date=None),
        "LEISTUNGSZEITPUNKT_FEHLT",
    ),
    (
        "A5.1",
        lambda: in_category(K, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002"), service_date=None),
        "LEISTUNGSZEITPUNKT_FEHLT",
    ),
    ("A5 complete", lambda: in_category(K, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002")), ""),
    ("A5 no id", lambda: in_category(K, buyer=replace(BUYER, address=VIENNA)), "USTID_EMPFAENGER_FEHLT"),
    (
        "A5 within Germany",
        lambda: in_category(K, buyer=replace(BUYER, vat_id="DE136695976")),
        "USTID_EMPFAENGER_INLAND LIEFERLAND_NICHT_EU",
    ),
    (
        "A5 the delivery address decides, not the buyer's",
        lambda: in_category(
            K, buyer=replace(BUYER, vat_id="ATU37675002"), delivery_name="Lager Wien", delivery_address=VIENNA
        ),
        "",
    ),
    (
        "A5 goods that stayed in Germany",
        lambda: in_category(
            K, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002"), delivery_address=HOME
        ),
        "LIEFERLAND_NICHT_EU",
    ),
    (
        "A5.2 issued on the 16th of the next month",
        lambda: in_category(
            K, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002"), invoice_date=date(2026, 12, 16)
        ),
        "AUSSTELLUNG_VERSPAETET",
    ),
    (
        "A5.2 issued on the 15th",
        lambda: in_category(
            K, buyer=replace(BUYER, address=VIENNA, vat_id="ATU37675002"), invoice_date=date(2026, 12, 15)
        ),
        "",
    ),
    ("B12 a rate of another time", lambda: invoice(service_date=date(2020, 12, 31)), "STEUERSATZ_ZUM_LEISTUNGSTAG"),
    (
        "B12 the period's last day counts, 01.12.2020-01.01.2021",
        lambda: invoice(service_date=None, period_from=date(2020, 12, 1), period_to=date(2021, 1, 1)),
        "",
    ),
    (
        "B12 a correction keeps the rate of its original",
        lambda: invoice(
            kind=DocumentKind.CORRECTION, service_date=date(2020, 12, 31), reference=Reference(
                document_id=1, number="RE-1", invoice_date=date(2020, 12, 31))
        ),
        "",
    ),
    ("statements and payments know euros only", lambda: invoice(currency="USD"), "WAEHRUNG_NICHT_EURO"),
    ("no line", lambda: invoice(lines=()), "POSITIONEN_FEHLEN"),
    ("no rate", lambda: with_line(vat_rate=D(0)), "STEUERSATZ_FEHLT"),
    ("price unit zero", lambda: with_line(price_unit=D(0)), "PREISEINHEIT_UNGUELTIG"),
    ("discount above all", lambda: with_line(discount_percent=D(101)), "RABATT_UNGUELTIG"),
    ("five decimals", lambda: with_line(quantity=D("0.00001")), "ZU_VIELE_NACHKOMMASTELLEN"),
    ("trailing zeros do not count", lambda: with_line(quantity=D("1.000000")), ""),
    ("zero quantity is allowed", lambda: compute(with_line(quantity=D(0))), ""),
    ("reversed period", lambda: invoice(period_from=date(2026, 12, 1), period_to=date(2026, 11, 1)),
     "LEISTUNGSZEITRAUM_VERKEHRT"),
    (
        "reversed period of a line",
        lambda: with_line(service_from=date(2026, 12, 1), service_to=date(2026, 11, 1)),
        "LEISTUNGSZEITRAUM_VERKEHRT",
    ),
    ("no invoice date", lambda: invoice(invoice_date=date(1970, 1, 1)), "RECHNUNGSDATUM_FEHLT"),
    ("Storno without its original", lambda: replace(negated(invoice()), kind=DocumentKind.CANCELLATION), "BEZUG_FEHLT"),
    (
        "a Storno needs no service date of its own",
        lambda: replace(
            negated(invoice(service_date=None)),
            kind=DocumentKind.CANCELLATION,
            reference=Reference(document_id=1, number="RE-1", invoice_date=date(2026, 11, 1)),
        ),
        "",
    ),
    ("positive credit memo", lambda: invoice(kind=DocumentKind.CREDIT_MEMO), "GUTSCHRIFT_POSITIV"),
    ("A7.2 debit memo", lambda: invoice(kind=DocumentKind.DEBIT_MEMO), ""),
    ("before its number is drawn", lambda: invoice(number=""), ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "expected"), [pytest.param(make, expected, id=name) for name, make, expected in CASES]
)
def test_what_a_document_lacks(make: Callable[[], Document], expected: str) -> None:
    document = make()
    assert codes(document) == expected
    for problem in check_document(document):
        assert say(problem).endswith((".", ")."))
        assert problem.where in (document.number, document.buyer.number)


def test_several_faults_are_all_told() -> None:
    document = replace(with_seller(name="", tax_number="", vat_id=""), service_date=None, lines=())
    assert codes(document) == "VERKAEUFER_NAME_FEHLT STEUERNUMMER_FEHLT LEISTUNGSZEITPUNKT_FEHLT POSITIONEN_FEHLEN"


def test_the_limit_of_a_small_invoice_is_inclusive() -> None:
    assert is_small_invoice(invoice("250.00")) and not is_small_invoice(invoice("250.01"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(invoice(), (), id="a plain invoice needs none"),
        pytest.param(
            in_category(E, seller=replace(SELLER, small_business=True)),
            ("Steuerbefreiung für Kleinunternehmer (§ 19 UStG)",),
            id="A3.1",
        ),
        pytest.param(in_category(AE), ("Steuerschuldnerschaft des Leistungsempfängers",), id="A4.1"),
        pytest.param(
            in_category(K), ("Steuerfreie innergemeinschaftliche Lieferung (§ 4 Nr. 1 Buchst. b UStG)",), id="A5"
        ),
        pytest.param(in_category(E), ("Umsatzsteuerfreie Leistung (§ 4 UStG)",), id="exempt without a named reason"),
        pytest.param(in_category(E, exemption_reason="Heilbehandlung, § 4 Nr. 14 UStG"),
                     ("Heilbehandlung, § 4 Nr. 14 UStG",), id="exempt with its reason"),
        pytest.param(
            invoice(invoice_date=date(2026, 12, 1), seller=replace(SELLER, cash_accounting=True)), (), id="A1.6 2026"
        ),
        pytest.param(
            invoice(invoice_date=date(2028, 1, 3), seller=replace(SELLER, cash_accounting=True)),
            ("Versteuerung nach vereinnahmten Entgelten",),
            id="A1.6 2028",
        ),
        pytest.param(
            in_category(AE, language="en"),
            ("Reverse charge (Steuerschuldnerschaft des Leistungsempfängers)",),
            id="in English with the term of the law",
        ),
    ],
)  # fmt: skip
def test_sentences_of_the_law(document: Document, expected: tuple[str, ...]) -> None:
    assert notes(document) == expected


def test_standard_lines_have_no_reason() -> None:
    assert exemption_reason(invoice(), S) == ""


def test_the_original_is_named_by_number_and_date() -> None:
    reference = Reference(document_id=1, number="RE-2026-00007", invoice_date=date(2026, 11, 2))
    assert reference_note(invoice(reference=reference)) == "Bezug: Rechnung RE-2026-00007 vom 02.11.2026"
    assert (
        reference_note(invoice(reference=reference, language="en")) == "Refers to invoice RE-2026-00007 of 2 Nov 2026"
    )
    assert reference_note(invoice()) == ""


@pytest.mark.parametrize(
    ("delivered", "latest"),
    [
        pytest.param(date(2026, 11, 10), date(2026, 12, 15), id="A5.2"),
        pytest.param(date(2026, 12, 30), date(2027, 1, 15), id="A5.3"),
        pytest.param(date(2027, 1, 31), date(2027, 2, 15), id="February"),
    ],
)
def test_latest_day_for_an_intra_community_invoice(delivered: date, latest: date) -> None:
    assert latest_issue_date(delivered) == latest
