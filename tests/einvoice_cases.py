"""The scenarios of the e-invoice: one document each, invented, complete, computed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import sample_documents
from hypothesis import strategies as st

from tui_billing.domain.cancellation import correction, storno
from tui_billing.domain.documents import Adjustment, Document, DocumentKind, DocumentState, Line, VatCategory
from tui_billing.domain.parties import Address, InvoiceFormat, Party, PaymentTerms

Z, E, AE, K, G, O = (  # noqa: E741
    VatCategory.ZERO_RATED,
    VatCategory.EXEMPT,
    VatCategory.REVERSE_CHARGE,
    VatCategory.INTRA_COMMUNITY,
    VatCategory.EXPORT,
    VatCategory.OUT_OF_SCOPE,
)
SELLER = replace(sample_documents.SELLER, contact_person="Jörg Müller")
BUYER = Party(
    number="10001",
    name="Käufer <AG> & Co. KG",
    name2="Abt. Einkauf",
    contact_person="Zoë Groß",
    address=Address(street="Ring 5", postcode="10115", city="Berlin"),
    vat_id="DE129273398",
    email="einkauf@kaeufer.example",
)
VIENNA = replace(
    BUYER, vat_id="ATU37675002", address=Address(street="Ring 1", postcode="1010", city="Wien", country="AT")
)
SWISS = replace(BUYER, vat_id="", address=Address(street="Weg 1", postcode="8001", city="Zürich", country="CH"))
CONSUMER = replace(BUYER, vat_id="", is_business=False, name2="", contact_person="")
SKONTO = PaymentTerms(days=30, skonto_percent=D(2), skonto_days=14)


def invoice(*lines: Line, **changes: object) -> Document:
    """A complete final e-invoice of 22.11.2026 for November."""
    fields = {
        "id": 7,
        "number": "RE-2026-00007",
        "state": DocumentState.FINAL,
        "buyer": BUYER,
        "invoice_format": InvoiceFormat.ZUGFERD,
        "header_text": "Für unsere Leistungen berechnen wir:",
    }
    plain = (Line(name="Wartung", quantity=D("12.5"), unit="Std", unit_price=D("95.00")),)
    return sample_documents.november(lines or plain, **fields | changes)


def standard() -> Document:
    return invoice()


def skonto() -> Document:
    return invoice(terms=SKONTO, due_date=date(2026, 12, 22))


def leitweg() -> Document:
    buyer = replace(BUYER, leitweg_id="04011000-1234512345-06", email="")
    return invoice(buyer=buyer, buyer_order_reference="B 4711", order_number="AU-10017")


def mixed_rates() -> Document:
    return invoice(
        Line(name="Ware", quantity=D(3), unit="Stück", unit_price=D("33.33"), article="A-1"),
        Line(name="Buch", quantity=D(1), unit_price=D("50"), vat_rate=D(7), discount_percent=D("12.5")),
        Line(name="Heilbehandlung", quantity=D(1), unit_price=D("33.33"), vat_category=E),
        Line(name="Noch eine Ware", quantity=D(1), unit_price=D("10"), description="zweite\nZeile"),
        adjustments=(
            Adjustment(text="Treuerabatt", percent=D(10)),
            Adjustment(text="Fracht", amount=D("7.50"), is_charge=True),
        ),
        exemption_reason="Heilbehandlung, § 4 Nr. 14 UStG",
    )


def fixed_discount() -> Document:
    return invoice(
        Line(name="a", unit_price=D(100)),
        Line(name="b", unit_price=D(50), vat_rate=D(7)),
        Line(name="c", unit_price=D("33.33"), vat_category=E),
        adjustments=(Adjustment(amount=D(10)),),
    )


def credit_note() -> Document:
    return invoice(
        Line(name="Bonus", quantity=D(-1), unit_price=D("250")),
        Line(name="Bonus 7 %", quantity=D(-2), unit_price=D("9.99"), vat_rate=D(7), discount_percent=D(10)),
        kind=DocumentKind.CREDIT_MEMO,
        number="GS-2026-00001",
        due_date=None,
    )


def debit_memo() -> Document:
    return invoice(
        Line(name="Nachbelastung", unit_price=D("300")), kind=DocumentKind.DEBIT_MEMO, number="LA-2026-00001"
    )


def cancellation() -> Document:
    return replace(storno(mixed_rates(), date(2026, 11, 25)), number="ST-2026-00001", state=DocumentState.FINAL)


def cancellation_of_gross_prices() -> Document:
    return replace(storno(consumer_gross(), date(2026, 11, 25)), number="ST-2026-00002", state=DocumentState.FINAL)


def part_correction() -> Document:
    made, problems = correction(mixed_rates(), D("59.50"), date(2026, 11, 25))
    assert made is not None and not problems
    return replace(made, number="KO-2026-00001", state=DocumentState.FINAL)


def line_correction() -> Document:
    made, problems = correction(mixed_rates(), [Line(position=2, quantity=D(1))], date(2026, 11, 25))
    assert made is not None and not problems
    return replace(made, number="KO-2026-00002", state=DocumentState.FINAL)


def reverse_charge() -> Document:
    return invoice(Line(name="Bauleistung", unit="m²", quantity=D(20), unit_price=D(50), vat_category=AE))


def reverse_charge_eu() -> Document:
    return invoice(Line(name="Beratung", unit_price=D(1000), vat_category=AE), buyer=VIENNA, language="en")


def intra_community() -> Document:
    return invoice(
        Line(name="Maschine", unit_price=D(5000), vat_category=K),
        buyer=VIENNA,
        service_date=date(2026, 11, 10),
        period_from=None,
        period_to=None,
    )


def reverse_charge_by_register() -> Document:
    """A4.2: a domestic § 13b invoice to a buyer without a VAT id, known by his number in the register (BT-47)."""
    buyer = replace(BUYER, vat_id="", registration_id="HRB 4711")
    return invoice(Line(name="Bauleistung", unit_price=D(500), vat_category=AE), buyer=buyer)


def delivered_elsewhere() -> Document:
    """A5: a Swiss buyer with an Austrian VAT id, the goods went to Austria (BG-13)."""
    depot = Address(street="Lager 1", postcode="9020", city="Klagenfurt", country="AT")
    return invoice(
        Line(name="Maschine", unit_price=D(5000), vat_category=K),
        buyer=replace(SWISS, vat_id="ATU37675002"),
        delivery_name="Lager Süd",
        delivery_address=depot,
    )


def export() -> Document:
    return invoice(Line(name="Maschine", unit_price=D(5000), vat_category=G), buyer=SWISS)


def out_of_scope() -> Document:
    return invoice(Line(name="Beratung", unit_price=D(500), vat_category=O), buyer=SWISS)


def small_business() -> Document:
    seller = replace(SELLER, small_business=True, vat_id="")
    return invoice(Line(name="Unterricht", unit="Std", quantity=D(10), unit_price=D(50), vat_category=E), seller=seller)


def direct_debit() -> Document:
    buyer = replace(BUYER, iban="DE89370400440532013000", mandate_reference="M-10001-1")
    return invoice(buyer=buyer, terms=PaymentTerms(direct_debit=True))


def price_unit() -> Document:
    return invoice(Line(name="Schrauben", quantity=D(250), unit="Stück", unit_price=D("3.75"), price_unit=D(100)))


def negative_quantities() -> Document:
    return invoice(
        Line(name="Ware", quantity=D(10), unit_price=D("19.99"), discount_percent=D(5)),
        Line(name="Rückgabe", quantity=D(-2), unit_price=D("19.99"), discount_percent=D(5)),
        Line(name="Nachlass als Preis", quantity=D(1), unit_price=D("-7.50")),
    )


def returns_in_one_rate() -> Document:
    """A discount of the whole, where one rate's returns make its share another than the percentage of its net."""
    return invoice(
        Line(name="Ware", quantity=D("24.54"), unit_price=D("15.01")),
        Line(name="Buch zurück", quantity=D("-2.84"), unit_price=D("121.03"), vat_rate=D(7)),
        adjustments=(Adjustment(text="Bonus", percent=D("0.1")),),
    )


