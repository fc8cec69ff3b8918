"""Nummernkreise (rule A8): what comes next, and the gap report; unique is the law, gaps want an explanation."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from tui_billing.domain.documents import (
    DEFAULT_RANGES,
    TITLES,
    DocumentHead,
    DocumentType,
    NumberRange,
    format_number,
)
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.numbers import Gap, NumberReport, number_report
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, slots=True)
class RangeView:
    """One Nummernkreis of one year; `last` 0 where nothing was drawn yet, `used_by` the names of its Belegarten."""

    name: str
    year: int
    last: int
    used_by: tuple[str, ...]
    gaps: int = 0

    @property
    def next_number(self) -> str:
        """The number of the next document."""
        return format_number(self.name, self.year, self.last + 1)


def list_ranges(store: Repository, today: date) -> list[RangeView]:
    """Every range that documents draw from, of the years in which it did and of this one; the newest year first."""
    uses: dict[str, list[str]] = {}
    for kind, name in DEFAULT_RANGES.items():
        uses.setdefault(name, []).append(TITLES[kind])
    for known in sorted(store.all(DocumentType), key=lambda t: t.name):
        uses.setdefault(known.number_range, []).append(known.name)
    drawn = {(r.name, r.year): r.last for r in store.all(NumberRange) if r.name in uses}
    missing = Counter[tuple[str, int]]()
    for gap in gap_report(store).gaps:
        missing[gap.range_name, gap.year] += gap.count
    keys = drawn.keys() | {(name, today.year) for name in uses}
    order = list(uses)
    return [
        RangeView(name, year, drawn.get((name, year), 0), tuple(uses[name]), missing[name, year])
        for name, year in sorted(keys, key=lambda k: (-k[1], order.index(k[0])))
    ]


def set_next(desk: Desk, name: str, year: int, number: int) -> str:
    """Let a range go on with this number: whoever comes from another program does not begin at 1 again (A8).

    Returns it as it will be printed. Undoable. Raises WrongUse where that number or a higher one was drawn already.
    """
    with desk.store.transaction(f"Nummernkreis {name} {year}: weiter mit {number}", undoable=True) as tx:
        current = tx.find_one(NumberRange, "name_year", f"{name}|{year}")
        last = current.last if current else 0
        if number <= last:
            text = N_("Nummern gehen nie zurück: die letzte war {last}.")
            raise WrongUse(Problem("NUMMER_ZURUECK", text, {"last": format_number(name, year, last)}, where="next"))
        if current is None:
            tx.insert(NumberRange(name=name, year=year, last=number - 1))
        elif current.last != number - 1:
            tx.put(replace(current, last=number - 1))
    return format_number(name, year, number)


def gap_report(store: Repository) -> NumberReport:
    """Every range that documents draw from; ranges of runs, batches and customers may have gaps."""
    before = _ranges(store)
    numbers = [d.number for d in store.scan(DocumentHead)]
    # Others may draw meanwhile: no gap beyond the counter as it was, no number beyond the counter as it is.
    return replace(number_report(before, numbers), beyond=number_report(_ranges(store), numbers).beyond)


def _ranges(store: Repository) -> list[NumberRange]:
    names = set(DEFAULT_RANGES.values()) | {t.number_range for t in store.all(DocumentType)}
    return [r for r in store.all(NumberRange) if r.name in names]


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
