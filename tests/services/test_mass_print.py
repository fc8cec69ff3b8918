"""Rechnungen Massendruck: number from-to, printed and mailed flags, combined file and singles, into a run."""

from datetime import date
from pathlib import Path

import pytest
from fakes import FakeRenderer, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Address
from tui_billing.domain.runs import RunType
from tui_billing.services import documents, mass_print
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.services.intervals import finish
from tui_billing.services.mass_print import MassPrintParameters, MassPrintResult, Which
from tui_billing.services.mass_print_output import OutputOptions


@pytest.fixture
def renderer() -> FakeRenderer:
    return FakeRenderer()


@pytest.fixture
def desk(tmp_path: Path, renderer: FakeRenderer) -> Desk:
    """Five invoices RE-2026-00001 to -00005."""
    made = make_desk(tmp_path / "data", renderer=renderer)
    add_company(made)
    customer = add_customer(made, "10001")
    for day in range(1, 6):
        add_invoice(made, customer, date(2026, 11, day))
    return made


def run(desk: Desk, first: int, last: int, which: Which = Which.NOT_PRINTED, **options: object) -> MassPrintResult:
    parameters = MassPrintParameters(f"RE-2026-{first:05d}", f"RE-2026-{last:05d}", which)
    plan = mass_print.plan_mass_print(desk.store, parameters)
    return finish(mass_print.apply_mass_print(desk, plan, OutputOptions(**options)))  # type: ignore[arg-type]


def numbers(desk: Desk, parameters: MassPrintParameters) -> list[str]:
    return [h.number for h in mass_print.plan_mass_print(desk.store, parameters).taken]


def test_a_range_is_printed_into_one_file_and_marked_once(desk: Desk, tmp_path: Path) -> None:
    result = run(desk, 2, 4, out=str(tmp_path / "out"))
    assert result.printed == ["RE-2026-00002", "RE-2026-00003", "RE-2026-00004"]
    assert [Path(f).name for f in result.files] == ["Massendruck_RE-2026-00002_RE-2026-00004.pdf"]
    states = {d.number: (d.state, bool(d.printed_at), bool(d.file_hash)) for d in desk.store.all(Document)}
    assert states["RE-2026-00001"] == (DocumentState.OPEN, False, False)
    assert states["RE-2026-00003"] == (DocumentState.FINAL, True, True)


def test_singles_and_the_combined_file_go_into_a_zip(desk: Desk, tmp_path: Path) -> None:
    import zipfile

    target = tmp_path / "druck.zip"
    result = run(desk, 1, 2, singles=True, out=str(target))
    assert result.files == [str(target)]
    assert sorted(zipfile.ZipFile(target).namelist()) == [
        "Massendruck_RE-2026-00001_RE-2026-00002.pdf",
        "Rechnung_RE-2026-00001.pdf",
        "Rechnung_RE-2026-00002.pdf",
    ]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (Which.NOT_PRINTED, ["RE-2026-00002", "RE-2026-00003"]),
        (Which.NOT_MAILED, ["RE-2026-00001", "RE-2026-00003"]),
        (Which.NOT_SENT, ["RE-2026-00003"]),
        (Which.ALL, ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003"]),
    ],
)
def test_which_documents_of_the_range(desk: Desk, which: Which, expected: list[str]) -> None:
    first, second, *_ = desk.store.all(Document)
    with desk.store.transaction("aus") as tx:
        documents.mark_output(tx, first, at="2026-11-20T10:00:00+00:00", mailed=False)
        documents.mark_output(tx, second, at="2026-11-20T10:00:00+00:00", mailed=True)
    parameters = MassPrintParameters("RE-2026-00001", "RE-2026-00003", which)
    plan = mass_print.plan_mass_print(desk.store, parameters)
    assert [h.number for h in plan.taken] == expected
    assert plan.balance.candidates == plan.balance.taken + sum(plan.balance.out.values()) == 3


