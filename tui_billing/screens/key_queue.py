"""KeyQueue: keys and pastes one after the other, each where the one before it has led.

Textual hands every key at once to whatever has the focus, and what a key does (the next field, another screen) happens
some messages later. Typed in one piece, by fast fingers or over a slow line, `3.11. Tab ultimo` would be one field.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import events
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from tui_billing.app import BillingApp

PATIENCE = 0.5
"""Seconds after which a mark counts as lost with its widget, and after which Esc gives up what waits for a screen."""
LEAVING = ("escape", "ctrl+q")
"""With these the clerk leaves a screen, whether it is ready or not."""
Typed = events.Key | events.Paste


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

    @property
    def is_waiting(self) -> bool:
        """Whether something was typed ahead."""
        return bool(self._waiting)

    async def take(self, event: Typed) -> None:
        """Pass it on now, or once it is its turn."""
        self._waiting.append(event)
        await self.go_on()

    async def go_on(self) -> None:
        """Pass on what may go; the first key behind another sends a mark after that one."""
        while self._waiting and self._mark is None:
            if self._path:
                self._send_mark()
                return
            if self._is_taken(self._waiting[0]):
                await self._pass(self._waiting.popleft())
            else:
                if any(_key(event) in LEAVING for event in self._waiting):
                    asyncio.get_running_loop().call_later(PATIENCE, self._give_up, self._waiting[0])
                return

    async def _pass(self, event: Typed) -> None:
        target = self._app.focused or self._app.screen
        path: list[MessagePump] = list(target.ancestors_with_self)
        await self._pass_on(event)
        self._path = path if event.is_forwarded else []

    def _is_taken(self, event: Typed) -> bool:
        """Whether the screen on top is ready for it; one that opens may still lack its field or its rows."""
        screen = self._app.desk_screen
        return screen is None or screen.takes(_key(event))

    def _give_up(self, first: Typed) -> None:
        """Esc was pressed, and the screen that this waits for is still not ready: only the Esc counts."""
        if not self._waiting or self._waiting[0] is not first or self._is_taken(first):
            return
        while self._waiting and _key(self._waiting[0]) not in LEAVING:
            self._waiting.popleft()
        self._app.call_later(self.go_on)

    # --- the mark: behind the key in every queue on its way, so that it arrives when all is handled ---

    def _send_mark(self) -> None:
        mark, path = object(), self._path
        self._mark, self._path = mark, []
        asyncio.get_running_loop().call_later(PATIENCE, self._arrived, mark)
        self._hop(mark, path)

    def _hop(self, mark: object, path: list[MessagePump]) -> None:
        """On to the next queue; those of widgets that are gone are left out."""
        while path:
            node, path = path[0], path[1:]
            if node.call_later(self._hop, mark, path):
                return
        self._arrived(mark)

    def _arrived(self, mark: object) -> None:
        if mark is self._mark:
            self._mark = None
            self._app.call_later(self.go_on)
