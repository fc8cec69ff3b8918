"""Files beside the records: PDFs and spooled mails, on disk before the commit that names them."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_billing.store.fsops import file_mode, folder_mode


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A published file: path relative to the data folder, with forward slashes, and its SHA-256 in hex."""

    relative: str
    sha256: str


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
        folders: dict[Path, None] = {}
        for relative, data in files:
            target = self.path(relative)
            if target.parent not in folders:
                self._make_folder(target.parent)
                folders[target.parent] = None
            temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
            with temporary.open("wb") as handle:
                os.fchmod(handle.fileno(), file_mode(self.folder))
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, target)
        for parent in folders:
            _sync_folder(parent)
        return [StoredFile(relative, hashlib.sha256(data).hexdigest()) for relative, data in files]

    def _make_folder(self, path: Path) -> None:
        """The folder with those above it, each with the data folder's mode and durable in the one above."""
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for folder in reversed(missing):
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # another process made it a moment ago
            folder.chmod(folder_mode(self.folder))
            _sync_folder(folder.parent)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
