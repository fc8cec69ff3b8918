"""Rounding and splitting of money (rules B1, B3, B13): Decimal only, half away from zero, at named points."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor

CENT = Decimal("0.01")
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Products of quantities, prices and percents are made in this context, so that only r2 rounds."""


def r2(value: Decimal) -> Decimal:
    """Kaufmännisch to cents, half away from zero; never a negative zero."""
    return EXACT.add(value.quantize(CENT, ROUND_HALF_UP, EXACT), Decimal(0))


def r2_exact(value: Fraction) -> Decimal:
    """r2 of an exact fraction: 1.015 is 1.02 also where it came from thirds."""
    cents = floor(abs(value) * 100 + Fraction(1, 2))
    return EXACT.add(Decimal(cents if value >= 0 else -cents).scaleb(-2), Decimal(0))


def product(*factors: Decimal) -> Decimal:
    """The exact product of a few short numbers, not rounded."""
    result = Decimal(1)
    for factor in factors:
        result = EXACT.multiply(result, factor)
    return result


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """r2 of `percent` per cent of the value: line discounts, taxes per group and Skonto are made here."""
    return r2(EXACT.divide(product(value, percent), Decimal(100)))


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts in whole cents that add to `total` exactly: largest remainder, ties to the first (rule B3).

    The total is in whole cents. Where the weights add to zero their sizes count; where all are zero, each counts one.
    """
    if not weights:
        if total:
            raise ValueError("nothing to split on")
        return []
    if total < 0:
        return [-part for part in split(-total, weights)]
    cents = int(EXACT.multiply(r2(total), Decimal(100)))
    shares = [cents * weight for weight in _normalised(weights)]
    parts = [floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: parts[i] - shares[i])
    for i in by_remainder[: cents - sum(parts)]:
        parts[i] += 1
    return [Decimal(part).scaleb(-2) for part in parts]


def _normalised(weights: Sequence[Decimal]) -> list[Fraction]:
    """The weights as exact shares of one."""
    exact = [Fraction(weight) for weight in weights]
    if not sum(exact):
        exact = [abs(weight) for weight in exact] if any(exact) else [Fraction(1)] * len(exact)
    whole = sum(exact)
    return [weight / whole for weight in exact]


def split_evenly(total: Decimal, parts: int) -> list[Decimal]:
    """An order's value over its periods: r2(total / parts) each, what remains goes to the last (rule B13)."""
    if parts < 1:
        raise ValueError("at least one part")
    each = r2(EXACT.divide(total, Decimal(parts)))
    return [*[each] * (parts - 1), total - each * (parts - 1)]