def test_printing_again_gives_a_marked_copy_and_keeps_the_archived_original(desk: Desk, tmp_path: Path) -> None:
    run(desk, 1, 1, out=str(tmp_path / "a"))
    before = desk.store.need(Document, 1)
    result = run(desk, 1, 1, Which.ALL, out=str(tmp_path / "b"), singles=True, combined=False)
    assert [Path(f).name for f in result.files] == ["Kopie_Rechnung_RE-2026-00001.pdf"]
    assert b"Kopie" in (tmp_path / "b" / "Kopie_Rechnung_RE-2026-00001.pdf").read_bytes()
    assert desk.store.need(Document, 1) == before
    assert b"Kopie" not in desk.files.read(before.file)


def test_one_bad_document_is_one_row_and_the_rest_is_printed(
    desk: Desk, renderer: FakeRenderer, tmp_path: Path
) -> None:
    renderer.bad.add("RE-2026-00002")
    result = run(desk, 1, 3, out=str(tmp_path))
    assert (result.printed, list(result.failed)) == (["RE-2026-00001", "RE-2026-00003"], ["RE-2026-00002"])
    assert desk.store.need(Document, 2).printed_at == ""


def test_what_the_law_forbids_is_not_printed_and_stays_open(desk: Desk, tmp_path: Path) -> None:
    bare = add_customer(desk, "10002", address=Address())
    add_invoice(desk, bare, date(2026, 11, 9), net="1000")
    result = run(desk, 5, 6, out=str(tmp_path))
    assert result.printed == ["RE-2026-00005"]
    assert result.failed["RE-2026-00006"].code == "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"
    assert desk.store.need(Document, 6).state is DocumentState.OPEN


def test_a_document_cancelled_before_its_first_output_is_out(desk: Desk) -> None:
    documents.cancel(desk, 2, "falsch")
    plan = mass_print.plan_mass_print(desk.store, MassPrintParameters())
    assert plan.balance.out == {"cancelled": 1}


def test_numbers_are_compared_as_numbers(desk: Desk) -> None:
    customer_id = desk.store.need(Document, 1).customer_id
    with desk.store.transaction("groß") as tx:
        for number in ("RE-2026-99999", "RE-2026-100000", "RE-2025-00003"):
            tx.insert(Document(number=number, customer_id=customer_id))
    assert numbers(desk, MassPrintParameters("RE-2026-99999", "RE-2026-100000")) == ["RE-2026-99999", "RE-2026-100000"]
    assert numbers(desk, MassPrintParameters("RE-2026-00004", "")) == [
        "RE-2026-00004",
        "RE-2026-00005",
        "RE-2026-99999",
        "RE-2026-100000",
    ]


@pytest.mark.parametrize(("first", "last"), [("RE-2026-00001", "GS-2026-00002"), ("RE-2026-00003", "RE-2026-00001")])
def test_ranges_that_cannot_be_meant_are_refused(desk: Desk, first: str, last: str) -> None:
    with pytest.raises(WrongUse):
        mass_print.plan_mass_print(desk.store, MassPrintParameters(first, last))


def test_a_stop_leaves_the_rest_open(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mass_print, "GROUP", 2)
    plan = mass_print.plan_mass_print(desk.store, MassPrintParameters())
    answers = iter([False, True])
    result = finish(
        mass_print.apply_mass_print(desk, plan, OutputOptions(out=str(tmp_path)), stop=lambda: next(answers))
    )
    assert (len(result.printed), result.open) == (2, 3)


def test_the_marked_documents_become_a_run_with_one_key(desk: Desk) -> None:
    heads = desk.store.all(DocumentHead)[1:3]
    run_made = mass_print.into_run(desk, heads, RunType.EMAIL)
    assert run_made.parameters.document_ids == (2, 3)
    with pytest.raises(Refused):
        mass_print.into_run(desk, [], RunType.EMAIL)
