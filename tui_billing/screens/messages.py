"""Every message between workers, app and screens. Workers post them and touch no widget; handlers change the screen."""

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from tui_billing.services.desk import Progress


@dataclass
class RecordsChanged(Message, bubble=False):
    """Somebody has committed something: ids of written or deleted records by table name, up to transaction `seq`."""

    ids: dict[str, set[int]]
    seq: int


@dataclass
class Fetched(Message, bubble=False):
    """What a screen wanted to read is there; `turn` tells an answer that a later question has overtaken."""

    turn: int
    data: Any


@dataclass
class TaskProgress(Message, bubble=False):
    """A long use case has done one more step."""

    task: str
    progress: Progress

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts; older ones that nobody has seen yet are dropped."""
        return isinstance(message, TaskProgress) and message.task == self.task


@dataclass
class TaskDone(Message, bubble=False):
    """A use case has ended with this result."""

    task: str
    result: Any


@dataclass
class TaskFailed(Message, bubble=False):
    """A use case was refused or broke; the error is said in a sentence."""

    task: str
    error: Exception
