"""Who is alive: a lease ends with its process, whatever ended it, and not before."""

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tui_billing.dispatch.lease import Lease, is_alive, sweep

CHILD = """
import sys, time
from pathlib import Path
from tui_billing.dispatch.lease import Lease
print(Lease(Path(sys.argv[1])).token, flush=True)
time.sleep(60)
"""


def test_a_lease_is_alive_until_it_is_released(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert is_alive(tmp_path, lease.token)
    sweep(tmp_path)
    assert is_alive(tmp_path, lease.token)
    lease.release()
    assert not is_alive(tmp_path, lease.token)
    lease.release()


@pytest.mark.parametrize("token", ["", "never", "../x", "a/b"])
def test_a_token_that_nobody_has_is_dead(tmp_path: Path, token: str) -> None:
    assert not is_alive(tmp_path, token)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is for POSIX")
def test_kill_9_ends_a_lease_and_a_stranger_sees_both(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert child.stdout is not None
    token = child.stdout.readline().strip()
    assert is_alive(tmp_path, token)
    child.kill()
    child.wait()
    child.stdout.close()
    assert not is_alive(tmp_path, token)
    sweep(tmp_path)
    assert list((tmp_path / "sending").iterdir()) == []


def _wait(started: Any, done: Any) -> None:
    started.set()
    done.wait(20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is for POSIX")
def test_a_forked_worker_keeps_no_lease_alive(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    fork = multiprocessing.get_context("fork")
    started, done = fork.Event(), fork.Event()
    worker = fork.Process(target=_wait, args=(started, done))
    worker.start()
    assert started.wait(20)
    os.close(lease._handle)  # what the kernel does when this process dies
    lease._handle = -1
    alive = is_alive(tmp_path, lease.token)
    done.set()
    worker.join()
    assert not alive


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize(("data", "inner", "file"), [(0o2770, "0o2770", "0o660"), (0o700, "0o700", "0o600")])
def test_a_colleague_of_the_group_can_take_and_ask_leases(
    tmp_path: Path, data: int, inner: str, file: str, umask: int
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(data)
    before = os.umask(umask)
    try:
        lease = Lease(root)
    finally:
        os.umask(before)
    modes = [oct(stat.S_IMODE(p.stat().st_mode)) for p in (root / "sending", *(root / "sending").iterdir())]
    lease.release()
    assert modes == [inner, file]
