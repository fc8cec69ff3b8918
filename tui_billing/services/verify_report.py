"""What a Prüfung found, and the check that every part of it needs: a file's bytes against the hash in a record."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from tui_billing.domain.messages import N_, Problem
from tui_billing.services.desk import Desk

WHAT = {
    "store": N_("Datenbestand: Kette des Journals, Tabellen und Verzeichnisse"),
    "invoices": N_("Belege: Summen und Debitorentransaktionen"),
    "files": N_("Dateien: Prüfsummen"),
    "payments": N_("Zahlungen: Zuordnungen"),
    "runs": N_("Rechnungsläufe: Bilanzen"),
    "batches": N_("Rechnungsstapel: Summen und Zeilen"),
    "dispatches": N_("Sendungen: abgelegte Mails"),
    "periods": N_("Perioden: Belege"),
}
"""What is counted while it is looked at, in the clerk's words."""


@dataclass(slots=True)
class Report:
    """What was found, first broken place first, and how many records and files were looked at."""

    problems: list[Problem] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether there are no problems but warnings."""
        return all(p.warning for p in self.problems)

    def count(self, what: str, number: int = 1) -> None:
        """One more of these was looked at."""
        self.checked[what] = self.checked.get(what, 0) + number


def file_problems(desk: Desk, report: Report, file: str, expected: str, where: str) -> list[Problem]:
    """The bytes on disk against the hash in the record (A10)."""
    if not file or not expected:
        return []
    report.count("files")
    try:
        actual = hashlib.sha256(desk.files.read(file)).hexdigest()
    except (OSError, ValueError):
        actual = ""
    return hash_problems(file, expected, actual, where)


def hash_problems(file: str, expected: str, actual: str, where: str) -> list[Problem]:
    """A file's hash as the record has it and as it was found; empty where it was not."""
    if not actual:
        text = N_("{where}: Die Datei {file} fehlt oder ist nicht lesbar.")
        return [Problem("DATEI_FEHLT", text, {"where": where, "file": file}, where=file)]
    if actual == expected:
        return []
    text = N_("{where}: Die Datei {file} wurde verändert (Prüfsumme {actual}, erwartet {expected}).")
    params = {"where": where, "file": file, "actual": actual[:12], "expected": expected[:12]}
    return [Problem("DATEI_VERAENDERT", text, params, where=file)]


def second_look(check: Callable[[], list[Problem]]) -> list[Problem]:
    """What a check finds twice: between two of its reads somebody may have written."""
    return check() and check()
