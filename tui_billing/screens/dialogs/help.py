"""F1: what this screen is for and what every key does here, from the key table."""

from tui_billing import keymap
from tui_billing.i18n import _
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.widgets.cells import width_of
from tui_billing.screens.widgets.field import FieldWidget
from tui_billing.screens.widgets.record_table import RecordTable
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG

KEY_WIDTH = 22


def help_pages(screen: DeskScreen) -> list[tuple[str, str]]:
    """The lines of the help of this screen."""
    lines: list[tuple[str, str]] = []
    if screen.HELP:
        lines += [(_(screen.HELP), PLAIN), ("", PLAIN)]
    if notes := screen.help_notes():
        lines += [*((note, PLAIN) for note in notes), ("", PLAIN)]
    lines += _section(_("Tasten hier"), [screen.NAME])
    if screen.query(RecordTable):
        lines += [("", PLAIN), *_section(_("In der Tabelle"), ["table"])]
    if any(field.spec.kind == "date" for field in screen.query(FieldWidget)):
        lines += [("", PLAIN), (_("Datum: 1.3.  010326  h  +14  +1m  ultimo – alles wird verstanden."), MUTED)]
    return lines


def _section(title: str, groups: list[str]) -> list[tuple[str, str]]:
    rows = keymap.help_lines(groups)
    return [(title, STRONG)] + [
        ("  " + keys + " " * max(1, KEY_WIDTH - width_of(keys)) + text, PLAIN) for keys, text in rows
    ]
