"""Rechnungsstapel generieren and its rows: the help text's cases on whole customers and documents (rules D1 to D4)."""

from dataclasses import replace
from datetime import date

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchRow, BatchState, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind
from tui_billing.domain.messages import Refused
from tui_billing.i18n import say
from tui_billing.services import batch_rows, batches, documents, settings
from tui_billing.services.batch_figures import parts
from tui_billing.services.desk import finish
from tui_billing.services.errors import WrongUse


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


def help_text_customers(desk):
    """Customers 1, 3, 5 on the 15th, 4 and 6 on the 30th, 2 without; one invoice each on 3 November."""
    made = {}
    for number, cutoff in ((1, 15), (2, None), (3, 15), (4, 30), (5, 15), (6, 30)):
        customer = add_customer(desk, str(number), cutoff_day=cutoff)
        made[number] = add_invoice(desk, customer, date(2026, 11, 3))
    return made


def generate(desk, close=date(2026, 11, 15), **more):
    return batches.generate(desk, BatchParameters(close_date=close, **more))


def numbers(desk, batch):
    return [p.customer.number for p in parts(desk.store, batch)]


def test_a_batch_of_15_november_holds_customers_1_3_5_and_never_2_4_6(desk):
    """D1.10"""
    help_text_customers(desk)
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 15)))
    assert plan.balance.as_json()["out"] == {"no_cutoff_day": 1, "cutoff_day": 2}
    assert plan.balance.candidates == 6
    batch = batches.apply_generate(desk, plan)
    assert (batch.number, batch.state, batch.close_date) == (1, BatchState.OPEN, date(2026, 11, 15))
    assert numbers(desk, batch) == ["1", "3", "5"]


def test_the_audit_trail_names_who_and_what_has_left_or_entered_a_batch(desk):
    made = help_text_customers(desk)
    batch = generate(desk)
    batch_rows.drop(desk, batch, customer_ids=[made[3].customer_id], document_ids=[made[5].id])
    current = desk.store.need(InvoiceBatch, batch.id)
    batch_rows.apply_add(desk, batch_rows.plan_add(desk.store, current, documents=[made[5].number]))
    whys = [entry.why for entry in desk.store.history(InvoiceBatch, batch.id)]
    assert whys[:2] == [
        "Rechnungsstapel 1: Kunde 5, RE-2026-00005 hinzugefügt",
        "Rechnungsstapel 1: Kunde 3, RE-2026-00005 entfernt",
    ]


def test_generating_that_is_stopped_makes_nothing_and_draws_no_number(desk):
    help_text_customers(desk)
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 15)))
    seq = desk.store.seq
    assert finish(batches.generate_steps(desk, plan, stop=lambda: True)) is None
    assert (desk.store.seq, desk.store.count(InvoiceBatch), desk.store.count(BatchRow)) == (seq, 0, 0)
    assert generate(desk).number == 1


def test_nothing_that_fits_means_no_batch_no_number_and_the_nearest_days(desk):
    """D1.12, D2.11"""
    customer = add_customer(desk, "1", cutoff_day=30)
    add_invoice(desk, customer, date(2026, 11, 3))
    with pytest.raises(Refused) as refused:
        generate(desk, date(2026, 12, 31))
    assert say(refused.value.problems[0]) == (
        "Zum 31.12.2026 passt kein Kunde mit Rechnungen. Nächste passende Abschlussdaten: 30.12.2026 und 30.01.2027."
    )
    assert desk.store.count(InvoiceBatch) == 0
    assert generate(desk, date(2026, 12, 30)).number == 1


def test_the_literal_comparison_warns_who_has_no_closing(desk):
    """D1.9"""
    for day in (28, 29, 30, 31):
        add_invoice(desk, add_customer(desk, str(day), cutoff_day=day), date(2027, 2, 3))
    settings.set_value(desk, "batch.month_end", "false")
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2027, 2, 28)))
    assert [c.facts.number for c in plan.customers] == ["28"]
    assert "29, 30, 31 haben in diesem Monat keinen Stichtag" in say(plan.warnings[0])
    settings.set_value(desk, "batch.month_end", "true")
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2027, 2, 28)))
    assert [c.facts.number for c in plan.customers] == ["28", "29", "30", "31"]
    assert plan.warnings == ()


