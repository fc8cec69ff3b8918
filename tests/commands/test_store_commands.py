"""restore --upto and --rescue, backup's refusals: what can be had again, by command, with exact sentences."""

import json
import os
import shutil
from pathlib import Path

import pytest
from cli import Cli


@pytest.fixture
def kept(tmp_path: Path) -> Cli:
    """A company and two customers: four transactions, one journal."""
    cli = Cli(tmp_path / "data")
    cli("company", "set", "--name", "M", "--tax-number", "1/2/3", "--postcode", "1", "--city", "O")
    cli("customer", "add", "--number", "1", "--name", "Erste")
    cli("customer", "add", "--number", "2", "--name", "Zweite")
    cli("customer", "edit", "2", "--name", "Umbenannt")
    return cli


def names(cli: Cli) -> list[str]:
    return [c["name"] for c in cli("customer", "list").data["items"]]


SENT_SINCE = (
    "Was nach diesem Stand versendet oder gedruckt wurde, gilt hier als offen; vor dem nächsten Versand bitte mit dem "
    "Postausgang vergleichen.\n"
)


def spoil(cli: Cli, old: bytes, new: bytes) -> str:
    """Exchange bytes in the journal where they stand first; returns its name."""
    (journal,) = (cli.folder / "journal").glob("*.jsonl")
    data = journal.read_bytes()
    assert old in data
    journal.write_bytes(data.replace(old, new, 1))
    return f"journal/{journal.name}"


def test_the_state_after_an_earlier_transaction_comes_back_in_a_new_folder(kept: Cli, tmp_path: Path) -> None:
    then = Cli(tmp_path / "then")
    ran = then.plain("restore", str(kept.folder), "--upto", "3")
    assert ran.out.splitlines() == [
        "Buchungen bis 3: 3 Datensätze.",
        f"Zurückgeholt nach {then.folder}: 8 Dateien.",
    ]
    assert ran.err == SENT_SINCE, "what was mailed since then would go a second time"
    assert (names(then), names(kept)) == (["Erste", "Zweite"], ["Erste", "Umbenannt"])
    assert then("verify").data["ok"] is True
    then("customer", "add", "--number", "3", "--name", "Dritte")
    assert names(then) == ["Erste", "Zweite", "Dritte"]


def test_a_dry_run_of_a_rescue_says_what_it_would_save_and_makes_nothing(kept: Cli, tmp_path: Path) -> None:
    then = Cli(tmp_path / "then")
    data = then("restore", str(kept.folder), "--rescue", "--dry-run").data
    assert data["rescue"] == {"seq": 4, "records": 3, "acknowledged": 4, "first_broken": None}
    assert not then.folder.exists()


def test_damage_is_said_with_the_command_and_the_command_saves_what_stands_before_it(kept: Cli, tmp_path: Path) -> None:
    file = spoil(kept, b'"Zweite"', b'"Zwoote"')
    byte = sum(map(len, (kept.folder / file).read_bytes().splitlines(keepends=True)[:3]))
    place = f"{file}, Zeile 4 (Byte {byte}): die Prüfsumme passt nicht; lesbar bis Buchung 2"
    said = kept.plain("customer", "list", code=4)
    assert said.err == f"{place}. Was lesbar ist, rettet „tui-billing restore --rescue“.\n"
    checked = kept("verify", code=4).data
    assert checked["first_broken"] == {
        "code": "JOURNAL_DAMAGED", "file": file, "line": 4, "byte": byte, "index": 3,
    }  # fmt: skip
    saved = Cli(tmp_path / "saved")
    refused = saved.plain("restore", str(kept.folder), "--upto", "4", code=4)
    assert refused.err == f"{place}. Was danach steht, ist nicht zu retten.\n"
    assert not saved.folder.exists()
    ran = saved("restore", str(kept.folder), "--rescue", code=1).data
    assert (ran["ok"], ran["rescue"]["seq"], ran["rescue"]["acknowledged"]) == (False, 2, 4)
    assert ran["rescue"]["first_broken"] == {"file": file, "line": 4, "byte": byte}
    assert names(saved) == ["Erste"]
    assert saved("verify").data["ok"] is True


