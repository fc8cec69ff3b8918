"""Rules A6, A8, A10, A12: Storno and Korrektur, gap report, retention, duty of the e-invoice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.cancellation import correction, correction_problems, remaining, storno, storno_problems
from tui_billing.domain.documents import (
    Adjustment,
    Document,
    DocumentKind,
    DocumentState,
    Line,
    NumberRange,
    VatCategory,
)
from tui_billing.domain.einvoice_duty import Duty, einvoice_duty, format_problem
from tui_billing.domain.numbers import Gap, number_report, parse_number
from tui_billing.domain.parties import Address, Channel, Customer, InvoiceFormat, Party, PaymentTerms
from tui_billing.domain.retention import Retained, deletion_problems, erasure, first_free_day, retention_end
from tui_billing.domain.totals import compute
from tui_billing.i18n import say

TODAY = date(2026, 11, 22)


def invoice(*lines: Line, **more: object) -> Document:
    return compute(
        Document(
            id=7,
            number="RE-2026-00007",
            invoice_date=date(2026, 11, 2),
            due_date=date(2026, 11, 16),
            state=DocumentState.FINAL,
            lines=lines or (Line(name="Wartung", unit_price=D("7612.50")),),
            period_starts=(date(2026, 11, 1),),
            mailed_at="2026-11-02T08:00:00Z",
            file_hash="abc",
            **more,  # type: ignore[arg-type]
        )
    )


def gross(amount: str, rate: str = "19") -> Document:
    return replace(invoice(Line(name="x", unit_price=D(amount), vat_rate=D(rate)), gross_prices=True))


def numbered(document: Document | None, number: str) -> Document:
    assert document is not None
    return replace(document, number=number, state=DocumentState.FINAL)


def test_a_storno_negates_what_is_stored_and_names_its_original() -> None:
    """A6.1"""
    made = storno(invoice(), TODAY)
    totals = made.totals
    assert (str(totals.net), str(totals.tax), str(totals.gross)) == ("-7612.50", "-1446.38", "-9058.88")
    assert (made.kind, made.number, made.state, made.id) == (DocumentKind.CANCELLATION, "", DocumentState.OPEN, 0)
    assert made.reference is not None
    assert (made.reference.document_id, made.reference.number) == (7, "RE-2026-00007")
    assert (made.invoice_date, made.reference.invoice_date) == (TODAY, date(2026, 11, 2))
    assert (made.lines[0].quantity, made.lines[0].unit_price) == (D(-1), D("7612.50"))
    assert (made.mailed_at, made.file_hash, made.period_starts, made.due_date) == ("", "", (), None)


def test_no_storno_of_a_storno_and_no_second_storno() -> None:
    """A6.2"""
    original = invoice()
    made = numbered(storno(original, TODAY), "ST-2026-00001")
    assert storno_problems(original) == []
    assert [p.code for p in storno_problems(made)] == ["STORNO_VON_STORNO"]
    assert [p.code for p in storno_problems(original, [made])] == ["SCHON_STORNIERT"]
    cancelled = replace(original, state=DocumentState.CANCELLED)
    assert [p.code for p in storno_problems(cancelled)] == ["SCHON_STORNIERT"]
    still_open = replace(original, state=DocumentState.OPEN)
    assert [p.code for p in storno_problems(still_open)] == ["NOCH_NICHT_FESTGESCHRIEBEN"]


def test_a_discarded_storno_does_not_count() -> None:
    made = replace(storno(invoice(), TODAY), state=DocumentState.CANCELLED)
    assert storno_problems(invoice(), [made]) == []


def test_corrections_never_exceed_the_invoice() -> None:
    """A6.4"""
    original = gross("119.00")
    first = numbered(correction(original, D("59.50"), TODAY)[0], "KO-1")
    second = numbered(correction(original, D("59.50"), TODAY, [first])[0], "KO-2")
    third, problems = correction(original, D("0.01"), TODAY, [first, second])
    assert (str(first.totals.gross), str(second.totals.gross)) == ("-59.50", "-59.50")
    assert (third, [p.code for p in problems]) == (None, ["KORREKTUR_UEBERSTEIGT_RECHNUNG"])
    assert say(problems[0]).endswith("noch 0,00 EUR sind offen für Korrekturen.")
    assert remaining(original, [first, second]) == 0
    assert [p.code for p in storno_problems(original, [first])] == ["STORNO_NACH_KORREKTUR"]


def test_a_correction_keeps_the_rates_of_the_original() -> None:
    """A6.5"""
    original = invoice(Line(name="x", unit_price=D(100), vat_rate=D(16)))
    by_amount, _ = correction(original, D("58.00"), TODAY)
    by_lines, _ = correction(original, [Line(position=1, quantity=D("0.5"), vat_rate=D(19))], TODAY)
    for made in (by_amount, by_lines):
        assert made is not None
        assert [(row.rate, row.net, row.tax) for row in made.totals.vat] == [(D(16), D("-50.00"), D("-8.00"))]
        assert made.kind is DocumentKind.CORRECTION and made.reference is not None


def test_a_correction_by_amount_goes_over_all_rates() -> None:
    original = invoice(Line(name="a", unit_price=D(100)), Line(name="b", unit_price=D(50), vat_rate=D(7)))
    made, _ = correction(original, D("17.25"), TODAY)
    assert made is not None and made.totals.gross == D("-17.25")
    assert [(row.rate, row.net + row.tax) for row in made.totals.vat] == [(19, D("-11.90")), (7, D("-5.35"))]
    assert made.lines[0].name == "Korrektur zu RE-2026-00007" and made.lines[0].unit_price > 0


def test_lines_taken_back_carry_their_share_of_the_discounts() -> None:
    original = invoice(
        Line(name="a", unit_price=D(100), quantity=D(2)),
        adjustments=(Adjustment(percent=D(10)), Adjustment(amount=D(10))),
    )
    half, _ = correction(original, [Line(position=1, quantity=D(1))], TODAY)
    assert half is not None and half.totals.net == D("-85.00")
    rest, _ = correction(original, [Line(position=1, quantity=D(1))], TODAY, [numbered(half, "KO-1")])
    assert rest is not None and rest.totals.gross + half.totals.gross + original.totals.gross == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(D(0), "KORREKTUR_OHNE_BETRAG", id="nothing to correct"),
        pytest.param([Line(position=1, quantity=D(0))], "KORREKTUR_OHNE_BETRAG", id="no quantity"),
        pytest.param(D("119.01"), "KORREKTUR_UEBERSTEIGT_RECHNUNG", id="a cent too much"),
    ],
)
def test_refused_corrections(change: object, code: str) -> None:
    made, problems = correction(gross("119.00"), change, TODAY)  # type: ignore[arg-type]
    assert (made, [p.code for p in problems]) == (None, [code])


def two_rates() -> Document:
    return invoice(Line(name="a", unit_price=D(100)), Line(name="b", unit_price=D(100), vat_rate=D(7)))


def test_an_amount_goes_over_what_earlier_corrections_have_left_of_each_rate() -> None:
    """B7, A6.4: 119,00 at 19 % are taken back already, so 107,00 are all at 7 %."""
    first, _ = correction(two_rates(), [Line(position=1, quantity=D(1))], TODAY)
    second, problems = correction(two_rates(), D("107.00"), TODAY, [numbered(first, "KO-1")])
    assert not problems and second is not None
    assert [(row.rate, row.net, row.tax) for row in second.totals.vat] == [(7, D("-100.00"), D("-7.00"))]


def test_no_rate_is_taken_back_beyond_what_it_was() -> None:
    """178,50 are less than the invoice's 226,00, but more than its 119,00 at 19 %."""
    made, problems = correction(two_rates(), [Line(position=1, quantity=D("1.5"))], TODAY)
    assert (made, [p.code for p in problems]) == (None, ["KORREKTUR_UEBERSTEIGT_RECHNUNG"])
    assert say(problems[0]) == (
        "Die Korrektur übersteigt die Positionen zu 19 % der Rechnung RE-2026-00007: noch 119,00 EUR offen."
    )


