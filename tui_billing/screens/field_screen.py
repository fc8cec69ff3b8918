"""FieldScreen: base of the screens with fields; holds the colours of the fields' parts, once for all of them.

Textual matches each component class of each widget anew whenever a screen opens: at hundreds of fields that was most of
the time.
"""

from typing import ClassVar

from tui_billing.screens.base import DeskScreen


class FieldScreen(DeskScreen):
    """See the module's text."""

    DEFAULT_CSS = """
    FieldScreen > .field--label { color: $muted; background: $background; }
    FieldScreen > .field--label-focus { color: $foreground; background: $background; text-style: bold; }
    FieldScreen > .field--box { background: $input; color: $foreground; }
    FieldScreen > .field--cursor { text-style: reverse; background: $input; color: $foreground; }
    FieldScreen > .field--note { color: $muted; background: $background; }
    FieldScreen > .field--problem { color: $error; background: $background; }
    FieldScreen > .field--chosen { color: $foreground; background: $background; }
    FieldScreen > .field--chosen-focus { color: $accent; background: $background; text-style: bold; }
    FieldScreen:ansi > .field--box { text-style: underline; }
    FieldScreen:ansi > .field--note { text-style: dim; }
    FieldScreen:ansi > .field--problem { text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--label",
        "field--label-focus",
        "field--box",
        "field--cursor",
        "field--note",
        "field--problem",
        "field--chosen",
        "field--chosen-focus",
    }
