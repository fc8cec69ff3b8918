"""Rules E1, E2 and E11 of the selection, row by row; the same function answers warum drin / warum nicht."""

from datetime import date
from decimal import Decimal

import pytest
from fakes import TODAY, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.documents import Document, DocumentKind
from tui_billing.domain.parties import Channel
from tui_billing.domain.run_selection import CHANNEL_RULE, RULES
from tui_billing.domain.runs import Dispatch, IgnoredKind, RowState, RunParameters, RunType
from tui_billing.services import documents, ignored, runs
from tui_billing.services.customers import set_blocked
from tui_billing.services.errors import Refused, WrongUse

NOVEMBER = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


def plan(desk, **changes):
    values = {"date_from": NOVEMBER.date_from, "date_to": NOVEMBER.date_to, **changes}
    return runs.plan_create_run(desk.store, RunParameters(**values), TODAY)


def out(found):
    return {verdict.key: verdict.out_reason for verdict in found.verdicts if not verdict.is_in}


def sent(desk, document):
    with desk.store.transaction("sent") as tx:
        return documents.mark_output(tx, document, at="2026-11-12T09:00:00+00:00", mailed=True)


def test_e1_1_takes_by_invoice_date_with_both_ends_inclusive(desk):
    customer = add_customer(desk, "1")
    days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))
    made = [add_invoice(desk, customer, day) for day in days]
    assert [row.document_id for row in plan(desk).rows] == [made[1].id, made[2].id]


def test_e1_3_sends_both_a_final_cancelled_invoice_and_its_stornorechnung(desk):
    invoice = add_invoice(desk, add_customer(desk, "1"))
    documents.finalise(desk, invoice.id)
    storno = documents.cancel(desk, invoice.id, "falscher Kunde")
    assert {row.number for row in plan(desk).rows} == {invoice.number, storno.number}


def test_e1_a_document_cancelled_before_its_first_output_is_out(desk):
    invoice = add_invoice(desk, add_customer(desk, "1"))
    documents.cancel(desk, invoice.id, "doppelt")
    assert out(plan(desk)) == {invoice.id: "cancelled"}


@pytest.mark.parametrize(("include_sent", "rows"), [(False, 2), (True, 3)])
def test_e1_4_takes_what_was_sent_only_if_asked_and_marks_it_as_copy(desk, include_sent, rows):
    customer = add_customer(desk, "1")
    made = [add_invoice(desk, customer) for _ in range(3)]
    sent(desk, made[2])
    found = plan(desk, include_sent=include_sent)
    assert len(found.rows) == rows
    assert [row.document_id for row in found.rows if row.copy] == ([made[2].id] if include_sent else [])


@pytest.mark.parametrize("run_type", list(RunType))
def test_e1_4_a_print_counts_as_sent_for_both_types_of_run(desk, run_type):
    invoice = add_invoice(desk, add_customer(desk, "1"))
    with desk.store.transaction("printed") as tx:
        documents.mark_output(tx, invoice, at="2026-11-12T09:00:00+00:00", mailed=False)
    assert out(plan(desk, type=run_type, respect_preference=False)) == {invoice.id: "sent"}


def test_e1_5_an_empty_run_is_not_created_and_says_why(desk):
    letter, ignored_one = add_customer(desk, "1", channel=Channel.LETTER), add_customer(desk, "2")
    for customer in (letter, letter, ignored_one):
        add_invoice(desk, customer)
    ignored.ignore(desk, IgnoredKind.CUSTOMER, [ignored_one.id], "Streit", None)
    with pytest.raises(Refused) as refused:
        runs.apply_create_run(desk, plan(desk))
    assert [(p.code, p.params.get("n"), p.where) for p in refused.value.problems] == [
        ("LAUF_LEER", 3, ""),
        ("LAUF_LEER", 2, "letter"),
        ("LAUF_LEER", 1, "ignored_customer"),
    ]
    assert runs.list_runs(desk.store) == []


@pytest.mark.parametrize("state", [RowState.IN_FLIGHT, RowState.UNKNOWN])
@pytest.mark.parametrize("include_sent", [False, True])
def test_e1_a_document_in_flight_or_unknown_enters_no_other_run(desk, state, include_sent):
    invoice = add_invoice(desk, add_customer(desk, "1"))
    with desk.store.transaction("dispatch") as tx:
        tx.insert(Dispatch(document_ids=(invoice.id,), state=state, message_id="<1@x>"))
    assert out(plan(desk, include_sent=include_sent)) == {invoice.id: "unknown"}