def test_a_lost_end_of_the_journal_is_counted(kept: Cli, tmp_path: Path) -> None:
    (journal,) = (kept.folder / "journal").glob("*.jsonl")
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-2]))
    ran = Cli(tmp_path / "saved").plain("restore", str(kept.folder), "--rescue", code=1)
    lost = "journal: Die Buchungen 3 bis 4 fehlen am Ende des Journals und sind nicht zu retten.\n"
    assert ran.err == lost + SENT_SINCE


def test_lost_tables_and_a_lost_manifest_are_made_again_without_a_loss(kept: Cli, tmp_path: Path) -> None:
    kept("compact")
    shutil.rmtree(kept.folder / "tables")
    assert kept("customer", "list", code=4).data["problems"][0]["code"] == "STORE_DAMAGED"
    (kept.folder / "manifest.json").unlink()
    assert kept("customer", "list", code=4).data["problems"][0]["code"] == "STORE_DAMAGED"
    saved = Cli(tmp_path / "saved")
    assert saved("restore", str(kept.folder), "--rescue").data["ok"] is True
    assert names(saved) == ["Erste", "Umbenannt"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("{data}", "--upto", "9"), 2, "Buchung 9 gibt es nicht; die letzte ist 4."),
        (("{data}", "--upto", "-1"), 2, "Buchung -1 gibt es nicht; die letzte ist 4."),
        (("{empty}", "--rescue"), 2, "{empty} ist kein Datenordner und keine Datensicherung."),
        (("{empty}",), 2, "{empty} ist kein Datenordner und keine Datensicherung."),
        (("{empty}", "--dry-run"), 2, "{empty} ist kein Datenordner und keine Datensicherung."),
    ],
)
def test_what_cannot_be_restored_is_refused_with_a_sentence(
    kept: Cli, tmp_path: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    places = {"data": str(kept.folder), "empty": str(tmp_path / "empty")}
    (tmp_path / "empty").mkdir()
    ran = Cli(tmp_path / "new").plain("restore", *(w.format(**places) for w in words), code=code)
    assert ran.err == text.format(**places) + "\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_backup_goes_into_a_free_folder_outside_of_the_data(kept: Cli, tmp_path: Path, dry: tuple[str, ...]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").touch()
    ran = kept.plain("backup", str(tmp_path / "full"), *dry, code=3)
    assert ran.err == f"{tmp_path}/full ist nicht leer; bitte einen neuen oder leeren Ordner nennen.\n"
    inside = kept.folder / "documents/backup"
    ran = kept.plain("backup", str(inside), *dry, code=3)
    assert ran.err == f"{inside} liegt im Datenordner selbst; bitte einen Ordner außerhalb nennen.\n"


def test_the_last_line_of_a_backup_is_guarded_too(kept: Cli, tmp_path: Path) -> None:
    kept("backup", str(tmp_path / "backup"))
    backup = Cli(tmp_path / "backup")
    spoil(backup, b'"Umbenannt"', b'"Umbenennt"')
    broken = backup("verify", code=4).data["first_broken"]
    assert (broken["code"], broken["line"]) == ("ACKNOWLEDGED_MISSING", 5)
    ran = Cli(tmp_path / "new").plain("restore", str(backup.folder), code=4)
    assert json.dumps(ran.err).count("lesbar bis Buchung 3") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "words", [("restore", "{data}"), ("restore", "{data}", "--rescue"), ("restore", "{data}", "--upto", "1")]
)
def test_data_of_a_newer_program_are_neither_restored_nor_rescued(
    kept: Cli, tmp_path: Path, words: tuple[str, ...]
) -> None:
    manifest = kept.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format":1', '"format":2'))
    newer = "Der Datenbestand hat Format 2, dieses Programm kennt nur 1: bitte das Programm erneuern"
    new = Cli(tmp_path / "new")
    assert new.plain(*(w.format(data=kept.folder) for w in words), code=4).err == f"{newer}\n"
    assert not new.folder.exists()
    assert kept.plain("customer", "list", code=4).err == f"{newer}\n"
    assert kept.plain("verify", code=4).err == f"manifest.json: {newer}\n"


