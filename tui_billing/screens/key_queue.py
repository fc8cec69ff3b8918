"""KeyQueue: keys and pastes one after the other, each where the one before it has led.

Textual hands every key at once to whatever has the focus, and what a key does (the next field, another screen) happens
some messages later. Typed in one piece, by fast fingers or over a slow line, `3.11. Tab ultimo` would be one field.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message_pump import MessagePump
from textual.screen import Screen

if TYPE_CHECKING:
    from tui_billing.app import BillingApp

PATIENCE = 0.5
"""Seconds after which a mark counts as lost with its widget, and after which Esc gives up what waits for a screen."""
LEAVING = ("escape", "ctrl+q")
"""With these the clerk leaves a screen, whether it is ready or not."""
Typed = events.Key | events.Paste
META = "alt+"


def _apart(event: Typed) -> list[Typed]:
    """Esc and a letter that came in one packet (a slow line, tmux) look like Alt and the letter, which nothing uses."""
    key = _key(event)
    if not isinstance(event, events.Key) or not key.startswith(META):
        return [event]
    rest = key.removeprefix(META)
    if not event.is_printable and rest not in ("enter", "escape", "tab", "space"):
        return [event]
    return [events.Key("escape", "\x1b"), events.Key(rest, event.character)]


def _key(event: Typed) -> str:
    """The key's name; nothing for a paste."""
    return event.key if isinstance(event, events.Key) else ""


class KeyQueue:
    """What is typed waits here until everything that the key before it set off has been handled."""

    def __init__(self, app: "BillingApp", pass_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app, self._pass_on = app, pass_on
        self._waiting: deque[Typed] = deque()
        self._path: list[MessagePump] = []
        self._mark: object | None = None
        self._screen: Screen[Any] | None = None
        self._held_since = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether something was typed ahead."""
        return bool(self._waiting)

    async def take(self, event: Typed) -> None:
        """Pass it on now, or once it is its turn. Esc gives up what has been waiting for a screen for a while."""
        if self._held_since and _key(event) in LEAVING and time.monotonic() - self._held_since > PATIENCE:
            self._waiting.clear()
        self._waiting.extend(_apart(event))
        await self.go_on()

    async def go_on(self) -> None:
        """Pass on what may go; the first key behind another sends a mark after that one."""
        while self._waiting and self._mark is None:
            if self._path:
                self._send_mark()
                return
            if not self._is_taken(self._waiting[0]):
                self._held_since = self._held_since or time.monotonic()
                return
            self._held_since = 0.0
            await self._pass(self._waiting.popleft())

    async def _pass(self, event: Typed) -> None:
        target = self._app.focused or self._app.screen
        path: list[MessagePump] = list(target.ancestors_with_self)
        self._screen = self._app.screen
        await self._pass_on(event)
        self._path = path if event.is_forwarded else []

    def _is_taken(self, event: Typed) -> bool:
        """Whether the screen on top is ready for it; one that opens may still lack its field or its rows."""
        screen = self._app.desk_screen
        return screen is None or screen.takes(_key(event))

    # --- the mark: behind the key in every queue on its way, so that it arrives when all is handled ---

    def _send_mark(self) -> None:
        mark, path = object(), self._path
        self._mark, self._path = mark, []
        asyncio.get_running_loop().call_later(PATIENCE, self._arrived, mark)
        self._hop(mark, path, self._screen)

    def _hop(self, mark: object, path: list[MessagePump], screen: Screen[Any] | None) -> None:
        """On to the next queue, leaving out those of widgets that are gone; a screen that the key has led to hears
        first what it has led from."""
        while path:
            node, path = path[0], path[1:]
            if node.call_later(self._hop, mark, path, screen):
                return
        top = self._app.screen
        if top is screen or not top.is_running:
            self._arrived(mark)
        else:
            top.call_next(self._hop, mark, path, top)

    def _arrived(self, mark: object) -> None:
        if mark is self._mark:
            self._mark = None
            self._app.call_next(self.go_on)