def prepaid() -> Document:
    return invoice(Line(name="Anlage", unit_price=D(10000)), prepaid=D("5950.00"))


def fully_prepaid() -> Document:
    return invoice(Line(name="Anlage", unit_price=D(100)), prepaid=D("119.00"), due_date=None)


def two_hundred_lines() -> Document:
    return invoice(
        *(
            Line(
                name=f"Artikel {n}",
                quantity=D(n) / 4,
                unit="kg",
                unit_price=D("0.3245") * n,
                vat_rate=D(19 if n % 3 else 7),
            )
            for n in range(1, 201)
        )
    )


def line_periods() -> Document:
    months = ((9, 30), (10, 31), (11, 30))
    return invoice(
        *(
            Line(
                name="Miete",
                unit="Monat",
                unit_price=D(100),
                service_from=date(2026, m, 1),
                service_to=date(2026, m, last),
            )
            for m, last in months
        ),
        period_from=date(2026, 9, 1),
    )


def consumer_gross() -> Document:
    """B6.2: net 8.39 and tax 1.60 on paper, BT-114 in the file."""
    return invoice(Line(name="Buchständer", unit_price=D("9.99")), gross_prices=True, buyer=CONSUMER)


def consumer_gross_mixed() -> Document:
    return invoice(
        Line(name="Lampe", quantity=D(3), unit_price=D("9.99"), discount_percent=D(10)),
        Line(name="Buch", quantity=D(2), unit_price=D("14.95"), vat_rate=D(7)),
        Line(name="Lampe zurück", quantity=D(-1), unit_price=D("9.99")),
        adjustments=(
            Adjustment(text="Gutschein", amount=D(5)),
            Adjustment(text="Versand", amount=D("4.90"), is_charge=True),
        ),
        gross_prices=True,
        buyer=CONSUMER,
    )


