"""Select, drop, create, resume, waive and gaps on a store (rules C3-C5, A8.4; help text Intervallrechnungen)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from fakes import make_desk

from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import Document, DocumentType, NumberRange
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.messages import Refused
from tui_billing.domain.orders import CatchUp, IntervalTerms, IntervalUnit, Order, OrderLine, Period, PeriodState
from tui_billing.domain.parties import Address, Company, Customer
from tui_billing.services import documents, orders
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create, resume, select_and_create
from tui_billing.services.interval_ledger import unwaive, waive, waive_all
from tui_billing.services.interval_numbers import created_csv, created_rows
from tui_billing.services.interval_questions import explain_order, find_gaps
from tui_billing.services.intervals import IntervalSelection, finish, plan_select

ADDRESS = Address(street="Weg 1", postcode="20999", city="Nordhafen")
JAN27 = date(2027, 1, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A company and two customers."""
    made = make_desk(tmp_path)
    with made.store.transaction("Anfang") as tx:
        tx.insert(Company(name="Muster GmbH", address=ADDRESS, tax_number="22/815/08150"))
        tx.insert(Customer(number="10001", name="Turnverein 1899", address=ADDRESS))
        tx.insert(Customer(number="10002", name="Praxis Dr. Yılmaz", address=ADDRESS))
        tx.insert(DocumentType(name="Beitragsrechnung", number_range="BR"))
    return made


def add(desk: Desk, number: str, *, customer: int = 1, price: str = "96.00", billed: int = 0, **more: object) -> Order:
    """An order that is billed yearly from 01.01.2026 in advance, unless said otherwise."""
    terms = more.pop("interval", None) or IntervalTerms(unit=IntervalUnit.YEAR, anchor=date(2026, 1, 1))
    assert isinstance(terms, IntervalTerms)
    lines = (OrderLine(name="Beitrag {Jahr}", unit_price=D(price)),)
    order = Order(**{"number": number, "customer_id": customer, "lines": lines, "interval": terms, **more})  # type: ignore[arg-type]
    saved, _ = orders.save(desk, order)
    if billed:
        view = orders.stored_preview(desk.store, saved, desk.today())
        with desk.store.transaction("alt") as tx:
            for period in view.next[:billed]:
                tx.insert(Period(order_id=saved.id, period_start=period.start, period_end=period.end))
    return saved


def ask(execution: date = JAN27, **more: object) -> IntervalSelectionParameters:
    return IntervalSelectionParameters(execution_date=execution, invoice_date=date(2027, 1, 2), **more)  # type: ignore[arg-type]


def select(desk: Desk, parameters: IntervalSelectionParameters | None = None) -> IntervalSelection:
    return finish(plan_select(desk.store, parameters or ask()))


def monthly(**more: object) -> IntervalTerms:
    return IntervalTerms(anchor=date(2026, 1, 1), **more)  # type: ignore[arg-type]


