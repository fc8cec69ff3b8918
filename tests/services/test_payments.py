"""Zahlungen: entering, Skonto, returns, import, open items, dates moved with a reason (B8, A9.6, D5.11)."""

from datetime import date
from decimal import Decimal

import pytest
from fakes import SELLER, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batches import Payment, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, Line
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import PaymentTerms
from tui_billing.i18n import say
from tui_billing.services import documents, payment_import, payments, receivables
from tui_billing.services.payments import NewPayment
from tui_billing.services.receivables import Edit
from tui_billing.store.engine import Stale

D = Decimal
SKONTO = PaymentTerms(days=30, skonto_percent=D(2), skonto_days=14)


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


def pay(desk, amount, day=date(2026, 11, 20), **more):
    return payments.add(desk, NewPayment(amount=D(amount), paid_date=day, **more))


def open_of(desk, customer):
    return {i.entry.number: i.open for i in payments.items_of(desk.store, customer.id)}


def test_a_payment_settles_the_document_that_its_text_names_even_broken_by_a_blank(desk):
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2026, 11, 3))
    payment = pay(desk, "119", text="Danke RE-2026- 00001 KD 4711")
    assert payment.customer_id == customer.id
    assert payment.number == "ZA-2026-00001"
    assert open_of(desk, customer) == {}
    entry = desk.store.find_one(ReceivableEntry, "document_id", document.id)
    assert entry.paid_date == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("paid", "skonto", "left"),
    [(date(2026, 12, 7), "23.80", None), (date(2026, 12, 8), "0", "23.80"), (date(2026, 12, 9), "0", "23.80")],
)
def test_money_less_skonto_closes_the_invoice_in_time_and_is_a_part_payment_later(desk, paid, skonto, left):
    """G3.6: 1.190,00, 2 % until 07.12."""
    customer = add_customer(desk, "10001", terms=SKONTO)
    add_invoice(desk, customer, date(2026, 11, 23), net="1000")
    payment = pay(desk, "1166.20", paid, documents=("RE-2026-00001",))
    assert payment.skonto == D(skonto)
    assert open_of(desk, customer) == ({"RE-2026-00001": D(left)} if left else {})


def test_a_prepaid_document_owes_its_payable_amount_and_grants_skonto_on_it(desk):
    """B5.1: 119,00 with 50,00 prepaid is settled by 69,00; 2 % of these 69,00 are 1,38."""
    customer = add_customer(desk, "10001", terms=SKONTO)
    document = add_invoice(desk, customer, date(2026, 11, 3), prepaid=D("50.00"))
    assert document.totals.payable == D("69.00")
    assert open_of(desk, customer) == {document.number: D("69.00")}
    assert receivables.transactions_of(desk.store, "10001").open == D("69.00")
    pay(desk, "67.62", date(2026, 11, 17), documents=(document.number,))
    assert open_of(desk, customer) == {}
    assert desk.store.find_one(ReceivableEntry, "document_id", document.id).paid_date == date(2026, 11, 17)


def test_skonto_in_time_knows_the_holidays_of_all_of_germany(desk):
    """C10, § 193 BGB: 14 days from 11.12.2026 end on Christmas Day; Monday 28.12. is in time."""
    customer = add_customer(desk, "10001", terms=SKONTO)
    document = add_invoice(desk, customer, date(2026, 12, 11), net="1000")
    payment = pay(desk, "1166.20", date(2026, 12, 28), documents=(document.number,))
    assert (payment.skonto, open_of(desk, customer)) == (D("23.80"), {})


def test_a_returned_payment_settles_nothing_any_more(desk):
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2026, 11, 3))
    payment = pay(desk, "119", customer="10001")
    payments.take_back(desk, payment.number, date(2026, 11, 21))
    with pytest.raises(Refused) as refused:
        payments.allocate(desk, payment.number, [document.number])
    assert refused.value.problems[0].code == "SCHON_ZURUECKGEGEBEN"
    assert open_of(desk, customer) == {document.number: D("119.00")}


