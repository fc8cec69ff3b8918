"""Arguments, signals and encoding; no subcommand opens the app."""

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from tui_billing.services.desk import Desk


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit code: 0 done, 1 in part, 2 wrong use, 3 refused, 4 store busy or damaged."""
    from tui_billing.commands import arguments, frame, streams
    from tui_billing.i18n import use_language

    streams.guard()
    words = arguments.guarded(sys.argv[1:] if argv is None else argv)
    use_language(arguments.language_of(words) or os.environ.get("TUI_BILLING_LANG", "de"))
    context = frame.Context(_no_desk, json=arguments.wants_json(words))
    try:
        try:
            args = arguments.build_parser(words).parse_args(words)
            return _run(args)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0
        except BrokenPipeError:
            raise
        except BaseException as error:
            return frame.show(frame.failure(error), context)
    except BrokenPipeError:
        # The reader of a pipe has gone away (`| head`): nothing more to say, and no noise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _no_desk() -> "Desk":  # pragma: no cover
    raise AssertionError("wrong use opens nothing")


def _run(args: "Namespace") -> int:
    """A noun's action, or the app where no noun is named."""
    from tui_billing import wiring
    from tui_billing.commands import arguments, frame
    from tui_billing.i18n import _, use_language
    from tui_billing.services import settings

    folder = wiring.data_folder(getattr(args, "data", "") or "", own=getattr(args, "own_folder", ""))
    if args.noun is None:
        return _app(folder, getattr(args, "lang", ""), slow=args.slow)
    if args.slow:
        raise arguments.UsageError(_("--slow gilt nur ohne Befehl, für die Bildschirme"), "")
    if not hasattr(args, "handler"):
        raise arguments.UsageError(_("was soll geschehen? „{noun} --help“ zeigt es").format(noun=args.noun), "")
    if args.handler is None:
        raise arguments.UsageError(_("{noun} ist in diesem Stand nicht enthalten").format(noun=args.noun), "")
    create = getattr(args, "create", False)
    opened: list[Desk] = []

    def desk() -> "Desk":
        user, today = wiring.user_name(), _fixed_today()
        trial = getattr(args, "dry_run", False)
        opened.append(wiring.open_desk(folder, user, create=create, today=today, on_wait=_waiting, trial=trial))
        if not (getattr(args, "lang", "") or os.environ.get("TUI_BILLING_LANG")):
            use_language(settings.get(opened[0].store, "ui.language"))
        return opened[0]

    context = frame.Context(
        desk,
        json=getattr(args, "json", False),
        dry_run=getattr(args, "dry_run", False),
        yes=getattr(args, "yes", False),
        folder=folder,
    )
    frame.watch_signals(context)
    try:
        return frame.run_handler(context, args)
    finally:
        for each in opened:
            wiring.close_desk(each)


def _waiting(holder: str) -> None:
    """Another process is writing; said after a second, so that nobody thinks that the program hangs."""
    from tui_billing.i18n import _

    print(
        _("Der Datenbestand ist gerade in Arbeit bei {holder}; es wird gewartet.").format(holder=holder),
        file=sys.stderr,
    )


def _fixed_today() -> date | None:
    """The day of TUI_BILLING_TODAY, or None: the real clock."""
    from tui_billing.commands.arguments import clock_today

    return clock_today() if os.environ.get("TUI_BILLING_TODAY") else None


def _app(folder: Path, lang: str, *, slow: bool = False) -> int:
    """Open the screens on this data folder."""
    from tui_billing import wiring
    from tui_billing.commands import streams

    if not streams.has_terminal():
        raise streams.no_terminal()
    from tui_billing.app import run_app

    desk = wiring.open_desk(folder, wiring.user_name(), create=True, today=_fixed_today())
    try:
        return int(run_app(desk, lang=lang, slow=slow) or 0)
    finally:
        wiring.close_desk(desk)


if __name__ == "__main__":
    sys.exit(main())
