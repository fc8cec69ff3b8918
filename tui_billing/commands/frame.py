"""What every command shares: the context it runs in, its answer, exit codes, JSON, signals.

A noun is a module with `register(noun_parser)`; each action sets `handler=f`, and `f(context, args)` returns an Answer.
An action that may start a new data folder also sets `create=True`.
"""

import errno
import json
import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO, TypeVar

from tui_billing.commands.arguments import UsageError, add_switch, amount, checked, day, taken_doubts
from tui_billing.domain.codec import encode
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.plans import Verdict, balance
from tui_billing.domain.texts import clean
from tui_billing.i18n import _, say
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.errors import NotUnique, Stale, StoreError, WrongUse, problems_of

__all__ = ["Answer", "Context", "add_switch", "amount", "checked", "day", "listing", "plan_data", "record", "table"]

DONE, PART, USE, RULE, STORE = 0, 1, 2, 3, 4
"""Exit codes (design.md, Commands)."""

WRONG_PATH = {
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENAMETOOLONG
}  # fmt: skip
"""What the system says of a file that was named wrongly."""

PLACES = {"Zeile": N_("Zeile {n}"), "Eintrag": N_("Eintrag {n}")}

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did. `data` is the JSON object, `lines` the same for people.

    Without `exit_code` it is 0, or 1 where `problems` hold more than warnings.
    """

    data: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    exit_code: int | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code."""
        if self.exit_code is not None:
            return self.exit_code
        return PART if any(not p.warning for p in self.problems) else DONE


class Interrupted(KeyboardInterrupt):
    """A signal ended the use case; `problem` says what stays."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


class Context:
    """What a handler is handed. The desk is opened on first use; `stop` is asked between two documents."""

    def __init__(
        self,
        desk: Desk | Callable[[], Desk],
        json: bool = False,
        dry_run: bool = False,
        yes: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
        folder: Path | None = None,
    ) -> None:
        self._desk = desk
        self.json, self.dry_run, self.yes = json, dry_run, yes
        self.out, self.err = out or sys.stdout, err or sys.stderr
        self._folder = folder
        self._stopped = self._working = self._answered = False

    @property
    def desk(self) -> Desk:
        """The open data folder. Raises Refused or StoreError where it cannot be opened."""
        if not isinstance(self._desk, Desk):
            self._desk = self._desk()
        return self._desk

    @property
    def folder(self) -> Path:
        """The data folder, known without opening it."""
        return self._folder or self.desk.folder

    @property
    def known_folder(self) -> Path | None:
        """The data folder, or None where none was opened."""
        return self._desk.folder if isinstance(self._desk, Desk) else self._folder

    def stop(self) -> bool:
        """Whether a signal has asked to end after this document."""
        return self._stopped

    def interrupted(self) -> None:
        """A signal came: finish the document in work; where nothing is in work, or for the second time, end now."""
        if self._answered:
            return
        if self._stopped or not self._working:
            raise KeyboardInterrupt
        self._stopped = True

    def answers(self) -> None:
        """The work is done and its answer goes out: a signal that comes now must not add a second one."""
        self._answered = True

    def tell(self, *lines: str) -> None:
        """Messages for people: to stderr with --json, else to stdout."""
        for line in lines:
            print(clean(line), file=self.err if self.json else self.out)

    def confirm(self, question: str) -> bool:
        """Ask, with No as the default; --yes answers. Without a terminal and --yes it is wrong use."""
        if self.yes:
            return True
        if self.json or not sys.stdin.isatty():
            text = N_("Hier wird nachgefragt: {question} Bitte mit --yes bestätigen oder mit --dry-run ansehen.")
            raise WrongUse(Problem("BESTAETIGUNG_FEHLT", text, {"question": question}))
        print(f"{clean(question)} [{_('j/N')}] ", end="", file=self.err, flush=True)
        return sys.stdin.readline().strip().lower() in ("j", "ja", "y", "yes")

    def agreed(self, question: str) -> bool:
        """Whether the use case is called: a dry run tries it without asking, and its store gives everything up."""
        return self.dry_run or self.confirm(question)

    def drive(self, steps: Generator[Progress, None, R], *, at_once: bool = False) -> R:
        """Run a long use case to its end and show its progress on stderr; signals stop it between two documents.

        With `at_once` a signal ends it where it stands: what it has not committed is given up.
        """
        self._working = not at_once
        shown = self.err.isatty()
        try:
            while True:
                step = next(steps)
                if shown:
                    print(f"\r{progress_line(step)}\x1b[K", end="", file=self.err, flush=True)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            self._working = False
            if shown:
                print(file=self.err)


def progress_line(step: Progress) -> str:
    """112/185 · 60 % · 1 abgelehnt"""
    share = 100 * step.done // step.total if step.total else 100
    parts = [f"{step.done}/{step.total}", f"{share} %"]
    for count, text in (
        (step.failed, _("{n} Fehler")),
        (step.refused, _("{n} abgelehnt")),
        (step.unknown, _("{n} ungeklärt")),
        (step.resting_seconds, _("Pause {n} s")),
    ):
        if count:
            parts.append(text.format(n=count))
    return " · ".join(parts)


def record(noun: str, value: Any, **more: Any) -> dict[str, Any]:
    """A record under its noun, as the files keep it; `more` are fields that are computed."""
    return {noun: {**encode(value), **more}}


def listing(items: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A list under `items` with `count`."""
    rows = list(items)
    return {"items": rows, "count": len(rows), **more}


