"""`./setup` and `./check` on a machine that lacks something: one sentence with the command that mends it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="shell scripts")

OLD = "exit 1\n"
WITHOUT_VENV = f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"\n'
NO_PYTHON = "Python 3.11 oder neuer fehlt; das behebt: sudo apt install python3 python3-venv\n"


def run(tmp_path, script, *words, python=""):
    """Run a script where only a few tools and this python (the lines of a shell script) are to be found."""
    for tool in ("bash", "env", "dirname", "sed", "cat", "cksum"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    if python:
        (tmp_path / "python3").write_text(f"#!{shutil.which('bash')}\n{python}")
        (tmp_path / "python3").chmod(0o755)
    environment = {"PATH": str(tmp_path), "TUI_BILLING_VENV": str(tmp_path / "venv")}
    return subprocess.run([ROOT / script, *words], env=environment, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("python", ["", OLD])
@pytest.mark.parametrize("words", [("setup", "--no-ui"), ("setup",), ("check", "tests")])
def test_a_missing_or_old_python_is_one_sentence(tmp_path, python, words):
    ran = run(tmp_path, *words, python=python)
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "", NO_PYTHON)


def test_a_missing_venv_module_is_one_sentence(tmp_path):
    ran = run(tmp_path, "setup", "--no-ui", python=WITHOUT_VENV)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (ran.returncode, ran.stderr) == (
        3,
        f"Python {version} fehlt das Modul venv; das behebt: sudo apt install python{version}-venv\n",
    )
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("setup", "--foo"), "Unbekannt: --foo (möglich: --no-ui, --data ORDNER)\n"),
        (("check", "foo"), "Unbekannt: foo (möglich: tests, lint, all)\n"),
    ],
)
def test_an_unknown_word_is_refused_before_anything_is_made(tmp_path, words, text):
    ran = run(tmp_path, *words, python=OLD)
    assert (ran.returncode, ran.stderr) == (2, text)
