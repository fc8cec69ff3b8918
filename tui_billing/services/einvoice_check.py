"""`invoice check FILE`: any ZUGFeRD, Factur-X or XRechnung file by XSD, Schematron and exact sums, told in German."""

from collections.abc import Iterable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tui_billing.domain.einvoice_cents import ReadInvoice, check_cents
from tui_billing.domain.einvoice_sentences import sentence
from tui_billing.domain.inputs import parse_iban
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.exchange.cii_amounts import read_cii
from tui_billing.exchange.einvoice_file import EinvoiceFile, Syntax, read_einvoice
from tui_billing.exchange.einvoice_pdf import MAX_BYTES
from tui_billing.exchange.einvoice_schemas import (
    Finding,
    Schematron,
    has_saxon,
    has_xsd,
    rule_files,
    xsd_findings,
)
from tui_billing.exchange.ubl_amounts import read_ubl
from tui_billing.services.einvoice_words import xsd_problem


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was read, which checks ran, and what is wrong; `is_valid` where nothing but warnings was found."""

    syntax: str = ""
    profile: str = ""
    from_pdf: bool = False
    invoice: ReadInvoice = ReadInvoice()
    checks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def is_valid(self) -> bool:
        """Whether the receiver may take it."""
        return not any(not problem.warning for problem in self.problems)


def check_einvoice_path(path: Path, *, rules: Path | None = None, use_schematron: bool = True) -> CheckReport:
    """Check a file on disk; what is no plain file or too large is not read. Raises Refused for a folder of no rules."""
    if rules is not None and not rules.is_dir():
        raise Refused(Problem("ORDNER_FEHLT", N_("Den Ordner {folder} gibt es nicht."), {"folder": str(rules)}))
    if path.exists() and not path.is_file() and not path.is_dir():
        text = N_("{file} ist keine gewöhnliche Datei.")
        return CheckReport(problems=(Problem("KEINE_DATEI", text, {"file": str(path)}),))
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        return CheckReport(problems=(Problem("DATEI_ZU_GROSS", N_("Die Datei ist größer als 50 MB.")),))
    return check_einvoice_file(path.read_bytes(), rules=rules, use_schematron=use_schematron)


def check_einvoice_file(
    data: bytes, *, rules: Path | None = None, schematron: Schematron | None = None, use_schematron: bool = True
) -> CheckReport:
    """Check one file. Without the extra or the rules, Schematron is left out and a warning says so.

    `schematron` is a running worker to use again; without one a worker is started and ended here.
    """
    file, problems = read_einvoice(data)
    if file is None:
        return CheckReport(problems=tuple(problems))
    checks: list[str] = []
    found: list[Problem] = []
    if has_xsd():
        checks.append("XSD")
        found += map(_problem, xsd_findings(file))
    else:
        text = N_("Der Aufbau der Datei wurde nicht geprüft: bitte tui-billing[einvoice] installieren.")
        problems.append(Problem("XSD_FEHLT", text, warning=True))
    if use_schematron and not found:
        found += _by_rules(file, rules, schematron, checks)
    invoice = read_cii(file.root) if file.syntax is Syntax.CII else read_ubl(file.root)
    checks.append("cents")
    found += [*check_cents(invoice), *_ibans(invoice.ibans)]
    kept = tuple(_once([*problems, *found]))
    return CheckReport(file.syntax.value, file.profile.value, file.from_pdf, invoice, tuple(checks), kept)


def _by_rules(file: EinvoiceFile, rules: Path | None, worker: Schematron | None, checks: list[str]) -> list[Problem]:
    """The official rules, or the warning that says why they did not run."""
    paths = rule_files(file, rules)
    if not has_saxon():
        text = N_("Die amtlichen Regeln wurden nicht geprüft: bitte tui-billing[schematron] installieren.")
        return [Problem("SCHEMATRON_FEHLT", text, warning=True)]
    if not paths:
        text = N_("Die amtlichen Regeln wurden nicht gefunden: mit --rules den Ordner mit den XSL-Dateien nennen.")
        return [Problem("REGELN_FEHLEN", text, warning=True)]
    engine = worker or Schematron()
    try:
        found = engine.findings(file.xml, paths)
    except (TimeoutError, BrokenExecutor):
        text = N_("Die amtlichen Regeln konnten nicht ausgeführt werden.")
        return [Problem("SCHEMATRON_FEHLER", text, warning=True)]
    finally:
        if worker is None:
            engine.close()
    checks.append("Schematron")
    return [_problem(finding) for finding in found]


def _problem(finding: Finding) -> Problem:
    """A finding in German: its own sentence where one is known, else the rule's words."""
    if finding.rule == "XSD":
        return xsd_problem(finding.text, finding.where)
    if told := sentence(finding.rule, finding.text):
        return Problem(finding.rule, *told, where=finding.where, warning=finding.warning)
    text = N_("Regel {rule} ist verletzt: {text}")
    return Problem(finding.rule, text, {"rule": finding.rule, "text": finding.text}, finding.where, finding.warning)


def _ibans(ibans: Iterable[str]) -> list[Problem]:
    return [problem for iban in ibans for problem in parse_iban(iban)[1]]


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Each rule once with the same words and place; an exact sum replaces the rule's general sentence."""
    listed = list(problems)
    exact = {problem.code for problem in listed if "right" in problem.params and not problem.warning}
    seen = set()
    for problem in listed:
        key = (problem.code, problem.text, str(problem.params), problem.where)
        if key in seen or (problem.code in exact and "right" not in problem.params):
            continue
        seen.add(key)
        yield problem