def test_e1_all_kinds_of_documents_are_candidates(desk):
    customer = add_customer(desk, "1")
    kinds = (DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO)
    made = [add_invoice(desk, customer, kind=kind) for kind in kinds]
    found = plan(desk)
    assert [row.document_id for row in found.rows] == [d.id for d in made]
    assert found.balance.taken_eur == Decimal("119.00")


E2 = [
    ("E2.1", RunType.EMAIL, True, Channel.EMAIL, ""),
    ("E2.2", RunType.EMAIL, True, Channel.LETTER, "letter"),
    ("E2.3", RunType.EMAIL, True, None, "no_channel"),
    ("E2.4", RunType.EMAIL, False, Channel.LETTER, ""),
    ("E2.4a", RunType.EMAIL, False, Channel.EMAIL, ""),
    ("E2.5", RunType.EMAIL, False, None, ""),
    ("E2.6", RunType.PDF, True, Channel.EMAIL, "email"),
    ("E2.7", RunType.PDF, True, Channel.LETTER, ""),
    ("E2.8", RunType.PDF, True, None, ""),
    ("E2.9", RunType.PDF, False, Channel.EMAIL, ""),
    ("E2.10", RunType.PDF, False, Channel.LETTER, ""),
    ("E2.11", RunType.PDF, False, None, ""),
]


@pytest.mark.parametrize(("run_type", "respect", "channel", "reason"), [row[1:] for row in E2], ids=[r[0] for r in E2])
def test_e2_truth_table_of_the_preference(desk, run_type, respect, channel, reason):
    invoice = add_invoice(desk, add_customer(desk, "1", channel=channel))
    found = plan(desk, type=run_type, respect_preference=respect)
    assert out(found) == ({invoice.id: reason} if reason else {})


def test_e2_truth_table_is_complete():
    assert len(E2) == len(CHANNEL_RULE) == len(RunType) * 2 * (len(Channel) + 1)


@pytest.mark.parametrize("run_type", list(RunType))
def test_a10_4_a_blocked_pairinvoices_enter_no_run(desk, run_type):
    pair = add_customer(desk, "1"), add_customer(desk, "2")
    held, taken = (add_invoice(desk, c) for c in pair)
    set_blocked(desk, pair[0], True, "Auskunftsverlangen")
    found = plan(desk, type=run_type, respect_preference=False)
    assert [row.document_id for row in found.rows] == [taken.id]
    assert out(found) == {held.id: "customer_blocked"}
    assert found.balance.out == {"customer_blocked": 1}


def test_e11_ignored_pairand_invoices_are_out_until_their_last_day(desk):
    one, two = add_customer(desk, "1"), add_customer(desk, "2")
    of_one, first, second = add_invoice(desk, one), add_invoice(desk, two), add_invoice(desk, two)
    ignored.ignore(desk, IgnoredKind.CUSTOMER, [one.id], "Streit", TODAY)
    ignored.ignore(desk, IgnoredKind.DOCUMENT, [first.id], "prüfen", None)
    assert out(plan(desk)) == {of_one.id: "ignored_customer", first.id: "ignored_invoice"}
    tomorrow = runs.plan_create_run(desk.store, NOVEMBER, date(2026, 11, 23))
    assert {row.document_id for row in tomorrow.rows} == {of_one.id, second.id}


def test_e11_an_ignore_entry_needs_a_reason(desk):
    customer = add_customer(desk, "1")
    with pytest.raises(Refused) as refused:
        ignored.ignore(desk, IgnoredKind.CUSTOMER, [customer.id], " \x1b ", None)
    assert refused.value.problems[0].code == "GRUND_FEHLT"


def test_e11_the_list_says_what_it_holds_back_in_eur(desk):
    customer = add_customer(desk, "1")
    add_invoice(desk, customer, net="100"), add_invoice(desk, customer, net="50")
    ignored.ignore(desk, IgnoredKind.CUSTOMER, [customer.id], "Streit", None)
    (view,) = ignored.list_ignored(desk.store, IgnoredKind.CUSTOMER, TODAY)
    assert (view.number, view.count, view.eur) == ("1", 2, Decimal("178.50"))


def test_balance_adds_up_with_every_candidate_under_its_first_reason(desk):
    """One document per reason, and one that fails three rules: it counts under the first."""
    mail = add_customer(desk, "1")
    letter = add_customer(desk, "2", channel=Channel.LETTER)
    nobody = add_customer(desk, "3", channel=None)
    add_invoice(desk, mail)
    add_invoice(desk, letter)
    add_invoice(desk, nobody)
    both = add_invoice(desk, letter)
    sent(desk, both)
    ignored.ignore(desk, IgnoredKind.DOCUMENT, [both.id], "prüfen", None)
    found = plan(desk).balance
    assert found.as_json() == {
        "candidates": 4,
        "in": 1,
        "out": {"letter": 1, "no_channel": 1, "sent": 1},
        "eur": {
            "candidates": "476.00",
            "in": "119.00",
            "out": {"letter": "119.00", "no_channel": "119.00", "sent": "119.00"},
        },
    }


