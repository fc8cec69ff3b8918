"""German message ids with parameters; the screens and commands translate them."""

from dataclasses import dataclass, field
from typing import Any


def N_(message: str) -> str:
    """Mark a German text for the catalogue without translating it here."""
    return message


class Term(str):
    """A parameter that is itself a message id (the name of a state, of a kind of record): translated when shown."""

    __slots__ = ()


class Clause(Term):
    """A parameter that is a message id with places of its own; as text it is the German, filled."""

    def __new__(cls, text: str, **params: Any) -> "Clause":
        self = super().__new__(cls, text.format(**params) if params else text)
        self.text, self.params = text, params
        return self

    text: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do.

    `text` is a German message id whose `{name}` places are filled from `params` after translation.
    `where` names the record or field as the clerk knows it (a number, a column, "Zeile 12").
    """

    code: str
    text: str
    params: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    warning: bool = False

    @property
    def sentence(self) -> str:
        """The German text with its places filled."""
        return self.text.format(**self.params) if self.params else self.text


class Refused(Exception):
    """A rule forbids the whole action; carries the problems that say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(p.code for p in problems))
        self.problems = problems