def zero_amount() -> Document:
    return invoice(
        Line(name="a", unit_price=D(100)), Line(name="a zurück", quantity=D(-1), unit_price=D(100)), due_date=None
    )


def old_rate() -> Document:
    return invoice(
        Line(name="Wartung Dezember 2020", unit_price=D(100), vat_rate=D(16)),
        period_from=date(2020, 12, 1),
        period_to=date(2020, 12, 31),
    )


def self_billing() -> Document:
    return invoice(kind=DocumentKind.SELF_BILLING, number="SB-2026-00001")


def zero_rated() -> Document:
    lines = (Line(name="Solaranlage", unit_price=D(9000), vat_category=Z, vat_rate=D(0)), Line(name="Anfahrt"))
    return invoice(lines[0], replace(lines[1], unit_price=D(80)))


def every_reason_in_english() -> Document:
    return invoice(
        Line(name="Building work", unit_price=D(100), vat_category=AE),
        Line(name="Machine", unit_price=D(100), vat_category=K),
        Line(name="Course", unit_price=D("33.33"), vat_category=E),
        Line(name="Goods", unit_price=D("9.99")),
        adjustments=(Adjustment(text="Bonus", percent=D(3)),),
        exemption_reason="Education, § 4 Nr. 21 UStG",
        buyer=VIENNA,
        language="en",
    )


def credit_of_gross_prices() -> Document:
    return invoice(
        Line(name="Bonus", quantity=D(-1), unit_price=D("9.99")),
        Line(name="Bonus Buch", quantity=D(-3), unit_price=D("1.99"), vat_rate=D(7)),
        kind=DocumentKind.CREDIT_MEMO,
        number="GS-2026-00002",
        gross_prices=True,
        due_date=None,
    )


def _storno_of(document: Document, number: str) -> Document:
    return replace(storno(document, date(2026, 11, 25)), number=number, state=DocumentState.FINAL)


def storno_of_a_part_payment() -> Document:
    return _storno_of(prepaid(), "ST-2026-00003")


def storno_of_a_credit_note() -> Document:
    return _storno_of(credit_note(), "ST-2026-00004")


def storno_of_a_delivery() -> Document:
    return _storno_of(delivered_elsewhere(), "ST-2026-00005")


def skonto_on_the_rest() -> Document:
    return invoice(terms=SKONTO, prepaid=D("413.13"), due_date=date(2026, 12, 22))


def building_site() -> Document:
    """Work on a private buyer's house: delivered elsewhere in Germany, to be kept for two years."""
    site = Address(street="Feld 2", postcode="04103", city="Leipzig")
    return invoice(buyer=CONSUMER, property_work=True, delivery_name="Baustelle", delivery_address=site)


def marked_texts() -> Document:
    return invoice(
        header_text="# Auftrag\n\n**Fett** & <b>:\n\n- eins\n- zwei", footer_text="Mit *freundlichen* Grüßen"
    )


