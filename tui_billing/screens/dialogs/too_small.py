"""What a terminal of 40×10 gets instead of a broken screen."""

from rich.segment import Segment
from textual.screen import Screen
from textual.strip import Strip

from tui_billing.i18n import _
from tui_billing.screens.widgets.cells import fit, wrap


class TooSmallScreen(Screen[None], inherit_bindings=False):
    """One sentence; goes by itself when the window grows."""

    def sentence(self) -> str:
        """What to do."""
        size = self.app.size
        return _(
            "Das Fenster ist mit {width}×{height} Zeichen zu klein. Bitte auf 80×24 vergrößern; "
            "nichts geht verloren. Strg+Q beendet."
        ).format(width=size.width, height=size.height)

    def render_line(self, y: int) -> Strip:
        """The sentence from the top left."""
        width = self.size.width
        lines = wrap(self.sentence(), max(8, width - 2))
        text = fit(" " + lines[y] if y < len(lines) else "", width)
        return Strip([Segment(text, self.rich_style)], width)
