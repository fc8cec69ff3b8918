"""What screens that show Rechnungsläufe share: a run whose process is gone is seen without anybody writing a thing."""

from collections.abc import Iterable

from tui_billing.domain.runs import InvoiceRun, RunState
from tui_billing.screens.list_screen import ListScreen
from tui_billing.services import run_lease

WATCH_SECONDS = 2.0
"""A killed process commits nothing, so nothing else would tell."""


class RunWatch(ListScreen):
    """Looks after the runs in `running_runs` and reads again when one was interrupted."""

    def on_mount(self) -> None:
        """Textual calls the base's handler besides."""
        self.set_interval(WATCH_SECONDS, self.look_after_runs)

    def running_runs(self) -> Iterable[InvoiceRun]:
        """The shown runs that say läuft."""
        return ()

    def look_after_runs(self) -> None:
        """Ask the leases; costs nothing while no run is running."""
        found = (run_lease.as_it_stands(self.desk, run) for run in self.running_runs())
        if self.task_now is None and any(run.state is RunState.INTERRUPTED for run in found):
            self.reload()