@pytest.mark.parametrize("skonto", [None, D(0)])
@pytest.mark.parametrize("is_credit_first", [False, True])
def test_money_that_is_what_is_left_beside_a_credit_closes_both(desk, skonto, is_credit_first):
    customer = add_customer(desk, "10001", terms=SKONTO)
    invoice = add_invoice(desk, customer, date(2026, 11, 3))
    credit = add_invoice(desk, customer, date(2026, 11, 4), net="20", kind=DocumentKind.CREDIT_MEMO)
    numbers = (credit.number, invoice.number) if is_credit_first else (invoice.number, credit.number)
    pay(desk, "95.20", date(2026, 11, 30), documents=numbers, skonto=skonto)
    assert open_of(desk, customer) == {}


def test_granted_skonto_and_a_credit_close_the_invoice_together(desk):
    customer = add_customer(desk, "10001")
    invoice = add_invoice(desk, customer, date(2026, 11, 3))
    credit = add_invoice(desk, customer, date(2026, 11, 4), net="20", kind=DocumentKind.CREDIT_MEMO)
    pay(desk, "92.82", documents=(invoice.number, credit.number), skonto=D("2.38"))
    assert open_of(desk, customer) == {}


def test_an_overpayment_settles_the_document_and_waits_for_the_next(desk):
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2026, 11, 3))
    payment = pay(desk, "200", documents=(document.number,))
    assert payments.unallocated(payment) == D("81.00")
    assert receivables.transactions_of(desk.store, "10001").open == D("-81.00")
    later = add_invoice(desk, customer, date(2026, 11, 4))
    payments.allocate(desk, payment.number, [later.number])
    assert open_of(desk, customer) == {later.number: D("38.00")}


def test_skonto_of_one_document_is_taken_though_the_other_is_too_late_for_it(desk):
    """1.190,00 until 09.12. with 2 %, and 119,00 whose Skonto ended: 1.166,20 + 119,00."""
    customer = add_customer(desk, "10001", terms=SKONTO)
    late, early = (
        add_invoice(desk, customer, date(2026, 11, 3)),
        add_invoice(desk, customer, date(2026, 11, 25), net="1000"),
    )
    payment = pay(desk, "1285.20", date(2026, 12, 8), documents=(late.number, early.number))
    assert [(a.amount, a.skonto) for a in payment.allocations] == [(D("119.00"), D(0)), (D("1166.20"), D("23.80"))]
    assert open_of(desk, customer) == {}


def test_a_payment_less_a_named_credit_settles_both(desk):
    customer = add_customer(desk, "10001")
    invoice = add_invoice(desk, customer, date(2026, 11, 3))
    credit = add_invoice(desk, customer, date(2026, 11, 4), net="10", kind=DocumentKind.CREDIT_MEMO)
    payment = pay(desk, "107.10", documents=(invoice.number, credit.number))
    assert (open_of(desk, customer), payments.unallocated(payment)) == ({}, D(0))
    payments.take_back(desk, payment.number, date(2026, 11, 21))
    assert open_of(desk, customer) == {invoice.number: D("119.00"), credit.number: D("-11.90")}


def test_b8_2_the_skonto_taken_is_told_with_its_tax_per_rate_and_its_return_takes_it_back(desk):
    """Gross 119,00 (19 %) + 53,50 (7 %), 3 % Skonto: 5,18 = 3,57 + 1,61."""
    customer = add_customer(desk, "10001", terms=PaymentTerms(days=30, skonto_percent=D(3), skonto_days=14))
    lines = (Line(name="a", unit_price=D(100)), Line(name="b", unit_price=D(50), vat_rate=D(7)))
    document = documents.build(
        SELLER, customer, kind=DocumentKind.INVOICE, invoice_date=date(2026, 11, 10), service_date=date(2026, 11, 10),
        lines=lines,
    )  # fmt: skip
    with desk.store.transaction("Beleg") as tx:
        document = documents.add(tx, document)
    payment = pay(desk, "167.32", documents=(document.number,))

    def told(of):
        return [(r.rate, r.gross, r.net, r.tax) for r in payments.tax_relief(desk.store, of)]

    assert told(payment) == [(D(19), D("3.57"), D("3.00"), D("0.57")), (D(7), D("1.61"), D("1.50"), D("0.11"))]
    back = payments.take_back(desk, payment.number, date(2026, 11, 25))
    assert [row[1] for row in told(back)] == [D("-3.57"), D("-1.61")]