def plan_data(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """The balance of a plan under `balance`."""
    return {"balance": balance(verdicts).as_json()}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as their content; those in `right` are numbers."""
    cells = [[clean(str(c)) for c in row] for row in rows]
    widths = [max([len(h), *(len(row[i]) for row in cells)]) for i, h in enumerate(heads)]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()

    return [line(list(heads)), *(line(row) for row in cells)]


def failure(error: BaseException, folder: Path | None = None) -> Answer:
    """Any exception as an answer: the sentence and the exit code. `folder` is the data folder where one is known."""
    if isinstance(error, UsageError):
        problems = [Problem("AUFRUF", "{text}", {"text": text}) for text in (error.message, error.usage) if text]
        return Answer(problems=problems, exit_code=USE)
    if isinstance(error, Interrupted):
        return Answer(problems=[error.problem])
    if isinstance(error, KeyboardInterrupt):
        return Answer(problems=[Problem("ABGEBROCHEN", N_("Abgebrochen; es ist nichts halb geschrieben."))])
    if not isinstance(error, Exception):
        raise error
    if os.environ.get("TUI_BILLING_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, OSError):
        return Answer(problems=list(problems_of(error)), exit_code=USE if _is_wrong_path(error, folder) else STORE)
    refusals = (Refused, NotUnique, Stale)  # the folder is well: what was asked for cannot be
    codes = ((WrongUse, USE), (refusals, RULE), (StoreError, STORE))
    exit_code = next((code for kind, code in codes if isinstance(error, kind)), PART)
    return Answer(problems=list(problems_of(error)), exit_code=exit_code)


def _is_wrong_path(error: OSError, folder: Path | None) -> bool:
    """Whether a file outside the data folder was named that cannot be: the data is well."""
    if error.errno not in WRONG_PATH or not isinstance(error.filename, str) or not error.filename:
        return False
    return folder is None or not Path(error.filename).absolute().is_relative_to(folder)


def show(answer: Answer, context: Context) -> int:
    """Print the answer once: JSON alone on stdout, or lines on stdout and problems on stderr."""
    if context.json:
        problems = [{"code": p.code, "text": say(p), "where": p.where, "warning": p.warning} for p in answer.problems]
        document = {"ok": answer.code == DONE, "problems": problems, **answer.data}
        print(json.dumps(document, ensure_ascii=not _speaks_unicode(context.out), default=str), file=context.out)
    else:
        for line in answer.lines:
            print(clean(line), file=context.out)
        for problem in answer.problems:
            text = say(problem)
            where = place_name(problem.where)
            named = f"{where}: {text}" if where and where not in text else text
            print(clean(named), file=context.err)
    context.out.flush()
    return answer.code


def place_name(where: str) -> str:
    """The place of a problem in words: a line of a file, a field by its label, else as it stands (a number)."""
    kind, _space, number = where.partition(" ")
    if number.isdigit() and kind in PLACES:
        return _(PLACES[kind]).format(n=number)
    from tui_billing.commands.fields import LABELS

    return _(LABELS[where]).partition(",")[0].partition(":")[0] if where in LABELS else where


def _speaks_unicode(stream: TextIO) -> bool:
    return "utf" in (getattr(stream, "encoding", None) or "").lower()


def watch_signals(context: Context) -> None:
    """SIGINT, SIGTERM and SIGHUP finish the document in work and end then."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_signal: context.interrupted())


def run_handler(context: Context, args: Namespace) -> int:
    """Call the handler of the named action and show its answer; no exception leaves this."""
    try:
        answer = args.handler(context, args)
    except BrokenPipeError:
        raise
    except BaseException as error:
        answer = failure(error, context.known_folder)
    context.answers()
    return show(replace(answer, problems=[*answer.problems, *taken_doubts()]), context)
