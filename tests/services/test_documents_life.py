"""Ruling 1, A6, A8 and A9: number at creation, edited while open, final at the first output, Storno."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from fakes import SELLER, TODAY, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batches import BatchRow, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, DocumentState, DocumentType, Line
from tui_billing.domain.orders import Period
from tui_billing.domain.parties import Address, Company, PaymentTerms
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.services import documents
from tui_billing.services.company import save_company
from tui_billing.services.customers import set_blocked
from tui_billing.services.errors import Refused

AT = "2026-11-22T12:00:00+00:00"


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


def entry_of(desk, document):
    return desk.store.find_one(ReceivableEntry, "document_id", document.id)


def output(desk, document, **how):
    with desk.store.transaction("out") as tx:
        return documents.mark_output(tx, document, at=AT, **{"mailed": True, **how})


def test_a_new_document_has_its_number_and_its_receivable_at_once(desk):
    customer = add_customer(desk, "1", terms=PaymentTerms(days=14))
    document = add_invoice(desk, customer)
    assert (document.number, document.state) == ("RE-2026-00001", DocumentState.OPEN)
    assert document.due_date == date(2026, 11, 24)
    entry = entry_of(desk, document)
    assert (entry.amount, entry.net, entry.tax) == (Decimal("119.00"), Decimal("100.00"), Decimal("19.00"))
    assert (entry.batch_date, entry.due_date, entry.number) == (date(2026, 11, 10), date(2026, 11, 24), document.number)


def test_the_year_in_the_number_is_that_of_the_invoice_date(desk):
    customer = add_customer(desk, "1")
    days = (date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31))
    assert [add_invoice(desk, customer, day).number for day in days] == [
        "RE-2026-00001",
        "RE-2027-00001",
        "RE-2026-00002",
    ]


def test_each_kind_and_each_belegart_has_its_range(desk):
    customer = add_customer(desk, "1")
    with desk.store.transaction("type") as tx:
        tx.insert(DocumentType(name="Mietrechnung", number_range="MR"))
    assert add_invoice(desk, customer, kind=DocumentKind.CREDIT_MEMO).number == "GS-2026-00001"
    assert add_invoice(desk, customer, kind=DocumentKind.DEBIT_MEMO).number == "LA-2026-00001"
    assert add_invoice(desk, customer, document_type="Mietrechnung").number == "MR-2026-00001"


def test_a_credit_memo_is_stored_with_negative_amounts(desk):
    memo = add_invoice(desk, add_customer(desk, "1"), kind=DocumentKind.CREDIT_MEMO)
    assert (memo.totals.gross, memo.lines[0].quantity, memo.lines[0].unit_price) == (
        Decimal("-119.00"),
        Decimal(-1),
        Decimal(100),
    )
    assert entry_of(desk, memo).amount == Decimal("-119.00")


def test_a_range_goes_on_behind_a_number_that_was_brought_along(desk):
    customer = add_customer(desk, "1")
    add_invoice(desk, customer, number="RE-2026-00412")
    assert add_invoice(desk, customer).number == "RE-2026-00413"


def test_a8_a_number_exists_only_if_the_commit_does(desk):
    customer = add_customer(desk, "1")
    with pytest.raises(RuntimeError), desk.store.transaction("fails") as tx:
        add_invoice(tx, customer)
        raise RuntimeError
    assert add_invoice(desk, customer).number == "RE-2026-00001"


def test_an_open_document_is_edited_and_its_receivable_follows(desk):
    document = add_invoice(desk, add_customer(desk, "1"))
    with desk.store.transaction("edit") as tx:
        line = Line(name="Wartung", unit_price=Decimal(200))
        changed = documents.change(tx, replace(document, lines=(line,), invoice_date=date(2026, 11, 20)))
    assert (changed.totals.gross, changed.due_date) == (Decimal("238.00"), date(2026, 12, 4))
    entry = entry_of(desk, document)
    assert (entry.amount, entry.batch_date, entry.due_date) == (
        Decimal("238.00"),
        date(2026, 11, 20),
        date(2026, 12, 4),
    )


def test_a9_dates_that_the_clerk_moved_in_the_receivable_stay_moved(desk):
    document = add_invoice(desk, add_customer(desk, "1"))
    with desk.store.transaction("moved") as tx:
        tx.put(replace(entry_of(desk, document), batch_date=date(2026, 12, 1), due_date=date(2026, 12, 31)))
        documents.change(tx, replace(document, invoice_date=date(2026, 11, 20)))
    entry = entry_of(desk, document)
    assert (entry.batch_date, entry.due_date) == (date(2026, 12, 1), date(2026, 12, 31))


@pytest.mark.parametrize("mailed", [True, False])
def test_the_first_output_makes_final_and_keeps_the_first_time(desk, mailed):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")), mailed=mailed, file="a.pdf", file_hash="1")
    assert (document.state, document.final_at) == (DocumentState.FINAL, AT)
    assert (bool(document.mailed_at), bool(document.printed_at)) == (mailed, not mailed)
    again = output(desk, document, mailed=mailed, file="b.pdf", file_hash="2")
    assert again == document, "the archived file stays that of the first output"


def test_a_final_document_is_not_edited(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    with pytest.raises(Refused) as refused, desk.store.transaction("edit") as tx:
        documents.change(tx, replace(document, header_text="neu"))
    assert refused.value.problems[0].code == "BELEG_FESTGESCHRIEBEN"


def test_a1_what_the_law_forbids_does_not_become_final(desk):
    document = add_invoice(desk, add_customer(desk, "1", address=Address()), net="1000")
    with pytest.raises(Refused) as refused:
        output(desk, document)
    assert [p.code for p in refused.value.problems] == ["EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"]
    assert desk.store.need(Document, document.id).state is DocumentState.OPEN


def test_an_open_document_is_cancelled_without_a_stornorechnung_and_keeps_its_number(desk):
    customer = add_customer(desk, "1")
    document = add_invoice(desk, customer)
    with desk.store.transaction("batch") as tx:
        batch = tx.insert(InvoiceBatch(number=1))
        tx.insert(BatchRow(batch_id=batch.id, customer_id=customer.id, document_id=document.id))
        tx.put(replace(entry_of(desk, document), batch_id=batch.id))
    cancelled = documents.cancel(desk, document.id, "doppelt")
    assert (cancelled.number, cancelled.state) == (document.number, DocumentState.CANCELLED)
    assert desk.store.count(Document) == 1
    assert (entry_of(desk, document).cancelled, entry_of(desk, document).batch_id) == (True, None)
    assert desk.store.count(BatchRow) == 0
    assert add_invoice(desk, customer).number == "RE-2026-00002"


def test_a6_1_storno_of_a_final_invoice(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1"), net="7612.50"))
    storno = documents.cancel(desk, document.id, "falscher Empfänger")
    assert (storno.kind, storno.number, storno.state) == (
        DocumentKind.CANCELLATION,
        "ST-2026-00001",
        DocumentState.FINAL,
    )
    assert (storno.totals.net, storno.totals.tax, storno.totals.gross) == (
        Decimal("-7612.50"),
        Decimal("-1446.38"),
        Decimal("-9058.88"),
    )
    assert (storno.reference.number, storno.reference.invoice_date) == (document.number, document.invoice_date)
    assert storno.lines[0].quantity < 0 < storno.lines[0].unit_price
    assert storno.invoice_date == TODAY
    original = desk.store.need(Document, document.id)
    assert (original.state, original.totals) == (DocumentState.CANCELLED, document.totals)
    assert entry_of(desk, storno).amount == Decimal("-9058.88")


def test_a6_2_storno_of_a_storno_and_a_second_storno_are_refused(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    storno = documents.cancel(desk, document.id, "falsch")
    for target in (storno, document):
        with pytest.raises(Refused):
            documents.cancel(desk, target.id, "noch einmal")


def test_a6_4_corrections_never_exceed_the_invoice(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    for _ in range(2):
        made = documents.correct(desk, document.id, Decimal("59.50"), "Minderung")
        assert made.totals.gross == Decimal("-59.50")
    with pytest.raises(Refused) as refused:
        documents.correct(desk, document.id, Decimal("0.01"), "Minderung")
    assert refused.value.problems[0].code == "KORREKTUR_UEBERSTEIGT_RECHNUNG"


def test_a6_4_an_open_correction_upwards_gives_no_room_for_credits(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    upwards = documents.correct(desk, document.id, Decimal("-1000.00"), "zu wenig berechnet")
    with pytest.raises(Refused) as refused:
        documents.correct(desk, document.id, Decimal("1119.00"), "Minderung")
    assert refused.value.problems[0].code == "KORREKTUR_UEBERSTEIGT_RECHNUNG"
    documents.finalise(desk, upwards.id)
    documents.correct(desk, document.id, Decimal("1119.00"), "Minderung")


def test_an_invoice_with_an_open_correction_is_not_cancelled_whole(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    documents.correct(desk, document.id, Decimal("-10.00"), "zu wenig berechnet")
    documents.correct(desk, document.id, Decimal("10.00"), "Minderung")
    with pytest.raises(Refused) as refused:
        documents.cancel(desk, document.id, "falsch")
    assert refused.value.problems[0].code == "STORNO_NACH_KORREKTUR"


def test_a6_4_an_edited_correction_never_exceeds_the_invoice_either(desk):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    made = documents.correct(desk, document.id, Decimal("59.50"), "Minderung")
    more = replace(made, lines=(replace(made.lines[0], unit_price=Decimal("119.01")),))
    with desk.store.transaction("edit") as tx, pytest.raises(Refused) as refused:
        documents.change(tx, more)
    assert [p.code for p in refused.value.problems] == ["KORREKTUR_UEBERSTEIGT_RECHNUNG"]
    less = replace(made, lines=(replace(made.lines[0], unit_price=Decimal("119.00")),))
    with desk.store.transaction("edit") as tx:
        assert documents.change(tx, less).totals.gross == Decimal("-119.00")


def test_a1_3_an_open_document_takes_the_tax_number_that_the_company_gets_later(desk):
    seller = save_company(desk, replace(desk.store.need(Company, 1), tax_number="", vat_id=""))
    document = add_invoice(desk, add_customer(desk, "1"), net="300", company=seller)
    with pytest.raises(Refused) as refused:
        documents.finalise(desk, document.id)
    assert [p.code for p in refused.value.problems] == ["STEUERNUMMER_FEHLT"]
    save_company(desk, replace(desk.store.need(Company, 1), tax_number="22/815/08150", small_business=True))
    final = documents.finalise(desk, document.id)
    assert (final.seller.tax_number, final.seller.small_business) == ("22/815/08150", False)
    save_company(desk, replace(desk.store.need(Company, 1), tax_number="9"))
    assert documents.need_document(desk.store, document.id).seller.tax_number == "22/815/08150"


def test_a10_4_a_blocked_customer_gets_no_new_document_but_his_invoices_are_still_corrected(desk):
    customer = add_customer(desk, "1")
    document = output(desk, add_invoice(desk, customer))
    set_blocked(desk, customer, True, "Auskunftsverlangen")
    with pytest.raises(Refused) as refused:
        add_invoice(desk, customer)
    assert refused.value.problems[0].code == "KUNDE_GESPERRT"
    assert documents.correct(desk, document.id, Decimal("1.00"), "Minderung").number == "KO-2026-00001"
    assert add_invoice(desk, add_customer(desk, "2")).number == "RE-2026-00002"


def test_a_storno_needs_a_reason_and_keeps_it_in_the_audit_trail(desk):
    document = add_invoice(desk, add_customer(desk, "1"))
    with pytest.raises(Refused):
        documents.cancel(desk, document.id, "  ")
    documents.cancel(desk, document.id, "doppelt")
    assert desk.store.history(Document, document.id)[0].reason == "doppelt"


def test_storno_waits_until_an_unknown_dispatch_is_settled(desk):
    document = add_invoice(desk, add_customer(desk, "1"))
    with desk.store.transaction("dispatch") as tx:
        tx.insert(Dispatch(document_ids=(document.id,), state=RowState.UNKNOWN, message_id="<1@x>"))
    with pytest.raises(Refused) as refused:
        documents.cancel(desk, document.id, "doppelt")
    assert refused.value.problems[0].code == "VERSAND_UNGEKLAERT"


@pytest.mark.parametrize(("free", "left"), [(False, 1), (True, 0)])
def test_storno_gives_the_billed_periods_back_where_asked(desk, free, left):
    document = output(desk, add_invoice(desk, add_customer(desk, "1")))
    with desk.store.transaction("period") as tx:
        tx.insert(Period(order_id=1, period_start=date(2026, 11, 1), document_id=document.id))
    documents.cancel(desk, document.id, "falsch", free_period=free)
    assert len(desk.store.find(Period, "document_id", document.id)) == left


def test_what_was_cancelled_before_its_first_output_never_leaves(desk):
    document = add_invoice(desk, add_customer(desk, "1"))
    documents.cancel(desk, document.id, "doppelt")
    with pytest.raises(Refused) as refused:
        output(desk, document)
    assert refused.value.problems[0].code == "BELEG_STORNIERT"


def test_build_knows_its_fields():
    with pytest.raises(TypeError, match="colour"):
        documents.build(SELLER, add_nobody(), kind=DocumentKind.INVOICE, invoice_date=TODAY, lines=(), colour="red")


def add_nobody():
    from tui_billing.domain.parties import Customer

    return Customer(number="1", name="Kunde")
