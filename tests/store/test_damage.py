"""Damage is named with file, line and byte; a torn end is cut and kept; nothing is skipped in silence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tui_billing.store.check import verify
from tui_billing.store.compact import compact
from tui_billing.store.engine import Damaged, Engine, ReadOnly, StoreError
from tui_billing.store.findings import first_broken
from tui_billing.store.journal_engine import open_engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three transactions in the table files, two in the journal."""
    made = tmp_path / "data"
    engine = open_engine(made)
    for i in range(1, 6):
        with engine.transaction(f"Rechnung {i}", by="anna") as tx:
            tx.insert("invoices", {"number": f"R{i}", "customer_id": 7})
        if i == 3:
            compact(made)
    engine.close()
    return made


def numbers(engine: Engine) -> list[str]:
    return [d["number"] for d in engine.scan("invoices")]


def journal(folder: Path, position: int = -1) -> Path:
    return sorted(folder.glob("journal/*.jsonl"))[position]


def exchange(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))


def add(engine: Engine, number: str) -> None:
    with engine.transaction("neu") as tx:
        tx.insert("invoices", {"number": number, "customer_id": 7})


def test_a_sound_store_has_no_findings(folder: Path) -> None:
    engine = open_engine(folder)
    assert engine.find_ids("invoices", "customer_id", 7) == [1, 2, 3, 4, 5]
    assert verify(folder) == []


@pytest.mark.parametrize("tail", [b'{"h":"00', b"\0" * 700, b"\xff\xfe rot\n"])
def test_a_torn_end_is_cut_by_the_next_writer_and_kept_aside(folder: Path, tail: bytes) -> None:
    path = journal(folder)
    sound = path.read_bytes()
    path.write_bytes(sound + tail)
    finding = verify(folder)[0]
    assert (finding.code, finding.warning, finding.byte) == ("JOURNAL_TORN", True, len(sound))
    engine = open_engine(folder)
    assert numbers(engine) == ["R1", "R2", "R3", "R4", "R5"]
    assert path.read_bytes() == sound + tail
    add(engine, "R6")
    torn = list(folder.glob("journal/torn-*.bin"))
    assert [p.read_bytes() for p in torn] == [tail]
    assert numbers(open_engine(folder)) == ["R1", "R2", "R3", "R4", "R5", "R6"]
    assert verify(folder) == []


def test_rot_of_the_acknowledged_last_line_is_damage_not_a_torn_write(folder: Path) -> None:
    exchange(journal(folder), b'"R5"', b'"R?"')
    with pytest.raises(Damaged) as caught:
        open_engine(folder)
    assert caught.value.params["line"] == 3
    assert "bestätigte Buchung 5" in str(caught.value)


def test_an_open_handle_does_not_write_over_a_lost_transaction(folder: Path) -> None:
    engine = open_engine(folder)
    path = journal(folder)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(Damaged):
        add(engine, "R6")


def test_a_journal_that_an_editor_saved_anew_is_written_on_and_a_deleted_one_is_damage(folder: Path) -> None:
    engine = open_engine(folder)
    path = journal(folder)
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    add(engine, "R6")
    assert numbers(open_engine(folder)) == ["R1", "R2", "R3", "R4", "R5", "R6"]
    path.unlink()
    with pytest.raises(Damaged):
        engine.refresh()
    with pytest.raises(Damaged):
        add(engine, "R7")


def test_a_journal_that_an_editor_changed_is_noticed_by_an_open_handle(folder: Path) -> None:
    engine = open_engine(folder)
    path = journal(folder)
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes().replace(b'"R4"', b'"R!"'))
    copy.replace(path)
    with pytest.raises(Damaged, match="die Prüfsumme passt nicht; lesbar bis Buchung 3"):
        engine.refresh()
    with pytest.raises(Damaged):
        add(engine, "R6")


def test_damage_in_the_middle_of_the_journal_names_line_and_byte(folder: Path) -> None:
    path = journal(folder)
    line = path.read_bytes().index(b"\n") + 1
    exchange(path, b'"R4"', b'"R!"')
    with pytest.raises(Damaged) as caught:
        open_engine(folder)
    params = caught.value.params
    assert (params["file"], params["line"], params["byte"]) == (f"journal/{path.name}", 2, line)
    assert params["readable_to"] == 3
    broken = first_broken(verify(folder))
    assert broken is not None
    assert (broken.code, broken.file, broken.line, broken.byte) == ("JOURNAL_DAMAGED", f"journal/{path.name}", 2, line)
    assert str(broken).endswith("lesbar bis Buchung 3")


def test_damage_in_an_older_journal_is_found_by_verify_though_the_store_opens(folder: Path) -> None:
    exchange(journal(folder, 0), b'"why":"Rechnung 2"', b'"why":"Rechnung 9"')
    assert numbers(open_engine(folder)) == ["R1", "R2", "R3", "R4", "R5"]
    broken = first_broken(verify(folder))
    assert broken is not None
    assert (broken.code, broken.line) == ("JOURNAL_DAMAGED", 3)


