"""TinyDB's API over the data folder, and TinyDB's own tests as far as they apply."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest
from tinydb import Query, where
from tinydb.operations import increment
from tinydb.table import Document

from tui_billing.store.engine import NotUnique, ReadOnly
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.tinydb_adapter import BillingDB

HERE = Path(__file__).parent
APPLYING = ("test_tinydb.py", "test_tables.py", "test_operations.py")


@pytest.fixture(scope="session")
def tinydb_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TinyDB's tests out of its source distribution; skipped where no registry can be reached."""
    folder = tmp_path_factory.mktemp("tinydb")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "tinydb", "-d", str(folder)]
    try:
        done = subprocess.run([*command, f"tinydb=={version('tinydb')}"], capture_output=True, timeout=60, text=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"TinyDB's source distribution cannot be fetched: {error}")
    archive = next(folder.glob("tinydb-*.tar.gz"), None)
    if done.returncode or archive is None:
        pytest.skip(f"TinyDB's source distribution cannot be fetched: {done.stderr[-200:]}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    tests = folder / "run"
    tests.mkdir()
    for name in APPLYING:
        shutil.copy(next(folder.glob(f"tinydb-*/tests/{name}")), tests / name)
    shutil.copy(HERE / "tinydb_conftest.py", tests / "conftest.py")
    return tests


def test_tinydbs_own_tests_pass_but_for_the_listed_exceptions(tinydb_tests: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tinydb_tests), "."],
        cwd=tinydb_tests,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|xfailed|failed)", done.stdout)}
    assert counts["passed"] >= 65
    assert counts["xfailed"] <= 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    engine = open_engine(tmp_path / "data")
    with engine.transaction("anlegen") as tx:
        for i in range(1, 5):
            tx.insert("invoices", {"number": f"R{i}", "invoice_date": f"2026-11-0{i}", "customer_id": i % 2})
    engine.close()
    return tmp_path / "data"


def test_a_query_on_an_indexed_field_reads_only_the_hits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with BillingDB(folder) as db:
        invoices = db.table("invoices")
        monkeypatch.setattr(type(db.storage.engine), "scan", lambda *a: pytest.fail("a scan"))  # type: ignore[attr-defined]
        assert [d["number"] for d in invoices.search(Query().customer_id == 1)] == ["R1", "R3"]
        assert invoices.get(Query().number == "R2").doc_id == 2  # type: ignore[union-attr]
        both = (Query().customer_id == 1) & (Query().invoice_date > "2026-11-01")
        assert [d.doc_id for d in invoices.search(both)] == [3]
        assert [d["number"] for d in invoices.between("invoice_date", "2026-11-02", "2026-11-03")] == ["R2", "R3"]  # type: ignore[attr-defined]
        assert invoices.get(doc_id=4)["number"] == "R4"  # type: ignore[index]


def test_any_other_query_reads_all(folder: Path) -> None:
    with BillingDB(folder) as db:
        assert [d.doc_id for d in db.table("invoices").search(where("number").matches("R[34]"))] == [3, 4]
        assert len(db.table("invoices")) == 4
        assert db.tables() == {"invoices"}


def test_the_programs_tables_are_read_only_unless_asked_for(folder: Path) -> None:
    with BillingDB(folder) as db:
        for change in (
            lambda t: t.insert({"number": "R9"}),
            lambda t: t.update({"note": "x"}, where("number") == "R1"),
            lambda t: t.remove(doc_ids=[1]),
            lambda t: t.truncate(),
        ):
            with pytest.raises(ReadOnly):
                change(db.table("invoices"))
        assert len(db.table("invoices")) == 4
        db.table("notes").insert({"text": "mine"})
    with BillingDB(folder, own_tables=True) as db:
        assert db.table("invoices").update({"note": "x"}, where("number") == "R1") == [1]
        with pytest.raises(NotUnique):
            db.table("invoices").insert({"number": "R1"})
        assert db.table("invoices").insert({"number": "R9"}) == 5
        assert db.table("notes").all() == [{"text": "mine"}]


def test_two_handles_see_each_other_and_never_give_an_id_twice(folder: Path) -> None:
    with BillingDB(folder) as one, BillingDB(folder) as two:
        ids = [db.table("notes").insert({"n": 0}) for db in (one, two, one, two)]
        assert ids == [1, 2, 3, 4]
        assert one.table("notes").upsert({"n": 5}, where("n") == 5) == [5]
        assert two.table("notes").update(increment("n"), where("n") == 5) == [5]
        assert one.table("notes").get(doc_id=5) == Document({"n": 6}, 5)
        assert two.table("notes").remove(where("n") == 0) == [1, 2, 3, 4]
        assert one.table("notes").insert({"n": 7}) == 6


def test_a_change_through_tinydb_stands_in_the_audit_trail(folder: Path) -> None:
    with BillingDB(folder, by="skript") as db:
        db.table("notes").insert_multiple([{"n": 1}, {"n": 2}])
    entry = open_engine(folder).history("notes")[0]
    assert (entry.by, len(entry.changes)) == ("skript", 2)