def test_only_positions_and_rates_of_the_original_are_taken_back() -> None:
    made, problems = correction(two_rates(), [Line(position=3, quantity=D(1), unit_price=D(5))], TODAY)
    assert (made, [p.code for p in problems]) == (None, ["POSITION_UNBEKANNT"])
    assert say(problems[0]) == "RE-2026-00007 hat keine Position 3."
    fine, _ = correction(two_rates(), D("10.00"), TODAY)
    assert fine is not None
    edited = compute(replace(fine, lines=tuple(replace(line, vat_rate=D(16)) for line in fine.lines)))
    assert [p.code for p in correction_problems(two_rates(), edited)] == ["STEUERSATZ_NICHT_DER_RECHNUNG"]


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=6), st.integers(0, 1))
def test_corrections_by_lines_and_amounts_leave_no_rate_negative(cents: list[int], taken: int) -> None:
    original = two_rates()
    made: list[Document] = []
    if taken:
        made.append(numbered(correction(original, [Line(position=2, quantity=D("0.3"))], TODAY)[0], "KO-0"))
    for n, amount in enumerate(cents):
        one, _ = correction(original, min(D(amount).scaleb(-2), remaining(original, made)), TODAY, made)
        if one is not None:
            made.append(numbered(one, f"KO-{n + 1}"))
    for row in original.totals.vat:
        back = [r for d in made for r in d.totals.vat if r.rate == row.rate]
        assert row.net + row.tax + sum(r.net + r.tax for r in back) >= 0


