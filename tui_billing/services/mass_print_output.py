"""Massendruck hands its files out: a combined print file and / or single PDFs, into a folder or a ZIP, to a printer."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.file_names import document_file_name, safe, unique
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.output import hand_over, is_zip, output_folder, print_file, put_zip, zip_target
from tui_billing.store.files import StoredFile


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """One combined file, single PDFs, or both; `out` is a folder or a ZIP (empty: pdf.folder)."""

    combined: bool = True
    singles: bool = False
    out: str = ""
    print_now: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """A document whose PDF lies in the archive; `copy` where it was sent before."""

    document: Document
    stored: StoredFile
    copy: bool


def hand_out(desk: Desk, options: OutputOptions, made: Sequence[Printed], first: str, last: str) -> list[str]:
    """Files into the folder or the ZIP, the combined one last; then to the printer where that is asked for.

    `first` and `last` are the numbers as asked for; empty ones are those of the documents.
    """
    target = output_folder(desk, options.out)
    pattern = settings.get(desk.store, "pdf.file_name")
    names = unique([document_file_name(m.document, pattern, copy=m.copy) for m in made])
    paths = [desk.files.path(m.stored.relative) for m in made]
    staging = desk.files.staging("mass-print-out")
    try:
        entries = list(zip(names, paths, strict=True)) if options.singles else []
        combined = None
        if options.combined:
            combined = staging / _combined_name(made, first, last)
            desk.renderer().combine(paths, combined)
            entries.append((combined.name, combined))
        files = _put(entries, target)
        if options.print_now and combined is not None:
            print_file(desk, Path(files[-1]) if not is_zip(target) else combined)
        return files
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _put(entries: Sequence[tuple[str, Path]], target: Path) -> list[str]:
    if is_zip(target):
        target = zip_target(target)
        put_zip(entries, target)
        return [str(target)]
    return [str(hand_over(path, target / name).path) for name, path in entries]


def _combined_name(made: Sequence[Printed], first: str, last: str) -> str:
    numbers = (first or made[0].document.number, last or made[-1].document.number)
    return f"Massendruck_{'_'.join(safe(n) for n in numbers)}.pdf"