TABLE_DAMAGE: list[tuple[str, Callable[[bytes], bytes], str, int]] = [
    ("a document", lambda d: d.replace(b'"R2"', b'"R2\0'), "RECORD_DAMAGED", 3),
    ("a line", lambda d: d.replace(b'"2":{', b'"x":{'), "TABLE_DAMAGED", 3),
    ("the end", lambda d: d[:-40], "TABLE_DAMAGED", 4),
    ("the beginning", lambda d: b"{" * 10 + d[10:], "TABLE_DAMAGED", 1),
    ("a digit", lambda d: d.replace(b'"R2"', b'"R7"'), "TABLE_CHANGED", 3),
    ("everything", lambda d: b"", "TABLE_DAMAGED", 1),
]


@pytest.mark.parametrize(("what", "spoil", "code", "line"), TABLE_DAMAGE, ids=[d[0] for d in TABLE_DAMAGE])
def test_damage_of_a_table_file_is_reported_when_it_is_read(
    folder: Path, what: str, spoil: Callable[[bytes], bytes], code: str, line: int
) -> None:
    path = folder / "tables" / "invoices.0001.json"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(Damaged) as caught:
        numbers(open_engine(folder))
    assert caught.value.params["file"] == "tables/invoices.0001.json"
    broken = first_broken(verify(folder))
    assert broken is not None
    assert (broken.code, broken.file, broken.line) == (code, "tables/invoices.0001.json", line)


def test_a_lost_document_that_the_journal_still_has_says_so(folder: Path) -> None:
    path = folder / "tables" / "invoices.0001.json"
    exchange(path, b'"R2"', b'"R2\0')
    assert "Stand aus Buchung 2 steht im Journal" in str(first_broken(verify(folder)))


def test_a_table_file_that_was_exchanged_with_its_hash_is_found_through_the_journal(folder: Path) -> None:
    import hashlib

    path = folder / "tables" / "invoices.0001.json"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    exchange(path, b'"R2"', b'"R7"')
    exchange(folder / "manifest.json", before.encode(), hashlib.sha256(path.read_bytes()).hexdigest().encode())
    broken = first_broken(verify(folder))
    assert broken is not None
    assert (broken.code, broken.params["id"], broken.params["seq"]) == ("RECORD_CHANGED", 2, 2)


def test_a_missing_table_file_or_manifest_or_journal_is_damage(folder: Path, tmp_path: Path) -> None:
    for name in ("tables/invoices.0001.json", "manifest.json", f"journal/{journal(folder).name}"):
        moved = (folder / name).rename(tmp_path / "aside")
        with pytest.raises(StoreError):
            numbers(open_engine(folder))
        assert first_broken(verify(folder)) is not None
        moved.rename(folder / name)
    assert verify(folder) == []


def test_the_index_files_may_be_deleted_or_broken_at_any_time(folder: Path) -> None:
    engine = open_engine(folder)
    assert engine.find_ids("invoices", "number", "R2") == [2]
    path = next(folder.glob("cache/*.idx"))
    data = bytearray(path.read_bytes())
    data[-20] ^= 255
    path.write_bytes(bytes(data))
    assert "INDEX_DAMAGED" in {f.code for f in verify(folder)}
    assert open_engine(folder).find_ids("invoices", "customer_id", 7) == [1, 2, 3, 4, 5]
    assert verify(folder) == []
    for path in folder.glob("cache/*.idx"):
        path.write_bytes(b"rot")
    assert open_engine(folder).find_ids("invoices", "number", "R3") == [3]
    for path in folder.glob("cache/*"):
        path.unlink()
    (folder / "cache").rmdir()
    fresh = open_engine(folder)
    assert [d["id"] for d in fresh.between("invoices", "number", "R2", "R3")] == [2, 3]
    assert [p.stat().st_mode & 0o777 for p in (folder / "cache", *folder.glob("cache/*"))] == [0o700, 0o600]
    add(fresh, "R6")


def test_an_unfinished_compaction_is_no_damage_and_the_next_one_finishes_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_billing.store.manifest import Manifest

    save = Manifest.save

    def die_at_the_end(self: Manifest, *args: object) -> None:
        if not self.pending:
            raise KeyboardInterrupt
        save(self, *args)  # type: ignore[arg-type]

    engine = open_engine(folder)
    with engine.transaction("weg") as tx:
        tx.delete("invoices", 4)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Manifest, "save", die_at_the_end)
        compact(folder)
    for handle in (engine, open_engine(folder)):
        assert (numbers(handle), handle.count("invoices")) == (["R1", "R2", "R3", "R5"], 4)
        assert handle.find_ids("invoices", "number", "R5") == [5]
    assert verify(folder) == []
    compact(folder, full=False)
    assert (numbers(engine), verify(folder)) == (["R1", "R2", "R3", "R5"], [])


def test_a_newer_format_is_refused_with_a_sentence(folder: Path) -> None:
    exchange(folder / "manifest.json", b'"format":1', b'"format":2')
    with pytest.raises(ReadOnly) as caught:
        open_engine(folder)
    assert str(caught.value) == (
        "Der Datenbestand hat Format 2, dieses Programm kennt nur 1: bitte das Programm erneuern"
    )


def test_a_folder_without_a_store_is_not_opened_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_engine(tmp_path / "nothing", create=False)
    assert list(tmp_path.iterdir()) == []
