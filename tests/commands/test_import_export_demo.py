"""demo, import and export as commands: folders, exit codes, JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"


def run(*words, folder=None, **env):
    place = ["--data", str(folder)] if folder else []
    result = subprocess.run(
        [sys.executable, "-m", "tui_billing", *words, *place, "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "TUI_BILLING_TODAY": "2026-11-22", "TUI_BILLING_USER": "anna", **env},
        cwd=Path(__file__).parents[2],
    )
    assert "Traceback" not in result.stderr
    return result.returncode, json.loads(result.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "data"
    code, answer = run("demo", "--size", "5", "--no-ui", folder=folder)
    assert (code, answer["customers"]) == (0, 5)
    return folder


def test_the_demo_is_refused_where_data_is(demo):
    code, answer = run("demo", "--no-ui", folder=demo)
    assert (code, answer["ok"], answer["problems"][0]["code"]) == (3, False, "ORDNER_NICHT_LEER")


def test_the_demo_is_refused_in_a_folder_of_something_else(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    code, answer = run("demo", "--no-ui", folder=tmp_path)
    assert (code, answer["problems"][0]["code"]) == (3, "ORDNER_NICHT_LEER")
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_without_a_folder_the_demo_takes_one_of_its_own(tmp_path):
    code, answer = run("demo", "--no-ui", "--size", "1", XDG_DATA_HOME=str(tmp_path), TUI_BILLING_DATA="")
    assert code == 0 and Path(answer["folder"]).name == "tui-billing-demo"


@pytest.mark.parametrize("size", ["0", "-1", "x"])
def test_a_size_that_is_none_is_wrong_use(tmp_path, size):
    assert run("demo", "--no-ui", f"--size={size}", folder=tmp_path / "d")[0] == 2


def test_the_example_files_come_in_by_command(demo):
    code, answer = run("import", "customers", str(DATA / "customers.csv"), "--dry-run", folder=demo)
    assert (code, answer["valid"]) == (0, 5)
    code, answer = run("import", "customers", str(DATA / "customers.csv"), folder=demo)
    assert (code, answer["imported"]) == (0, 5)
    code, answer = run("import", "invoices", str(DATA / "invoices.csv"), folder=demo)
    assert (code, answer["imported"]) == (0, 4)


def test_a_refused_row_is_told_and_the_exit_code_says_so(demo, tmp_path):
    file = tmp_path / "kunden.csv"
    file.write_text("Nummer;Name\n30001;Gut\n30002;\n", encoding="utf-8")
    code, answer = run("import", "customers", str(file), folder=demo)
    assert (code, next((p["where"], p["code"]) for p in answer["problems"])) == (3, ("Zeile 3", "FELD_LEER"))
    code, answer = run("import", "customers", str(file), "--partial", folder=demo)
    assert (code, answer["imported"], answer["refused"], answer["ok"]) == (1, 1, 1, False)


def test_a_file_that_is_not_there_is_a_sentence(demo):
    code, answer = run("import", "customers", "/nirgends.csv", folder=demo)
    assert (code, answer["problems"][0]["code"]) == (2, "DATEI_UNLESBAR")


def test_lists_and_the_procedure_go_to_a_file(demo, tmp_path):
    for what in ("customers", "invoices", "procedure"):
        code, answer = run("export", what, "--out", str(tmp_path / what), folder=demo)
        assert code == 0 and (tmp_path / what).stat().st_size == answer["bytes"] > 100
    text = (tmp_path / "procedure").read_text(encoding="utf-8")
    assert "Muster & Söhne Bürodienste GmbH" in text and text.endswith("\n")
