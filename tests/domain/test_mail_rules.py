"""Texts of mails, their grouping and their pace: pure rules (E4, E6, E8)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.documents import Document, DocumentKind, Totals
from tui_billing.domain.mail_jobs import MailMode, SendItem, plan_jobs, wire_size
from tui_billing.domain.mail_templates import SUBJECTS, TEXTS, compose
from tui_billing.domain.pacing import Limits, seconds_to_wait
from tui_billing.domain.parties import Party

DOCUMENT = Document(
    id=1,
    number="RE-2026-00413",
    invoice_date=date(2026, 11, 1),
    due_date=date(2026, 11, 15),
    period_from=date(2026, 11, 1),
    period_to=date(2026, 11, 30),
    seller=Party(name="Muster GmbH"),
    buyer=Party(number="KD-1", name="Kunde", contact_person="Frau Süß"),
    totals=Totals(gross=Decimal("1190.00")),
)


@pytest.mark.parametrize(
    ("template", "language", "expected"),
    [
        ("{Belegart} {Nummer}", "de", "Rechnung RE-2026-00413"),
        ("{belegart} {NUMMER}", "de", "Rechnung RE-2026-00413"),
        ("{Belegart} {Nummer}", "en", "Invoice RE-2026-00413"),
        ("{DocumentType} {Number} {Amount}", "en", "Invoice RE-2026-00413 €1,190.00"),
        ("{Betrag}", "de", "1.190,00\u00a0€"),
        ("{Kunde} {Kundennummer} {Ansprechpartner}", "de", "Kunde KD-1 Frau Süß"),
        ("{Rechnungsdatum} {Fälligkeit}", "de", "01.11.2026 15.11.2026"),
        ("{Firma}: {Monat}", "de", "Muster GmbH: November 2026"),
        ("{{Nummer}}", "de", "{Nummer}"),
        ("Zeile eins\r\nBcc: x@y.de", "de", "Zeile eins Bcc: x@y.de"),
        ("", "de", "Rechnung RE-2026-00413"),
    ],
)
def test_a_subject_is_filled_in_one_pass_and_is_one_line(template: str, language: str, expected: str) -> None:
    mail = compose(template, "x", [DOCUMENT], language=language)
    assert (mail.subject.replace("\u00a0", " "), mail.unknown) == (expected.replace("\u00a0", " "), ())


def test_unknown_placeholders_stay_as_typed_and_are_named_once() -> None:
    mail = compose("{Unbekannt}", "{Unbekannt} {Falsch} {Nummer}", [DOCUMENT])
    assert mail.unknown == ("Unbekannt", "Falsch")
    assert (mail.subject, mail.text) == ("{Unbekannt}", "{Unbekannt} {Falsch} RE-2026-00413")


def test_values_are_not_filled_again() -> None:
    evil = replace(DOCUMENT, buyer=Party(name="{Betrag}\r\nBcc: x@y.de"))
    assert compose("{Kunde}", "", [evil]).subject == "{Betrag} Bcc: x@y.de"


def test_kopie_stands_in_front_and_the_part_behind() -> None:
    assert compose("", "", [DOCUMENT], copy=True, part=(1, 2)).subject == "Kopie: Rechnung RE-2026-00413 (1/2)"
    assert compose("", "", [DOCUMENT], copy=True, language="en").subject == "Copy: Invoice RE-2026-00413"


def test_several_documents_of_one_customer_in_one_mail() -> None:
    documents = [replace(DOCUMENT, number=f"RE-{n}", due_date=date(2026, 11, n)) for n in range(1, 6)]
    mail = compose("{Belegart} {Nummer}", "{Anzahl} {Betrag} {Fälligkeit} {Nummer}", documents)
    assert mail.subject == "Rechnungen RE-1, RE-2, RE-3 … (5)"
    assert mail.text.startswith("5 5.950,00\u00a0€ 01.11.2026, 02.11.2026")
    assert mail.text.endswith("RE-1, RE-2, RE-3, RE-4, RE-5")
    mixed = [DOCUMENT, replace(DOCUMENT, kind=DocumentKind.CREDIT_MEMO)]
    assert compose("{Belegart}", "", mixed).subject == "Belege"


def test_the_shipped_templates_know_all_their_placeholders() -> None:
    for language in SUBJECTS:
        mail = compose(SUBJECTS[language], TEXTS[language], [DOCUMENT], language=language)
        assert mail.unknown == () and "{" not in mail.text


def item(document_id: int, customer_id: int, size: int = 1000, **fields: object) -> SendItem:
    return SendItem(
        document_id=document_id,
        customer_id=customer_id,
        recipients=(f"k{customer_id}@x.example",),
        files=(("Rechnung.pdf", f"d/{document_id}.pdf"),),
        row_id=document_id,
        size=size,
        **fields,  # type: ignore[arg-type]
    )


def test_e4_1_three_invoices_of_one_customer() -> None:
    items = [item(n, 1) for n in (1, 2, 3)]
    assert [j.document_ids for j in plan_jobs(items, MailMode.PER_DOCUMENT)] == [(1,), (2,), (3,)]
    (job,) = plan_jobs(items, "per_customer")
    assert job.document_ids == (1, 2, 3)
    assert [name for name, _ in job.attachments] == ["Rechnung.pdf", "Rechnung_2.pdf", "Rechnung_3.pdf"]


def test_a_copy_travels_apart_from_originals() -> None:
    jobs = plan_jobs([item(1, 1), item(2, 1, copy=True)], "per_customer")
    assert [(j.document_ids, j.copy) for j in jobs] == [((1,), False), ((2,), True)]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 400_000)), max_size=30),
    st.sampled_from(list(MailMode)),
    st.sampled_from([0, 100_000, 1_000_000]),
)
def test_each_document_is_in_exactly_one_mail_of_its_customer(
    entries: list[tuple[int, int]], mode: MailMode, limit: int
) -> None:
    items = [item(n, customer, size) for n, (customer, size) in enumerate(entries, 1)]
    jobs = plan_jobs(items, mode, size_limit=limit)
    assert sorted(i for j in jobs for i in j.document_ids) == [i.document_id for i in items]
    customer_of = {i.document_id: i.customer_id for i in items}
    for job in jobs:
        assert {customer_of[i] for i in job.document_ids} == {job.customer_id}
        weight = sum(wire_size(entries[i - 1][1]) for i in job.document_ids)
        assert not limit or len(job.document_ids) == 1 or weight <= limit
    assert plan_jobs(items, mode, size_limit=limit) == jobs


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "limits", "expected"),
    [
        ((), Limits(), 0),
        ((1, 1, 1), Limits(), 0),
        ((1, 2), Limits(per_minute=3), 0),
        ((1, 2, 10), Limits(per_minute=3), 50),
        ((1, 2, 60), Limits(per_minute=3), 0),
        ((1, 2, 59.5), Limits(per_minute=3), 1),
        ((0, 0, 0, 0, 30), Limits(per_minute=3), 60),
        ((100, 3000), Limits(per_hour=2), 600),
        ((10, 100, 3000), Limits(per_minute=1, per_hour=3), 600),
        ((10, 100, 3000), Limits(per_minute=1, per_hour=9), 50),
        ((-2, -1, 0), Limits(per_minute=3), 60),
        ((-86400 * 365,) * 9, Limits(per_minute=3, per_hour=9), 0),  # the clock was wrong when they were sent
    ],
)
def test_how_long_to_wait(ago: tuple[float, ...], limits: Limits, expected: int) -> None:
    assert seconds_to_wait([NOW - timedelta(seconds=s) for s in ago], limits, NOW) == expected