@pytest.mark.parametrize(
    ("rule", "moved", "close", "override", "taken"),
    [
        ("D2.1", False, date(2013, 10, 20), False, True),
        ("D2.2", True, date(2013, 10, 20), False, False),
        ("D2.3", True, date(2013, 10, 20), True, True),
        ("D2.4", True, date(2013, 11, 20), False, True),
    ],
)
def test_the_help_texts_invoice_of_10_october_2013_moved_to_10_november(desk, rule, moved, close, override, taken):
    document = add_invoice(desk, add_customer(desk, "1", cutoff_day=20), date(2013, 10, 10))
    if moved:
        _move(desk, document, date(2013, 11, 10))
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=close, override_rules=override))
    assert [c.document_ids for c in plan.customers] == ([(document.id,)] if taken else []), rule
    assert desk.store.need(Document, document.id).invoice_date == date(2013, 10, 10)


@pytest.mark.parametrize(("exclude", "override", "taken"), [(False, False, 1), (True, False, 0), (True, True, 1)])
def test_an_invoice_on_the_close_date_and_the_exclusion(desk, exclude, override, taken):
    """D2.5, D2.6"""
    add_invoice(desk, add_customer(desk, "1", cutoff_day=20), date(2026, 10, 20))
    parameters = BatchParameters(close_date=date(2026, 10, 20), exclude_on_close_date=exclude, override_rules=override)
    assert batches.plan_generate(desk.store, parameters).balance.taken == taken


def test_invoices_credit_memos_and_debit_memos_are_rows(desk):
    """D2.10"""
    customer = add_customer(desk, "1", cutoff_day=15)
    for kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO):
        add_invoice(desk, customer, date(2026, 11, 3), kind=kind)
    (part,) = parts(desk.store, generate(desk))
    assert [str(r.amount) for r in part.rows] == ["119.00", "-119.00", "119.00"]
    assert (str(part.figures.invoiced), str(part.figures.taxes), str(part.figures.amount_due)) == (
        "100.00",
        "19.00",
        "119.00",
    )


def test_override_takes_every_stichtag_but_no_blank_one_and_nothing_that_another_batch_holds(desk):
    """D2.12"""
    help_text_customers(desk)
    first = generate(desk)
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 22), override_rules=True))
    assert [c.facts.number for c in plan.customers] == ["4", "6"]
    assert plan.balance.out == {"no_cutoff_day": 1}
    second = batches.apply_generate(desk, plan)
    assert numbers(desk, first) == ["1", "3", "5"]
    assert numbers(desk, second) == ["4", "6"]


def test_a_second_batch_of_the_same_day_holds_only_the_late_invoice(desk):
    """D3.1"""
    customer = add_customer(desk, "1", cutoff_day=15)
    add_invoice(desk, customer, date(2026, 11, 3))
    first = generate(desk)
    late = add_invoice(desk, customer, date(2026, 11, 5))
    second = generate(desk)
    assert (first.number, second.number) == (1, 2)
    assert [r.document_id for p in parts(desk.store, second) for r in p.rows] == [late.id]


def test_delete_and_generate_again_gives_the_same_rows_under_a_new_number(desk):
    """D4.1"""
    help_text_customers(desk)
    first = generate(desk)
    before = [r.document_id for p in parts(desk.store, first) for r in p.rows]
    batch_rows.delete(desk, first)
    second = generate(desk)
    assert [r.document_id for p in parts(desk.store, second) for r in p.rows] == before
    assert second.number == 2
    assert desk.store.count(BatchRow) == 3


def test_a_printed_batch_is_not_deleted_and_gets_and_loses_nothing(desk):
    """D4.2"""
    made = help_text_customers(desk)
    batch = generate(desk)
    with desk.store.transaction("gedruckt") as tx:
        batch = tx.put(replace(batch, state=BatchState.PRINTED))
    for action in (
        lambda: batch_rows.delete(desk, batch),
        lambda: batch_rows.drop(desk, batch, document_ids=[made[1].id]),
        lambda: batch_rows.plan_add(desk.store, batch, customers=["4"]),
    ):
        with pytest.raises(Refused) as refused:
            action()
        assert refused.value.problems[0].code == "STAPEL_GEDRUCKT"


