"""The argument parser: German errors, common flags before or behind the noun, dates as clerks type them."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tui_billing import __version__
from tui_billing.commands import NOUNS
from tui_billing.domain.messages import N_, Problem
from tui_billing.i18n import _

ARGPARSE_GERMAN = {
    "the following arguments are required: %s": N_("es fehlt: %s"),
    "unrecognized arguments: %s": N_("unbekannte Angabe: %s"),
    "expected one argument": N_("braucht einen Wert"),
    "expected at least one argument": N_("braucht mindestens einen Wert"),
    "expected at most one argument": N_("nimmt höchstens einen Wert"),
    "invalid choice: %(value)r (choose from %(choices)s)": N_("%(value)r gibt es nicht; möglich: %(choices)s"),
    "invalid %(type)s value: %(value)r": N_("%(value)r ist hier kein gültiger Wert (%(type)s)"),
    "ignored explicit argument %r": N_("nimmt keinen Wert (%r)"),
    "not allowed with argument %s": N_("geht nicht zusammen mit %s"),
    "one of the arguments %s is required": N_("eines davon fehlt: %s"),
    "ambiguous option: %(option)s could match %(matches)s": N_("%(option)s ist mehrdeutig: %(matches)s"),
    "argument %(argument_name)s: %(message)s": N_("%(argument_name)s: %(message)s"),
    "usage: ": N_("Aufruf: "),
    "positional arguments": N_("Angaben"),
    "options": N_("Schalter"),
    "show this help message and exit": N_("diese Hilfe"),
    "show program's version number and exit": N_("Version"),
    "%(prog)s: error: %(message)s\n": N_("%(prog)s: %(message)s\n"),
}


def _german(message: str) -> str:
    return _(ARGPARSE_GERMAN.get(message, message))


class UsageError(Exception):
    """What argparse refuses, as the sentence for the clerk; `usage` is the short form of the command."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.message, self.usage = message, usage


class _Actions(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The actions of a noun: each is described by its help text."""

    def add_parser(self, name: str, **kwargs: Any) -> Any:
        """One action; the description says what the list of actions says."""
        kwargs.setdefault("description", kwargs.get("help"))
        return super().add_parser(name, **kwargs)


class _Version(argparse.Action):
    """Prints its constant as it is: argparse's own action would break a JSON document into lines."""

    def __call__(self, parser: argparse.ArgumentParser, *_parsed: Any) -> None:
        print(self.const)
        parser.exit()


def version_text(argv: list[str]) -> str:
    """The version as a line, with --json as one document."""
    if wants_json(argv):
        return json.dumps({"ok": True, "problems": [], "version": __version__})
    return f"tui-billing {__version__}"


def help_of(action: argparse.Action) -> str:
    """An option's own text, else the common one; a switch says what holds without it."""
    from tui_billing.commands.option_texts import text_of

    text = action.help or _(text_of(list(action.option_strings), action.dest))
    if not isinstance(action, argparse.BooleanOptionalAction):
        return text
    text = text.removesuffix(" (default: %(default)s)")
    if not isinstance(action.default, bool):
        return text
    otherwise = _("sonst ja") if action.default else _("sonst nein")
    return f"{text} ({otherwise})"


class Parser(argparse.ArgumentParser):
    """Every parser knows the common flags, so that they go before or behind the noun and its action.

    Options without a help text of their own get the one of option_texts; actions describe themselves by their help.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)
        self.register("action", "parsers", _Actions)
        add_common(self)
        # What a subcommand sets goes before what the noun has set: the last parser that took part stays.
        self.set_defaults(used=self)

    def format_help(self) -> str:
        """The help with every option's text; they are looked up only where somebody reads them."""
        for action in self._actions:
            action.help = help_of(action)
        return super().format_help()

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Like argparse, but what is unknown is told with the usage of the action that was named."""
        parsed, unknown = self.parse_known_args(args, namespace)
        used: Parser = parsed.used
        if unknown:
            used.error(_german("unrecognized arguments: %s") % " ".join(unknown))
        del parsed.used
        return parsed

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """The value of an option; a warning beside it names the option."""
        before = len(_doubts)
        value = super()._get_value(action, arg_string)
        name = action.option_strings[-1] if action.option_strings else ""
        _doubts[before:] = [replace(p, where=name) for p in _doubts[before:]]
        return value

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing: with --json the answer is JSON here too."""
        raise UsageError(message, " ".join(self.format_usage().split()))


def add_common(parser: argparse.ArgumentParser) -> None:
    """--data, --json, --dry-run, --yes, --lang."""
    group = parser.add_argument_group(_("Überall"))
    hidden: dict[str, Any] = {"default": argparse.SUPPRESS}
    group.add_argument("--data", metavar="DIR", help=_("Datenordner (sonst TUI_BILLING_DATA)"), **hidden)
    group.add_argument("--json", action="store_true", help=_("ein JSON-Dokument auf der Ausgabe"), **hidden)
    group.add_argument("--dry-run", action="store_true", help=_("nur zeigen, was geschähe"), **hidden)
    group.add_argument("--yes", action="store_true", help=_("Rückfragen mit Ja beantworten"), **hidden)
    group.add_argument("--lang", choices=("de", "en"), help=_("Sprache"), **hidden)


def add_switch(parser: argparse.ArgumentParser, name: str, *, default: bool = False, help: str = "") -> None:
    """`--include-sent` and `--no-include-sent`."""
    parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=help or None)


