"""Rules A7, B6.2: the figures of an e-invoice, and the own exact checks on them."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D

import pytest
from einvoice_cases import CONSUMER, SCENARIOS, SELLER, documents, in_format, invoice, mixed_rates
from hypothesis import given

from tui_billing.domain.documents import Document, Line, Totals, VatCategory
from tui_billing.domain.einvoice_checks import check_agreement, check_amounts, check_einvoice
from tui_billing.domain.einvoice_figures import figures
from tui_billing.domain.law import check_document
from tui_billing.domain.money import percent_of
from tui_billing.domain.parties import Address, InvoiceFormat, PaymentTerms
from tui_billing.domain.totals import compute, negated
from tui_billing.i18n import say

HOME = CONSUMER.address


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_passes_the_law_and_the_own_checks(name: str) -> None:
    document = in_format(name, InvoiceFormat.XRECHNUNG)
    assert check_document(document) == []
    assert check_amounts(document) == []
    assert check_einvoice(document) == []
    assert check_agreement(document, figures(document)) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("standard", "380", id="A7.1 Rechnung"),
        pytest.param("cancellation", "384", id="A7.1 Storno"),
        pytest.param("part_correction", "384", id="A7.1 Korrektur"),
        pytest.param("debit_memo", "380", id="A7.1 Lastschrift is never 383"),
        pytest.param("credit_note", "381", id="A7 kaufmännische Gutschrift"),
        pytest.param("self_billing", "389", id="A7.1 Gutschriftsverfahren"),
    ],
)
def test_type_codes(name: str, code: str) -> None:
    assert figures(SCENARIOS[name]()).type_code == code


def test_a_credit_memo_leaves_with_reversed_signs_and_a_storno_with_stored_ones() -> None:
    credit = figures(SCENARIOS["credit_note"]())
    assert credit.payable > 0 and all(line.quantity > 0 and line.net > 0 for line in credit.lines)
    storno = figures(SCENARIOS["cancellation"]())
    assert storno.payable == -figures(mixed_rates()).payable and storno.lines[0].quantity == -3


def test_a_gross_price_needs_a_rounding_amount() -> None:
    """B6.2: 8.39 + 1.59 + 0.01 = 9.99."""
    found = figures(SCENARIOS["consumer_gross"]())
    assert (str(found.net), str(found.tax), str(found.gross)) == ("8.39", "1.59", "9.98")
    assert (str(found.rounding), str(found.payable)) == ("0.01", "9.99")


def test_a_discount_on_a_returned_line_is_a_charge() -> None:
    found = figures(SCENARIOS["negative_quantities"]())
    assert [(str(f.gross), str(f.adjustment), str(f.net)) for f in found.lines] == [
        ("199.90", "-10.00", "189.90"),
        ("-39.98", "2.00", "-37.98"),
        ("-7.50", "0.00", "-7.50"),
    ]
    assert (found.lines[2].quantity, found.lines[2].price) == (D(-1), D("7.50"))


@given(documents)
def test_figures_add_up_to_the_cent(document: Document) -> None:
    found = figures(document)
    assert found.line_total - found.allowances + found.charges == found.net  # BR-CO-13
    assert found.gross == found.net + found.tax  # BR-CO-15
    assert found.payable == found.gross - found.prepaid + found.rounding == document.totals.payable  # BR-CO-16
    assert all(row.tax == percent_of(row.net, row.rate) for row in found.vat)  # BR-CO-17
    for row in found.vat:  # BR-S-08
        group = (row.category, row.rate)
        nets = sum(f.net for f, line in zip(found.lines, document.lines, strict=True)
                   if (line.vat_category, line.vat_rate) == group)  # fmt: skip
        assert row.net == nets + sum(a.amount for a in found.adjustments if a.group == group)
    assert all(f.gross + f.adjustment == f.net and f.price >= 0 for f in found.lines)
    assert check_agreement(document, found) == [] and check_amounts(document) == []


@given(documents)
def test_the_storno_of_an_einvoice_is_the_einvoice_negated(document: Document) -> None:
    one, other = figures(document), figures(negated(document))
    assert [f.net for f in other.lines] == [-f.net for f in one.lines]
    assert [(r.net, r.tax) for r in other.vat] == [(-r.net, -r.tax) for r in one.vat]
    assert (other.payable, other.rounding) == (-one.payable, -one.rounding)


def wrong_totals(**changes: object) -> Callable[[], Document]:
    def make() -> Document:
        document = mixed_rates()
        return replace(document, totals=replace(document.totals, **changes))  # type: ignore[arg-type]

    return make


def wrong_row(**changes: object) -> Callable[[], Document]:
    def make() -> Document:
        document = mixed_rates()
        first, *rest = document.totals.vat
        rows = (replace(first, **changes), *rest)  # type: ignore[arg-type]
        return replace(document, totals=replace(document.totals, vat=rows))

    return make


def wrong_line() -> Document:
    document = mixed_rates()
    first, *rest = document.lines
    return replace(document, lines=(replace(first, net=first.net + D("0.01")), *rest))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(wrong_totals(lines=D(1)), "SUMME_POSITIONEN_FALSCH", id="BR-CO-10"),
        pytest.param(wrong_totals(adjustment=D(1)), "SUMME_NACHLASS_FALSCH", id="BR-CO-11"),
        pytest.param(wrong_totals(net=D("184.30")), "SUMME_NETTO_FALSCH", id="BR-CO-13"),
        pytest.param(wrong_totals(tax=D("22.00")), "SUMME_STEUER_FALSCH", id="BR-CO-14"),
        pytest.param(wrong_totals(gross=D("198.40")), "SUMME_BRUTTO_FALSCH", id="BR-CO-15, a cent"),
        pytest.param(wrong_totals(payable=D("198.38")), "ZAHLBETRAG_FALSCH", id="BR-CO-16, a cent"),
        pytest.param(wrong_row(tax=D("19.49")), "STEUERBETRAG_FALSCH", id="BR-CO-17, a cent"),
        pytest.param(wrong_row(net=D("102.56")), "STEUERBASIS_FALSCH", id="BR-S-08, a cent"),
        pytest.param(wrong_row(adjustment=D("-6.00")), "NACHLASS_FALSCH", id="share of a discount"),
        pytest.param(wrong_row(rate=D(16)), "STEUERZEILEN_FALSCH", id="a rate without lines"),
        pytest.param(wrong_line, "POSITIONSBETRAG_FALSCH", id="BT-131, a cent"),
        pytest.param(lambda: replace(mixed_rates(), totals=Totals()), "STEUERZEILEN_FALSCH", id="never computed"),
    ],
)
def test_a_wrong_cent_is_found(make: Callable[[], Document], code: str) -> None:
    problems = check_amounts(make())
    assert code in [problem.code for problem in problems]
    assert all(say(problem) for problem in problems)


def test_a_figure_that_differs_from_the_print_is_found() -> None:
    document = mixed_rates()
    found = replace(figures(document), payable=D("198.38"))
    (problem,) = check_agreement(document, found)
    assert say(problem) == "Zahlbetrag: In der XML-Datei steht 198,38, auf dem Beleg 198,39."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seller": replace(SELLER, phone="")}, "KONTAKT_FEHLT"),
        ({"seller": replace(SELLER, phone="12")}, "TELEFON_UNGUELTIG"),
        ({"seller": replace(SELLER, email=" ")}, "KONTAKT_FEHLT"),
        ({"buyer": replace(CONSUMER, email="")}, "EMPFAENGER_EADRESSE_FEHLT"),
        ({"buyer": replace(CONSUMER, number="")}, "KAEUFERREFERENZ_FEHLT"),
        ({"seller": replace(SELLER, vat_id="", tax_number="")}, "STEUERNUMMER_FEHLT"),
        ({"buyer": replace(CONSUMER, address=replace(HOME, city=""))}, "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"),
        ({"buyer": replace(CONSUMER, address=replace(HOME, country="Deutschland"))}, "LAND_UNGUELTIG"),
        ({"terms": PaymentTerms(direct_debit=True)}, "MANDAT_FEHLT"),
        ({"delivery_address": Address(street="Feld 2", city="Leipzig")}, "LIEFERANSCHRIFT_UNVOLLSTAENDIG"),
        ({"delivery_address": Address(street="Feld 2", postcode="04103")}, "LIEFERANSCHRIFT_UNVOLLSTAENDIG"),
        ({"delivery_address": Address(postcode="04103", city="Leipzig", country="D")}, "LAND_UNGUELTIG"),
    ],
)  # fmt: skip
def test_what_an_xrechnung_lacks(changes: dict[str, object], code: str) -> None:
    document = invoice(invoice_format=InvoiceFormat.XRECHNUNG, **changes)
    assert [problem.code for problem in check_einvoice(document)] == [code]
    assert check_einvoice(replace(document, invoice_format=InvoiceFormat.PDF)) == []


def test_domestic_reverse_charge_without_an_id_is_no_einvoice() -> None:
    """A4.2: allowed on paper, refused as e-invoice (BR-AE-02)."""
    document = compute(replace(SCENARIOS["reverse_charge"](), buyer=CONSUMER))
    assert check_document(replace(document, invoice_format=InvoiceFormat.PDF)) == []
    assert [problem.code for problem in check_document(document)] == ["USTID_EMPFAENGER_FEHLT"]


def test_domestic_reverse_charge_with_a_number_in_the_register_is_an_einvoice() -> None:
    """A4.2: VAT id or registration id (BR-AE-02, BT-47)."""
    document = SCENARIOS["reverse_charge_by_register"]()
    assert check_document(document) == []
    nameless = replace(document, buyer=replace(document.buyer, registration_id=" "))
    assert [problem.code for problem in check_document(nameless)] == ["USTID_EMPFAENGER_FEHLT"]


def test_an_export_as_einvoice_needs_the_sellers_vat_id() -> None:
    """BR-G-02; on paper the tax number is enough."""
    document = SCENARIOS["export"]()
    bare = replace(document, seller=replace(document.seller, vat_id=""))
    assert check_document(replace(bare, invoice_format=InvoiceFormat.PDF)) == []
    assert [problem.code for problem in check_document(bare)] == ["USTID_VERKAEUFER_FEHLT"]


def test_out_of_scope_lines_stand_alone() -> None:
    document = invoice(
        Line(name="a", unit_price=D(1)), Line(name="b", unit_price=D(1), vat_category=VatCategory.OUT_OF_SCOPE)
    )
    assert [problem.code for problem in check_einvoice(document)] == ["KATEGORIE_O_GEMISCHT"]
