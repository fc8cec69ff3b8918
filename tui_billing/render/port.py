"""The port of render: documents and statements become PDF files in a staging folder, a batch at a time."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Problem
from tui_billing.domain.statements import Statement


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What the sender's paper shows besides the snapshot in the document: paths, empty where there is none."""

    logo: str = ""
    pdf: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One document to render; a draft is marked ENTWURF across every page, a copy with the word Kopie."""

    document: Document
    draft: bool = False
    copy: bool = False


@dataclass(frozen=True, slots=True)
class StatementJob:
    """One statement of a batch; `note` marks a recomputed reprint ("Neuberechnung vom ...")."""

    statement: Statement
    draft: bool = False
    copy: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Result of one job, in the order of the jobs: the file in the staging folder, or the problem."""

    index: int
    path: Path | None
    sha256: str = ""
    pages: int = 0
    problem: Problem | None = None


class Renderer(Protocol):
    """Renders in other processes; PyMuPDF is never imported in the caller's."""

    def render(self, jobs: Sequence[Job | StatementJob], staging: Path) -> Iterator[Rendered]:
        """One PDF per job into `staging`; results come as they are ready, in order; one bad job is one problem.

        The same job gives the same bytes, alone or in a batch, in any process.
        """
        ...

    def render_combined(
        self, jobs: Sequence[Job | StatementJob], staging: Path, target: Path, cover: Sequence[str] = ()
    ) -> Generator[Rendered, None, int]:
        """As `render`, and one print file of all that succeeded, in order, `cover` lines on a page in front.

        Cheaper and smaller than `combine` afterwards; the generator returns the print file's pages (0: no file).
        """
        ...

    def combine(self, files: Sequence[Path], target: Path, cover: Sequence[str] = ()) -> int:
        """One print file of existing PDFs in this order, `cover` lines on a first page of their own; pages."""
        ...

    def close(self) -> None:
        """End the worker processes."""
        ...
