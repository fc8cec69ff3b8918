"""Files beside the records: PDFs and spooled mails, on disk before the commit that names them."""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tui_billing.store.fsops import file_mode, folder_mode, sync_path


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A published file: path relative to the data folder, with forward slashes, and its SHA-256 in hex."""

    relative: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file on disk beside its place, under a name of its own until it is placed or dropped."""

    temporary: Path
    target: Path
    stored: StoredFile


class Files:
    """documents/ and staging/ of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = folder.resolve()

    def path(self, relative: str) -> Path:
        """Where a published file lies. Raises ValueError for a path that leaves the data folder."""
        path = (self._root / relative).resolve()
        if not path.is_relative_to(self._root):
            raise ValueError(f"not inside the data folder: {relative!r}")
        return path

    def read(self, relative: str) -> bytes:
        """The bytes of a published file."""
        return self.path(relative).read_bytes()

    def size(self, relative: str) -> int:
        """Bytes of a published file."""
        return self.path(relative).stat().st_size

    def staging(self, name: str) -> Path:
        """An empty folder to render into; made anew each time."""
        path = self.path(f"staging/{name}-{os.getpid()}")
        shutil.rmtree(path, ignore_errors=True)
        self._make_folder(path)
        return path

    def publish(self, source: Path, relative: str) -> StoredFile:
        """Move a staged file to its place, durable before this returns; replaces what is there."""
        return self.write(relative, source.read_bytes())

    def write(self, relative: str, data: bytes) -> StoredFile:
        """Write bytes to their place: temporary file, fsync, rename, fsync of the folder."""
        return self.write_many([(relative, data)])[0]

    def write_many(self, files: Sequence[tuple[str, bytes]]) -> list[StoredFile]:
        """Several files, all durable when this returns; each folder is synced once for all of them."""
        staged = self.stage(files)
        self.place(staged)
        return [file.stored for file in staged]

    def stage(self, files: Sequence[tuple[str, bytes]]) -> list[StagedFile]:
        """Durable beside their places, which are left alone: all of them, or none where one cannot be written."""
        staged: list[StagedFile] = []
        folders: set[Path] = set()
        try:
            for relative, data in files:
                target = self.path(relative)
                if target.parent not in folders:
                    self._make_folder(target.parent)
                    folders.add(target.parent)
                temporary = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
                stored = StoredFile(relative, hashlib.sha256(data).hexdigest())
                staged.append(StagedFile(temporary, target, stored))
                with temporary.open("wb") as handle:
                    os.fchmod(handle.fileno(), file_mode(self.folder))
                    handle.write(data)
                    handle.flush()
                    os.fsync(handle.fileno())
        except BaseException:
            self.drop(staged)
            raise
        return staged

    def place(self, staged: Sequence[StagedFile]) -> None:
        """Rename to their places, replacing what is there, durable when this returns."""
        for file in staged:
            os.replace(file.temporary, file.target)
        for folder in dict.fromkeys(file.target.parent for file in staged):
            sync_path(folder)

    def drop(self, staged: Iterable[StagedFile]) -> None:
        """Take away what is not placed."""
        for file in staged:
            with suppress(OSError):
                file.temporary.unlink(missing_ok=True)

    def sweep(self, is_dead: Callable[[str], bool]) -> None:
        """Take away what dead processes, known by their numbers, have staged and not placed."""
        for folder in (*self.folder.glob("documents/*"), *self.folder.glob("documents/*/mail")):
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    parts = entry.name.rsplit(".", 3)
                    if entry.name.startswith(".") and parts[-1] == "tmp" and len(parts) == 4 and is_dead(parts[1]):
                        Path(entry.path).unlink()

    def _make_folder(self, path: Path) -> None:
        """The folder with those above it, each with the data folder's mode and durable in the one above."""
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for folder in reversed(missing):
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # another process made it a moment ago
            folder.chmod(folder_mode(self.folder))
            sync_path(folder.parent)