def hostile() -> Document:
    return invoice(
        Line(name="a\x1b[31m <b>&amp; ]]> \u202e{x} \ufffe", description="=cmd\r\n\x00--><!--", unit_price=D(300))
    )


SCENARIOS: dict[str, Callable[[], Document]] = {
    made.__name__: made
    for made in (
        standard, skonto, leitweg, mixed_rates, fixed_discount, credit_note, debit_memo, cancellation,
        cancellation_of_gross_prices, part_correction, line_correction, reverse_charge, reverse_charge_eu,
        intra_community, reverse_charge_by_register, delivered_elsewhere,
        export, out_of_scope, small_business, direct_debit, price_unit, negative_quantities, prepaid,
        returns_in_one_rate,
        fully_prepaid, two_hundred_lines, line_periods, consumer_gross, consumer_gross_mixed, zero_amount, old_rate,
        self_billing, zero_rated, every_reason_in_english, credit_of_gross_prices, storno_of_a_part_payment,
        storno_of_a_credit_note, storno_of_a_delivery, skonto_on_the_rest, building_site, marked_texts, hostile,
    )
}  # fmt: skip
FORMATS = (InvoiceFormat.ZUGFERD, InvoiceFormat.XRECHNUNG)


def in_format(name: str, invoice_format: InvoiceFormat) -> Document:
    """The scenario's document in a format."""
    return replace(SCENARIOS[name](), invoice_format=invoice_format)


_lines = st.builds(
    Line,
    name=st.just("x"),
    quantity=st.decimals(-50, 50, places=2),
    unit_price=st.decimals(0, 500, places=2),
    discount_percent=st.sampled_from([D(0), D(10), D("33.3")]),
    vat_category=st.sampled_from([VatCategory.STANDARD] * 3 + [VatCategory.EXEMPT]),
    vat_rate=st.sampled_from([D(19), D(7)]),
)
_adjustments = st.lists(
    st.builds(Adjustment, percent=st.decimals(0, 30, places=1), is_charge=st.booleans())
    | st.builds(Adjustment, amount=st.decimals(0, 50, places=2), is_charge=st.booleans()),
    max_size=2,
).map(tuple)
_sellers = st.builds(
    lambda vat_id, tax_number, contact, iban: replace(
        SELLER, vat_id=vat_id, tax_number=tax_number, contact_person=contact, iban=iban
    ),
    st.sampled_from(["", "DE136695976"]),
    st.sampled_from(["", "143/123/45678"]),
    st.sampled_from(["", "Jörg Müller"]),
    st.sampled_from(["", "DE02120300000000202051"]),
)
_buyers = st.sampled_from(
    [
        *(BUYER, VIENNA, SWISS, CONSUMER, replace(VIENNA, vat_id=""), replace(BUYER, email="")),
        replace(BUYER, vat_id="", registration_id="HRB 4711"),
        replace(SWISS, vat_id="ATU37675002"),
        replace(BUYER, leitweg_id="04011000-1234512345-06", number=""),
    ]
)
parties_and_categories = st.builds(
    lambda seller, buyer, category, kind, invoice_format, price, delivered: invoice(
        Line(name="x", quantity=D(-1 if kind is DocumentKind.CREDIT_MEMO else 1), unit_price=price,
             vat_category=category),
        seller=seller, buyer=buyer, kind=kind, invoice_format=invoice_format, delivery_address=delivered,
    ),
    _sellers,
    _buyers,
    st.sampled_from(list(VatCategory)),
    st.sampled_from([DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO]),
    st.sampled_from(FORMATS),
    st.sampled_from([D("9.99"), D(500), D("1234.567891")]),
    st.sampled_from([None, None, Address(street="Lager 1", postcode="9020", city="Klagenfurt", country="AT")]),
)  # fmt: skip
"""Any parties with what they may lack, any category: what the law lets pass must be valid by the official rules."""
documents = st.builds(
    lambda made, more, gross, prepaid: invoice(*made, adjustments=more, gross_prices=gross, prepaid=prepaid),
    st.lists(_lines, min_size=1, max_size=6),
    _adjustments,
    st.booleans(),
    st.decimals(0, 100, places=2),
)
"""Any invoice: returns, discounts, charges, several rates, net or gross prices, prepaid amounts."""