def test_two_documents_whose_sum_is_paid_are_both_settled(desk):
    """G3.7"""
    customer = add_customer(desk, "10001")
    for day in (3, 4):
        add_invoice(desk, customer, date(2026, 11, day))
    pay(desk, "238", documents=("RE-2026-00001", "RE-2026-00002"))
    assert open_of(desk, customer) == {}


def test_skonto_that_the_clerk_grants_is_taken_and_too_much_is_refused(desk):
    customer = add_customer(desk, "10001")
    add_invoice(desk, customer, date(2026, 11, 3))
    with pytest.raises(Refused):
        pay(desk, "100", documents=("RE-2026-00001",), skonto=D("200"))
    assert pay(desk, "116.62", documents=("RE-2026-00001",), skonto=D("2.38")).skonto == D("2.38")
    assert open_of(desk, customer) == {}


def test_what_is_left_of_a_payment_is_allocated_later_or_released_again(desk):
    customer = add_customer(desk, "10001")
    payment = pay(desk, "300", customer="10001")
    for day in (3, 4):
        add_invoice(desk, customer, date(2026, 11, day))
    payment = payments.allocate(desk, payment.number, ["RE-2026-00002"])
    assert open_of(desk, customer) == {"RE-2026-00001": D("119.00")}
    payment = payments.allocate(desk, payment.number, oldest_first=True)
    assert [a.amount for a in payment.allocations] == [D("119.00"), D("119.00")]
    with pytest.raises(Refused):
        payments.allocate(desk, payment.number, oldest_first=True)
    payments.release(desk, payment.number)
    assert len(open_of(desk, customer)) == 2


def test_a_return_is_a_counter_entry_that_opens_the_document_again(desk):
    """D5.11"""
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2026, 10, 20))
    payment = pay(desk, "119", date(2026, 11, 3), documents=("RE-2026-00001",))
    back = payments.take_back(desk, payment.number, date(2026, 11, 9), fee=D("3.00"))
    assert (back.amount, back.returns, back.number) == (D(-119), payment.id, "ZA-2026-00002")
    assert desk.store.find_one(ReceivableEntry, "document_id", document.id).paid_date is None
    fee = desk.store.find(ReceivableEntry, "customer_id", customer.id)[1]
    assert (fee.kind, fee.amount, fee.tax) == (DocumentKind.DEBIT_MEMO, D("3.00"), D(0))
    assert open_of(desk, customer) == {"RE-2026-00001": D("119.00"), "LA-2026-00001": D("3.00")}
    for number in (payment.number, back.number):
        with pytest.raises(Refused):
            payments.take_back(desk, number, date(2026, 11, 9))
    assert receivables.transactions_of(desk.store, "10001").open == D("122.00")


def test_a8_a_return_with_a_fee_is_not_undone_because_the_debit_memo_has_its_number(desk):
    document = add_invoice(desk, add_customer(desk, "10001"), date(2026, 11, 3))
    payment = pay(desk, "119", documents=(document.number,))
    payments.take_back(desk, payment.number, date(2026, 11, 9), fee=D("3.00"))
    with pytest.raises(Stale):  # what u finds is the payment itself, which has moved on
        desk.store.undo()
    assert [d.number for d in desk.store.all(Document)] == [document.number, "LA-2026-00001"]


def test_a_document_of_another_customer_is_refused(desk):
    add_invoice(desk, add_customer(desk, "10001"), date(2026, 11, 3))
    add_customer(desk, "10002")
    with pytest.raises(Refused) as refused:
        pay(desk, "119", customer="10002", documents=("RE-2026-00001",))
    assert refused.value.problems[0].code == "RECHNUNG_FREMD"
    assert desk.store.count(Payment) == 0
    with pytest.raises(Refused):
        pay(desk, "119")
    with pytest.raises(Refused):
        pay(desk, "0", customer="10001")


FILE = """Buchungstag;Betrag;Kunde;Rechnung;Verwendungszweck
03.11.2026;119,00;;RE-2026-00001;
04.11.2026;50,00;10001;;Abschlag
04.11.2026;50,00;10001;;Abschlag
09.11.2026;-119,00;10001;;Rücklastschrift
"""