def test_a_customer_without_address_is_in_the_run_as_a_row_with_a_reason(desk):
    add_invoice(desk, add_customer(desk, "1", emails=()))
    (row,) = plan(desk).rows
    assert (row.state, row.reason, row.address) == (RowState.OPEN, "no_address", ())


def test_planning_twice_gives_the_same_plan_and_has_no_effect(desk):
    add_invoice(desk, add_customer(desk, "1"))
    seq = desk.store.seq
    assert plan(desk) == plan(desk)
    assert desk.store.seq == seq


def test_creating_refuses_and_names_the_difference_when_the_data_has_moved(desk):
    customer = add_customer(desk, "1")
    add_invoice(desk, customer)
    shown = plan(desk)
    add_invoice(desk, customer)
    with pytest.raises(Refused) as refused:
        runs.apply_create_run(desk, shown)
    (problem,) = refused.value.problems
    assert (problem.code, problem.params) == ("PLAN_VERALTET", {"new": 1, "gone": 0, "changed": 0})


def test_a_period_that_ends_before_it_starts_is_wrong_use(desk):
    with pytest.raises(WrongUse) as wrong:
        plan(desk, date_from=date(2026, 11, 30), date_to=date(2026, 11, 1))
    assert wrong.value.problems[0].code == "ZEITRAUM_VERKEHRT"


def test_marked_documents_only(desk):
    customer = add_customer(desk, "1")
    made = [add_invoice(desk, customer) for _ in range(3)]
    found = plan(desk, document_ids=(made[1].id,))
    assert [row.document_id for row in found.rows] == [made[1].id]
    assert found.balance.candidates == 1


def test_warum_nicht_gives_every_rule_and_the_run_that_sent_it(desk):
    customer = add_customer(desk, "1")
    first, second = add_invoice(desk, customer), add_invoice(desk, customer)
    earlier = runs.apply_create_run(desk, plan(desk, document_ids=(first.id,)))
    (row,) = runs.open_run(desk.store, earlier.id).rows
    with desk.store.transaction("sent") as tx:
        documents.mark_output(tx, first, at="2026-11-20T09:00:00+00:00", mailed=True)
        tx.put(type(row)(**{f: getattr(row, f) for f in row.__dataclass_fields__} | {"state": RowState.SENT}))
    run = runs.apply_create_run(desk, plan(desk))
    (one,) = runs.explain(desk.store, run.id, first.number, TODAY)
    assert [(r.code, r.passed) for r in one.verdict.reasons][:5] == [
        ("period", True),
        ("not_chosen", True),
        ("cancelled", True),
        ("unknown", True),
        ("sent", False),
    ]
    assert all(r.passed is None for r in one.verdict.reasons[5:])
    assert len(one.verdict.reasons) == len(RULES)
    assert one.verdict.reasons[4].params == {"date": date(2026, 11, 20), "run": "1"}
    (other,) = runs.explain(desk.store, run.id, second.number, TODAY)
    assert other.verdict.is_in and other.row is not None


def test_warum_for_a_customer_answers_all_his_documents_in_the_period(desk):
    customer = add_customer(desk, "10007")
    made = [add_invoice(desk, customer, date(2026, 11, day)) for day in (3, 9)]
    add_invoice(desk, customer, date(2026, 10, 1))
    run = runs.apply_create_run(desk, plan(desk))
    assert [e.document.id for e in runs.explain(desk.store, run.id, "10007", TODAY)] == [d.id for d in made]


def test_warum_for_a_number_that_there_is_not_is_wrong_use(desk):
    add_invoice(desk, add_customer(desk, "1"))
    run = runs.apply_create_run(desk, plan(desk))
    with pytest.raises(WrongUse):
        runs.explain(desk.store, run.id, "RE-1999-00001", TODAY)


def test_a_document_of_the_period_made_after_the_run_is_explained_as_not_yet_in_it(desk):
    customer = add_customer(desk, "1")
    add_invoice(desk, customer)
    run = runs.apply_create_run(desk, plan(desk))
    late = add_invoice(desk, customer)
    (one,) = runs.explain(desk.store, run.id, late.number, TODAY)
    assert one.verdict.is_in and one.row is None
    assert isinstance(desk.store.need(Document, late.id), Document)
