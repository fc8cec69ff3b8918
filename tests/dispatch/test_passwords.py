"""The mail password: command, systemd credential, environment, 0600 file, in this order; never in a message."""

from pathlib import Path

import pytest

from tui_billing.dispatch.passwords import ENVIRONMENT, NoPassword, find_password


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_source_that_is_set_counts(tmp_path: Path) -> None:
    file = private(tmp_path / "pw", "aus-datei\nzweite Zeile")
    private(tmp_path / "tui-billing-smtp", "aus-systemd\n", 0o644)
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    everything = {**systemd, ENVIRONMENT: "aus-umgebung"}
    assert find_password("printf aus-befehl", str(file), everything) == "aus-befehl"
    assert find_password("", str(file), everything) == "aus-systemd"
    assert find_password("", str(file), {ENVIRONMENT: "aus-umgebung"}) == "aus-umgebung"
    assert find_password("", str(file), {}) == "aus-datei"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path / "pw", "geheim", mode)
    with pytest.raises(NoPassword, match="chmod 600") as refused:
        find_password("", str(file), {})
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false", "Fehler 1"),
        ("sh -c 'echo geheim; echo geheim >&2; exit 3'", "Fehler 3"),
        ("gibt-es-nicht", "läuft nicht"),
        ("printf ''", "leer"),
        ("printf '\\377'", "UTF-8"),
        ("'", "läuft nicht"),
    ],
)
def test_a_command_that_gives_none_says_so_without_its_output(command: str, words: str) -> None:
    with pytest.raises(NoPassword, match=words) as refused:
        find_password(command, "", {})
    assert "geheim" not in str(refused.value)


def test_without_any_source_the_sentence_names_them() -> None:
    with pytest.raises(NoPassword, match=ENVIRONMENT):
        find_password("", "", {})
    with pytest.raises(NoPassword, match="nicht lesbar"):
        find_password("", "/nirgends/pw", {})
