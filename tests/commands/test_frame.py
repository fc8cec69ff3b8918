"""What every command shares: flags anywhere, one JSON document, exit codes, German errors, no traceback."""

import argparse
import json
import re
import signal
import subprocess
import sys
from importlib import import_module

import pytest
from cli import Cli

from tui_billing import __version__
from tui_billing.commands import NOUNS
from tui_billing.commands.arguments import Parser, guarded, help_of
from tui_billing.commands.frame import Context
from tui_billing.commands.run_shape import row_problems
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.runs import RowState, RunRow
from tui_billing.i18n import say
from tui_billing.services.errors import Busy, Damaged, WrongUse

COMMAND_LIGHT = {"audit", "run", "run_shape", "shown", "streams"}
"""What `run list` may load of the commands."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demo company."""
    cli = Cli(tmp_path_factory.mktemp("demo") / "data")
    cli("demo", "--size", "5", "--no-ui")
    return cli


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--data", "{data}", "run", "list"),
        ("run", "--json", "--data", "{data}", "list"),
        ("run", "list", "--json", "--data={data}"),
        ("--data", "{data}", "run", "list", "--json"),
    ],
)
def test_common_flags_stand_before_or_behind_the_noun(demo, tmp_path, words):
    elsewhere = Cli(tmp_path / "empty")
    ran = elsewhere.plain(*(word.format(data=demo.folder) for word in words))
    assert ran.data == {"ok": True, "problems": [], "items": [], "count": 0}


def test_json_is_one_document_alone_on_stdout(demo):
    ran = demo.process("run", "create", "--date-from", "1.11.26", "--date-to", "30.11.26", "--dry-run", "--json")
    assert ran.out.count("\n") == 1 and json.loads(ran.out)["ok"] is True


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("runn",), "'runn' gibt es nicht"),
        (("run",), "es fehlt: AKTION"),
        (("run", "create"), "es fehlt: --date-from, --date-to"),
        (("run", "create", "--date-from", "32.1.26", "--date-to", "h"), "--date-from: "),
        (("run", "create", "--date-from", "02.13.2026", "--date-to", "h"), "--date-from: "),
        (("run", "list", "--bogus"), "unbekannte Angabe: --bogus"),
        (("run", "show", "99"), "Rechnungslauf 99 gibt es nicht"),
        (("run", "show", "x\x1b[31m"), "gibt es nicht"),
        (("settings", "get", "nix"), "Die Einstellung nix gibt es nicht"),
        (("settings", "set", "mail.port", "abc"), "kann nicht 'abc' sein"),
        (("settings", "set", "mail.transport", "fax"), "erwartet: eml, maildir, smtp"),
        (("customer", "add", "--name", "X", "--iban", "DE03120300000000202051"), "Prüfziffer"),
        (("customer", "add", "--name", "X", "--email", "a@b..de"), "E-Mail-Adresse"),
        (("customer", "add", "--name", "X", "--cutoff-day", "32"), "--cutoff-day"),
        (("customer", "add"), "Der Name fehlt"),
        (("ignore", "add", "--customer", "1"), "es fehlt: --reason"),
        (("run", "create", "--date-from", "30.11.26", "--date-to", "1.11.26"), "Der Zeitraum endet am 01.11.2026"),
    ],
)
def test_wrong_use_is_exit_2_in_german_and_as_json(demo, words, text):
    assert text in demo.plain(*words, code=2).err
    answer = demo(*words, code=2).data
    assert answer["ok"] is False and text in answer["problems"][0]["text"] + str(answer["problems"][0]["where"])
    assert "\x1b" not in demo.plain(*words, code=2).err


