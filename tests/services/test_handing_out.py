"""Files that leave the house never take the place of another's: E5.2 over runs, single outputs and ZIPs."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import add_customer, add_invoice
from run_house import House

from tui_billing.domain.documents import Document
from tui_billing.domain.parties import Channel
from tui_billing.domain.runs import RunType
from tui_billing.services.output import hand_over
from tui_billing.services.single_output import hand_out


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "data")


def numbered(house: House, *numbers: str) -> list[Document]:
    """Invoices of a customer who gets letters, each under a number of its own."""
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    made = [add_invoice(house.desk, customer) for _ in numbers]
    with house.store.transaction("Nummern") as tx:
        return [tx.put(replace(d, number=n)) for d, n in zip(made, numbers, strict=True)]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("Rechnung"))


def test_two_numbers_that_clean_to_the_same_name_are_two_files_also_one_by_one(house: House, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for document in numbered(house, "RE/2026:0042", "RE-2026:0042"):
        hand_out(house.desk, document.id, str(out))
    assert names(out) == ["Rechnung_RE-2026-0042.pdf", "Rechnung_RE-2026-0042_2.pdf"]
    first, second = [(out / name).read_bytes() for name in names(out)]
    assert first != second


def test_the_same_file_handed_out_again_is_one_file(house: House, tmp_path: Path) -> None:
    (document,) = numbered(house, "RE-1")
    for _ in range(2):
        hand_out(house.desk, document.id, str(tmp_path / "out"), original=True)
    assert names(tmp_path / "out") == ["Rechnung_RE-1.pdf"]


def test_two_runs_into_one_folder_keep_both_files(house: House, tmp_path: Path) -> None:
    for document in numbered(house, "RE/1", "RE:1"):
        run = house.create(RunType.PDF, document_ids=(document.id,))
        house.execute(run, out=str(tmp_path / "out"))
    assert names(tmp_path / "out") == ["Rechnung_RE-1.pdf", "Rechnung_RE-1_2.pdf"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_that_is_no_version_of_the_document_stays(house: House, tmp_path: Path, overwrite: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "Rechnung_RE-1.pdf").write_text("mine")
    (document,) = numbered(house, "RE-1")
    run = house.create(RunType.PDF, document_ids=(document.id,))
    result = house.execute(run, out=str(out), overwrite=overwrite)
    assert (out / "Rechnung_RE-1.pdf").read_text() == "mine"
    assert [Path(f).name for f in result.files] == ["Rechnung_RE-1_2.pdf"]


def test_an_earlier_version_of_the_same_document_is_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "new", tmp_path / "out" / "a.pdf"
    source.write_text("old")
    assert hand_over(source, target) == (target, True)
    source.write_text("new")
    assert hand_over(source, target, lambda digest: True) == (target, True)
    assert (target.read_text(), [p.name for p in target.parent.iterdir()]) == ("new", ["a.pdf"])


def test_a_zip_of_another_run_stays(house: House, tmp_path: Path) -> None:
    target = tmp_path / "post.zip"
    for document in numbered(house, "RE-1", "RE-2"):
        run = house.create(RunType.PDF, document_ids=(document.id,))
        house.execute(run, out=str(target))
    found = {p.name: zipfile.ZipFile(p).namelist() for p in tmp_path.glob("*.zip")}
    assert found == {"post.zip": ["Rechnung_RE-1.pdf"], "post_2.zip": ["Rechnung_RE-2.pdf"]}


def test_half_files_of_killed_processes_are_cleared_by_the_next_run_and_those_of_living_ones_stay(
    house: House, tmp_path: Path
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    out, outbox = tmp_path / "out", house.desk.folder / "outbox"
    for folder in (out, outbox):
        folder.mkdir(parents=True)
        for process in (dead.pid, os.getpid()):
            (folder / f".Rechnung_RE-9.pdf.{process}.tmp").write_text("half")
    (document,) = numbered(house, "RE-1")
    house.execute(house.create(RunType.PDF, document_ids=(document.id,)), out=str(out))
    for folder in (out, outbox):
        assert [p.name for p in folder.glob(".*")] == [f".Rechnung_RE-9.pdf.{os.getpid()}.tmp"]
