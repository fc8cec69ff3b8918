"""customer, ignore, company, settings, invoice, audit, verify, backup, restore, compact by command."""

import hashlib
import json
from pathlib import Path

import pytest
from cli import Cli


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A demo company of ten customers."""
    cli = Cli(tmp_path_factory.mktemp("demo") / "data")
    cli("demo", "--size", "10", "--no-ui")
    return cli.folder


@pytest.fixture
def demo(template, tmp_path):
    import shutil

    shutil.copytree(template, tmp_path / "data")
    return Cli(tmp_path / "data")


def first(demo, **filters):
    words = [part for key, value in filters.items() for part in (f"--{key}", value) if part is not True]
    return demo("invoice", "list", *words).data["items"][0]["number"]


def test_company_is_made_piece_by_piece_with_warnings_of_what_the_law_wants(cli):
    made = cli("company", "set", "--name", "Muster GmbH", "--iban", "de02 1203 0000 0000 2020 51").data
    assert made["company"]["iban"] == "DE02120300000000202051"
    assert [p["code"] for p in made["problems"]] == ["ANSCHRIFT_FEHLT", "STEUERNUMMER_FEHLT"]
    more = cli("company", "set", "--postcode", "1", "--city", "Ort", "--tax-number", "1/2/3", "--cash-accounting").data
    assert (more["company"]["name"], more["company"]["cash_accounting"], more["problems"]) == ("Muster GmbH", True, [])


def test_customer_add_edit_show_and_list_with_every_kind_of_field(cli):
    cli("company", "set", "--name", "Muster GmbH")
    added = cli(
        "customer", "add", "--name", "Bäckerei Öztürk", "--email", "A@B.DE", "--email", "c@d.de", "--channel", "brief",
        "--po-box", "4711", "--postcode", "20095", "--city", "Hamburg", "--country", "at", "--no-business",
        "--terms-days", "30", "--terms-skonto-percent", "2,5", "--cutoff-day", "31", "--format", "zugferd",
    ).data["customer"]  # fmt: skip
    assert added["emails"] == ["A@b.de", "c@d.de"]
    assert (added["channel"], added["address"]["country"], added["is_business"]) == ("letter", "AT", False)
    assert (added["terms"]["days"], added["terms"]["skonto_percent"], added["cutoff_day"]) == (30, "2.5", 31)
    number = added["number"]
    edited = cli("customer", "edit", number, "--channel", "none", "--cutoff-day", "none").data["customer"]
    assert (edited["channel"], edited["cutoff_day"], edited["name"]) == (None, None, "Bäckerei Öztürk")
    assert cli("customer", "list", "--search", "öztürk").data["count"] == 1
    assert cli("customer", "list", "--channel", "email").data["count"] == 0
    assert cli("customer", "show", number).data["customer"]["invoice_format"] == "zugferd"
    cli("customer", "add", "--number", number, "--name", "Zweiter", code=3)


def test_a10_4_erasure_blocks_a_customer_with_documents_and_deletes_one_without(demo):
    with_documents = demo("invoice", "list").data["items"][0]
    before = demo("invoice", "show", with_documents["number"]).data["invoice"]
    blocked = demo("customer", "delete", with_documents["customer"], "--reason", "Art. 17", "--yes").data
    assert (blocked["blocked"], blocked["deleted"]) == (True, False)
    assert blocked["retention_until"] == "2034-12-31"
    assert (blocked["customer"]["emails"], blocked["customer"]["blocked"]) == ([], True)
    assert demo("invoice", "show", with_documents["number"]).data["invoice"]["buyer"] == before["buyer"]
    assert with_documents["customer"] not in [c["number"] for c in demo("customer", "list").data["items"]]
    fresh = demo("customer", "add", "--name", "Kurz").data["customer"]["number"]
    assert demo("customer", "delete", fresh, "--reason", "Art. 17", "--yes").data["deleted"] is True
    demo("customer", "show", fresh, code=2)


def test_customer_export_answers_art_15(demo):
    head = demo("invoice", "list").data["items"][0]
    data = demo("customer", "export", head["customer"]).data
    assert data["customer"]["number"] == head["customer"]
    assert head["number"] in [d["number"] for d in data["documents"]]


def test_ignore_lists_both_kinds_with_reason_and_end(demo):
    head = demo("invoice", "list", "--unsent").data["items"][0]
    demo("ignore", "add", "--customer", head["customer"], "--reason", "Streit", "--until", "31.12.26")
    demo("ignore", "add", "--invoice", head["number"], "--reason", "prüfen")
    items = demo("ignore", "list").data["items"]
    assert [(i["kind"], i["number"], i["reason"], i["until"]) for i in items] == [
        ("customer", head["customer"], "Streit", "2026-12-31"),
        ("invoice", head["number"], "prüfen", None),
    ]
    demo("ignore", "add", "--customer", head["customer"], "--reason", "alt", "--until", "1.1.26", code=2)
    demo("ignore", "remove", "--invoice", head["number"])
    assert demo("ignore", "list", "--kind", "invoice").data["count"] == 0
    demo("ignore", "remove", "--invoice", head["number"], code=2)


def test_settings_are_checked_and_listed_with_their_meaning(demo):
    assert demo("settings", "set", "batch.month_end", "nein").data["setting"]["value"] == "false"
    assert demo("settings", "get", "batch.month_end").data["setting"]["value"] == "false"
    items = {i["key"]: i for i in demo("settings", "list").data["items"]}
    assert items["mail.port"]["default"] == "587" and all(i["help"] for i in items.values())


def test_invoice_pdf_makes_final_a_draft_does_not_and_the_second_is_a_copy(demo, tmp_path):
    head = first(demo, state="open")
    draft = demo("invoice", "pdf", head, "--draft", "--out", str(tmp_path / "d.pdf")).data
    assert draft["invoice"]["state"] == "open"
    out = demo("invoice", "pdf", head, "--out", str(tmp_path)).data
    assert (out["invoice"]["state"], out["copy"], Path(out["file"]).name) == ("final", False, f"Rechnung_{head}.pdf")
    assert hashlib.sha256(Path(out["file"]).read_bytes()).hexdigest() == out["invoice"]["file_hash"]
    again = demo("invoice", "pdf", head, "--out", str(tmp_path)).data
    assert (again["copy"], Path(again["file"]).name) == (True, f"Kopie_Rechnung_{head}.pdf")
    original = demo("invoice", "pdf", head, "--original", "--out", str(tmp_path / "o.pdf")).data
    assert hashlib.sha256(Path(original["file"]).read_bytes()).hexdigest() == out["invoice"]["file_hash"]


def test_a_folder_that_cannot_be_written_to_leaves_the_document_open(demo):
    head = first(demo, state="open")
    answer = demo("invoice", "pdf", head, "--out", "/proc/nowhere/x.pdf", code=2).data
    assert answer["problems"][0]["text"] == "/proc/nowhere: Datei oder Ordner gibt es nicht"
    assert demo("invoice", "show", head).data["invoice"]["state"] == "open"


def test_the_dry_run_of_a_pdf_refuses_what_the_law_refuses_and_writes_nothing(demo, tmp_path):
    number = demo("invoice", "new", "--customer", "10001", "--name", "x", "--price", "500").data["invoice"]["number"]
    demo("company", "set", "--tax-number", "", "--vat-id", "")
    made = {}
    for more in ((), ("--dry-run",)):
        made[more] = demo("invoice", "pdf", number, "--out", str(tmp_path / "out"), *more, code=3).data["problems"]
    assert made[()] == made[("--dry-run",)]
    other = first(demo, state="final")
    assert demo("invoice", "pdf", other, "--out", str(tmp_path / "out"), "--dry-run").data["invoice"]["number"] == other
    assert not list(tmp_path.glob("out/*"))


def test_invoice_finalise_cancel_and_correct(demo):
    head = first(demo, state="open", kind="invoice")
    demo("invoice", "finalise", head, code=2)
    assert demo("invoice", "finalise", head, "--yes").data["invoice"]["state"] == "final"
    corrected = demo("invoice", "correct", head, "--amount", "1,19", "--reason", "Minderung", "--yes").data
    assert corrected["correction"]["totals"]["gross"] == "-1.19"
    demo("invoice", "cancel", head, "--reason", "falsch", "--yes", code=3)
    other = first(demo, state="open", kind="invoice")
    cancelled = demo("invoice", "cancel", other, "--reason", "doppelt", "--yes").data
    assert cancelled["invoice"]["state"] == "cancelled" and "cancellation" not in cancelled


def test_e11_2_a_single_mail_does_not_ask_the_ignore_list(demo):
    for head in demo("invoice", "list", "--unsent", "--state", "open").data["items"]:
        if demo("customer", "show", head["customer"]).data["customer"]["emails"]:
            break
    demo("ignore", "add", "--customer", head["customer"], "--reason", "Streit")
    sent = demo("invoice", "mail", head["number"], "--yes").data
    assert sent["counts"]["sent"] == 1 and sent["invoice"]["mailed_at"]
    assert len(list((demo.folder / "outbox").rglob("*.eml"))) == 1


def test_audit_names_user_reason_and_the_fields_that_moved(demo):
    number = demo("customer", "list").data["items"][0]["number"]
    demo("customer", "edit", number, "--city", "Neustadt")
    (entry, *_) = demo("audit", "--customer", number).data["items"]
    assert entry["by"] == "anna" and "address" in entry["changes"][0]["fields"]
    assert demo.plain("audit", "--limit", "3").out


def test_a9_5_verify_finds_the_first_broken_line_of_the_chain(demo):
    assert demo("verify").data["ok"] is True
    journal = sorted((demo.folder / "journal").glob("*.jsonl"))[0]
    lines = journal.read_bytes().split(b"\n")
    lines[1] = lines[1].replace(b'"by":"anna"', b'"by":"otto"')
    journal.write_bytes(b"\n".join(lines))
    broken = demo("verify", code=4).data
    assert (broken["ok"], broken["first_broken"]["file"], broken["first_broken"]["line"]) == (
        False,
        f"journal/{journal.name}",
        2,
    )


def test_verify_finds_a_changed_and_a_missing_pdf(demo, tmp_path):
    numbers = [i["number"] for i in demo("invoice", "list", "--state", "open").data["items"][:2]]
    files = [demo.folder / demo("invoice", "pdf", n, "--out", str(tmp_path)).data["invoice"]["file"] for n in numbers]
    files[0].write_bytes(files[0].read_bytes() + b" ")
    files[1].unlink()
    problems = demo("verify", code=4).data["problems"]
    assert {(p["code"], p["where"]) for p in problems if not p["warning"]} == {
        ("DATEI_VERAENDERT", str(files[0].relative_to(demo.folder))),
        ("DATEI_FEHLT", str(files[1].relative_to(demo.folder))),
    }


def test_backup_restore_and_compact_keep_everything(demo, tmp_path):
    demo("invoice", "pdf", first(demo, state="open"), "--out", str(tmp_path))
    made = demo("backup", str(tmp_path / "backup")).data["backup"]
    demo("backup", str(tmp_path / "backup"), code=3)
    demo("restore", str(tmp_path / "backup"), code=3)
    other = Cli(tmp_path / "again")
    assert other("restore", str(tmp_path / "backup")).data["backup"]["seq"] == made["seq"]
    assert other("invoice", "list").data == demo("invoice", "list").data
    demo("compact")
    assert demo("verify").data["ok"] is True
    assert other("verify").data["ok"] is True


def test_number_gaps_of_an_import_are_listed_as_warnings(cli, tmp_path):
    cli("company", "set", "--name", "M", "--tax-number", "1/2/3", "--postcode", "1", "--city", "O")
    cli("customer", "add", "--number", "1", "--name", "K")
    line = {"name": "Wartung", "quantity": "1", "unit_price": "100", "vat_rate": "19"}
    found = [
        {
            "number": n,
            "customer_number": "1",
            "invoice_date": "2026-11-10",
            "service_date": "2026-11-10",
            "lines": [line],
        }
        for n in ("RE-2026-00005", "RE-2026-00006", "RE-2026-00009")
    ]
    (tmp_path / "i.json").write_text(json.dumps(found), encoding="utf-8")
    cli("import", "invoices", str(tmp_path / "i.json"))
    problems = cli("verify").data["problems"]
    assert [(p["code"], p["where"], p["warning"]) for p in problems] == [
        ("NUMMERN_DAVOR", "RE-2026-00001 – RE-2026-00004", True),
        ("NUMMERN_LUECKE", "RE-2026-00007 – RE-2026-00008", True),
    ]


def test_a_customer_without_address_and_way_is_shown_without_empty_parts(cli: Cli) -> None:
    cli("company", "set", "--name", "Muster GmbH")
    done = cli.plain("customer", "add", "--name", "Meier", "--number", "4711")
    assert done.out.splitlines()[:2] == ["4711 Meier", "ohne Versandart"]