@pytest.mark.parametrize("words", [("backup",), ("restore",), ("restore", "--rescue")])
def test_a_copy_of_a_shared_folder_is_shared_by_the_same_group(tmp_path: Path, words: tuple[str, ...]) -> None:
    shared = tmp_path / "data"
    shared.mkdir()
    groups = [g for g in (*os.getgroups(), 1) if g != shared.stat().st_gid]
    try:
        os.chown(shared, -1, groups[0])
    except (IndexError, PermissionError):
        pytest.skip("no second group here")
    shared.chmod(0o2770)
    cli, copy = Cli(shared), Cli(tmp_path / "copy")
    cli("customer", "add", "--number", "1", "--name", "K")
    (shared / "documents/2026").mkdir(parents=True)
    (shared / "documents/2026/a.pdf").write_bytes(b"%PDF")
    if words[0] == "backup":
        cli("backup", str(copy.folder))
    else:
        copy("restore", str(shared), *words[1:])
    for path in (copy.folder, *(p for p in copy.folder.rglob("*") if p.name != "a.pdf")):
        found = path.stat()
        wanted = (groups[0], 0o2770 if path.is_dir() else 0o660)
        assert (found.st_gid, found.st_mode & 0o7777) == wanted, path


def test_a_lost_beginning_of_the_audit_trail_is_said_with_what_is_missing_and_the_way_back(
    kept: Cli, tmp_path: Path
) -> None:
    kept("compact")
    kept("customer", "add", "--number", "3", "--name", "Dritte")
    kept("backup", str(tmp_path / "backup"))
    file = "journal/000000000001.jsonl"
    for cli in (kept, Cli(tmp_path / "backup")):
        first = (cli.folder / file).read_bytes()
        (cli.folder / file).unlink()
        ran = cli.plain("verify", code=4)
        assert ran.err == (
            f"{file}: das Journal fehlt, mit ihm das Protokoll der Buchungen 1 bis 4; "
            "bitte aus einer Datensicherung zurücklegen\n"
        ), "nothing can be rescued without it"
        broken = cli("verify", code=4).data["first_broken"]
        assert broken == {"code": "JOURNAL_LOST", "file": file, "line": 0, "byte": 0, "index": 1}
        audit = cli("audit").data
        assert (audit["count"], [p["code"] for p in audit["problems"]]) == (1, ["PROTOKOLL_UNVOLLSTAENDIG"])
        said = cli.plain("audit", "--customer", "1").err
        assert said == "Das Protokoll beginnt erst mit Buchung 5; was fehlt, sagt „tui-billing verify“.\n"
        (cli.folder / file).write_bytes(first)
        assert cli("verify").data["ok"] is True
        assert cli("audit").data["problems"] == []


def test_a_lost_mark_is_said_and_the_records_are_looked_at_all_the_same(kept: Cli) -> None:
    kept("compact")
    (kept.folder / "journal/acknowledged").unlink()
    assert kept("verify", code=4).data["checked"] == {"periods": 0}
    assert kept.plain("verify", code=4).err == (
        "journal/acknowledged: die Marke der letzten bestätigten Buchung fehlt; bitte mit „tui-billing audit“ "
        "nachsehen, ob Buchung 4 die letzte war\n"
    )
    kept("customer", "add", "--number", "3", "--name", "Dritte")
    assert kept("verify").data["problems"] == []


def test_damage_that_verify_has_found_lets_nobody_write_until_it_is_mended(kept: Cli, tmp_path: Path) -> None:
    kept("compact")
    table = kept.folder / "tables/company.0001.json"
    sound = table.read_bytes()
    table.write_bytes(sound.replace(b'"M"', b'"N"'))
    kept("verify", code=4)
    for words in (("customer", "add", "--number", "3", "--name", "Dritte"), ("settings", "set", "mail.host", "x")):
        ran = kept(*words, code=4).data
        assert [p["code"] for p in ran["problems"]] == ["STORE_DAMAGED"]
        assert ran["problems"][0]["text"].startswith(
            "Der Datenbestand ist beschädigt (tables/company.0001.json, Zeile 2 (Byte "
        )
    assert names(kept) == ["Erste", "Umbenannt"], "what is whole can be read"
    kept("compact", code=4)
    saved = Cli(tmp_path / "saved")
    saved("restore", str(kept.folder), "--rescue")
    saved("customer", "add", "--number", "3", "--name", "Dritte")
    table.write_bytes(sound)
    assert kept("verify").data["ok"] is True
    kept("customer", "add", "--number", "3", "--name", "Dritte")
