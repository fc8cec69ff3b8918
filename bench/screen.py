"""What a key costs on the screen: bytes to the terminal and CPU, through a real pseudo-terminal.

(a) cursor key, scroll step, Entf and a filter key on RecordTable beside Textual's DataTable, same rows, same run;
(b) time to first paint of the app beside a minimal Textual app.

    python bench/screen.py            both, 10,000 rows, and RecordTable at 1,000 and 100,000
    python bench/screen.py --json     the figures as JSON
"""

import argparse
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import asdict, dataclass
from fcntl import ioctl
from pathlib import Path

HERE = Path(__file__).resolve()
QUIET = 0.25
"""Seconds without a byte after which a key counts as answered."""

KEYS = {
    "cursor": (["\x1b[B"], 8),
    "scroll": (["\x1b[6~"], 6),
    "entf": (["d"], 6),
    "open filter": (["/"], 1),
}
WORD = "muell"
"""Typed at a clerk's speed; the cost of a filter key is a fifth of what the word costs until all is quiet."""


@dataclass
class Cost:
    """Median bytes and CPU ms of one key."""

    widget: str
    rows: int
    key: str
    bytes: int
    cpu_ms: float


class Terminal:
    """A program on a pty of 80×24; `press` gives what came back and what it cost."""

    def __init__(self, arguments: list[str], environment: dict[str, str] | None = None) -> None:
        self.cpu_file = Path(tempfile.mkstemp(prefix="screen-bench-")[1])
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", 24, 80, 0, 0)
            ioctl(0, termios.TIOCSWINSZ, size)
            surroundings = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
            for name in ("NO_COLOR", "PYTHONDONTWRITEBYTECODE"):
                surroundings.pop(name, None)
            os.execve(sys.executable, [sys.executable, *arguments], surroundings)
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def cpu(self) -> float:
        """CPU seconds of the program and its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        if Path(f"/proc/{self.pid}/schedstat").exists():
            total = 0
            for task in Path(f"/proc/{self.pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
            return total / 1e9
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read_until_quiet(self, quiet: float = QUIET, first: float = 5.0) -> bytes:
        """Everything until nothing has come for `quiet` seconds."""
        data, patience = b"", first
        while select.select([self.fd], [], [], patience)[0]:
            try:
                chunk = os.read(self.fd, 65536)
            except OSError:
                break
            if not chunk:
                break
            data += chunk
            patience = quiet
        return data

    def wait_for(self, text: bytes, limit: float = 120.0) -> float:
        """Seconds from the start until this text was painted."""
        seen, end = b"", time.perf_counter() + limit
        while text not in seen and time.perf_counter() < end:
            if select.select([self.fd], [], [], 0.5)[0]:
                try:
                    seen += os.read(self.fd, 65536)
                except OSError:
                    break
        if text not in seen:
            raise SystemExit(f"nothing painted: {seen[-500:]!r}")
        return time.perf_counter() - self.started

    def press(self, keys: str, first: float = 60.0) -> tuple[int, float]:
        """(bytes, CPU ms) of one key, idle cost taken off."""
        before = self.cpu()
        os.write(self.fd, keys.encode())
        data = self.read_until_quiet(first=first)
        return len(data), (self.cpu() - before) * 1000

    def type_word(self, word: str) -> tuple[int, float]:
        """(bytes, CPU ms) of a word typed with eight letters a second, until all is quiet."""
        before, count = self.cpu(), 0
        for letter in word:
            os.write(self.fd, letter.encode())
            end = time.perf_counter() + 0.12
            while (left := end - time.perf_counter()) > 0:
                if select.select([self.fd], [], [], left)[0]:
                    count += len(os.read(self.fd, 65536))
        busy = True
        while busy:
            spent = self.cpu()
            count += len(self.read_until_quiet(0.5, 0.5))
            busy = self.cpu() - spent > 0.02
        return count, (self.cpu() - before) * 1000

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.cpu_file.unlink(missing_ok=True)


def rows_of(count: int) -> list[tuple[str, ...]]:
    """The same invented rows for both tables."""
    names = (
        "Bäckerei Öztürk & Söhne",
        "Kanzlei Dr. Weiß",
        "Hausverwaltung Nord",
        "a [/] b Elektronik",
        "Müller Metallbau",
    )
    return [
        (
            f"RE-2026-{n:05d}",
            f"{n % 28 + 1:02d}.11.26",
            f"{names[n % 5]} {n % 97}",
            f"{n % 9000 + 1},00",
            "E-Mail",
            "bereit",
        )
        for n in range(count)
    ]


def show_record_table(count: int) -> None:
    """A bare app with our table."""
    from textual.app import App, ComposeResult

    from tui_billing.app import CALM
    from tui_billing.screens.widgets.record_table import Column, RecordTable

    rows = rows_of(count)
    labels = (("Nummer", 13), ("Datum", 8), ("Kunde", 18), ("Brutto", 10), ("Weg", 6), ("Stand", 12))

    class Bench(App[None]):
        CSS_PATH = HERE.parents[1] / "tui_billing" / "screens" / "billing.tcss"
        ENABLE_COMMAND_PALETTE = False
        BINDINGS = [("d", "drop", ""), ("slash", "begin", "")]
        needle = ""
        typing = False

        def compose(self) -> ComposeResult:
            columns = [Column(t, t, w, right=t == "Brutto", flex=t == "Kunde") for t, w in labels]
            yield RecordTable(columns, lambda i: rows[i], open_filter=self.begin)

        def __init__(self) -> None:
            super().__init__()
            self.register_theme(CALM)
            self.theme = "calm"

        def on_mount(self) -> None:
            self.query_one(RecordTable).set_rows(range(count))

        def action_drop(self) -> None:
            table = self.query_one(RecordTable)
            table.remove_rows(table.targets())

        def begin(self) -> None:
            self.typing = True

        def on_key(self, event: object) -> None:
            character = getattr(event, "character", "") or ""
            if self.typing and character.isalpha():
                self.needle += character
                self.query_one(RecordTable).set_filter(self.needle, is_typed=True)

    Bench().run(mouse=False)


def show_data_table(count: int) -> None:
    """A bare app with Textual's table; a filter means clear and add, as its users do."""
    from textual.app import App, ComposeResult
    from textual.widgets import DataTable

    rows = rows_of(count)

    class Bench(App[None]):
        ENABLE_COMMAND_PALETTE = False
        BINDINGS = [("d", "drop", ""), ("slash", "begin", "")]
        needle = ""
        typing = False

        def compose(self) -> ComposeResult:
            table: DataTable[str] = DataTable(cursor_type="row")
            for label in ("Nummer", "Datum", "Kunde", "Brutto", "Weg", "Stand"):
                table.add_column(label)
            yield table

        def on_mount(self) -> None:
            self.fill()

        def fill(self) -> None:
            table = self.query_one(DataTable)
            for n, row in enumerate(rows):
                if self.needle in " ".join(row).lower().replace("ü", "ue"):
                    table.add_row(*(c.replace("[", "(") for c in row), key=str(n))

        def action_drop(self) -> None:
            table = self.query_one(DataTable)
            table.remove_row(table.coordinate_to_cell_key(table.cursor_coordinate).row_key)

        def action_begin(self) -> None:
            self.typing = True

        def on_key(self, event: object) -> None:
            character = getattr(event, "character", "") or ""
            if self.typing and character.isalpha():
                self.needle += character
                self.query_one(DataTable).clear()
                self.fill()

    Bench().run(mouse=False)


