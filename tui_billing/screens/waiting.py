"""Who holds the store, said on the screen while this clerk's own change waits for it (after a second).

A change that is saved from a key waits in the thread that also paints, so that the sentence has to be painted from
within; Textual's driver writes to the terminal in a thread of its own.
"""

import threading
from typing import TYPE_CHECKING

from textual.screen import Screen

from tui_billing.i18n import _
from tui_billing.screens.base import DeskScreen

if TYPE_CHECKING:
    from tui_billing.app import BillingApp


def tell(app: "BillingApp", holder: str) -> None:
    """Called by the store in whichever thread waits; must not wait itself."""
    screen = app.desk_screen
    if screen is None:
        return
    text = _("In Arbeit bei {holder}; es wird gewartet.").format(holder=holder)
    if threading.get_ident() == app._thread_id:
        screen.say(text)
        _paint(app, screen)
    elif app._loop is not None:
        app._loop.call_soon_threadsafe(screen.say, text)


def _paint(app: "BillingApp", screen: DeskScreen) -> None:
    """Bring the status line to the terminal now (Textual is pinned)."""
    top: Screen[object] = screen
    top._compositor.update_widgets({screen.status})
    app._display(top, top._compositor.render_update(screen_stack=app._background_screens))