def test_errors_speak_english_where_asked(demo):
    ran = demo.plain("run", "list", "--bogus", "--lang", "en", code=2)
    assert "--bogus" in ran.err and "unbekannte" not in ran.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongUse(Problem("X", "falsch")), 2),
        (Refused(Problem("X", "verboten")), 3),
        (Busy("besetzt"), 4),
        (Damaged("kaputt"), 4),
        (PermissionError(13, "Permission denied", "/x"), 2),
        (OSError(28, "No space left on device", "/x"), 4),
        (ValueError("unerwartet"), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_every_exception_becomes_a_sentence_and_its_exit_code(demo, monkeypatch, error, code):
    def fails(*_):
        raise error

    monkeypatch.setattr("tui_billing.services.runs.list_runs", fails)
    answer = demo("run", "list", code=code).data
    assert answer["ok"] is False and answer["problems"][0]["text"]
    assert demo.plain("run", "list", code=code).err.strip()


def test_an_empty_folder_says_what_to_do(tmp_path):
    answer = Cli(tmp_path / "nothing")("run", "list", code=3).data
    assert answer["problems"][0]["code"] == "KEINE_DATEN"
    assert "tui-billing demo" in answer["problems"][0]["text"]
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_cannot_be_read_is_exit_4(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert Cli(tmp_path / "file")("company", "set", "--name", "X", code=4).data["ok"] is False


def test_a_wrong_day_in_the_environment_is_wrong_use(demo):
    broken = Cli(demo.folder, today="22.11.2026")
    assert "TUI_BILLING_TODAY" in broken.plain("run", "list", code=2).err


def test_a_reader_that_goes_away_is_no_error(demo):
    process = demo.start("settings", "list")
    process.stdout.close()
    process.wait(timeout=30)
    assert "Traceback" not in process.stderr.read()


def test_a_terminal_that_cannot_show_it_gets_a_substitute(demo):
    environment = {**demo.environment, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(
        [sys.executable, "-m", "tui_billing", "customer", "list"], env=environment, capture_output=True, timeout=60
    )
    assert ran.returncode == 0 and b"Traceback" not in ran.stderr
    assert "Bäckerei".replace("ä", "ae").encode() in ran.stdout


def test_arguments_from_a_latin_1_terminal_are_read():
    assert guarded(["M\udcfcller", "--json"]) == ["Müller", "--json"]


def test_arguments_in_utf_8_stay_what_they_are_where_the_locale_knows_no_utf_8():
    assert guarded(["K\udcc3\udcb6ln"]) == ["Köln"]


@pytest.mark.parametrize("closed", ["stdin", "stdout", "stderr"])
def test_a_closed_stream_is_no_error(demo, closed):
    code = (
        f"import os, sys; os.close({('stdin', 'stdout', 'stderr').index(closed)}); sys.{closed} = None\n"
        "from tui_billing.__main__ import main\n"
        "sys.exit(main(['run', 'list']))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=demo.environment, capture_output=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_question_without_a_stdin_names_the_two_ways(demo):
    number = demo("invoice", "list", "--state", "open").data["items"][0]["number"]
    answer = demo("invoice", "finalise", number, code=2).data
    assert answer["problems"][0]["code"] == "BESTAETIGUNG_FEHLT"


def test_the_screens_need_a_terminal_and_say_so(demo):
    ran = demo.process("--slow", code=2)
    assert ran.err == (
        "Die Bildschirme brauchen ein Terminal; ohne eines gehen die Befehle, „tui-billing --help“ zeigt sie.\n"
    )


def test_the_demo_company_is_made_and_not_opened_where_there_is_no_terminal(tmp_path):
    cli = Cli(tmp_path / "data")
    assert cli.process("demo", "--size", "2").out.startswith("Demofirma in ")


def test_amounts_and_days_speak_the_language_of_the_answer(demo):
    words = ("run", "create", "--date-from", "1.11.26", "--date-to", "30.11.26", "--dry-run")
    german, english = demo.plain(*words).out, demo.plain(*words, "--lang", "en").out
    assert "\u00a0€" in german and "€" in english and "\u00a0€" not in english
    number = demo("invoice", "list").data["items"][0]["number"]
    shown = [demo.plain("invoice", "show", number, "--lang", spoken).out.splitlines()[0] for spoken in ("de", "en")]
    assert re.search(r"\d{2}\.\d{2}\.2026", shown[0]) and re.search(r"\d [A-Z][a-z]{2} 2026", shown[1])


def test_the_usage_is_that_of_the_action_that_was_named(demo):
    assert "tui-billing run show" in demo.plain("run", "show", "1", "--bogus", code=2).err


def test_a_percent_sign_in_an_error_stands_once(demo):
    err = demo.plain("customer", "add", "--name", "X", "--terms-skonto-percent", "101", code=2).err
    assert "Höchstens 100\u00a0% sind möglich." in err


def test_a_path_outside_the_data_that_cannot_be_used_is_wrong_use(demo):
    answer = demo("export", "customers", "--out", "/nowhere/x.csv", code=2).data
    assert answer["problems"][0]["text"] == "/nowhere/x.csv: Datei oder Ordner gibt es nicht"


def test_a_signal_that_comes_behind_the_answer_adds_nothing(demo):
    context = Context(lambda: None)
    context.answers()
    context.interrupted()


def test_rows_that_are_still_to_go_are_counted_in_one_sentence_and_a_code_is_told_in_words():
    rows = [
        RunRow(number="R1", state=RowState.SENT),
        *(RunRow(number=f"R{n}", state=RowState.OPEN) for n in range(2, 9)),
        RunRow(number="R10", state=RowState.OPEN, reason="versand_angehalten", reply="der Server antwortet nicht"),
        RunRow(number="R9", state=RowState.FAILED, reason="STEUERNUMMER_FEHLT", reply="Die Steuernummer fehlt."),
    ]
    assert [(p.code, p.where, say(p)) for p in row_problems(rows)] == [
        ("STEUERNUMMER_FEHLT", "R9", "Fehler Die Steuernummer fehlt."),
        ("ANGEHALTEN", "", "Noch zu versenden: 7; noch einmal durchführen setzt den Lauf fort."),
        (
            "ANGEHALTEN",
            "",
            "Noch zu versenden: 1 (Versand angehalten: der Server antwortet nicht); "
            "noch einmal durchführen setzt den Lauf fort.",
        ),
    ]


def test_ctrl_c_ends_a_long_demo_between_two_groups(tmp_path):
    cli = Cli(tmp_path / "data")
    process = cli.start("demo", "--no-ui", "--size", "100000")
    journal = tmp_path / "data" / "journal" / "000000000001.jsonl"
    while not journal.exists() or journal.stat().st_size < 100_000:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("Abgebrochen nach ") and "von 100000 Kunden" in err


def test_a_command_starts_without_screens_and_pdf_engine(demo):
    code = (
        "import sys; sys.argv[1:] = ['run', 'list', '--json']\n"
        "from tui_billing.__main__ import main\n"
        "main()\n"
        "heavy = {'textual', 'pymupdf', 'fitz', 'tinydb', 'markdown_pdf', 'schwifty', 'smtplib'} & set(sys.modules)\n"
        "others = {m for m in sys.modules if m.startswith('tui_billing.commands.')}\n"
        "print(sorted(heavy), sorted(others - {'tui_billing.commands.arguments', 'tui_billing.commands.frame'}))\n"
    )
    environment = {**demo.environment}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    heavy, others = ran.stdout.splitlines()[1].split("] [")
    assert heavy == "["
    assert {name.strip("' ]").rsplit(".", 1)[1] for name in others.split(",")} <= COMMAND_LIGHT


def actions_of(parser):
    """Every (path, parser) below this one."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help for choice in action._choices_actions}
            for name, child in action.choices.items():
                yield name, child, helps.get(name)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_command_and_action_says_what_it_does(noun):
    parser = Parser(prog=noun)
    import_module(NOUNS[noun][0]).register(parser)
    assert NOUNS[noun][1]
    for name, child, text in actions_of(parser):
        assert text, f"{noun} {name}"
        assert child.description == text
        assert child.get_default("handler"), f"{noun} {name}"
        assert child.format_help()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_option_and_argument_says_what_it_means(noun):
    parser = Parser(prog=noun)
    import_module(NOUNS[noun][0]).register(parser)
    silent = [
        f"{noun} {name} {'/'.join(action.option_strings) or action.dest}"
        for name, child, _text in [("", parser, ""), *actions_of(parser)]
        for action in child._actions
        if not help_of(action) and not isinstance(action, argparse._SubParsersAction)
    ]
    assert silent == []


def test_the_help_of_a_switch_says_in_german_what_holds_without_it(demo):
    out = demo.plain("run", "create", "--help").out
    assert "bereits versendete aufnehmen (sonst nein)" in out and "default" not in out
    assert "(otherwise no)" in demo.plain("run", "create", "--help", "--lang", "en").out


@pytest.mark.parametrize("noun", NOUNS)
def test_every_switch_has_its_no_form_and_every_option_a_readable_help(noun, capsys):
    parser = Parser(prog=noun)
    import_module(NOUNS[noun][0]).register(parser)
    for _name, child, _text in actions_of(parser):
        options = {option for action in child._actions for option in action.option_strings}
        assert {"--data", "--json", "--dry-run", "--yes", "--lang"} <= options


@pytest.mark.parametrize("words", [("--json", "--version"), ("--version", "--json")])
def test_the_version_is_one_json_document_too(demo, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "20")
    assert demo.plain(*words).data == {"ok": True, "problems": [], "version": __version__}
    assert demo.plain("--version").out == f"tui-billing {__version__}\n"