def test_the_yearly_order_of_the_help_text_is_selected_from_the_first_of_january_on(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    assert select(desk, ask(date(2026, 12, 31))).rows == ()
    (row,) = select(desk).rows
    assert (row.order_number, row.period_start, row.period_end, row.text, row.net, row.gross) == (
        "A-1",
        JAN27,
        date(2027, 12, 31),
        "Beitrag 2027",
        D("96.00"),
        D("114.24"),
    )


def test_created_invoices_carry_number_period_texts_and_receivable_and_never_the_execution_date(desk: Desk) -> None:
    add(desk, "A-1", billed=1, header_text="Zeitraum {Abrechnungszeitraum}")
    plan = select(desk, ask(date(2027, 1, 15), billing_period_text="Saison 27", document_type="Beitragsrechnung"))
    result = finish(apply_create(desk, plan))
    (document,) = desk.store.get_many(Document, result.document_ids).values()
    assert document.number == "BR-2027-00001"
    assert document.invoice_date == date(2027, 1, 2)
    assert (document.period_from, document.period_to) == (JAN27, date(2027, 12, 31))
    assert (document.header_text, document.lines[0].name) == ("Zeitraum Saison 27", "Beitrag 2027")
    assert (document.order_number, document.period_starts, document.document_type) == (
        "A-1",
        (JAN27,),
        "Beitragsrechnung",
    )
    assert "2027-01-15" not in str(document)
    (period,) = desk.store.find(Period, "document_id", document.id)
    assert (period.period_start, period.state, period.creation_id) == (JAN27, PeriodState.BILLED, 1)


def test_c4_5_selecting_twice_gives_the_same_rows_and_after_creating_none(desk: Desk) -> None:
    add(desk, "A-1", interval=monthly(), billed=10)
    first, second = select(desk), select(desk)
    assert first.rows == second.rows
    assert first.fingerprint == second.fingerprint
    assert len(finish(apply_create(desk, first)).document_ids) == 3
    assert select(desk).rows == ()


def test_pressing_erstellen_twice_on_the_same_plan_creates_once_and_tells_the_second(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    plan = select(desk)
    first = finish(apply_create(desk, plan))
    second = finish(apply_create(desk, plan))
    assert (len(first.document_ids), second.document_ids) == (1, [])
    (problem,) = second.failed.values()
    assert (problem.code, problem.params["document"]) == ("SCHON_BERECHNET", "RE-2027-00001")
    assert desk.store.count(Document) == 1


def test_dropped_rows_are_not_created_and_come_again(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    other = add(desk, "A-2", customer=2, billed=1)
    plan = select(desk).without([RowKey(other.id, JAN27)])
    balance = plan.balance()
    assert (balance.candidates, balance.taken, balance.out) == (2, 1, {"dropped": 1})
    finish(apply_create(desk, plan))
    assert [r.order_number for r in select(desk).rows] == ["A-2"]


def test_the_balance_keeps_every_candidate(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    add(desk, "A-2", interval=monthly(paused=True), billed=12)
    add(desk, "A-3", interval=monthly(end=date(2026, 12, 31)), billed=12)
    add(desk, "A-4", interval=monthly(catch_up=CatchUp.NEXT_ONLY), billed=10)
    balance = select(desk).balance()
    assert (balance.candidates, balance.taken) == (6, 2)
    assert balance.out == {"paused": 1, "after_end": 1, "next_only": 2}
    assert balance.as_json()["eur"]["candidates"] == "685.44"


def test_one_order_that_cannot_be_billed_is_a_row_with_a_reason_and_the_rest_goes_on(desk: Desk) -> None:
    with desk.store.transaction("Kunde ohne Anschrift") as tx:
        poor = tx.insert(Customer(number="10003", name="Ohne Anschrift"))
    add(desk, "A-1", billed=1)
    add(desk, "A-2", customer=poor.id, price="1000.00", billed=1)
    add(desk, "A-3", customer=2, billed=1)
    plan = select(desk)
    assert [len(r.blocking) for r in plan.rows] == [0, 1, 0]
    result = finish(apply_create(desk, plan))
    assert (len(result.document_ids), list(result.failed)) == (2, ["A-2:2027-01-01"])
    assert result.failed["A-2:2027-01-01"].code == "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"
    numbers = [r.number for r in created_rows(desk.store, desk.store.need(IntervalCreation, 1))]
    assert numbers == ["RE-2027-00001", "RE-2027-00002"]


def test_a_broken_order_record_stops_nobody(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    broken = add(desk, "A-2", billed=1)
    with desk.store.engine.transaction("kaputt") as tx:
        doc = tx.get("orders", broken.id)
        assert doc is not None
        tx.put("orders", {**doc, "interval": {"every": 0, "anchor": "2026-01-01"}})
    plan = select(desk)
    assert [r.order_number for r in plan.rows] == ["A-1"]
    assert [p.where for p in plan.problems] == ["A-2"]


def test_a_combined_row_bills_all_its_periods_with_one_number(desk: Desk) -> None:
    add(desk, "A-1", interval=monthly(catch_up=CatchUp.COMBINED), billed=10, price="100.00")
    (row,) = select(desk).rows
    assert (len(row.period_starts), row.net) == (3, D("300.00"))
    result = finish(apply_create(desk, select(desk)))
    assert len(result.document_ids) == 1
    assert len(desk.store.find(Period, "document_id", result.document_ids[0])) == 3
    assert select(desk).rows == ()


def test_a8_4_a_creation_stopped_after_some_rows_goes_on_with_the_next_numbers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_billing.services.interval_creation.GROUP", 4)
    for n in range(10):
        add(desk, f"A-{n}", billed=1)
    steps = apply_create(desk, select(desk))
    next(steps)
    next(steps)
    steps.close()
    assert desk.store.count(Document) == 4
    result = finish(resume(desk, 1))
    numbers = [d.number for d in desk.store.all(Document)]
    assert numbers == [f"RE-2027-{n:05d}" for n in range(1, 11)]
    assert (len(result.document_ids), result.open, desk.store.count(Period)) == (10, 0, 20)
    assert desk.store.all(NumberRange)[-1].last == 10
    with pytest.raises(Refused):
        finish(resume(desk, 1))


def test_asking_to_stop_leaves_rows_open_and_the_creation_resumable(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_billing.services.interval_creation.GROUP", 2)
    for n in range(5):
        add(desk, f"A-{n}", billed=1)
    answers = iter([False, True])
    result = finish(apply_create(desk, select(desk), stop=lambda: next(answers)))
    assert (len(result.document_ids), result.open) == (2, 3)
    assert desk.store.need(IntervalCreation, 1).finished is False
    assert len(finish(resume(desk, 1)).document_ids) == 5


def test_an_order_changed_after_the_selection_is_not_billed_at_another_amount(desk: Desk) -> None:
    order = add(desk, "A-1", billed=1)
    plan = select(desk)
    orders.save(desk, replace(order, lines=(OrderLine(name="Beitrag", unit_price=D(120)),)))
    result = finish(apply_create(desk, plan))
    assert [p.code for p in result.failed.values()] == ["BETRAG_GEAENDERT"]
    assert desk.store.count(Document) == 0


def test_a_waived_period_is_skipped_with_its_reason_and_comes_back_by_undo_or_unwaive(desk: Desk) -> None:
    order = add(desk, "A-1", billed=1)
    waive(desk, order, JAN27, "Kulanz")
    assert select(desk).rows == ()
    desk.store.undo()
    assert len(select(desk).rows) == 1
    waive(desk, order, JAN27, "Kulanz")
    unwaive(desk, order, JAN27)
    assert len(select(desk).rows) == 1


@pytest.mark.parametrize(("start", "reason"), [(JAN27, " "), (date(2027, 3, 15), "x"), (date(2026, 1, 1), "x")])
def test_waiving_needs_a_reason_and_an_open_period(desk: Desk, start: date, reason: str) -> None:
    order = add(desk, "A-1", billed=1)
    with pytest.raises(Refused):
        waive(desk, order, start, reason)


def test_many_rows_are_waived_and_undone_at_once(desk: Desk) -> None:
    add(desk, "A-1", interval=monthly(), billed=6)
    waive_all(desk, [r.key for r in select(desk).rows], "Ruhend")
    assert select(desk).rows == ()
    desk.store.undo()
    assert len(select(desk).rows) == 7


def test_a_storno_with_the_period_freed_makes_it_due_again(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    result = finish(select_and_create(desk, ask()))
    documents.cancel(desk, result.document_ids[0], "falsch", free_period=True)
    assert len(select(desk).rows) == 1


def test_a_storno_without_freeing_leaves_the_period_billed(desk: Desk) -> None:
    add(desk, "A-1", billed=1)
    result = finish(select_and_create(desk, ask()))
    documents.cancel(desk, result.document_ids[0], "falsch")
    assert select(desk).rows == ()


def test_a_period_of_a_cancelled_invoice_is_opened_later_and_billed_once_more(desk: Desk) -> None:
    """A lost period is lost money (C4): what the Storno did not free, the clerk frees afterwards."""
    order = add(desk, "A-1", billed=1)
    result = finish(select_and_create(desk, ask()))
    with pytest.raises(Refused):
        unwaive(desk, order, JAN27)
    documents.cancel(desk, result.document_ids[0], "falsch")
    unwaive(desk, order, JAN27)
    again = finish(select_and_create(desk, ask()))
    assert [d.number for d in desk.store.get_many(Document, again.document_ids).values()] == ["RE-2027-00002"]
    assert select(desk).rows == ()
    with pytest.raises(Refused):
        unwaive(desk, order, JAN27)


def test_gaps_name_what_was_forgotten_over_all_orders(desk: Desk) -> None:
    add(desk, "A-1", interval=monthly(), billed=9, price="100.00")
    add(desk, "A-2", interval=monthly(paused=True), billed=11, price="50.00")
    add(desk, "A-3", interval=monthly(end=date(2026, 3, 31)), billed=3)
    gaps = finish(find_gaps(desk, date(2026, 12, 31)))
    assert [(g.order_number, g.period_start.month, g.reason) for g in gaps.rows] == [
        ("A-1", 10, ""),
        ("A-1", 11, ""),
        ("A-1", 12, ""),
        ("A-2", 12, "paused"),
    ]
    assert gaps.total == D("416.50")


def test_the_created_numbers_can_be_exported_with_formulas_defused(desk: Desk) -> None:
    with desk.store.transaction("Name") as tx:
        tx.put(replace(tx.need(Customer, 1), name="=cmd|' /C calc'!A0"))
    add(desk, "A-1", billed=1)
    finish(select_and_create(desk, ask()))
    text = created_csv(created_rows(desk.store, desk.store.need(IntervalCreation, 1))).decode("utf-8-sig")
    assert text.splitlines()[0] == "Nummer;Auftrag;Kundennummer;Kunde;von;bis;Netto;Brutto"
    assert text.splitlines()[1] == ("RE-2027-00001;A-1;10001;'=cmd|' /C calc'!A0;2027-01-01;2027-12-31;96,00;114,24")


def test_why_an_order_is_not_in_the_list(desk: Desk) -> None:
    order = add(desk, "A-1", billed=1)
    found = explain_order(desk.store, order, ask(date(2026, 12, 31)))
    failing = {p.start: next(r.code for r in reasons if r.passed is False) for p, reasons in found if p}
    assert failing == {date(2026, 1, 1): "billed", JAN27: "not_due"}


def test_warnings_when_one_text_meets_different_periods(desk: Desk) -> None:
    add(desk, "A-1", billed=1, header_text="{Abrechnungszeitraum}")
    add(desk, "A-2", interval=monthly(), billed=12)
    plan = select(desk, ask(billing_period_text="2027"))
    assert [[w.code for w in r.warnings] for r in plan.rows] == [
        ["TEXT_BEI_VERSCHIEDENEN_ZEITRAEUMEN"],
        ["TEXT_OHNE_PLATZHALTER"],
    ]


def test_filters_by_customer_order_and_document_type(desk: Desk) -> None:
    first = add(desk, "A-1", billed=1, document_type="Beitragsrechnung")
    add(desk, "A-2", customer=2, billed=1)
    assert [r.order_number for r in select(desk, ask(customer_ids=(2,))).rows] == ["A-2"]
    assert [r.order_number for r in select(desk, ask(order_ids=(first.id,))).rows] == ["A-1"]
    assert [r.order_number for r in select(desk, ask(document_type_filter="Beitragsrechnung")).rows] == ["A-1"]


def test_an_order_may_not_change_its_periods_over_what_is_billed(desk: Desk) -> None:
    order = add(desk, "A-1", interval=monthly(), billed=3)
    shifted = replace(order, interval=IntervalTerms(anchor=date(2026, 1, 15)))
    with pytest.raises(Refused) as refused:
        orders.save(desk, shifted)
    assert [p.code for p in refused.value.problems] == ["PERIODEN_UEBERSCHNEIDEN"]
    quarterly = replace(order, interval=IntervalTerms(anchor=date(2026, 4, 1), unit=IntervalUnit.QUARTER))
    orders.save(desk, quarterly)
    assert [r.period_start for r in select(desk).rows] == [
        date(2026, 4, 1),
        date(2026, 7, 1),
        date(2026, 10, 1),
        JAN27,
    ]


def test_new_periods_begin_where_billed_days_end_so_that_no_day_is_lost(desk: Desk) -> None:
    """A month billed from the 15th does not end with a week: the days behind it could never be billed."""
    order = add(desk, "A-1", interval=IntervalTerms(anchor=date(2026, 1, 15)), billed=1)
    weeks = replace(order, interval=IntervalTerms(anchor=date(2026, 1, 1), unit=IntervalUnit.WEEK))
    with pytest.raises(Refused) as refused:
        orders.save(desk, weeks)
    assert [p.code for p in refused.value.problems] == ["PERIODEN_UEBERSCHNEIDEN"]
    quarters = add(desk, "A-2", interval=IntervalTerms(anchor=date(2026, 1, 1), unit=IntervalUnit.QUARTER), billed=1)
    months, _ = orders.save(desk, replace(quarters, interval=monthly()))
    rows = [r.period_start for r in select(desk, ask(date(2026, 5, 1))).rows if r.order_number == "A-2"]
    assert rows == [date(2026, 4, 1), date(2026, 5, 1)]
    with pytest.raises(Refused):  # February is billed within its quarter
        waive(desk, months, date(2026, 2, 1), "Ruhend")


def test_c5_8_an_end_before_the_start_is_refused_on_save(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        add(desk, "A-1", interval=monthly(end=date(2025, 12, 31)))
    assert [p.code for p in refused.value.problems] == ["ENDE_VOR_BEGINN"]
