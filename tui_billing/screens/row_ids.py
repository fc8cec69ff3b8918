"""Numbers for rows that have no record of their own: a row keeps its number as long as the screen lives."""

from collections.abc import Hashable, Iterable


class RowIds:
    """A key gets the same number whenever it is asked for, so that marks and cursor stay with their row."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, keys: Iterable[Hashable]) -> list[int]:
        """One number a key, in this order; never the same one twice, also where two rows have one key."""
        found: dict[int, None] = {}
        for key in keys:
            number = self._number(key)
            while number in found:
                key = (key,)
                number = self._number(key)
            found[number] = None
        return list(found)

    def _number(self, key: Hashable) -> int:
        return self._known.setdefault(key, len(self._known) + 1)
