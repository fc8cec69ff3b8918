"""Files that leave the house: into a folder or a ZIP, whole or not at all, and to a printer."""

import os
import shlex
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui_billing.dispatch.shared import open_to_group
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.store.repositories import Repository

PRINT_TIMEOUT = 120


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
    make_folder(target.parent)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, temporary)
        open_to_group(temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def put_zip(files: Iterable[tuple[str, Path]], target: Path) -> None:
    """All files in one ZIP: (name in the ZIP, where it lies). PDFs are packed already, so they are only stored."""
    make_folder(target.parent)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, path in files:
                archive.write(path, name)
        open_to_group(temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


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
    number = 1
    while True:
        path = folder / (f"{stem}{ending}" if number == 1 else f"{stem}_{number}{ending}")
        try:
            path.touch(exist_ok=False)
            return path
        except FileExistsError:
            number += 1


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