def test_a_file_is_imported_once_and_its_return_finds_the_payment(desk):
    """G3.2, G3.4"""
    customer = add_customer(desk, "10001")
    add_invoice(desk, customer, date(2026, 11, 3))
    part = b"".join(FILE.encode().splitlines(keepends=True)[:4])
    first = payment_import.apply_import(desk, payment_import.plan_import(desk.store, part))
    assert [p.amount for p in first] == [D(119), D(50), D(50)]
    plan = payment_import.plan_import(desk.store, FILE.encode("cp1252"))
    assert (plan.known, len(plan.rows), plan.amount) == (3, 1, D(-119))
    (back,) = payment_import.apply_import(desk, plan)
    assert back.returns == first[0].id
    again = payment_import.plan_import(desk.store, FILE.encode())
    assert (again.known, again.rows) == (4, ())
    assert payment_import.apply_import(desk, again) == []
    assert open_of(desk, customer) == {"RE-2026-00001": D("119.00")}


def test_every_bad_row_is_named_and_nothing_is_stored_unless_asked_for(desk):
    add_customer(desk, "10001")
    rows = (
        "Datum;Betrag;Kunde",
        "03.11.2026;10,00;10001",
        "03.11.2026;10,00;99",
        "31.02.2026;1,00;10001",
        "04.11.2026;0;10001",
    )
    data = "\n".join(rows).encode()
    plan = payment_import.plan_import(desk.store, data)
    assert [p.where for p in plan.refused] == ["Zeile 3", "Zeile 4", "Zeile 5"]
    with pytest.raises(Refused):
        payment_import.apply_import(desk, plan)
    assert desk.store.count(Payment) == 0
    assert len(payment_import.apply_import(desk, plan, partial=True)) == 1


def test_bezahlt_am_is_moved_with_a_reason_that_stands_in_the_audit_trail(desk):
    """A9.6"""
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2013, 4, 10))
    payment = pay(desk, "119", date(2013, 5, 12), documents=(document.number,))
    with pytest.raises(Refused) as refused:
        receivables.edit(desk, payment.number, Edit(paid_date=date(2013, 11, 12), reason="  "))
    assert refused.value.problems[0].code == "GRUND_FEHLT"
    receivables.edit(desk, payment.number, Edit(paid_date=date(2013, 11, 12), reason="Valuta der Bank"))
    entry = desk.store.history(Payment, payment.id)[0]
    old, new = next((o, n) for t, _, o, n in entry.changes if t == "payments")
    assert (old["paid_date"], new["paid_date"]) == ("2013-05-12", "2013-11-12")
    assert (entry.by, entry.reason) == ("anna", "Valuta der Bank")
    assert entry.ts.endswith(("+00:00", "Z"))
    assert desk.store.find_one(ReceivableEntry, "document_id", document.id).paid_date == date(2013, 11, 12)


def test_bezahlt_am_of_a_document_moves_the_one_payment_behind_it(desk):
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2013, 4, 10))
    with pytest.raises(Refused) as refused:
        receivables.edit(desk, document.number, Edit(paid_date=date(2013, 11, 12), reason="x"))
    assert refused.value.problems[0].code == "KEINE_ZAHLUNG"
    first = pay(desk, "100", date(2013, 5, 12), documents=(document.number,))
    receivables.edit(desk, document.number, Edit(paid_date=date(2013, 6, 1), reason="x"))
    assert desk.store.need(Payment, first.id).paid_date == date(2013, 6, 1)
    second = pay(desk, "19", date(2013, 5, 13), documents=(document.number,))
    with pytest.raises(Refused) as refused:
        receivables.edit(desk, document.number, Edit(paid_date=date(2013, 11, 12), reason="x"))
    assert say(refused.value.problems[0]).endswith(f"{first.number}, {second.number}.")


def test_dates_of_a_receivable_move_while_the_document_keeps_its_own(desk):
    """A9"""
    customer = add_customer(desk, "10001")
    document = add_invoice(desk, customer, date(2026, 11, 3))
    done = receivables.edit(
        desk, document.number, Edit(batch_date=date(2026, 12, 3), due_date=date(2026, 12, 24), reason="Stundung")
    )
    assert (done.entry.batch_date, done.entry.due_date) == (date(2026, 12, 3), date(2026, 12, 24))
    assert desk.store.need(type(document), document.id) == document
    assert [i.entry.number for i in receivables.in_period(desk.store, date(2026, 12, 1), None)] == [document.number]
