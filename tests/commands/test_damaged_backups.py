"""A copy of damaged data is made, but never passed off as a good one: file, line, way out and exit code say so."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli import Cli


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve customers with an executed run of letters and a printed batch, all in the table files."""
    cli = Cli(tmp_path_factory.mktemp("damage") / "data")
    cli("demo", "--size", "12", "--no-ui")
    out = str(cli.folder.parent / "out")
    month = ("--date-from", "2026-10-01", "--date-to", "2026-11-30")
    cli("run", "create", *month, "--type", "pdf", "--no-respect-preference")
    cli("run", "execute", "1", "--yes", "--out", out, code=None)
    cli("batch", "generate", "--close-date", "2026-10-31", "--override-rules", code=None)
    cli("batch", "print", "1", "--yes", "--out", out)
    cli("compact")
    return cli.folder


@pytest.fixture
def cli(template: Path, tmp_path: Path) -> Cli:
    """A copy of it."""
    shutil.copytree(template, tmp_path / "data")
    return Cli(tmp_path / "data")


def other_letter(folder: Path) -> str:
    """A letter of a name in a table file, so that the length stays."""
    path = folder / "tables" / "customers.0001.json"
    data = path.read_bytes()
    at = data.index(b'"name":"') + len(b'"name":"')
    path.write_bytes(data[:at] + (b"X" if data[at : at + 1] != b"X" else b"Y") + data[at + 1 :])
    return "tables/customers.0001.json"


def lost_pdf(folder: Path) -> str:
    """An archived document is gone."""
    path = min(folder.glob("documents/2026/*.pdf"))
    path.unlink()
    return path.relative_to(folder).as_posix()


def other_pdf(folder: Path) -> str:
    """A byte of an archived document."""
    path = min(folder.glob("documents/2026/*.pdf"))
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    return path.relative_to(folder).as_posix()


def lost_journal(folder: Path) -> str:
    """The beginning of the audit trail."""
    path = min(folder.glob("journal/*.jsonl"))
    path.unlink()
    return path.relative_to(folder).as_posix()


Spoil = Callable[[Path], str]
CASES: dict[str, tuple[Spoil, str]] = {
    "letter": (other_letter, "TABLE_CHANGED"),
    "lost PDF": (lost_pdf, "DATEI_FEHLT"),
    "changed PDF": (other_pdf, "DATEI_VERAENDERT"),
    "lost journal": (lost_journal, "JOURNAL_LOST"),
}


def test_a_backup_of_sound_data_and_its_restore_are_in_order(cli: Cli, tmp_path: Path) -> None:
    made = cli("backup", str(tmp_path / "copy")).data
    assert (made["ok"], made["problems"]) == (True, [])
    back = Cli(tmp_path / "back")
    assert [p["code"] for p in back("restore", str(tmp_path / "copy")).data["problems"]] == ["VERSAND_VERGLEICHEN"]
    assert back("verify").data["ok"] is True
    assert list((tmp_path / "copy").glob("cache/*")) == [], "what may be made anew at any time is in no backup"


@pytest.mark.parametrize("what", CASES)
def test_a_backup_of_damaged_data_is_made_and_says_what_is_damaged(cli: Cli, tmp_path: Path, what: str) -> None:
    spoil, code = CASES[what]
    file = spoil(cli.folder)
    ran = cli("backup", str(tmp_path / "copy"), code=4).data
    assert (ran["ok"], ran["problems"][0]["code"], ran["problems"][0]["where"]) == (False, code, file)
    assert ran["problems"][-1]["code"] == "SICHERUNG_BESCHAEDIGT"
    assert ran["backup"]["folder"] == str(tmp_path / "copy")
    assert Cli(tmp_path / "copy")("verify", code=4).data["first_broken"]["code"] == code
    verified = [p["code"] for p in cli("verify", code=4).data["problems"]]
    assert set(verified) <= {p["code"] for p in ran["problems"]}, "a backup finds what verify finds"


@pytest.mark.parametrize("what", CASES)
def test_the_restore_of_a_damaged_backup_says_what_is_damaged(cli: Cli, tmp_path: Path, what: str) -> None:
    spoil, code = CASES[what]
    copy, back = Cli(tmp_path / "copy"), Cli(tmp_path / "back")
    cli("backup", str(copy.folder))
    shutil.copytree(copy.folder, tmp_path / "aside")  # on the same disk a backup shares its files with the data
    copy = Cli(tmp_path / "aside")
    file = spoil(copy.folder)
    ran = back("restore", str(copy.folder), code=4).data
    assert (ran["ok"], ran["problems"][0]["code"], ran["problems"][0]["where"]) == (False, code, file)
    assert [p["code"] for p in ran["problems"]][-2:] == ["ZURUECKGEHOLT_BESCHAEDIGT", "VERSAND_VERGLEICHEN"]
    assert back("verify", code=4).data["first_broken"]["code"] == code


def test_the_place_and_the_way_out_are_said(cli: Cli, tmp_path: Path) -> None:
    file = other_letter(cli.folder)
    copy, back, saved = tmp_path / "copy", Cli(tmp_path / "back"), Cli(tmp_path / "saved")
    said = cli.plain("backup", str(copy), code=4).err.splitlines()
    assert said[0].startswith(f"{file}, Zeile 2 (Byte ")
    assert said[1:] == [
        f"Was lesbar ist, rettet „tui-billing restore --rescue {cli.folder} --data NEUER_ORDNER“.",
        "Die Datensicherung hat denselben Schaden wie der Datenordner; ältere Sicherungen bitte aufheben.",
    ]
    said = back.plain("restore", str(copy), code=4).err.splitlines()
    assert said[1] == f"Was lesbar ist, rettet „tui-billing restore --rescue {copy} --data NEUER_ORDNER“."
    assert said[2] == "Der zurückgeholte Datenordner hat denselben Schaden wie die Datensicherung."
    assert saved("restore", str(copy), "--rescue").data["ok"] is True
    assert saved("verify").data["ok"] is True, "a table file is made again from the journals"


def test_a_rescue_says_which_archived_documents_it_could_not_bring_along(cli: Cli, tmp_path: Path) -> None:
    file = lost_pdf(cli.folder)
    ran = Cli(tmp_path / "saved")("restore", str(cli.folder), "--rescue", code=1).data
    assert (ran["problems"][0]["code"], ran["problems"][0]["where"]) == ("DATEI_FEHLT", file)
