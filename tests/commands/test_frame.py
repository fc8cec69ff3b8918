"""What every command shares: flags anywhere, one JSON document, exit codes, German errors, no traceback."""

import argparse
import json
import subprocess
import sys
from importlib import import_module

import pytest
from cli import Cli

from tui_billing.commands import NOUNS
from tui_billing.commands.arguments import Parser, guarded
from tui_billing.domain.messages import Problem, Refused
from tui_billing.services.errors import Busy, Damaged, WrongUse


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
        (PermissionError(13, "Permission denied", "/x"), 4),
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
    assert ran.returncode == 0 and b"?" in ran.stdout and b"Traceback" not in ran.stderr


def test_arguments_from_a_latin_1_terminal_are_read():
    assert guarded(["M\udcfcller", "--json"]) == ["Müller", "--json"]


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
    assert {name.strip("' ]").rsplit(".", 1)[1] for name in others.split(",")} <= {"run", "run_shape", "audit"}


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
        assert child.get_default("handler"), f"{noun} {name}"
        assert child.format_help()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_switch_has_its_no_form_and_every_option_a_readable_help(noun, capsys):
    parser = Parser(prog=noun)
    import_module(NOUNS[noun][0]).register(parser)
    for _name, child, _text in actions_of(parser):
        options = {option for action in child._actions for option in action.option_strings}
        assert {"--data", "--json", "--dry-run", "--yes", "--lang"} <= options
