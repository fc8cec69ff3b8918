"""What an order must hold to be saved; each problem names the field that the clerk has to mend."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tui_billing.domain.interval_prices import periods_per_year
from tui_billing.domain.interval_schedule import MONTHS, schedule
from tui_billing.domain.interval_selection import LedgerEntry
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine, PriceBasis

NO_ANCHOR = date(1970, 1, 1)


def check_order(order: Order) -> list[Problem]:
    """Problems of header, lines and terms; warnings do not forbid saving."""
    problems: list[Problem] = []
    if not order.customer_id:
        problems.append(Problem("KUNDE_FEHLT", N_("Auftrag braucht einen Kunden"), where="customer"))
    if not order.lines:
        problems.append(Problem("POSITION_FEHLT", N_("Auftrag braucht mindestens eine Position"), where="lines"))
    for number, line in enumerate(order.lines, 1):
        problems += _check_line(line, number, order.interval)
    if order.interval is not None:
        problems += check_terms(order.interval)
    return problems


def check_terms(terms: IntervalTerms) -> list[Problem]:
    """Problems of the container Intervallrechnungen."""
    problems: list[Problem] = []
    if terms.every < 1:
        problems.append(Problem("INTERVALL_UNGUELTIG", N_("Intervall muss mindestens 1 sein"), where="every"))
        return problems
    if terms.anchor == NO_ANCHOR:
        problems.append(Problem("ANKER_FEHLT", N_("Anfang der ersten Periode fehlt"), where="anchor"))
    first = terms.start or terms.anchor
    if not terms.aligned:
        # Outside the calendar's grid no period starts before the anchor.
        first = max(first, terms.anchor)
    if terms.end is not None and terms.end < first:
        problems.append(
            Problem(
                "ENDE_VOR_BEGINN",
                N_("Ende {end} liegt vor dem Beginn {start}"),
                {"end": terms.end, "start": first},
                where="end",
            )
        )
    if terms.notice_months < 0 or terms.renew_months < 0:
        problems.append(Problem("MONATE_NEGATIV", N_("Monate dürfen nicht negativ sein"), where="notice_months"))
    if terms.renew_months > 0 and terms.end is None:
        problems.append(
            Problem("VERLAENGERUNG_OHNE_ENDE", N_("Verlängerung braucht das Ende der ersten Laufzeit"), where="end")
        )
    return problems + _check_grid(terms)


def _check_grid(terms: IntervalTerms) -> list[Problem]:
    if terms.month_end and (terms.unit not in MONTHS or terms.aligned):
        return [
            Problem(
                "ULTIMO_OHNE_WIRKUNG",
                N_("Ultimo wirkt nur bei Monaten, Quartalen, Halbjahren und Jahren ohne Kalenderausrichtung"),
                where="month_end",
                warning=True,
            )
        ]
    if terms.aligned or terms.start is None or terms.start <= terms.anchor:
        return []
    grid = schedule(terms)
    index = grid.index_at(terms.start)
    if grid.grid_start(index) == terms.start:
        return []
    return [
        Problem(
            "BEGINN_MITTEN_IN_PERIODE",
            N_("Beginn {start} liegt mitten in einer Periode; Perioden beginnen am {before} und {after}"),
            {
                "start": terms.start,
                "before": grid.grid_start(index),
                "after": grid.grid_start(index + 1),
            },
            where="start",
        )
    ]


def _check_line(line: OrderLine, number: int, terms: IntervalTerms | None) -> list[Problem]:
    where = f"lines.{number}"
    problems: list[Problem] = []
    if not (line.name.strip() or line.description.strip()):
        problems.append(
            Problem("BEZEICHNUNG_FEHLT", N_("Position {line} braucht eine Bezeichnung"), {"line": number}, where)
        )
    if line.price_unit <= 0:
        problems.append(
            Problem(
                "PREISEINHEIT_UNGUELTIG",
                N_("Position {line}: Preiseinheit muss größer als 0 sein"),
                {"line": number},
                where,
            )
        )
    if _decimals(line.quantity) > 4 or _decimals(line.unit_price) > 6:
        problems.append(
            Problem(
                "ZU_VIELE_STELLEN",
                N_("Position {line}: Menge höchstens 4, Preis höchstens 6 Nachkommastellen"),
                {"line": number},
                where,
            )
        )
    if line.unit_price < 0 or any(c.unit_price < 0 for c in line.price_changes):
        problems.append(
            Problem(
                "PREIS_NEGATIV",
                N_("Position {line}: Preis darf nicht negativ sein, sondern die Menge"),
                {"line": number},
                where,
            )
        )
    if not Decimal(0) <= line.discount_percent <= Decimal(100):
        problems.append(
            Problem(
                "RABATT_UNGUELTIG",
                N_("Position {line}: Rabatt muss zwischen 0 und 100 % liegen"),
                {"line": number},
                where,
            )
        )
    return problems + _check_basis(line, number, terms, where)


def _check_basis(line: OrderLine, number: int, terms: IntervalTerms | None, where: str) -> list[Problem]:
    if terms is None or terms.every < 1:
        return []
    if line.price_basis is PriceBasis.MONTH and terms.unit not in MONTHS:
        return [
            Problem(
                "PREISBASIS_PASST_NICHT",
                N_("Position {line}: Preis je Monat passt nicht zu Tagen und Wochen"),
                {"line": number},
                where,
            )
        ]
    if (
        line.yearly_value is not None
        and periods_per_year(terms) is None
        and MONTHS.get(terms.unit, 0) * terms.every % 12
    ):
        return [
            Problem(
                "JAHRESWERT_NICHT_TEILBAR",
                N_("Position {line}: Jahreswert braucht Perioden, die ein Jahr teilen"),
                {"line": number},
                where,
            )
        ]
    return []


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def check_against_ledger(order: Order, ledger: Mapping[date, LedgerEntry]) -> list[Problem]:
    """Changed terms must not make a period that covers days which are billed or waived already."""
    if order.interval is None or not ledger or check_terms_fail(order.interval):
        return []
    grid = schedule(order.interval)
    first = grid.period(grid.first_index).start
    for start, entry in sorted(ledger.items()):
        if entry.end < first:
            continue
        own, last = grid.period_from(start), grid.period(grid.index_at(entry.end))
        # Days behind an entry that ends in the middle of a new period could never be billed.
        if own is None or (entry.end > own.full_end and entry.end not in (last.end, last.full_end)):
            return [
                Problem(
                    "PERIODEN_UEBERSCHNEIDEN",
                    N_(
                        "{start}–{end} ist schon berechnet oder ausgelassen und passt nicht in die neuen Perioden. "
                        "Neue Bedingungen mit einem Anfang nach dem {last} angeben"
                    ),
                    {
                        "start": start,
                        "end": entry.end,
                        "last": max(e.end for e in ledger.values()),
                    },
                    where="anchor",
                )
            ]
    return []


def check_terms_fail(terms: IntervalTerms) -> bool:
    """Whether the terms cannot be saved."""
    return any(not p.warning for p in check_terms(terms))
