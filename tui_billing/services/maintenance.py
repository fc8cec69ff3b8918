"""The data folder as a whole: the store's own check, backup and restore. Nothing here needs an open store."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from tui_billing.domain.messages import N_, Clause, Problem, Refused
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.errors import WrongUse
from tui_billing.services.verify import verify
from tui_billing.services.verify_copy import copied_files
from tui_billing.services.verify_report import Report
from tui_billing.store import backup as store_backup
from tui_billing.store import check, rescue
from tui_billing.store.backup import Backup
from tui_billing.store.check_chain import first_kept
from tui_billing.store.findings import Finding
from tui_billing.store.rescue import Rescuable

__all__ = ["Backup", "Finding", "Rescuable", "check_files", "make_backup", "problem_of", "restore_backup", "summary"]


def check_files(folder: Path) -> list[Finding]:
    """The store's own check: hash chain, table files, records, indexes; first broken place first (A9.5).

    Damaged table files stop all writers until a later check finds them in order.
    """
    return check.verify(folder, noting=True)


def problem_of(finding: Finding) -> Problem:
    """A finding with its place: file, line and byte."""
    place = N_("{file}, Zeile {line} (Byte {byte}): {what}") if finding.line else N_("{file}: {what}")
    params = {
        "file": finding.file,
        "line": finding.line,
        "byte": finding.byte,
        "what": Clause(finding.text, **finding.params),
    }
    return Problem(finding.code, place, params, where=finding.file, warning=finding.warning)


def can_be_asked(problems: list[Problem]) -> bool:
    """Whether what the store's own check has found leaves the records whole."""
    return all(p.warning or p.code in ("JOURNAL_LOST", "MARK_LOST") for p in problems)


def file_problems(folder: Path, findings: list[Finding]) -> list[Problem]:
    """The findings as sentences; behind damage stands how what is left can be saved."""
    problems = [problem_of(finding) for finding in findings]
    codes = {f.code for f in findings if not f.warning} - {"INDEX_DAMAGED", "MARK_LOST", "STORE_READ_ONLY"}
    if codes and "JOURNAL_LOST" not in codes:  # what can be saved is saved from the journals
        text = N_("Was lesbar ist, rettet „tui-billing restore --rescue {folder} --data NEUER_ORDNER“.")
        problems.append(Problem("RETTEN", text, {"folder": str(folder)}, where=str(folder), warning=True))
    return problems


def trail_problems(folder: Path) -> list[Problem]:
    """Said beside the audit trail where its beginning is lost, so that nobody takes it for the whole one."""
    first = first_kept(folder)
    if first == 1:
        return []
    text = N_("Das Protokoll beginnt erst mit Buchung {first}; was fehlt, sagt „tui-billing verify“.")
    return [Problem("PROTOKOLL_UNVOLLSTAENDIG", text, {"first": first}, warning=True)]


def verify_folder(desk: Desk) -> Generator[Progress, None, Report]:
    """The store's own check and then the records against each other, which say nothing where the first has failed."""
    yield Progress(0, 0)
    found = file_problems(desk.folder, check_files(desk.folder))
    if not can_be_asked(found):
        return Report(found)
    report = yield from verify(desk)
    return Report(found + report.problems, {"store": 1, **report.checked})


def check_backup(folder: Path, target: Path) -> None:
    """Raises what a backup would be refused for."""
    _must_be_free(target)
    if target.resolve().is_relative_to(folder.resolve()):
        text = N_("{folder} liegt im Datenordner selbst; bitte einen Ordner außerhalb nennen.")
        raise Refused(Problem("SICHERUNG_IM_DATENORDNER", text, {"folder": str(target)}, where=str(target)))


def make_backup(desk: Desk, target: Path) -> Backup:
    """A copy of the whole data folder while others go on writing; appears whole or not at all, damage included."""
    check_backup(desk.folder, target)
    made = store_backup.backup(desk.folder, target)
    return replace(made, folder=target)


