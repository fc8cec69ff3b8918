"""What the check of a data folder finds: a broken place with its code, file, line and byte."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken place. `text` is a German message id with `params`; a warning mends itself at the next write.

    `index` is the number of the entry in the chain, from 1, where the place lies in the journal (A9.5).
    """

    code: str
    text: str
    file: str
    line: int = 0
    byte: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    warning: bool = False
    index: int = 0

    def __str__(self) -> str:
        place = f"{self.file}, Zeile {self.line} (Byte {self.byte})" if self.line else self.file
        return f"{place}: {self.text.format(**self.params)}"


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are not warnings."""
    return [f for f in findings if not f.warning]


def first_broken(findings: Iterable[Finding]) -> Finding | None:
    """The first finding that is not a warning."""
    return next((f for f in findings if not f.warning), None)