def measure(widget: str, rows: int) -> list[Cost]:
    """All keys on one table; Entf before the filter, so that it meets the whole table."""
    terminal = Terminal([str(HERE), "--show", widget, str(rows)])
    terminal.wait_for(b"RE-2026-00003")
    terminal.read_until_quiet(1.0, 30.0)
    costs = []
    for name, (keys, turns) in KEYS.items():
        if name == "entf" and widget == "data" and rows > 20_000:
            turns = 2
        first = 4.0 if name == "open filter" else 60.0
        results = [terminal.press(key, first) for _ in range(turns) for key in keys]
        results = results[1:] if len(results) > 2 else results
        costs.append(
            Cost(
                widget,
                rows,
                name,
                int(statistics.median(r[0] for r in results)),
                round(statistics.median(r[1] for r in results), 2),
            )
        )
    data, cpu = terminal.type_word(WORD)
    costs.append(Cost(widget, rows, "filter", data // len(WORD), round(cpu / len(WORD), 2)))
    terminal.close()
    return costs


def measure_all(plan: list[tuple[str, int]], rounds: int) -> list[Cost]:
    """The median of several rounds over the tables of the plan; the slow DataTable is measured in the first only."""
    found: dict[tuple[str, int, str], list[Cost]] = {}
    for turn in range(rounds):
        for widget, rows in plan:
            if turn == 0 or widget == "record":
                for cost in measure(widget, rows):
                    found.setdefault((widget, rows, cost.key), []).append(cost)
    return [
        Cost(*of, int(statistics.median(c.bytes for c in costs)), round(statistics.median(c.cpu_ms for c in costs), 2))
        for of, costs in found.items()
    ]


MINIMAL = """
from textual.app import App
from textual.widgets import Static
class A(App):
    def compose(self):
        yield Static("gemalt")
A().run(mouse=False)
"""

OURS = """
import sys
sys.path.insert(0, {root!r})
from datetime import date
from pathlib import Path
from tui_billing.app import run_app
from tui_billing.domain.parties import Company
from tui_billing.services.desk import Desk
from tui_billing.store.files import Files
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Store
store = Store(MemoryEngine(), "anna")
with store.transaction("Firma") as tx:
    tx.insert(Company(name="Muster GmbH"))
folder = Path("nowhere")
run_app(Desk(store, Files(folder), folder, "anna", lambda: date(2026, 11, 22), lambda: None, lambda: None))
"""

WHOLE = """
import sys
sys.path.insert(0, {root!r})
from tui_billing.__main__ import main
main(["--data", {folder!r}])
"""


def first_paint(turns: int) -> dict[str, float]:
    """Median seconds and CPU seconds to the first paint, alternating: a minimal app, ours over a desk in memory, and
    the whole program, which opens a data folder with the demo company first."""
    root = str(HERE.parents[1])
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        make = [sys.executable, "-m", "tui_billing", "demo", "--no-ui", "--size", "20", "--data", folder]
        subprocess.run(make, check=True, cwd=root, capture_output=True)
        programs = {
            "minimal": (MINIMAL, b"gemalt"),
            "ours": (OURS.format(root=root), b"Abrechnung"),
            "whole": (WHOLE.format(root=root, folder=folder), b"Abrechnung"),
        }
        wall: dict[str, list[float]] = {name: [] for name in programs}
        cpu: dict[str, list[float]] = {name: [] for name in programs}
        # Compiled modules as an installed program has them; the first turn writes them and does not count.
        compiled = {"PYTHONPYCACHEPREFIX": cache}
        for turn in range(turns + 1):
            for name, (program, text) in programs.items():
                terminal = Terminal(["-c", program], compiled)
                seconds = terminal.wait_for(text)
                if turn:
                    wall[name].append(seconds)
                    cpu[name].append(terminal.cpu())
                terminal.close()
    found = {name: round(statistics.median(values), 3) for name, values in wall.items()}
    found |= {f"{name} CPU": round(statistics.median(values), 3) for name, values in cpu.items()}
    for name in ("ours", "whole"):
        found[f"ratio {name}"] = round(found[name] / found["minimal"], 2)
        found[f"ratio {name} CPU"] = round(found[f"{name} CPU"] / found["minimal CPU"], 2)
    return found


def heavy_imports() -> list[str]:
    """Modules that must not be there when the app is imported."""
    code = "import sys, tui_billing.app, tui_billing.screens.start; print(*[m for m in sys.modules])"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return sorted({n.split(".")[0] for n in names} & {"pymupdf", "fitz", "markdown_pdf", "tinydb", "weasyprint"})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", nargs=2, metavar=("TABLE", "ROWS"), help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--rounds", type=int, default=5, help="times that our table's keys are measured")
    parser.add_argument("--turns", type=int, default=15, help="starts for the first paint")
    parser.add_argument("--quick", action="store_true", help="no DataTable at 100,000 rows")
    arguments = parser.parse_args()
    if arguments.show:
        sys.path.insert(0, str(HERE.parents[1]))
        show = {"record": show_record_table, "data": show_data_table}[arguments.show[0]]
        show(int(arguments.show[1]))
        return
    plan = [("record", 1_000), ("record", 10_000), ("data", 10_000), ("record", 100_000), ("data", 100_000)]
    costs = measure_all(plan[:1] + plan[3:4] if arguments.quick else plan, arguments.rounds)
    paint, heavy = first_paint(arguments.turns), heavy_imports()
    if arguments.json:
        print(json.dumps({"keys": [asdict(c) for c in costs], "paint": paint, "heavy": heavy}, indent=2))
        return
    print(f"{'table':8} {'rows':>8} {'key':8} {'bytes':>8} {'CPU ms':>9}")
    for cost in costs:
        print(f"{cost.widget:8} {cost.rows:>8} {cost.key:8} {cost.bytes:>8} {cost.cpu_ms:>9.2f}")
    print("first paint:", ", ".join(f"{name} {value}" for name, value in paint.items()))
    print("heavy imports:", ", ".join(heavy) or "none")


if __name__ == "__main__":
    main()
