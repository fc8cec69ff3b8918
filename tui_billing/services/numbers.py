"""The gap report over all Nummernkreise (rule A8): unique is the law, gaps want an explanation."""

from tui_billing.domain.documents import DEFAULT_RANGES, DocumentHead, DocumentType, NumberRange
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.numbers import Gap, NumberReport, number_report
from tui_billing.store.repositories import Repository


def gap_report(store: Repository) -> NumberReport:
    """Every range that documents draw from; ranges of runs, batches and customers may have gaps."""
    names = set(DEFAULT_RANGES.values()) | {t.number_range for t in store.all(DocumentType)}
    ranges = [r for r in store.all(NumberRange) if r.name in names]
    return number_report(ranges, (d.number for d in store.scan(DocumentHead)))


def number_problems(store: Repository) -> list[Problem]:
    """The report as problems: duplicates and numbers beyond the counter are errors, gaps are listed as warnings.

    The law asks for unique numbers, not for all of them (UStAE 14.5(10)); numbers that came by import leave gaps, and
    a document that was taken out of the files breaks the hash chain.
    """
    report = gap_report(store)
    twice = N_("Die Nummer {number} gibt es mehrfach.")
    beyond = N_("Die Nummer {number} liegt hinter dem Zähler ihres Nummernkreises.")
    problems = [Problem("NUMMER_DOPPELT", twice, {"number": n}, where=n) for n in report.duplicates]
    problems += [Problem("NUMMER_HINTER_ZAEHLER", beyond, {"number": n}, where=n) for n in report.beyond]
    return problems + [gap_problem(gap) for gap in report.gaps]


def gap_problem(gap: Gap) -> Problem:
    """One gap as a sentence."""
    if gap.first == 1:
        text = N_("Vor dem ersten Beleg des Nummernkreises: {gap} ({count} Nummern) wurden nicht hier vergeben.")
        return Problem("NUMMERN_DAVOR", text, {"gap": str(gap), "count": gap.count}, where=str(gap), warning=True)
    text = N_("Lücke im Nummernkreis: {gap} ({count} Nummern) ohne Beleg.")
    return Problem("NUMMERN_LUECKE", text, {"gap": str(gap), "count": gap.count}, where=str(gap), warning=True)
