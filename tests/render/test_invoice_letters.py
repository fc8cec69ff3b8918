"""What a document says (rules A1-A7, B2-B8, C10): the letter before it becomes pages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from render_samples import BUYER, SELLER, invoice, line, storno

from tui_billing.domain import cancellation, law_notes
from tui_billing.domain.documents import Adjustment, Document, DocumentKind, VatCategory
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.totals import negated
from tui_billing.render.invoice import invoice_letter
from tui_billing.render.letter import Letter
from tui_billing.render.markup import markdown_blocks, markdown_text

D = Decimal


def letter(document: Document | None = None, **changes: Any) -> Letter:
    return invoice_letter(document or invoice(**changes))


def sums(of: Letter) -> list[tuple[str, str]]:
    """The totals as label (with base) and amount, ordinary blanks."""
    return [
        (f"{row.label} {row.base}".strip().replace("\u00a0", " "), row.amount.replace("\u00a0", " "))
        for row in of.tables[0].sums
    ]


def sentences(blocks: tuple[str, ...]) -> list[str]:
    return [unescape(block.removeprefix("<p>").removesuffix("</p>")).replace("\u00a0", " ") for block in blocks]


def cells(of: Letter, row: int = 0) -> list[str]:
    return [cell.replace("\u00a0", " ") for cell in of.tables[0].rows[row].cells]


@pytest.mark.parametrize(
    ("kind", "german", "english"),
    [
        (DocumentKind.INVOICE, "Rechnung", "Invoice"),
        (DocumentKind.CREDIT_MEMO, "Kaufmännische Gutschrift", "Commercial credit note"),
        (DocumentKind.DEBIT_MEMO, "Belastung", "Debit note"),
        (DocumentKind.CANCELLATION, "Stornorechnung", "Cancellation invoice"),
        (DocumentKind.CORRECTION, "Rechnungskorrektur", "Invoice correction"),
        (DocumentKind.SELF_BILLING, "Gutschrift", "Gutschrift (self-billed invoice)"),
    ],
)
def test_a7_titles(kind: DocumentKind, german: str, english: str) -> None:
    assert letter(kind=kind).heading == f"{german} RE-2026-00001"
    assert letter(kind=kind, language="en").heading == f"{english} RE-2026-00001"


def test_a1_the_information_block_names_what_is_known() -> None:
    buyer = replace(BUYER, vat_id="ATU37675002", leitweg_id="04011000-1234512345-06")
    document = invoice(buyer=buyer, order_number="A-1042", buyer_order_reference="B 7")
    assert dict(letter(document).info) == {
        "Rechnungsnummer": "RE-2026-00001",
        "Rechnungsdatum": "22.11.2026",
        "Kundennummer": "10004",
        "Leistungszeitraum": "01.11.2026\u00a0– 30.11.2026",
        "Auftrag": "A-1042",
        "Ihre Bestellung": "B 7",
        "Leitweg-ID": "04011000-1234512345-06",
        "Ihre USt-IdNr.": "ATU37675002",
        "Steuernummer": "22/123/45678",
        "USt-IdNr.": "DE136695976",
    }


@pytest.mark.parametrize(
    ("changes", "label", "value"),
    [
        ({}, "Leistungszeitraum", "01.11.2026\u00a0– 30.11.2026"),
        (
            {"period_from": None, "period_to": None, "service_date": date(2026, 11, 10)},
            "Leistungsdatum",
            "10.11.2026",
        ),
        ({"period_from": date(2026, 11, 5), "period_to": date(2026, 11, 5)}, "Leistungszeitraum", "05.11.2026"),
    ],
)
def test_the_time_of_supply_is_always_printed(changes: dict[str, Any], label: str, value: str) -> None:
    assert dict(letter(**changes).info)[label] == value


def test_without_a_period_of_its_own_a_document_shows_the_span_of_its_lines() -> None:
    lines = [
        line(1, service_from=date(2026, 9, 1), service_to=date(2026, 9, 30)),
        line(2, service_from=date(2026, 10, 1), service_to=date(2026, 10, 31)),
    ]
    shown = letter(lines=lines, period_from=None, period_to=None)
    assert dict(shown.info)["Leistungszeitraum"] == "01.09.2026\u00a0– 31.10.2026"
    assert cells(shown)[1] == (
        '<b>Wartung der Kasse 1</b><div class="d">Leistungszeitraum 01.09.2026 – 30.09.2026</div>'
    )


def test_a_line_shows_quantity_unit_price_and_net() -> None:
    assert cells(letter()) == ["1", "<b>Wartung der Kasse 1</b>", "1,5 Std.", "84,00 €", "19 %", "126,00 €"]


def test_b2_price_units_and_discounts_have_their_place() -> None:
    lines = [
        line(1, quantity=D(250), unit="Stück", unit_price=D("3.75"), price_unit=D(100)),
        line(2, discount_percent=D("2.5"), article="A-7", description="Zeile 1\nZeile <2>"),
        line(3, quantity=D(1250), unit="kWh", unit_price=D("0.3245")),
    ]
    shown = letter(lines=lines)
    assert [column.title for column in shown.tables[0].columns][4] == "Rabatt"
    assert cells(shown)[3:5] == ["3,75 €<br/>je 100", ""]
    assert cells(shown, 1)[1] == (
        '<b>Wartung der Kasse 2</b> <span class="d">A-7</span><div class="d">Zeile 1<br/>Zeile &lt;2&gt;</div>'
    )
    assert cells(shown, 1)[4] == "2,5 %"
    assert cells(shown, 2)[2:4] == ["1.250 kWh", "0,3245 €"]


def test_b4_one_vat_row_for_each_rate() -> None:
    lines = [line(1, vat_rate=D(19)), line(2, vat_rate=D(7)), line(3, vat_rate=D(19))]
    assert sums(letter(lines=lines)) == [
        ("Nettobetrag", "378,00 €"),
        ("19 % USt auf 252,00 €", "47,88 €"),
        ("7 % USt auf 126,00 €", "8,82 €"),
        ("Rechnungsbetrag", "434,70 €"),
    ]


def test_b3_b5_discounts_charges_and_prepayments() -> None:
    document = invoice(
        [line(1, quantity=D(1), unit_price=D(100))],
        adjustments=(
            Adjustment(text="Treuerabatt", percent=D(10)),
            Adjustment(text="Fracht", amount=D(5), is_charge=True),
        ),
        prepaid=D(50),
    )
    assert sums(letter(document)) == [
        ("Summe der Positionen", "100,00 €"),
        ("Treuerabatt 10 %", "-10,00 €"),
        ("Fracht", "5,00 €"),
        ("Nettobetrag", "95,00 €"),
        ("19 % USt auf 95,00 €", "18,05 €"),
        ("Rechnungsbetrag", "113,05 €"),
        ("bereits gezahlt", "-50,00 €"),
        ("Zahlbetrag", "63,05 €"),
    ]


def test_b6_gross_prices_name_the_total_and_the_tax_in_it() -> None:
    shown = letter(lines=[line(1, quantity=D(1), unit_price=D("9.99"))], gross_prices=True)
    assert shown.tables[0].columns[-1].title == "Gesamt brutto"
    assert cells(shown)[-1] == "9,99 €"
    assert sums(shown) == [("Rechnungsbetrag", "9,99 €"), ("darin 19 % USt auf 8,39 €", "1,60 €")]
    assert "Alle Preise enthalten die gesetzliche Umsatzsteuer." in sentences(shown.closing_html)


def test_a3_1_a_kleinunternehmer_shows_no_rate_and_no_tax() -> None:
    seller = replace(SELLER, small_business=True)
    exempt = line(1, quantity=D(1), unit_price=D(500), vat_category=VatCategory.EXEMPT, vat_rate=D(0))
    shown = letter(lines=[exempt], seller=seller, footer_text="")
    assert sums(shown) == [("Rechnungsbetrag", "500,00 €")]
    assert "Steuerbefreiung für Kleinunternehmer" in shown.closing_html[0]
    assert "%" not in shown.all_text()


def test_a4_1_reverse_charge_shows_no_percentage() -> None:
    lines = [line(1, quantity=D(1), unit_price=D(1000), vat_category=VatCategory.REVERSE_CHARGE, vat_rate=D(0))]
    shown = letter(lines=lines)
    assert sums(shown) == [
        ("Nettobetrag", "1.000,00 €"),
        ("USt auf 1.000,00 € (Reverse Charge)", "0,00 €"),
        ("Rechnungsbetrag", "1.000,00 €"),
    ]
    assert sentences(shown.closing_html)[0] == "Steuerschuldnerschaft des Leistungsempfängers"
    assert "%" not in shown.all_text()


def test_a5_an_intra_community_supply_names_both_vat_ids_and_its_exemption() -> None:
    lines = [line(1, vat_category=VatCategory.INTRA_COMMUNITY, vat_rate=D(0))]
    shown = letter(lines=lines, buyer=replace(BUYER, vat_id="ATU37675002"))
    assert dict(shown.info)["Ihre USt-IdNr."] == "ATU37675002"
    assert dict(shown.info)["USt-IdNr."] == "DE136695976"
    assert "innergemeinschaftliche Lieferung" in shown.closing_html[0]


@pytest.mark.parametrize(("day", "noted"), [(date(2026, 12, 1), False), (date(2028, 1, 3), True)])
def test_a1_6_cash_accounting_is_noted_from_2028(day: date, noted: bool) -> None:
    shown = letter(seller=replace(SELLER, cash_accounting=True), invoice_date=day)
    assert ("Versteuerung nach vereinnahmten Entgelten" in "".join(shown.closing_html)) is noted


def test_a6_a_storno_refers_to_number_and_date_and_asks_for_nothing() -> None:
    shown = letter(storno())
    assert shown.subheading == "zu Rechnung RE-2026-00001 vom 22.11.2026"
    assert cells(shown)[2:4] == ["-1,5 Std.", "84,00 €"]
    assert shown.girocode == ""
    assert sentences(shown.payment_html) == ["Den Betrag von 449,82 € schreiben wir Ihrem Kundenkonto gut."]


def test_the_payment_sentence_names_the_due_day_and_the_account() -> None:
    assert sentences(letter().payment_html) == [
        "Zahlbar bis 06.12.2026 ohne Abzug.",
        "Bitte überweisen Sie 449,82 € auf das Konto IBAN DE02 1203 0000 0000 2020 51, BIC BYLADEM1001, "
        "Verwendungszweck RE-2026-00001.",
    ]


def test_b8_1_skonto_with_its_day_and_amounts() -> None:
    terms = PaymentTerms(days=30, skonto_percent=D(2), skonto_days=14)
    shown = letter(lines=[line(1, quantity=D(1), unit_price=D(1000))], terms=terms)
    assert sentences(shown.payment_html)[1] == (
        "Bei Zahlung bis 06.12.2026 gewähren wir 2 % Skonto (23,80 €): 1.166,20 €."
    )


def test_account_and_bank_code_never_part_from_their_names() -> None:
    transfer = letter().payment_html[1]
    assert "IBAN\u00a0DE02\u00a01203\u00a00000\u00a00000\u00a02020\u00a051" in transfer
    assert "BIC\u00a0BYLADEM1001" in transfer


def test_print_and_xml_say_the_same_notes() -> None:
    lines = [
        line(1, vat_category=VatCategory.EXPORT, vat_rate=D(0)),
        line(2, vat_category=VatCategory.EXEMPT, vat_rate=D(0)),
        line(3, vat_category=VatCategory.ZERO_RATED, vat_rate=D(0)),
    ]
    for language in ("de", "en"):
        document = invoice(lines, language=language, exemption_reason="Heilbehandlung, § 4 Nr. 14 UStG", footer_text="")
        said = sentences(letter(document).closing_html)
        assert said[:-1] == list(law_notes.notes(document))
        assert "§ 12 Abs. 3 UStG" in said[-1]


def test_a_direct_debit_names_mandate_and_creditor_and_no_account_of_ours() -> None:
    buyer = replace(BUYER, iban="DE89370400440532013000", mandate_reference="M-4711")
    shown = letter(buyer=buyer, terms=PaymentTerms(direct_debit=True))
    assert sentences(shown.payment_html) == [
        "Den Betrag von 449,82 € ziehen wir zum 06.12.2026 mit SEPA-Lastschrift ein vom Konto IBAN DE89 … 3000.",
        "Mandatsreferenz M-4711, Gläubiger-Identifikationsnummer DE98ZZZ09999999999.",
    ]
    assert shown.girocode == ""


def test_an_invoice_paid_in_advance_asks_for_nothing() -> None:
    shown = letter(invoice(prepaid=D("449.82")))
    assert shown.payment_html == ()
    assert shown.girocode == ""


def test_a_document_and_its_storno_show_the_same_amounts_with_opposite_signs() -> None:
    document = invoice([line(1), line(2, vat_rate=D(7))], adjustments=(Adjustment(percent=D(10)),))
    before = [amount for _, amount in sums(letter(document))]
    after = [amount for _, amount in sums(letter(replace(negated(document), kind=DocumentKind.CANCELLATION)))]
    flipped = [amount[1:] if amount.startswith("-") else f"-{amount}" for amount in before]
    assert after == flipped


@pytest.mark.parametrize(
    ("kind", "german"),
    [
        (DocumentKind.INVOICE, "zu Rechnung X-1 vom 22.11.2026"),
        (DocumentKind.CREDIT_MEMO, "zu kaufmännischer Gutschrift X-1 vom 22.11.2026"),
        (DocumentKind.DEBIT_MEMO, "zu Belastung X-1 vom 22.11.2026"),
    ],
)
def test_a_storno_calls_its_original_by_its_kind(kind: DocumentKind, german: str) -> None:
    original = invoice(kind=kind, number="X-1")
    assert letter(cancellation.storno(original, date(2026, 11, 25))).subheading == german


def test_what_a_second_document_books_is_said() -> None:
    credit = invoice([line(1, quantity=D(-1))], kind=DocumentKind.CREDIT_MEMO)
    assert sentences(letter(credit).payment_html) == ["Den Betrag von 99,96 € schreiben wir Ihrem Kundenkonto gut."]
    taken_back = letter(cancellation.storno(credit, date(2026, 11, 25)))
    assert sentences(taken_back.payment_html) == ["Mit dem Betrag von 99,96 € belasten wir Ihr Kundenkonto."]
    assert taken_back.girocode == ""
    nothing = letter(invoice([line(1, quantity=D(0))], kind=DocumentKind.CREDIT_MEMO))
    assert nothing.payment_html == ()


def test_the_number_in_a_register_stands_in_the_information_block() -> None:
    shown = letter(buyer=replace(BUYER, registration_id="HRB 4711"))
    assert dict(shown.info)["Ihre Registernr."] == "HRB 4711"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("# Titel\n\n**fett** und *kursiv* & <b> \\*", "Titel\n\nfett und kursiv & <b> *"),
        ("- a\n- b\n  - c\n\n1. x\n2. y\n\n---\n\n> z", "- a\n- b\n- c\n\n1. x\n2. y\n\nz"),
        ("eins\nzwei\n\ndrei", "eins\nzwei\n\ndrei"),
        ("a | b\n--|--", "a | b\n--|--"),
        ("", ""),
    ],
)
def test_a_clerks_markdown_as_text_for_xml(text: str, plain: str) -> None:
    assert markdown_text(text) == plain


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("eins\nzwei\n\ndrei", ["<p>eins<br />\nzwei</p>\n", "<p>drei</p>\n"]),
        ("- a\n- b", ["<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"]),
        ("# Titel", ["<h1>Titel</h1>\n"]),
        ("<b>x</b>", ["<p>&lt;b&gt;x&lt;/b&gt;</p>\n"]),
        ("<div>\n\nx", ["<p>&lt;div&gt;</p>\n", "<p>x</p>\n"]),
        ("[a](http://x) ![i](y)", ["<p>[a](http://x) ![i](y)</p>\n"]),
        ("a | b\n--|--\n1 | 2", ["<p>a | b<br />\n--|--<br />\n1 | 2</p>\n"]),
        ("", []),
    ],
)
def test_a_clerks_markdown_becomes_blocks(text: str, blocks: list[str]) -> None:
    assert list(markdown_blocks(text)) == blocks
