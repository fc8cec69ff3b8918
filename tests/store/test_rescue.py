"""Everything before the first broken line can be saved; the state after any transaction can be had again."""

from pathlib import Path

import pytest

from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import StoreError
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.rescue import rescue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six transactions in three journals; the second record is changed in the fourth and deleted in the sixth."""
    made = tmp_path / "data"
    engine = open_engine(made)
    for i in (1, 2, 3):
        with engine.transaction(f"Schritt {i}") as tx:
            tx.insert("invoices", {"number": f"R{i}"})
    compact(made)
    with engine.transaction("Schritt 4") as tx:
        tx.put("invoices", {"id": 2, "number": "R2ä"})
    compact(made, full=False)
    with engine.transaction("Schritt 5") as tx:
        tx.insert("orders", {"number": "A1"})
    with engine.transaction("Schritt 6") as tx:
        tx.delete("invoices", 2)
    (made / "documents").mkdir()
    (made / "documents" / "a.pdf").write_bytes(b"%PDF")
    return made


AFTER = {
    0: [],
    1: ["R1"],
    3: ["R1", "R2", "R3"],
    4: ["R1", "R2ä", "R3"],
    5: ["R1", "R2ä", "R3"],
    6: ["R1", "R3"],
}


@pytest.mark.parametrize("seq", AFTER)
def test_the_state_after_any_transaction_can_be_had_again(folder: Path, tmp_path: Path, seq: int) -> None:
    made = rescue(folder, tmp_path / "then", upto=seq)
    assert made.seq == seq
    engine = open_engine(tmp_path / "then")
    assert [d["number"] for d in engine.scan("invoices")] == AFTER[seq]
    assert [e.seq for e in engine.history()] == list(range(seq, 0, -1))
    assert verify(tmp_path / "then") == []
    with engine.transaction("weiter") as tx:
        tx.insert("invoices", {"number": "R9"})
    compact(tmp_path / "then")
    assert verify(tmp_path / "then") == []
    assert (tmp_path / "then/documents/a.pdf").read_bytes() == b"%PDF"


def test_what_lies_before_a_broken_line_is_saved(folder: Path, tmp_path: Path) -> None:
    path = sorted(folder.glob("journal/*.jsonl"))[-1]
    path.write_bytes(path.read_bytes().replace(b"Schritt 6", b"Schritt ?"))
    assert rescue(folder, tmp_path / "saved").seq == 5
    assert [d["number"] for d in open_engine(tmp_path / "saved").scan("invoices")] == AFTER[5]


def test_lost_table_files_are_made_again_from_the_journals(folder: Path, tmp_path: Path) -> None:
    for path in (*folder.glob("tables/*"), folder / "manifest.json"):
        path.unlink()
    assert rescue(folder, tmp_path / "saved").seq == 6
    assert [d["number"] for d in open_engine(tmp_path / "saved").scan("invoices")] == AFTER[6]


def test_without_the_first_journal_it_says_so(folder: Path, tmp_path: Path) -> None:
    sorted(folder.glob("journal/*.jsonl"))[0].unlink()
    with pytest.raises(StoreError):
        rescue(folder, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