def test_corrections_of_second_documents_are_refused() -> None:
    made = numbered(storno(invoice(), TODAY), "ST-1")
    assert [p.code for p in correction(made, D(1), TODAY)[1]] == ["STORNO_VON_STORNO"]
    fixed = numbered(correction(gross("119.00"), D(1), TODAY)[0], "KO-1")
    assert [p.code for p in correction(fixed, D(1), TODAY)[1]] == ["STORNO_VON_STORNO"]


def test_a_correction_may_raise_the_amount_and_a_credit_memo_can_be_corrected() -> None:
    more, _ = correction(gross("119.00"), D("-11.90"), TODAY)
    assert more is not None and more.totals.gross == D("11.90") and more.lines[0].quantity == 1
    credit = replace(gross("-119.00"), kind=DocumentKind.CREDIT_MEMO)
    back, _ = correction(credit, D("-119.00"), TODAY)
    assert back is not None and back.totals.gross == D("119.00")
    assert [p.code for p in correction(credit, D("-119.01"), TODAY)[1]] == ["KORREKTUR_UEBERSTEIGT_RECHNUNG"]


@given(st.lists(st.integers(1, 10**7).map(lambda n: D(n).scaleb(-2)), min_size=1, max_size=4), st.integers(1, 10**7))
def test_a_correction_by_amount_is_exact(prices: list[D], cents: int) -> None:
    rates = [D(19), D(7), D(16), D(19)]
    lines = tuple(Line(name="x", unit_price=p, vat_rate=r) for p, r in zip(prices, rates, strict=False))
    original = invoice(*lines)
    amount = min(D(cents).scaleb(-2), original.totals.gross)
    made, problems = correction(original, amount, TODAY)
    assert not problems and made is not None and made.totals.gross == -amount


@pytest.mark.parametrize(
    ("day", "kind", "end"),
    [
        pytest.param(date(2018, 12, 31), Retained.INVOICE, date(2026, 12, 31), id="A10.2"),
        pytest.param(date(2026, 11, 22), Retained.INVOICE, date(2034, 12, 31), id="A10.3"),
        pytest.param(date(2026, 1, 1), Retained.BOOKS, date(2036, 12, 31), id="books"),
        pytest.param(date(2026, 1, 1), Retained.LETTER, date(2032, 12, 31), id="letters"),
    ],
)
def test_retention(day: date, kind: Retained, end: date) -> None:
    assert retention_end(day, kind) == end


