"""How fast mails may leave: at most so many in any minute and in any hour, counted over all processes.

Times are aware datetimes; a mail counts for the whole window after the second in which it was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

MINUTE = timedelta(seconds=60)
HOUR = timedelta(seconds=3600)


@dataclass(frozen=True, slots=True)
class Limits:
    """mail.per_minute and mail.per_hour; 0 is without limit."""

    per_minute: int = 0
    per_hour: int = 0

    @property
    def window(self) -> timedelta:
        """How far back sendings count; zero where there is no limit."""
        if self.per_hour > 0:
            return HOUR
        return MINUTE if self.per_minute > 0 else timedelta(0)


def _wait(sent: Sequence[datetime], limit: int, window: timedelta, now: datetime) -> timedelta:
    """Until the window holds fewer than `limit` again.

    What lies in the future was sent before the clock was put back: counted, it would hold a run up until then.
    """
    recent = sorted(t for t in sent if now - window < t <= now + MINUTE)
    if limit <= 0 or len(recent) < limit:
        return timedelta(0)
    return recent[len(recent) - limit] + window - now


def seconds_to_wait(sent: Sequence[datetime], limits: Limits, now: datetime) -> int:
    """Whole seconds until the next mail may leave, 0 where it may leave now."""
    wait = max(
        _wait(sent, limits.per_minute, MINUTE, now),
        _wait(sent, limits.per_hour, HOUR, now),
    )
    return max(0, ceil(wait.total_seconds()))
