"""The renderer in other processes: order, one bad job, a process that dies, the print file."""

import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pymupdf
import pytest
from render_samples import BUYER, invoice, line, page_texts, render, statement

from tui_billing.domain.parties import InvoiceFormat
from tui_billing.i18n import say
from tui_billing.render import worker
from tui_billing.render.pool import PoolRenderer, batch_size
from tui_billing.render.port import Job, Rendered, StatementJob


@pytest.fixture(scope="module")
def renderer() -> Iterator[PoolRenderer]:
    made = PoolRenderer(workers=2, finisher="render_finisher:finish")
    yield made
    made.close()


def numbered(count: int, lines: int = 2) -> list[Job | StatementJob]:
    return [Job(invoice(lines, number=f"RE-2026-{n:05d}")) for n in range(1, count + 1)]


def drain(rows: Generator[Rendered, None, int]) -> tuple[list[Rendered], int]:
    found = []
    while True:
        try:
            found.append(next(rows))
        except StopIteration as end:
            return found, end.value


def test_another_process_gives_the_same_bytes_in_order(renderer: PoolRenderer, tmp_path: Path) -> None:
    jobs = numbered(60)
    rows = list(renderer.render(jobs, tmp_path))
    assert [row.index for row in rows] == list(range(60))
    here = tmp_path / "here"
    here.mkdir()
    assert [row.sha256 for row in rows[:3]] == [row.sha256 for row in render(jobs[:3], here)]
    assert [row.sha256 for row in rows[57:]] == [render([job], here)[0].sha256 for job in jobs[57:]]
    for row in (rows[0], rows[59]):
        assert row.path is not None
        assert f"RE-2026-{row.index + 1:05d}" in page_texts(row.path)[0]
    assert len(list(tmp_path.glob("*"))) == 61, "nothing but the documents is left"


def test_one_bad_job_is_one_problem(renderer: PoolRenderer, tmp_path: Path) -> None:
    jobs = numbered(3)
    tall = line(1, description="\n".join("x" * 90))
    jobs[1] = Job(invoice([tall], number="RE-2026-00002"))
    jobs.append(Job(replace(invoice(), totals="broken")))  # type: ignore[arg-type]
    rows = list(renderer.render(jobs, tmp_path))
    assert [row.problem.code if row.problem else "" for row in rows] == ["", "POSITION_ZU_HOCH", "", "PDF_FEHLER"]


def test_a_process_that_dies_costs_the_document_it_died_of(tmp_path: Path) -> None:
    renderer = PoolRenderer(workers=1, finisher="render_finisher:finish")
    jobs = numbered(4)
    jobs[2] = Job(invoice(number="RE-2026-00003", footer_text="DIE", invoice_format=InvoiceFormat.ZUGFERD))
    rows = list(renderer.render(jobs, tmp_path))
    renderer.close()
    assert [row.index for row in rows] == [0, 1, 2, 3]
    assert [row.problem.code if row.problem else "" for row in rows] == ["", "", "PDF_PROZESS_ABGEBROCHEN", ""]
    assert rows[2].problem is not None
    assert rows[2].problem.where == "RE-2026-00003"


def test_the_finisher_gets_what_is_not_plain_pdf_and_no_draft(renderer: PoolRenderer, tmp_path: Path) -> None:
    zugferd = invoice(invoice_format=InvoiceFormat.ZUGFERD)
    rows = list(renderer.render([Job(invoice()), Job(zugferd), Job(zugferd, draft=True)], tmp_path))
    ends = [row.path.read_bytes().endswith(b"%finished RE-2026-00001") for row in rows if row.path]
    assert ends == [False, True, False]


def test_an_error_of_the_finisher_is_a_problem(renderer: PoolRenderer, tmp_path: Path) -> None:
    bad = invoice(invoice_format=InvoiceFormat.ZUGFERD, footer_text="RAISE")
    (row,) = renderer.render([Job(bad)], tmp_path)
    assert row.path is None
    assert row.problem is not None
    assert row.problem.code == "PDF_FEHLER"
    assert list(tmp_path.iterdir()) == []


def test_closing_the_generator_stops_and_the_renderer_goes_on(renderer: PoolRenderer, tmp_path: Path) -> None:
    rows = renderer.render(numbered(120, lines=1), tmp_path)
    assert [row.index for row in islice(rows, 3)] == [0, 1, 2]
    rows.close()  # type: ignore[attr-defined]
    assert [row.index for row in renderer.render(numbered(1), tmp_path)] == [0]


def test_a_folder_that_is_gone_is_a_problem_of_each_document(renderer: PoolRenderer, tmp_path: Path) -> None:
    rows = list(renderer.render(numbered(2), tmp_path / "gone"))
    assert [row.problem.code for row in rows if row.problem] == ["PDF_FEHLER"] * 2


