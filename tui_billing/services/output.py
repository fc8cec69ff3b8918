"""Files that leave the house: into a folder or a ZIP, whole or not at all, and to a printer."""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tui_billing.dispatch.shared import open_to_group
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.store.repositories import Repository, Store

PRINT_TIMEOUT = 120
LOG_ENTRIES = 1000
"""So far back the log of a document is asked for its earlier PDFs."""


def output_folder(desk: Desk, out: str = "") -> Path:
    """`--out`, else pdf.folder, else `output` in the data folder."""
    chosen = out or settings.get(desk.store, "pdf.folder").strip()
    return Path(chosen).expanduser().absolute() if chosen else desk.folder / "output"


def is_zip(target: Path) -> bool:
    """Whether the files go into one ZIP."""
    return target.suffix.lower() == ".zip"


def make_folder(path: Path) -> None:
    """The folder with those above it; in a shared data folder a colleague may go on in it."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in reversed(missing):
        open_to_group(folder)


def put_file(source: Path, target: Path) -> None:
    """Copy so that nobody ever sees half a file; what stands there is replaced."""
    with _half_file(target) as temporary:
        shutil.copyfile(source, temporary)
        open_to_group(temporary)
        os.replace(temporary, target)


@contextmanager
def _half_file(target: Path) -> Iterator[Path]:
    """Where a file is written before it gets its name; what is left of it goes in any case."""
    make_folder(target.parent)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


class HandedOver(NamedTuple):
    """Where a file lies now, and whether it was not there before."""

    path: Path
    is_new: bool


def hand_over(source: Path, target: Path, is_own: Callable[[str], bool] = lambda digest: False) -> HandedOver:
    """Copy a document to this name, or to the next free one with _2: another invoice's file is never overwritten (E5).

    What stands there is replaced only where `is_own` knows its SHA-256 as an earlier version of the same document;
    where it is the same already, nothing is done.
    """
    for path in _numbered(target):
        try:
            _put_new(source, path)
        except FileExistsError:
            there = _file_hash(path)
            if there == _file_hash(source):
                return HandedOver(path, False)
            if not is_own(there):
                continue
            put_file(source, path)
        return HandedOver(path, True)
    raise AssertionError("there is always another number")


def _put_new(source: Path, target: Path) -> None:
    """Raises FileExistsError where somebody was faster, also in another process."""
    with _half_file(target) as temporary:
        shutil.copyfile(source, temporary)
        open_to_group(temporary)
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError(target) from None
            os.replace(temporary, target)


def _numbered(target: Path) -> Iterator[Path]:
    yield target
    for number in count(2):
        yield target.with_name(f"{target.stem}_{number}{target.suffix}")


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def own_versions(store: Store, document_id: int) -> Callable[[str], bool]:
    """Whether a hash is that of an earlier archived PDF of this document, by the log."""

    def is_own(digest: str) -> bool:
        entries = store.history(Document, document_id, limit=LOG_ENTRIES)
        return any(
            new is not None and new.get("file_hash") == digest for entry in entries for _, _, _, new in entry.changes
        )

    return is_own


def zip_target(target: Path, mark: str = "") -> Path:
    """Where a ZIP may be written: over an earlier one of the same `mark` only, else the next free name."""
    return next(path for path in _numbered(target) if not path.exists() or (mark and _mark_of(path) == mark))


def _mark_of(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.decode("utf-8", "replace")
    except (OSError, zipfile.BadZipFile):
        return ""


def put_zip(files: Iterable[tuple[str, Path]], target: Path, mark: str = "") -> None:
    """All files in one ZIP: (name in the ZIP, where it lies). PDFs are packed already, so they are only stored.

    `mark` is its comment and tells by `zip_target` whose it is.
    """
    with _half_file(target) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = mark.encode()
            for name, path in files:
                archive.write(path, name)
        open_to_group(temporary)
        os.replace(temporary, target)


@contextmanager
def folder_or_zip(desk: Desk, out: str = "") -> Iterator[Path]:
    """The folder to write into; where `out` names a ZIP, what was written is packed into it at the end."""
    target = output_folder(desk, out)
    if not is_zip(target):
        yield target
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        if files := sorted(Path(folder).iterdir()):
            put_zip(((file.name, file) for file in files), target)


def handed_out(desk: Desk, out: str, files: Sequence[Path]) -> list[Path]:
    """What the clerk is told: the files, or the one ZIP that holds them."""
    target = output_folder(desk, out)
    return [target] if files and is_zip(target) else list(files)


def free_name(folder: Path, stem: str, ending: str = ".pdf") -> Path:
    """A file that did not exist, reserved for this process: `stem.pdf`, `stem_2.pdf` …"""
    make_folder(folder)
    for path in _numbered(folder / f"{stem}{ending}"):
        try:
            path.touch(exist_ok=False)
            return path
        except FileExistsError:
            continue
    raise AssertionError("there is always another number")


def print_problem(store: Repository) -> Problem | None:
    """Why nothing can be printed, or None."""
    if settings.get(store, "print.command").strip():
        return None
    text = N_("Es ist kein Druckbefehl eingestellt; „settings set print.command 'lp {file}'“ stellt einen ein.")
    return Problem("DRUCKBEFEHL_FEHLT", text, {"file": "{file}"})


def print_file(desk: Desk, path: Path) -> None:
    """Hand a file to print.command, in which {file} stands for it. Raises Refused with the command's own words."""
    if problem := print_problem(desk.store):
        raise Refused(problem)
    words = shlex.split(settings.get(desk.store, "print.command"))
    command = [word.replace("{file}", str(path)) for word in words]
    if not any("{file}" in word for word in words):
        command.append(str(path))
    text = N_("Der Druckbefehl {command} ging nicht: {message}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PRINT_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(Problem("DRUCK", text, {"command": words[0], "message": str(error)})) from error
    if done.returncode:
        message = (done.stderr or done.stdout).strip() or str(done.returncode)
        raise Refused(Problem("DRUCK", text, {"command": words[0], "message": message}))
