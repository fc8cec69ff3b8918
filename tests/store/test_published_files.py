"""PDFs and spooled mails: durable before the commit that names them, private, never outside the data folder."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from tui_billing.store.files import Files


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_a_published_file_is_there_with_its_hash_and_nothing_beside_it(tmp_path: Path) -> None:
    files = Files(tmp_path)
    source = files.staging("run") / "a.pdf"
    source.write_bytes(b"%PDF")
    stored = files.publish(source, "documents/2026/RE-1.pdf")
    assert stored.sha256 == hashlib.sha256(b"%PDF").hexdigest()
    assert files.read(stored.relative) == b"%PDF"
    assert [p.name for p in (tmp_path / "documents" / "2026").iterdir()] == ["RE-1.pdf"]


@pytest.mark.parametrize("relative", ["../out.pdf", "/etc/passwd", "documents/../../out"])
def test_a_path_that_leaves_the_data_folder_is_refused(tmp_path: Path, relative: str) -> None:
    with pytest.raises(ValueError, match="not inside"):
        Files(tmp_path / "data").write(relative, b"x")


@pytest.mark.parametrize(("folder", "file", "inner"), [(0o700, "0o600", "0o700"), (0o2770, "0o660", "0o2770")])
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_modes_are_those_of_the_data_folder(tmp_path: Path, folder: int, file: str, inner: str, umask: int) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(folder)
    before = os.umask(umask)
    try:
        Files(root).write("documents/2026/mail/a.eml", b"x")
    finally:
        os.umask(before)
    assert mode(root / "documents/2026/mail/a.eml") == file
    assert {mode(root / name) for name in ("documents", "documents/2026", "documents/2026/mail")} == {inner}


def test_new_folders_are_durable_in_the_folders_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd)))
    Files(tmp_path).write("documents/2026/a.pdf", b"x")
    wanted = [tmp_path, tmp_path / "documents", tmp_path / "documents/2026/a.pdf", tmp_path / "documents/2026"]
    assert synced == [p.stat().st_ino for p in wanted]
