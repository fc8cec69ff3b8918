"""Shared by the readers: what was typed, short and harmless, and the shape of a refusal."""

from typing import Any, TypeVar

from tui_billing.domain.messages import Problem
from tui_billing.domain.texts import clean

T = TypeVar("T")
Read = tuple[T | None, list[Problem]]

_SHOWN = 40


def shown(text: str) -> str:
    """What was typed, as it may stand in a message."""
    typed = clean(text).strip()
    return typed if len(typed) <= _SHOWN else typed[: _SHOWN - 1] + "…"


def refused(code: str, text: str, typed: str, **params: Any) -> tuple[None, list[Problem]]:
    """No value and one problem; `{typed}` in the message stands for what was typed."""
    return None, [Problem(code, text, {"typed": shown(typed), **params})]