def check_restore(source: Path, target: Path) -> None:
    """Raises what a restore would be refused for."""
    _must_be_free(target)
    _must_hold_data(source)


def restore_backup(source: Path, target: Path) -> Backup:
    """A data folder from a backup; `target` must be empty, so that nothing is overwritten."""
    check_restore(source, target)
    return replace(store_backup.restore(source, target), folder=target)


def copied_damage(made: Backup, source: Path) -> list[Problem]:
    """What is damaged in a copy of `source`: its store or, where that can be asked, the files that its records name."""
    problems = file_problems(source, list(made.findings))
    return problems + (copied_files(made.folder, made.sums) if can_be_asked(problems) else [])


def damaged_backup() -> Problem:
    """Said behind the damage: a good backup must not give way to this one."""
    text = N_("Die Datensicherung hat denselben Schaden wie der Datenordner; ältere Sicherungen bitte aufheben.")
    return Problem("SICHERUNG_BESCHAEDIGT", text, warning=True)


def damaged_restore() -> Problem:
    """Said behind the damage: there is a data folder now, and it is no better than what it came from."""
    text = N_("Der zurückgeholte Datenordner hat denselben Schaden wie die Datensicherung.")
    return Problem("ZURUECKGEHOLT_BESCHAEDIGT", text, warning=True)


def look_for_rescue(source: Path, target: Path, upto: int | None = None) -> Rescuable:
    """What the journals of a folder say up to transaction `upto` or the first broken line; reads only.

    Raises WrongUse for a transaction that there never was.
    """
    check_restore(source, target)
    is_negative = upto is not None and upto < 0
    found = rescue.look(source, None if is_negative else upto)
    if upto is not None and (is_negative or (upto > found.seq and found.is_whole)):
        text = N_("Buchung {seq} gibt es nicht; die letzte ist {last}.")
        raise WrongUse(Problem("BUCHUNG_FEHLT", text, {"seq": upto, "last": found.seq}, where=str(upto)))
    return found


def rescue_folder(source: Path, target: Path, upto: int | None = None) -> Backup:
    """A data folder from the journals of another; `target` must be empty, the source stays as it is."""
    _must_be_free(target)
    return rescue.rescue(source, target, upto=upto)


def left_behind(found: Rescuable) -> list[Problem]:
    """What cannot be saved, as sentences for the clerk."""
    if found.broken is not None:
        text = N_("{place}: {why}. Was danach steht, ist nicht zu retten.")
        return [Problem("NICHT_GERETTET", text, found.broken.params, where=found.broken.params["file"])]
    if found.acknowledged > found.seq:
        text = N_("Die Buchungen {first} bis {last} fehlen am Ende des Journals und sind nicht zu retten.")
        params = {"first": found.seq + 1, "last": found.acknowledged}
        return [Problem("NICHT_GERETTET", text, params, where="journal")]
    return []


def sent_since() -> Problem:
    """A folder that was brought back knows nothing of mails that left after its state: they would go a second time."""
    text = N_(
        "Was nach diesem Stand versendet oder gedruckt wurde, gilt hier als offen; vor dem nächsten Versand bitte mit "
        "dem Postausgang vergleichen."
    )
    return Problem("VERSAND_VERGLEICHEN", text, warning=True)


def _must_hold_data(source: Path) -> None:
    if not (source / "manifest.json").exists() and not (source / "journal").is_dir():
        text = N_("{folder} ist kein Datenordner und keine Datensicherung.")
        raise WrongUse(Problem("KEINE_SICHERUNG", text, {"folder": str(source)}, where=str(source)))


def _must_be_free(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        text = N_("{folder} ist nicht leer; bitte einen neuen oder leeren Ordner nennen.")
        raise Refused(Problem("ORDNER_NICHT_LEER", text, {"folder": str(target)}, where=str(target)))


def summary(report: Report) -> dict[str, int]:
    """How many records and files were looked at."""
    return dict(report.checked)