def test_an_invoice_of_2018_may_go_in_2027() -> None:
    """A10.2"""
    document = replace(invoice(), invoice_date=date(2018, 12, 31))
    assert first_free_day(document.invoice_date) == date(2027, 1, 1)
    assert [p.code for p in deletion_problems(document, TODAY)] == ["AUFBEWAHRUNGSFRIST"]
    assert deletion_problems(document, date(2027, 1, 1)) == []


def test_erasure_blocks_a_customer_with_invoices() -> None:
    """A10.4"""
    customer = Customer(
        number="10001", name="Käufer", emails=("a@b.de",), channel=Channel.EMAIL, note="x", cutoff_day=15,
        address=Address(street="Weg 1", postcode="10115", city="Berlin"), vat_id="DE136695976", name2="Abt. 1",
        iban="DE02120300000000202051", mandate_reference="M-1", leitweg_id="04011000-1234512345-06",
        registration_id="HRB 1", terms=PaymentTerms(days=30, direct_debit=True),
    )  # fmt: skip
    kept, problems = erasure(customer, [invoice()], TODAY)
    assert kept is not None and kept.blocked
    assert (kept.emails, kept.channel, kept.note, kept.cutoff_day) == ((), None, "", None)
    assert (kept.number, kept.name) == ("10001", "Käufer")
    left = Customer(number="10001", name="Käufer", blocked=True, terms=PaymentTerms(days=30))
    assert kept == left
    assert [p.code for p in problems] == ["GESPERRT_STATT_GELOESCHT"]
    assert erasure(customer, [replace(invoice(), invoice_date=date(2010, 1, 1))], TODAY) == (None, [])


BUSINESS = Party(name="Käufer AG", address=Address(country="DE"), is_business=True)
SELLER = Party(name="Muster GmbH", address=Address(country="DE"))


def billed(supplied: date, **more: object) -> Document:
    made = invoice(seller=SELLER, buyer=BUSINESS, service_date=supplied)
    return replace(made, **more)  # type: ignore[arg-type]


SMALL = compute(Document(lines=(Line(unit_price=D("250")),), gross_prices=True)).totals


@pytest.mark.parametrize(
    ("document", "sent_on", "turnover", "duty"),
    [
        pytest.param(billed(date(2026, 12, 15)), date(2026, 12, 31), 900_000, Duty.NOT_YET, id="A12.1 PDF will do"),
        pytest.param(billed(date(2027, 1, 2)), date(2027, 1, 5), 900_000, Duty.REQUIRED, id="A12.2 large seller"),
        pytest.param(billed(date(2027, 1, 2)), date(2027, 12, 31), 800_000, Duty.NOT_YET, id="A12.2 at the limit"),
        pytest.param(billed(date(2027, 1, 2)), date(2027, 1, 5), "800000.01", Duty.REQUIRED, id="A12.2 above it"),
        pytest.param(billed(date(2027, 1, 2)), date(2027, 1, 5), None, Duty.REQUIRED, id="turnover unknown"),
        pytest.param(billed(date(2026, 12, 15)), date(2027, 1, 5), 900_000, Duty.REQUIRED, id="A12.3"),
        pytest.param(billed(date(2027, 12, 30)), date(2028, 1, 3), 100_000, Duty.REQUIRED, id="sent in 2028"),
        pytest.param(billed(date(2028, 2, 1), totals=SMALL), date(2028, 2, 1), None, Duty.NEVER, id="A12.4 250,00"),
        pytest.param(
            billed(date(2028, 2, 1), seller=replace(SELLER, small_business=True)),
            date(2028, 2, 1), None, Duty.NEVER, id="A12.4 Kleinunternehmer",
        ),
        pytest.param(
            billed(date(2028, 2, 1), buyer=replace(BUSINESS, is_business=False)),
            date(2028, 2, 1), None, Duty.NEVER, id="A12.4 consumer",
        ),
        pytest.param(
            billed(date(2028, 2, 1), buyer=replace(BUSINESS, address=Address(country="AT"))),
            date(2028, 2, 1), None, Duty.NEVER, id="buyer abroad",
        ),
        pytest.param(
            billed(date(2028, 2, 1), lines=(Line(vat_category=VatCategory.EXEMPT),)),
            date(2028, 2, 1), None, Duty.NEVER, id="exempt supplies only",
        ),
        pytest.param(
            billed(date(2028, 2, 1), lines=(Line(vat_category=VatCategory.OUT_OF_SCOPE),)),
            date(2028, 2, 1), None, Duty.NEVER, id="damages are no supply",
        ),
        pytest.param(
            billed(date(2028, 2, 1), lines=(Line(vat_category=VatCategory.EXEMPT), Line())),
            date(2028, 2, 1), None, Duty.REQUIRED, id="partly exempt",
        ),
        pytest.param(
            billed(date(2024, 12, 31)), date(2028, 2, 1), None, Duty.NEVER, id="supplied before the law",
        ),
    ],
)  # fmt: skip
def test_when_an_einvoice_is_required(document: Document, sent_on: date, turnover: object, duty: Duty) -> None:
    verdict = einvoice_duty(document, sent_on, None if turnover is None else D(str(turnover)))
    assert verdict.duty is duty and verdict.reason


