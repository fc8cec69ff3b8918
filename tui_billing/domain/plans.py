"""What every plan_* returns: each candidate with its verdict and reasons, and the balance of the whole.

The first failing rule in the rule's order names the reason under which a candidate counts as out.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule asked of one candidate. `passed` None means: no longer decisive.

    `text` is a German message id that says the outcome in a sentence; `params` fills it.
    """

    code: str
    passed: bool | None
    text: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate: in where no rule failed; else out, for the first rule that failed."""

    key: Any
    amount: Decimal
    reasons: tuple[Reason, ...]
    flags: tuple[str, ...] = ()

    @property
    def is_in(self) -> bool:
        return all(r.passed is not False for r in self.reasons)

    @property
    def out_reason(self) -> str:
        """The code of the first failing rule, or an empty string."""
        return next((r.code for r in self.reasons if r.passed is False), "")


@dataclass(frozen=True, slots=True)
class Balance:
    """candidates = in + out by reason, in count and EUR. No row vanishes."""

    candidates: int
    candidates_eur: Decimal
    taken: int
    taken_eur: Decimal
    out: dict[str, int]
    out_eur: dict[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """The shape that every command prints (design.md, Commands)."""
        return {
            "candidates": self.candidates,
            "in": self.taken,
            "out": dict(self.out),
            "eur": {
                "candidates": f"{self.candidates_eur:.2f}",
                "in": f"{self.taken_eur:.2f}",
                "out": {k: f"{v:.2f}" for k, v in self.out_eur.items()},
            },
        }


def balance(verdicts: Iterable[Verdict]) -> Balance:
    """Count the verdicts of one plan."""
    count: Counter[str] = Counter()
    eur: dict[str, Decimal] = {}
    total = Decimal(0)
    for verdict in verdicts:
        key = verdict.out_reason
        count[key] += 1
        eur[key] = eur.get(key, Decimal(0)) + verdict.amount
        total += verdict.amount
    taken, taken_eur = count.pop("", 0), eur.pop("", Decimal(0))
    return Balance(taken + sum(count.values()), total, taken, taken_eur, dict(count), eur)
