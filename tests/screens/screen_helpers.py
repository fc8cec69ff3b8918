"""What tests of screens share: an app over a sample desk, waiting for workers, reading what is painted."""

import time
from pathlib import Path

from fakes import FakeRenderer, FakeTransport
from sample_desk import empty_desk, fill
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.screens.widgets.lines import BalanceLine, TitleLine
from tui_billing.screens.widgets.record_table import RecordTable
from tui_billing.screens.widgets.status_line import StatusLine
from tui_billing.services.desk import Desk

SIZE = (80, 24)


def working_desk(folder: Path, copies: int = 3, transport: FakeTransport | None = None) -> Desk:
    """Sample data, a renderer that draws nothing, a transport that keeps its mails."""
    renderer, sender = FakeRenderer(), transport or FakeTransport()
    return fill(empty_desk(folder, lambda: renderer, lambda: sender), copies)


async def settle(pilot: Pilot[int]) -> None:
    """Until workers have ended and their messages are handled."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        end = time.monotonic() + 10
        while _is_reading(pilot) and time.monotonic() < end:
            await pilot.pause(0.02)


def _is_reading(pilot: Pilot[int]) -> bool:
    screen = pilot.app.screen
    return getattr(screen, "_is_due", False) or not getattr(screen, "has_read", True)


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press and settle after each key."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Type letters into the focused field."""
    await pilot.press(
        *({" ": "space", ".": "full_stop", "@": "at", ",": "comma", "-": "minus"}.get(c, c) for c in text)
    )
    await settle(pilot)


def title(app: BillingApp) -> str:
    return app.screen.query_one(TitleLine).left


def status(app: BillingApp) -> str:
    return app.screen.query_one(StatusLine).text


def balance(app: BillingApp) -> str:
    return app.screen.query_one(BalanceLine).left.replace("\xa0", " ")


def table(app: BillingApp) -> RecordTable:
    return app.screen.query_one(RecordTable)


def rows(app: BillingApp) -> list[str]:
    """The rows shown, as painted, blanks collapsed."""
    found = table(app)
    return [" ".join(found.render_line(y + 1).text.split()) for y in range(min(found.row_count, found.size.height - 1))]
