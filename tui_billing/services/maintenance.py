"""The data folder as a whole: the store's own check, backup and restore. Nothing here needs an open store."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.verify import Report, verify
from tui_billing.store import backup as store_backup
from tui_billing.store import check
from tui_billing.store.backup import Backup
from tui_billing.store.check import Finding

__all__ = ["Backup", "Finding", "check_files", "make_backup", "problem_of", "restore_backup", "summary"]


def check_files(folder: Path) -> list[Finding]:
    """The store's own check: hash chain, table files, records, indexes; first broken place first (A9.5)."""
    return check.verify(folder)


def problem_of(finding: Finding) -> Problem:
    """A finding with its place: file, line and byte."""
    place = N_("{file}, Zeile {line} (Byte {byte}): {what}") if finding.line else N_("{file}: {what}")
    params = {
        "file": finding.file,
        "line": finding.line,
        "byte": finding.byte,
        "what": finding.text.format(**finding.params),
    }
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return Problem(finding.code, place, params, where=where, warning=finding.warning)


def verify_folder(desk: Desk) -> Generator[Progress, None, Report]:
    """The store's own check and then the records against each other, which say nothing where the first has failed."""
    yield Progress(0, 0)
    found = [problem_of(finding) for finding in check_files(desk.folder)]
    if not all(p.warning for p in found):
        return Report(found)
    report = yield from verify(desk)
    return Report(found + report.problems, {"store": 1, **report.checked})


def make_backup(desk: Desk, target: Path) -> Backup:
    """A copy of the whole data folder while others go on writing; appears whole or not at all."""
    _must_be_free(target)
    made = store_backup.backup(desk.folder, target)
    return replace(made, folder=target)


def restore_backup(source: Path, target: Path) -> Backup:
    """A data folder from a backup; `target` must be empty, so that nothing is overwritten."""
    _must_be_free(target)
    return replace(store_backup.restore(source, target), folder=target)


def _must_be_free(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        text = N_("{folder} ist nicht leer; bitte einen neuen oder leeren Ordner nennen.")
        raise Refused(Problem("ORDNER_NICHT_LEER", text, {"folder": str(target)}, where=str(target)))


def summary(report: Report) -> dict[str, int]:
    """How many records and files were looked at."""
    return dict(report.checked)
