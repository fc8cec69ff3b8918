"""Rule E10 and ruling 2: Auswahl entfernen, neu aufbauen with its difference, delete; only while angelegt."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from fakes import TODAY, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.documents import Line
from tui_billing.domain.run_states import ALLOWED, RunAction
from tui_billing.domain.runs import InvoiceRun, RowState, RunParameters, RunRow, RunState
from tui_billing.services import documents, runs
from tui_billing.services.errors import Refused, Stale
from tui_billing.services.run_rebuild import apply_rebuild, plan_rebuild

NOVEMBER = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


@pytest.fixture
def run(desk):
    """A run over four invoices of two customers."""
    one, two = add_customer(desk, "1"), add_customer(desk, "2")
    for customer in (one, two, one, two):
        add_invoice(desk, customer)
    return runs.apply_create_run(desk, runs.plan_create_run(desk.store, NOVEMBER, TODAY))


def rows(desk, run):
    return runs.open_run(desk.store, run.id).rows


def numbers(found):
    return [row.number for row in found]


def test_e10_1_a_removed_row_leaves_the_run_but_not_the_balance(desk, run):
    first = rows(desk, run)[0]
    runs.remove_rows(desk, run.id, [first.id])
    counted = runs.balance_of(runs.need_run(desk.store, run.id))
    assert (counted.candidates, counted.taken, counted.out) == (4, 3, {"removed": 1})
    assert counted.out_eur == {"removed": Decimal("119.00")}
    assert desk.store.need(RunRow, first.id).state is RowState.REMOVED


def test_e10_1_a_removed_document_is_offered_to_the_next_run(desk, run):
    runs.remove_rows(desk, run.id, [rows(desk, run)[0].id])
    assert len(runs.plan_create_run(desk.store, NOVEMBER, TODAY).rows) == 4


def test_removing_is_undone_by_u(desk, run):
    runs.remove_rows(desk, run.id, [row.id for row in rows(desk, run)[:2]])
    desk.store.undo()
    assert [row.state for row in rows(desk, run)] == [RowState.OPEN] * 4
    assert runs.balance_of(runs.need_run(desk.store, run.id)).out == {}


def test_removing_is_not_undone_once_the_run_has_moved_on(desk, run):
    runs.remove_rows(desk, run.id, [rows(desk, run)[0].id])
    with desk.store.transaction("executed") as tx:
        tx.put(replace(tx.need(InvoiceRun, run.id), state=RunState.RUNNING))
    with pytest.raises(Stale):
        desk.store.undo()


def test_removing_twice_counts_once(desk, run):
    first = rows(desk, run)[0]
    runs.remove_rows(desk, run.id, [first.id])
    assert runs.remove_rows(desk, run.id, [first.id]) == []
    assert runs.balance_of(runs.need_run(desk.store, run.id)).out == {"removed": 1}


def test_e10_3_rebuild_shows_new_documents_and_a_storno(desk, run):
    invoice = documents.by_number(desk.store, rows(desk, run)[0].number)
    fresh = add_invoice(desk, desk.store.find_one(type(add_customer(desk, "9")), "number", "2"))
    documents.finalise(desk, invoice.id)
    storno = documents.cancel(desk, invoice.id, "falsch")
    plan = plan_rebuild(desk.store, run.id, TODAY)
    assert (numbers(plan.new), plan.gone, plan.changed) == ([fresh.number, storno.number], (), ())
    apply_rebuild(desk, plan)
    assert len(rows(desk, run)) == 6


def test_rebuild_shows_gone_and_changed_rows_with_what_changed(desk, run):
    first, second, third, _ = rows(desk, run)
    documents.cancel(desk, first.document_id, "doppelt")
    document = documents.need_document(desk.store, second.document_id)
    line = Line(name="Wartung", unit_price=Decimal(200))
    with desk.store.transaction("edit") as tx:
        documents.change(tx, replace(document, lines=(line,)))
    customer = desk.store.need(type(add_customer(desk, "9")), third.customer_id)
    with desk.store.transaction("address") as tx:
        tx.put(replace(customer, emails=("neu@kunde.example",)))
    plan = plan_rebuild(desk.store, run.id, TODAY)
    assert [(row.number, reason) for row, reason in plan.gone] == [(first.number, "cancelled")]
    assert {c.after.number: c.what for c in plan.changed} == {second.number: ("amount",), third.number: ("address",)}
    apply_rebuild(desk, plan)
    after = {row.number: row for row in rows(desk, run)}
    assert after[second.number].gross == Decimal("238.00")
    assert after[third.number].address == ("neu@kunde.example",)
    counted = runs.balance_of(runs.need_run(desk.store, run.id))
    assert (counted.candidates, counted.taken, counted.out) == (4, 3, {"cancelled": 1})


def test_rows_removed_by_hand_stay_removed_unless_brought_back(desk, run):
    first = rows(desk, run)[0]
    runs.remove_rows(desk, run.id, [first.id])
    plan = plan_rebuild(desk.store, run.id, TODAY)
    assert (numbers(plan.removed), plan.is_empty) == ([first.number], True)
    back = plan_rebuild(desk.store, run.id, TODAY, bring_back=True)
    assert (numbers(back.back), back.removed) == ([first.number], ())
    apply_rebuild(desk, back)
    assert [row.state for row in rows(desk, run)] == [RowState.OPEN] * 4
    assert runs.balance_of(runs.need_run(desk.store, run.id)).out == {}


def test_rebuild_refuses_when_something_moved_after_it_was_shown(desk, run):
    plan = plan_rebuild(desk.store, run.id, TODAY)
    runs.remove_rows(desk, run.id, [rows(desk, run)[0].id])
    with pytest.raises(Refused) as refused:
        apply_rebuild(desk, plan)
    assert refused.value.problems[0].code == "PLAN_VERALTET"


def test_rebuild_is_undone_whole(desk, run):
    before = rows(desk, run)
    documents.cancel(desk, before[0].document_id, "doppelt")
    apply_rebuild(desk, plan_rebuild(desk.store, run.id, TODAY))
    desk.store.undo()
    assert numbers(rows(desk, run)) == numbers(before)


@pytest.mark.parametrize("state", [s for s in RunState if s is not RunState.CREATED])
def test_e10_4_remove_rebuild_and_delete_of_an_executed_run_are_refused(desk, run, state):
    with desk.store.transaction("state") as tx:
        tx.put(replace(tx.need(InvoiceRun, run.id), state=state))
    row = rows(desk, run)[0]
    for act in (
        lambda: runs.remove_rows(desk, run.id, [row.id]),
        lambda: plan_rebuild(desk.store, run.id, TODAY),
        lambda: runs.delete_run(desk, run.id),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.problems[0].code == "LAUF_STAND"


def test_deleting_a_created_run_takes_its_rows_and_keeps_its_number_used(desk, run):
    runs.delete_run(desk, run.id)
    assert desk.store.count(RunRow) == 0
    again = runs.apply_create_run(desk, runs.plan_create_run(desk.store, NOVEMBER, TODAY))
    assert again.number == run.number + 1


def test_every_action_has_its_states_and_its_sentence():
    assert set(ALLOWED) == set(RunAction)
    assert all("{number}" in text and "{state}" in text for _, text in ALLOWED.values())
