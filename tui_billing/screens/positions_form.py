"""PositionsForm: a form with a head and any number of positions, and an empty one behind them. For a new one set

    NAMES             the fields of a position that the form shows
    head_fields()     the fields above the positions; head_values(record) their values
    line_fields(n)    the fields of position n, named by `position_fields.prefix`; the first one carries the heading
    blank             an empty position
    count_along()     sums and the like of what is typed now; `show_nets` puts the positions' nets beside their headings

Einfg opens an empty position, Strg+D takes one away and Strg+Z brings it back, Strg+T and Strg+G exchange it with its
neighbour. The widgets stay where they are: what stands in them moves. `_bases` are the stored positions behind the
shown ones, for what the form does not show.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.messages import Problem
from tui_billing.i18n import _
from tui_billing.screens import position_fields as positions
from tui_billing.screens import show
from tui_billing.screens.form import FormBody, FormHeading, FormScreen, heading_id, widgets_for
from tui_billing.screens.widgets.field import ChoiceField, Field, FieldWidget, TextField

States = dict[str, Any]
"""Field of a position -> what stands in it."""


class PositionsForm(FormScreen):
    """Base of the forms with positions; see the module's text."""

    NAMES: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._bases: list[Any] = []
        self._gone: list[tuple[int, Any, States]] = []
        self._is_rearranged = False

    # --- for the subclass ---

    def head_fields(self) -> Sequence[Field]:
        """The fields above the positions."""
        return ()

    def head_values(self, record: Any) -> Mapping[str, Any]:
        """Their values."""
        return {}

    def line_fields(self, n: int) -> list[Field]:
        """The fields of position n."""
        return []

    @property
    def blank(self) -> Any:
        """An empty position."""
        raise NotImplementedError

    def count_along(self) -> None:
        """Something was typed or has moved."""

    # --- frame ---

    @property
    def count(self) -> int:
        """Positions shown, the empty one included."""
        return len(self._bases)

    def fields(self) -> Sequence[Field]:
        self._bases = [*self.record.lines, self.blank]
        return [*self.head_fields(), *(f for n in range(1, self.count + 1) for f in self.line_fields(n))]

    def values_of(self, record: Any) -> Mapping[str, Any]:
        return {**self.head_values(record), **positions.line_values([*record.lines, self.blank], self.NAMES)}

    def lines(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The positions as typed; an empty one is left out."""
        return positions.lines_of(self._bases, values, self.NAMES, self.blank)

    def typed(self, needed: Callable[[str], bool]) -> dict[str, Any] | None:
        """What stands in the fields now; None while a field whose name is `needed` makes no sense."""
        values: dict[str, Any] = {}
        for widget in self.widgets:
            values[widget.spec.name], problems = widget.read()
            if needed(widget.spec.name) and any(not p.warning for p in problems):
                return None
        return values

    def show_nets(self, nets: Sequence[Decimal]) -> None:
        """What each position comes to, beside its heading."""
        left = iter(nets)
        for n in range(1, self.count + 1):
            net = None if self._is_empty(n) else next(left, None)
            text = "" if net is None else show.amount(net)
            heading = positions.heading(n)
            self.query_one(f"#{heading_id(self._first(n))}", FormHeading).set(
                f"{heading} · {text}" if text else heading
            )

    def reload(self) -> None:
        self.count_along()

    def edited(self, field: FieldWidget) -> None:
        """The tax rate follows the kind of tax; whoever types into the empty position finds another one behind it."""
        n, name = positions.place_of(field.spec.name)
        if name == "vat_category" and isinstance(field, ChoiceField):
            rate = self.field(positions.prefix(n) + "vat_rate")
            if isinstance(rate, TextField):
                usual = self.blank.vat_rate if positions.is_taxed(field.value) else Decimal(0)
                rate.set_text(rate.spec.show(usual))
        if n == self.count and not self._is_empty(n):
            self.call_next(self._append)
        self.count_along()

    async def action_save(self) -> None:  # type: ignore[override]
        """F8: empty positions between the others are closed up first, so that messages count as the clerk does."""
        for n in range(self.count - 1, 0, -1):
            if self._is_empty(n):
                await self._take_out(n)
        super().action_save()

    def is_end(self, field: FieldWidget) -> bool:
        """Enter in the empty position at the end does not go on through all its fields."""
        return super().is_end(field) or (field.spec.name == self._first(self.count) and self._is_empty(self.count))

    @property
    def is_dirty(self) -> bool:
        return self._is_rearranged or super().is_dirty

    def show_refused(self, problems: Sequence[Problem]) -> None:
        super().show_refused(positions.at_name(problems))

    def follow(self, record: Any) -> None:
        """As many positions as this version has."""
        self.call_next(self._follow, record)

    async def _follow(self, record: Any) -> None:
        theirs = [*record.lines, self.blank]
        while self.count < len(theirs):
            await self._grow()
        while self.count > len(theirs):
            await self._take_out(self.count)
        self._bases, self._gone, self._is_rearranged = theirs, [], False
        super().follow(record)
        self.count_along()

    # --- positions ---

    def _first(self, n: int) -> str:
        return positions.prefix(n) + self.NAMES[0]

    def _at_cursor(self) -> int:
        """The position that has the focus, 0 in the head."""
        return positions.place_of(self.focused.spec.name)[0] if isinstance(self.focused, FieldWidget) else 0

    def _states(self, n: int) -> States:
        return {name: self.field(positions.prefix(n) + name).state() for name in self.NAMES}

    def _put(self, n: int, states: States) -> None:
        for name, state in states.items():
            self.field(positions.prefix(n) + name).take(state)

    def _is_empty(self, n: int) -> bool:
        """Whether nothing stands there but what a new position brings."""
        blank = self.blank
        for name in self.NAMES:
            value, problems = self.field(positions.prefix(n) + name).read()
            if value != getattr(blank, name) or any(not p.warning for p in problems):
                return False
        return True

    async def _append(self) -> None:
        """Another empty position behind the last one, unless that is empty."""
        if self.count and self._is_empty(self.count):
            return
        await self._grow()

    async def _grow(self) -> None:
        n, blank = self.count + 1, self.blank
        values = {positions.prefix(n) + name: getattr(blank, name) for name in self.NAMES}
        self._bases.append(blank)
        await self.query_one(FormBody).mount(*widgets_for(self.line_fields(n), values))

    async def _open(self, n: int, base: Any, states: States | None) -> None:
        """Position n becomes this one, those from there on go down."""
        await self._grow()
        fresh = self._states(self.count)
        for place in range(self.count, n, -1):
            self._put(place, self._states(place - 1))
        self._put(n, states or fresh)
        self._bases = [*self._bases[: n - 1], base, *self._bases[n - 1 : -1]]
        self._is_rearranged = True

    async def _take_out(self, n: int) -> None:
        """Position n leaves, those behind it go up."""
        for place in range(n, self.count):
            self._put(place, self._states(place + 1))
        last = positions.prefix(self.count)
        widgets = [self.query_one(f"#{heading_id(self._first(self.count))}", FormHeading)]
        del self._bases[n - 1]
        gone = [w for w in self.widgets if w.spec.name.startswith(last)]
        await self.query_one(FormBody).remove_children([*widgets, *gone])
        self._is_rearranged = True

    async def action_insert_position(self) -> None:
        """Einfg: an empty position before the one at the cursor; from the head, the empty one at the end."""
        at = self._at_cursor()
        if at and not self._is_empty(at):
            await self._open(at, self.blank, None)
        self._enter(at or self.count)

    async def action_delete_position(self) -> None:
        """Strg+D: the position at the cursor."""
        at = self._at_cursor()
        if not at or at == self.count:
            text = _("Der Zeiger steht in keiner Position.") if not at else _("Die leere Position am Ende bleibt.")
            self.say(text, alert=True)
            return
        self._gone.append((at, self._bases[at - 1], self._states(at)))
        self._enter(at)
        await self._take_out(at)
        self._enter(at)
        self.say(_("Position {n} gelöscht · Strg+Z bringt sie zurück").format(n=at))

    async def action_undo(self) -> None:  # type: ignore[override]
        """Strg+Z: the position that was deleted last, where it was."""
        if not self._gone:
            self.say(_("Nichts zum Rückgängigmachen"))
            return
        at, base, states = self._gone.pop()
        at = min(at, self.count)
        await self._open(at, base, states)
        self._enter(at)
        self.say(_("Position {n} zurückgeholt").format(n=at))

    def action_move_up(self) -> None:
        """Strg+T: exchange it with the one before."""
        self._exchange(-1)

    def action_move_down(self) -> None:
        """Strg+G: exchange it with the one behind."""
        self._exchange(1)

    def _exchange(self, by: int) -> None:
        at = self._at_cursor()
        other = at + by
        if not at or at == self.count or not 1 <= other < self.count:
            self.say(_("Hier ist nichts zu tauschen."), alert=True)
            return
        mine, theirs = self._states(at), self._states(other)
        self._put(at, theirs)
        self._put(other, mine)
        bases = self._bases
        bases[at - 1], bases[other - 1] = bases[other - 1], bases[at - 1]
        self._is_rearranged = True
        name = positions.place_of(self.focused.spec.name)[1] if isinstance(self.focused, FieldWidget) else self.NAMES[0]
        self.field(positions.prefix(other) + name).enter()
        self.count_along()

    def _enter(self, n: int) -> None:
        self.field(self._first(n)).enter()
        self.count_along()