def test_the_run_warns_for_pdf_only() -> None:
    document = billed(date(2026, 11, 15))
    soon = format_problem(document, TODAY, D(900_000))
    assert soon is not None and soon.warning and soon.code == "ERECHNUNG_BALD_PFLICHT"
    assert soon.params["begins"] == date(2027, 1, 1)
    now = format_problem(document, date(2027, 1, 5), D(900_000))
    assert now is not None and now.warning and now.code == "ERECHNUNG_PFLICHT"
    assert format_problem(replace(document, invoice_format=InvoiceFormat.ZUGFERD), date(2027, 1, 5), None) is None
    assert format_problem(replace(document, buyer=replace(BUSINESS, is_business=False)), TODAY, None) is None


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("RE-2026-00413", ("RE", 2026, 413)),
        ("KD-10004", ("KD", 0, 10004)),
        ("RE-A-2026-100000", ("RE-A", 2026, 100000)),
        ("Altbestand 12", None),
        ("", None),
    ],
)
def test_numbers_are_taken_apart(number: str, parts: tuple[str, int, int] | None) -> None:
    assert parse_number(number) == parts


def test_the_gap_report_names_what_is_missing() -> None:
    ranges = [
        NumberRange(name="RE", year=2026, last=9),
        NumberRange(name="ST", year=2026, last=2),
        NumberRange(name="KD", last=0),
    ]
    numbers = [f"RE-2026-{n:05d}" for n in (2, 3, 6, 6, 10)] + ["ST-2026-00001", "ST-2026-00002", "alt 1"]
    report = number_report(ranges, numbers)
    assert report.gaps == (Gap("RE", 2026, 1, 1), Gap("RE", 2026, 4, 5), Gap("RE", 2026, 7, 9))
    assert [str(gap) for gap in report.gaps] == [
        "RE-2026-00001", "RE-2026-00004 – RE-2026-00005", "RE-2026-00007 – RE-2026-00009",
    ]  # fmt: skip
    assert (report.duplicates, report.beyond, report.is_clean) == (("RE-2026-00006",), ("RE-2026-00010",), False)
    assert number_report(ranges[1:], numbers[5:7]).is_clean


@given(st.sets(st.integers(1, 200)))
def test_gaps_and_numbers_fill_the_range(used: set[int]) -> None:
    report = number_report([NumberRange(name="RE", year=2026, last=200)], [f"RE-2026-{n:05d}" for n in used])
    missing = {n for gap in report.gaps for n in range(gap.first, gap.last + 1)}
    assert missing | used == set(range(1, 201)) and not missing & used