def test_by_hand_a_customer_is_added_only_if_his_stichtag_fits_unless_overridden(desk):
    """D4.4"""
    made = help_text_customers(desk)
    batch = batches.create_manual(desk, BatchParameters(close_date=date(2026, 11, 15)))
    assert [c.number for c in batches.addable_customers(desk.store, batch)] == ["1", "3", "5"]
    plan = batch_rows.plan_add(desk.store, batch, customers=["4"])
    assert [say(p) for p in plan.refusals] == ["Stichtag 30 fällt nicht auf das Abschlussdatum 15.11.2026"]
    with pytest.raises(Refused):
        batch_rows.apply_add(desk, plan)
    batch = batch_rows.apply_add(desk, batch_rows.plan_add(desk.store, batch, customers=["1"]))
    batch = batch_rows.apply_add(desk, batch_rows.plan_add(desk.store, batch, documents=[made[3].number]))
    assert numbers(desk, batch) == ["1", "3"]
    assert [c.number for c in batches.addable_customers(desk.store, batch)] == ["5"]
    forced = batches.create_manual(desk, BatchParameters(close_date=date(2026, 11, 15), override_rules=True))
    forced = batch_rows.apply_add(desk, batch_rows.plan_add(desk.store, forced, customers=["4"]))
    assert numbers(desk, forced) == ["4"]
    with pytest.raises(Refused):
        batch_rows.apply_add(desk, batch_rows.plan_add(desk.store, forced, documents=[made[1].number]))


def test_a_row_is_dropped_and_brought_back_with_undo(desk):
    made = help_text_customers(desk)
    batch = generate(desk)
    gone = batch_rows.drop(desk, batch, document_ids=[made[3].id])
    assert (numbers(desk, gone.batch), gone.customer_ids) == (["1", "5"], (made[3].customer_id,))
    assert desk.store.find_one(ReceivableEntry, "document_id", made[3].id).batch_id is None
    desk.store.undo()
    assert numbers(desk, desk.store.need(InvoiceBatch, batch.id)) == ["1", "3", "5"]
    gone = batch_rows.drop(desk, batch, customer_ids=[made[1].customer_id])
    assert (numbers(desk, gone.batch), gone.document_ids) == (["3", "5"], (made[1].id,))


def test_refresh_lets_go_of_rows_that_no_longer_belong_there(desk):
    made = help_text_customers(desk)
    batch = generate(desk)
    _move(desk, made[1], date(2026, 11, 20))
    assert [c.reason and c.reason.code for c in batch_rows.check(desk.store, batch)] == ["after_close_date", None, None]
    assert batch_rows.refresh(desk, batch).document_ids == (made[1].id,)
    assert numbers(desk, desk.store.need(InvoiceBatch, batch.id)) == ["3", "5"]


def test_an_open_invoice_that_is_cancelled_leaves_its_batch(desk):
    made = help_text_customers(desk)
    batch = generate(desk)
    documents.cancel(desk, made[1].id, "falscher Kunde")
    assert numbers(desk, batch) == ["3", "5"]


def test_a_plan_that_the_data_has_left_behind_is_refused_with_the_difference(desk):
    made = help_text_customers(desk)
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 15)))
    generate(desk, customer_to="1")
    with pytest.raises(Refused) as refused:
        batches.apply_generate(desk, plan)
    assert say(refused.value.problems[0]) == (
        "Die Daten haben sich seit der Vorschau geändert: 0 Rechnungen neu, 1 weg. Bitte neu planen."
    )
    assert desk.store.find_one(BatchRow, "document_id", made[3].id) is None


def test_a_change_that_does_not_touch_the_plan_does_not_stop_it(desk):
    help_text_customers(desk)
    plan = batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 15)))
    add_customer(desk, "99", cutoff_day=15)
    assert numbers(desk, batches.apply_generate(desk, plan)) == ["1", "3", "5"]


def test_any_document_is_explained_also_one_that_is_on_no_list(desk):
    made = help_text_customers(desk)
    parameters = BatchParameters(close_date=date(2026, 11, 15))
    answer = batches.explain_document(desk.store, made[4].number, parameters)
    assert (answer.is_in, answer.verdict.out_reason) == (False, "cutoff_day")
    batch = generate(desk)
    assert batches.explain_document(desk.store, made[1].number, parameters, batch).is_in
    answer = batches.explain_document(desk.store, made[1].number, parameters)
    assert (answer.verdict.out_reason, answer.batch_number) == ("in_batch", 1)
    assert batches.explain_customer(desk.store, "2", parameters).verdict.out_reason == "no_cutoff_day"
    with pytest.raises(WrongUse):
        batches.explain_document(desk.store, "RE-1", parameters)


def _move(desk, document, day):
    with desk.store.transaction("verschoben") as tx:
        entry = tx.find_one(ReceivableEntry, "document_id", document.id)
        tx.put(replace(entry, batch_date=day))
