"""The key table: one source, no forbidden key, a twin for every F-key, nothing bound twice on a screen."""

import importlib
from collections import Counter

import pytest

from tui_billing import app, keymap
from tui_billing.screens.widgets.lines import KeyLine

SCREENS = sorted(set().union(*(row.screens for row in keymap.KEYS)))
PLACES = [name for name in SCREENS if name not in ("table", "text")]


@pytest.mark.parametrize("row", keymap.KEYS, ids=lambda r: f"{r.key}-{r.action}")
def test_a_forbidden_key_is_never_bound(row: keymap.KeyRow) -> None:
    assert not set(row.keys) & keymap.FORBIDDEN


@pytest.mark.parametrize("row", keymap.KEYS, ids=lambda r: f"{r.key}-{r.action}")
def test_every_f_key_has_a_twin(row: keymap.KeyRow) -> None:
    is_f_key = row.key[0] == "f" and row.key[1:].isdigit()
    typed_only = row.screens <= keymap.FORMS
    assert not is_f_key or row.twin or typed_only


@pytest.mark.parametrize("screen", SCREENS)
def test_no_key_means_two_things_on_a_screen(screen: str) -> None:
    groups = [screen, "table"] if screen in keymap.LISTS | {"start"} else [screen]
    counts = Counter(key for group in groups for row in keymap.rows_for(group) for key in row.keys)
    assert [key for key, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("screen", PLACES)
def test_the_line_of_keys_holds_at_most_six_f1_first_esc_last(screen: str) -> None:
    foot = keymap.foot(screen)
    assert len(foot) <= 6
    assert foot[0][0] == "F1"
    assert foot[-1][0] == ("Strg+Q" if screen == "start" else "Esc"), "there is nothing behind Start to go back to"
    assert sum(len(key) + len(label) + 3 for key, label, _action in foot) - 2 <= 79


@pytest.mark.parametrize("screen", PLACES)
def test_every_action_of_the_table_exists_on_its_screen(screen: str) -> None:
    if screen not in app.SCREENS:
        pytest.skip("a screen that is still to come")
    module, name = app.SCREENS[screen].split(":")
    try:
        cls = getattr(importlib.import_module(f"tui_billing.screens.{module}"), name)
    except ModuleNotFoundError:
        pytest.skip("a screen that is still to come")
    missing = [row.action for row in keymap.rows_for(screen) if not hasattr(cls, f"action_{row.action}")]
    assert missing == []


def test_a_form_leaves_letters_to_its_fields() -> None:
    keys = ",".join(keys for keys, _action, _label in keymap.bindings("customer_form", guarded=True)).split(",")
    assert [key for key in keys if len(key) == 1 or key in ("question_mark", "slash", "space")] == []


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("delete", "Entf"),
        ("space", "Leer"),
        ("insert", "Einfg"),
        ("ctrl+p", "Strg+P"),
        ("shift+up", "Umschalt+↑"),
        ("pagedown", "Bild↓"),
        ("f12", "F12"),
        ("question_mark", "?"),
        ("S", "Umschalt+S"),
        ("u", "u"),
    ],
)
def test_keys_are_shown_as_they_stand_on_the_keyboard(key: str, shown: str) -> None:
    assert keymap.display(key) == shown


def test_the_table_of_the_readme_names_every_key_once() -> None:
    table = keymap.readme_table()
    assert table.count("| `F8` | `x` | Durchführen |") == 1
    assert all(f"`{keymap.display(row.key)}`" in table for row in keymap.KEYS)


@pytest.mark.parametrize("screen", PLACES)
def test_a_narrow_line_of_keys_keeps_f1_f8_and_esc(screen: str) -> None:
    whole = keymap.foot(screen)
    narrow = KeyLine(screen).pairs(58)
    assert sum(len(key) + len(label) + 3 for key, label in narrow) - 2 <= 58
    assert (narrow[0][0], narrow[-1][0]) == (whole[0][0], whole[-1][0])
    assert ("F8" in [key for key, _label, _action in whole]) == ("F8" in [key for key, _label in narrow])