def test_an_executor_can_be_handed_in(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        renderer = PoolRenderer(workers=1, executor=executor)
        rows = list(renderer.render(numbered(2), tmp_path))
        renderer.close()
        assert [row.problem for row in rows] == [None, None]
        assert executor.submit(int, "7").result() == 7, "it is left to its owner"


def test_the_print_file_holds_all_in_order_behind_its_cover(renderer: PoolRenderer, tmp_path: Path) -> None:
    jobs = numbered(30)
    jobs[4] = Job(invoice(30, number="RE-2026-00005"))
    jobs[7] = Job(invoice(buyer=replace(BUYER, name="日本"), number="RE-2026-00008"))
    jobs[9] = Job(invoice([line(1, description="\n".join("x" * 90))], number="RE-2026-00010"))
    jobs[12] = StatementJob(statement())
    target = tmp_path / "druck.pdf"
    rows, pages = drain(
        renderer.render_combined(jobs, tmp_path, target, ("Sammeldruck <1>", "29 Belege", "1.234,56 €"))
    )
    texts = page_texts(target)
    assert pages == len(texts) == 1 + sum(row.pages for row in rows)
    assert "Sammeldruck <1>" in texts[0]
    assert "29 Belege" in texts[0]
    wanted = [f"RE-2026-{n:05d}" for n in range(1, 31) if n not in (10, 13)]
    firsts = [text for text in texts[1:] if "Seite 1 von" in text and "Rechnungsnummer" in text]
    assert [number for number, text in zip(wanted, firsts, strict=True) if number in text] == wanted
    assert sum("keine Rechnung im Sinne" in text for text in texts) == 1
    assert not list(tmp_path.glob(".*")), "no batch file is left"


def test_print_files_share_fonts_and_paper(renderer: PoolRenderer, tmp_path: Path) -> None:
    jobs = numbered(60, lines=1)
    target, later = tmp_path / "druck.pdf", tmp_path / "spaeter.pdf"
    rows, pages = drain(renderer.render_combined(jobs, tmp_path, target))
    again = renderer.combine([row.path for row in rows if row.path], later)
    assert pages == again == 60
    assert page_texts(target) == page_texts(later)
    for path in (target, later):
        assert path.stat().st_size < 60_000 + 60 * 2_500
        with pymupdf.open(str(path)) as pdf:
            fonts = {font[0] for number in range(60) for font in pdf.get_page_fonts(number, full=True)}
        assert len(fonts) <= 4


def test_combining_keeps_what_the_pages_look_like(renderer: PoolRenderer, tmp_path: Path) -> None:
    rows = list(renderer.render([*numbered(3), StatementJob(statement())], tmp_path))
    renderer.combine([row.path for row in rows if row.path], tmp_path / "all.pdf", ("Deckblatt",))
    with pymupdf.open(str(tmp_path / "all.pdf")) as joined:
        for number, row in enumerate(rows, start=1):
            with pymupdf.open(str(row.path)) as single:
                assert joined[number].get_pixmap(dpi=50).digest == single[0].get_pixmap(dpi=50).digest


def test_the_callers_process_never_imports_pymupdf(tmp_path: Path) -> None:
    script = tmp_path / "caller.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from tui_billing.domain.documents import Document, Line\n"
        "from tui_billing.domain.totals import compute\n"
        "from tui_billing.render.pool import PoolRenderer\n"
        "from tui_billing.render.port import Job\n"
        "if __name__ == '__main__':\n"
        "    renderer = PoolRenderer(workers=1)\n"
        "    document = compute(Document(number='RE-1', lines=(Line(name='x'),)))\n"
        "    (row,) = renderer.render([Job(document)], Path(sys.argv[1]))\n"
        "    renderer.close()\n"
        "    assert row.path is not None, row.problem\n"
        "    print([name for name in sys.modules if name.split('.')[0] in ('pymupdf', 'fitz', 'markdown_pdf')])\n",
        encoding="utf-8",
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.stdout == "[]\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("jobs", "workers", "size"), [(1, 2, 25), (60, 2, 25), (200, 2, 50), (1000, 2, 100), (9, 8, 25)]
)
def test_batches_hold_25_to_100_documents(jobs: int, workers: int, size: int) -> None:
    assert batch_size(jobs, workers) == size


class Unpicklable(Exception):
    """As MuPDF raises them: it holds what no other process can read."""

    def __init__(self, text):
        super().__init__(text)
        self.held = lambda: None


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("code=2: cannot fwrite: No space left on device", "PDF_DATEI_FEHLER", "auf dem Datenträger ist kein Platz"),
        ("code=7: syntax error", "PDF_FEHLER", "Unpicklable: code=7: syntax error"),
    ],
)
def test_what_the_engine_raises_travels_between_processes_and_names_a_full_disk(monkeypatch, text, code, said):
    def fails(_order):
        raise Unpicklable(text)

    monkeypatch.setattr("tui_billing.render.batch.render", fails)
    with pytest.raises((OSError, RuntimeError)) as raised:
        worker.render_batch(None)
    error = pickle.loads(pickle.dumps(raised.value))
    problem = worker.failed(0, error, "RE-1").problem
    assert problem.code == code and said in say(problem)
