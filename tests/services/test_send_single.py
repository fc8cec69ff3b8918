"""One document by mail: preview with the real data, single dispatch, Kopie, test mail (E3, E6, E7, E8, E11.2)."""

import os
import stat
from dataclasses import replace
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from fakes import SELLER, FakeTransport, add_company, add_customer, add_invoice, make_desk
from send_desk import drive, sending_desk

from tui_billing.dispatch.port import Outcome
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.messages import Refused
from tui_billing.domain.runs import Dispatch, Ignored, RowState
from tui_billing.services import documents, settings, single_output
from tui_billing.services.errors import WrongUse
from tui_billing.services.send_single import apply_single, plan_single, preview_mail, send_test


def test_the_preview_is_the_mail_that_goes_out(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    document = add_invoice(desk, add_customer(desk, "1", name="Müller & Söhne"))
    before = desk.store.seq
    plan = plan_single(desk, document.id)
    assert desk.store.seq == before
    assert (plan.sender, plan.recipients) == ("rechnung@muster.example", ("k1@kunde.example",))
    assert plan.subject == "Rechnung RE-2026-00001"
    assert plan.attachments == ("Rechnung_RE-2026-00001.pdf",)
    assert "Rechnung RE-2026-00001 vom 10.11.2026 über 119,00\u00a0€." in plan.text
    assert plan.problems == ()
    assert drive(apply_single(desk, plan)).sent == 1
    message = message_from_bytes(transport.sent[0][0], policy=policy.default)
    assert message["Subject"] == plan.subject
    assert message.get_body().get_content().replace("\r\n", "\n") == plan.text  # type: ignore[attr-defined]
    stored = desk.store.need(Document, document.id)
    assert (stored.state, bool(stored.mailed_at), bool(stored.file)) == (DocumentState.FINAL, True, True)


def test_an_english_customer_reads_english(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    document = add_invoice(desk, add_customer(desk, "1", language="en"))
    plan = plan_single(desk, document.id)
    assert plan.subject == "Invoice RE-2026-00001"
    assert "please find attached Invoice RE-2026-00001 of 10 Nov 2026 over €119.00." in plan.text


def test_e8_1_sent_again_it_is_a_copy_and_the_archived_original_stays(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    document = add_invoice(desk, add_customer(desk, "1"))
    drive(apply_single(desk, plan_single(desk, document.id)))
    first = desk.store.need(Document, document.id)
    original = desk.files.read(first.file)
    plan = plan_single(desk, document.id)
    assert (plan.copy, plan.subject) == (True, "Kopie: Rechnung RE-2026-00001")
    assert plan.attachments == ("Kopie_Rechnung_RE-2026-00001.pdf",)
    assert drive(apply_single(desk, plan)).sent == 1
    again = desk.store.need(Document, document.id)
    assert (again.file, again.file_hash, again.mailed_at) == (first.file, first.file_hash, first.mailed_at)
    assert desk.files.read(again.file) == original
    assert again.number == first.number


def test_e6_2_an_unknown_placeholder_blocks(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    settings.set_value(desk, "mail.text.de", "Guten Tag {Unbekannt} und {Nummer}")
    document = add_invoice(desk, add_customer(desk, "1"))
    plan = plan_single(desk, document.id)
    assert [p.code for p in plan.blocking] == ["PLATZHALTER_UNBEKANNT"]
    assert plan.text == "Guten Tag {Unbekannt} und RE-2026-00001"
    with pytest.raises(Refused):
        drive(apply_single(desk, plan))
    assert transport.sent == []


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ((), ["KEINE_ADRESSE"]),
        (("a@b..de",), ["EMAIL_UNGUELTIG"]),
        (("jörg@firma.de",), ["EMAIL_UMLAUT"]),
        (("a@b.de\r\nBcc: c@d.de",), ["EMAIL_UNGUELTIG"]),
        (("Rechnung@Firma.DE", "zweite@firma.de"), []),
    ],
)
def test_addresses_are_checked_in_the_plan(tmp_path: Path, addresses: tuple[str, ...], expected: list[str]) -> None:
    desk = sending_desk(tmp_path)
    document = add_invoice(desk, add_customer(desk, "1"))
    plan = plan_single(desk, document.id, addresses)
    assert [p.code for p in plan.blocking] == expected
    if not expected:
        assert plan.recipients == ("Rechnung@firma.de", "zweite@firma.de")


def test_e11_2_an_ignored_customer_gets_what_a_clerk_sends_him(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    customer = add_customer(desk, "1")
    document = add_invoice(desk, customer)
    with desk.store.transaction("x") as tx:
        tx.insert(Ignored(target_id=customer.id, reason="x"))
    assert drive(apply_single(desk, plan_single(desk, document.id))).sent == 1


def test_what_is_unknown_or_cancelled_or_moved_is_refused(tmp_path: Path) -> None:
    lost = Outcome(RowState.UNKNOWN, "weg")
    desk = sending_desk(tmp_path, FakeTransport(outcomes={"k1@kunde.example": lost}))
    customer = add_customer(desk, "1")
    unknown, cancelled, moved = (add_invoice(desk, customer) for _ in range(3))
    drive(apply_single(desk, plan_single(desk, unknown.id)))
    documents.cancel(desk, cancelled.id, "falsch")
    plan = plan_single(desk, moved.id)
    with desk.store.transaction("x") as tx:
        documents.change(tx, replace(tx.need(Document, moved.id), header_text="neu"))
    assert [p.code for p in plan_single(desk, unknown.id).blocking] == ["VERSAND_OFFEN"]
    assert [p.code for p in plan_single(desk, cancelled.id).blocking] == ["BELEG_STORNIERT"]
    with pytest.raises(Refused) as refused:
        drive(apply_single(desk, plan))
    assert refused.value.problems[0].code == "BELEG_GEAENDERT"


def test_a_test_mail_to_no_address_is_told_once(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path, FakeTransport())
    document = add_invoice(desk, add_customer(desk, "1"))
    with pytest.raises(WrongUse) as refused:
        send_test(desk, document.id, "kaputt")
    assert len(refused.value.problems) == 1


def test_what_may_have_arrived_by_mail_is_not_handed_out_as_a_second_original(tmp_path: Path) -> None:
    lost = Outcome(RowState.UNKNOWN, "weg")
    desk = sending_desk(tmp_path, FakeTransport(outcomes={"k1@kunde.example": lost}))
    document = add_invoice(desk, add_customer(desk, "1"))
    drive(apply_single(desk, plan_single(desk, document.id)))
    with pytest.raises(Refused) as refused:
        single_output.hand_out(desk, document.id, str(tmp_path / "out"))
    assert refused.value.problems[0].code == "VERSAND_UNGEKLAERT"
    assert not desk.store.need(Document, document.id).printed_at
    assert Path(single_output.preview(desk, document.id, str(tmp_path / "out")).path).exists()


def test_e7_a_large_invoice_to_a_consumer_is_warned_of(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk, replace(SELLER, consumer_mail_warn_above=Decimal(1000)))
    consumer = add_customer(desk, "1", is_business=False)
    small, large = add_invoice(desk, consumer, net="100"), add_invoice(desk, consumer, net="5000")
    assert preview_mail(desk, small.id).problems == ()
    (warning,) = preview_mail(desk, large.id).problems
    assert (warning.code, warning.warning) == ("VERBRAUCHER_MAIL", True)
    assert preview_mail(desk, large.id).blocking == ()


def test_a_test_mail_goes_to_oneself_and_marks_nothing(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    settings.set_value(desk, "mail.archive", "archiv@muster.example")
    document = add_invoice(desk, add_customer(desk, "1"))
    before = desk.store.seq
    assert send_test(desk, document.id, "ich@muster.example").state is RowState.SENT
    mail, envelope, _ = transport.sent[0]
    message = message_from_bytes(mail, policy=policy.default)
    assert (envelope.recipients, envelope.archive) == (("ich@muster.example",), "")
    assert message["Subject"] == "Test: Rechnung RE-2026-00001"
    (attachment,) = message.iter_attachments()  # type: ignore[attr-defined]
    assert attachment.get_filename() == "Entwurf_Rechnung_RE-2026-00001.pdf"
    assert b"ENTWURF" in attachment.get_content()
    assert desk.store.seq == before
    assert desk.store.count(Dispatch) == 0
    with pytest.raises(Refused):
        send_test(desk, document.id, "kein")


def test_a_colleague_of_the_group_can_go_on_in_the_folder_of_a_single_file(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(0o2770)
    desk = sending_desk(root, FakeTransport())
    document = add_invoice(desk, add_customer(desk, "1"))
    before = os.umask(0o077)
    try:
        single_output.hand_out(desk, document.id, str(root / "output" / "eins"))
    finally:
        os.umask(before)
    folders = (root / "output", root / "output" / "eins")
    assert {oct(stat.S_IMODE(folder.stat().st_mode) & 0o2070) for folder in folders} == {"0o2070"}
