"""The desk: what every use case is handed. Built by wiring, replaced by fakes in tests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tui_billing.dispatch.port import Archive, Transport
    from tui_billing.render.port import Renderer
    from tui_billing.store.files import Files
    from tui_billing.store.repositories import Store


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a long use case, yielded between two documents; `note` is the last row's number.

    `prepared` counts documents whose PDF is made, those that are done among them; 0 where there is no such step.
    """

    done: int
    total: int
    failed: int = 0
    refused: int = 0
    unknown: int = 0
    resting_seconds: int = 0
    note: str = ""
    prepared: int = 0


T = TypeVar("T")


def never() -> bool:
    """Nobody asks to stop."""
    return False


def finish(steps: Generator[Progress, None, T], tell: Callable[[Progress], None] | None = None) -> T:
    """Run a long use case to its end without a screen."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if tell:
            tell(step)


@dataclass(frozen=True, slots=True)
class Desk:
    """Store, files, renderer, transports, clock and user. Renderer and transport are made on first use."""

    store: Store
    files: Files
    folder: Path
    user: str
    today: Callable[[], date]
    renderer: Callable[[], Renderer]
    transport: Callable[[], Transport]
    """A new transport at each call: one instance a thread."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    archive: Callable[[], Archive | None] = lambda: None
    """Where ungeklärte sendings are looked up by Message-ID; None where no archive is set."""

    def timestamp(self) -> str:
        """Now as the files keep it: UTC, ISO 8601, seconds."""
        return self.now().isoformat(timespec="seconds")
