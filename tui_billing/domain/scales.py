"""Staffelpreise (rule B10): one price for the whole quantity, or each step its own."""

from collections.abc import Sequence
from decimal import Decimal

from tui_billing.domain.documents import ZERO
from tui_billing.domain.money import EXACT, product, r2
from tui_billing.domain.orders import ScaleMode, ScaleStep


def scaled_amount(quantity: Decimal, price_unit: Decimal, steps: Sequence[ScaleStep], mode: ScaleMode) -> Decimal:
    """The amount for a quantity; prices are per `price_unit`; a negative quantity gives the negative amount."""
    parts = scaled_parts(quantity, steps, mode)
    return sum((r2(EXACT.divide(product(part, price), price_unit)) for part, price in parts), ZERO)


def scaled_parts(quantity: Decimal, steps: Sequence[ScaleStep], mode: ScaleMode) -> list[tuple[Decimal, Decimal]]:
    """(quantity, price) per step in use: one pair for the whole quantity, several for graduated prices."""
    if quantity < 0:
        return [(-part, price) for part, price in scaled_parts(-quantity, steps, mode)]
    ordered = sorted(steps, key=lambda step: step.from_quantity)
    if mode is ScaleMode.WHOLE:
        return [(quantity, whole_price(quantity, ordered))]
    limits = [_units_before(step, ordered[0]) for step in ordered[1:]]
    parts: list[tuple[Decimal, Decimal]] = []
    done = ZERO
    for step, limit in zip(ordered, [*limits, None], strict=True):
        upper = quantity if limit is None else min(quantity, limit)
        if upper > done or not parts:
            parts.append((upper - done, step.unit_price))
            done = upper
    return parts


def whole_price(quantity: Decimal, steps: Sequence[ScaleStep]) -> Decimal:
    """The price of the highest step that the quantity reaches; below the first step the first price holds."""
    ordered = sorted(steps, key=lambda step: step.from_quantity)
    reached = [step for step in ordered if step.from_quantity <= abs(quantity)]
    return (reached or ordered)[-1 if reached else 0].unit_price


def _units_before(step: ScaleStep, first: ScaleStep) -> Decimal:
    """How many units cost less than this step: 99 where it begins with the 100th piece, 100 on a scale from 0."""
    return step.from_quantity - 1 if first.from_quantity >= 1 else step.from_quantity