def clock_today() -> date:
    """Today: TUI_BILLING_TODAY, else the machine's day. Raises UsageError where it is not an ISO day."""
    text = os.environ.get("TUI_BILLING_TODAY", "")
    if not text:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("TUI_BILLING_TODAY ist kein Datum der Form 2026-11-22: {text}").format(text=repr(text))
        raise UsageError(message, "") from None


_doubts: list[Problem] = []
"""Warnings beside the values of this command line: an argparse type can return nothing but the value."""


def taken_doubts() -> list[Problem]:
    """The warnings since the last call, each with its option."""
    found = list(_doubts)
    _doubts.clear()
    return found


def checked(parse: Callable[[str], tuple[Any, Any]]) -> Callable[[str], Any]:
    """An argparse type from one of domain.inputs' functions, which return (value, problems).

    Warnings stand in the command's answer.
    """
    from tui_billing.i18n import say

    def convert(text: str) -> Any:
        value, problems = parse(text)
        errors = [p for p in problems if not p.warning]
        if errors:
            raise argparse.ArgumentTypeError("; ".join(say(p) for p in errors))
        _doubts.extend(problems)
        return value

    return convert


def day(text: str) -> date:
    """A day as clerks type it: ISO, `1.3.`, `010326`, `h`, `today`, `+14`, `ultimo` (F1)."""
    from tui_billing.domain.inputs import parse_date

    today = clock_today()
    if text.strip().lower() in ("today", "heute"):
        return today
    return checked(lambda typed: parse_date(typed, today))(text)  # type: ignore[no-any-return]


def amount(text: str) -> Any:
    """An amount in EUR as clerks type it (F2)."""
    from tui_billing.domain.inputs import parse_amount

    return checked(parse_amount)(text)


def guarded(argv: list[str]) -> list[str]:
    """Arguments that the locale could not decode come as surrogates: they are UTF-8, else from a Latin-1 terminal.

    Names of files that exist are left as they are.
    """
    out = []
    for text in argv:
        try:
            text.encode()
        except UnicodeEncodeError:
            if not Path(text).exists():
                text = _decoded(os.fsencode(text))
        out.append(text)
    return out


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def build_parser(argv: list[str]) -> Parser:
    """The parser for this command line; only nouns that stand in it are imported and registered."""
    argparse._ = _german  # type: ignore[attr-defined]
    taken_doubts()
    parser = Parser(
        prog="tui-billing",
        description=_("Rechnungen versenden, abrechnen und sammeln. Ohne Befehl öffnet sich das Programm."),
        epilog=_(
            "Umgebung: TUI_BILLING_DATA (Datenordner), TUI_BILLING_TODAY (heute), TUI_BILLING_USER (im Protokoll), "
            "TUI_BILLING_LANG. Ende: 0 fertig, 1 teilweise, 2 falscher Aufruf, 3 von einer Regel abgelehnt, "
            "4 Datenbestand in Arbeit oder beschädigt."
        ),
    )
    parser.add_argument("--version", action=_Version, nargs=0, const=version_text(argv), help=_("Version"))
    parser.add_argument("--slow", action="store_true", help=_("ohne Befehl: weniger Bilder für eine langsame Leitung"))
    nouns = parser.add_subparsers(dest="noun", metavar=_("BEFEHL"), title=_("Befehle"))
    for noun, (module, text) in NOUNS.items():
        noun_parser = nouns.add_parser(noun, help=_(text), description=_(text))
        if noun in argv:
            _register(module, noun_parser)
    return parser


def _register(module: str, parser: argparse.ArgumentParser) -> None:
    """Let the noun's module add its actions; a noun that is not built in says so."""
    try:
        import_module(module).register(parser)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        parser.set_defaults(handler=None)


def wants_json(argv: list[str]) -> bool:
    """Whether --json stands before a `--`; asked before anything is parsed."""
    return "--json" in argv[: argv.index("--") if "--" in argv else len(argv)]


def language_of(argv: list[str]) -> str:
    """The value of --lang, found before anything is parsed so that help and errors speak it."""
    for first, second in zip(argv, [*argv[1:], ""], strict=True):
        if first == "--lang":
            return second
        if first.startswith("--lang="):
            return first.partition("=")[2]
    return ""
