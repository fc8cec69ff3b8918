"""The README's tables are made from the code: run `UPDATE_README=1 pytest tests/test_readme.py` after a change."""

import os
import re
import subprocess
import sys
from pathlib import Path

import make_demo_data
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


def script() -> str:
    source = (README.parent / "docs" / "examples" / "open_invoices.py").read_text(encoding="utf-8")
    return source.split('"""\n', 1)[1].strip()


def test_the_script_of_the_readme_is_the_example_that_runs(tmp_path):
    text = README.read_text(encoding="utf-8")
    shown = text.split("<!-- script: docs/examples/open_invoices.py -->\n```python\n")[1].split("\n```")[0]
    assert shown == script()
    folder = tmp_path / "data"
    make_demo_data.make(folder)
    done = subprocess.run(
        [sys.executable, "docs/examples/open_invoices.py", str(folder), "2026-11"],
        capture_output=True,
        text=True,
        cwd=README.parent,
        env={**os.environ, "PYTHONPATH": str(README.parent)},
    )
    assert done.stdout.splitlines()[-1] == "1 invoice has the number RE-2026-00001", done.stderr


def test_every_noun_has_its_module():
    import importlib

    for module, _text in NOUNS.values():
        assert callable(importlib.import_module(module).register)


@pytest.mark.parametrize("name", ["README.md", "docs/tests.md", "docs/architecture.md", "docs/decisions.md"])
def test_every_path_that_a_document_names_exists(name):
    root = README.parent
    text = (root / name).read_text(encoding="utf-8")
    named = re.findall(r"\b(?:tests|bench|scripts|docs|tui_billing|data)/[\w./-]*\w", text)
    named += re.findall(r"`(screens|store|render|dispatch|exchange|services|domain|commands)/", text)
    missing = [path for path in named if not (root / path).exists() and not (root / "tui_billing" / path).exists()]
    assert missing == []
