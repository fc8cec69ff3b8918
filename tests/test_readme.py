"""The README's tables are made from the code: run `UPDATE_README=1 pytest tests/test_readme.py` after a change."""

import os
import re
from pathlib import Path

import pytest

from tui_billing import keymap
from tui_billing.commands import NOUNS
from tui_billing.domain.settings import SETTINGS

README = Path(__file__).parents[1] / "README.md"


def commands_table() -> str:
    rows = [f"| `{noun}` | {text} |" for noun, (_module, text) in NOUNS.items()]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def settings_table() -> str:
    rows = [f"| `{s.key}` | `{s.default}` | {s.help} |" for s in SETTINGS.values()]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]).replace("| `` |", "| |")


@pytest.mark.parametrize(
    ("name", "make"), [("commands", commands_table), ("keys", keymap.readme_table), ("settings", settings_table)]
)
def test_a_generated_table_stands_in_the_readme(name, make):
    mark = f"<!-- {name}: made by tests/test_readme.py -->"
    text = README.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(mark) + r"\n(.*?)<!-- /" + name + " -->", re.DOTALL)
    wanted = make().strip() + "\n"
    if os.environ.get("UPDATE_README"):
        text = pattern.sub(lambda _: f"{mark}\n{wanted}<!-- /{name} -->", text)
        README.write_text(text, encoding="utf-8")
    assert pattern.search(text).group(1) == wanted


def test_every_noun_has_its_module():
    import importlib

    for module, _text in NOUNS.values():
        assert callable(importlib.import_module(module).register)
