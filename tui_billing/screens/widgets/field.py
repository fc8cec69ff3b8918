"""Fields of a form: label, what is typed, what was understood beside it, the problem below it. One widget a field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.texts import clean, fold
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.widgets.cells import fit, width_of, wrap

LABEL_WIDTH = 28
NEIN_JA = ((False, N_("Nein")), (True, N_("Ja")))
Parse = Callable[[str], tuple[Any, list[Problem]]]


def as_text(text: str) -> tuple[str, list[Problem]]:
    """Any text, without control characters and blanks around it."""
    return clean(text).strip(), []


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `label`, `hint`, `heading` and choices are German message ids.

    `parse` gives (value or None, problems); `show` turns a value into the text to edit; `echo` says what was
    understood, beside the field. With `choices` ((value, label), …) it is chosen, not typed. `kind` "date" is a date,
    "area" a text of several lines.
    """

    name: str
    label: str
    parse: Parse = as_text
    show: Callable[[Any], str] = str
    echo: Callable[[Any], str] | None = None
    choices: Sequence[tuple[Any, str]] = ()
    hint: str = ""
    width: int = 30
    heading: str = ""
    kind: str = ""


def widget_id(name: str) -> str:
    """The widget's id for a field's name; `address.city` may stand in a name, not in an id."""
    return "field-" + name.replace(".", "-")


class FieldWidget(Widget, can_focus=True, inherit_bindings=False):
    """What typed and chosen fields share: label, note and problem. Its colours stand at the FieldScreen around it."""

    DEFAULT_CSS = """
    FieldWidget { height: 1; background: $background; color: $foreground; }
    """
    ALLOW_SELECT = False

    @dataclass
    class Next(Message):
        """Enter: on to the next field."""

        field: "FieldWidget"

    @dataclass
    class Edited(Message):
        """Another value."""

        field: "FieldWidget"

    def __init__(self, spec: Field, value: Any) -> None:
        super().__init__(id=widget_id(spec.name))
        self.spec = spec
        self.problems: list[Problem] = []
        self.theirs = ""
        self._is_entered = False
        self.set_value(value)

    # --- value ---

    def set_value(self, value: Any) -> None:
        """Show this value; it counts as unchanged."""

    def read(self) -> tuple[Any, list[Problem]]:
        """The value, or None and why."""
        raise NotImplementedError

    @property
    def is_dirty(self) -> bool:
        """Whether the clerk has changed it."""
        return False

    def accept(self) -> None:
        """What stands here is stored now."""

    def state(self) -> Any:
        """What stands here and what it was at first, for a field of the same kind to take over."""

    def take(self, state: Any) -> None:
        """Show what another field of the same kind showed."""

    def check(self) -> tuple[Any, list[Problem]]:
        """Read and show the problems; returns value and errors (warnings do not stop anybody)."""
        value, problems = self.read()
        self.show_problems(problems)
        return value, [p for p in problems if not p.warning]

    def show_problems(self, problems: Sequence[Problem], theirs: str = "") -> None:
        """Sentences below the field; `theirs` is what a colleague stored meanwhile."""
        if (list(problems), theirs) == (self.problems, self.theirs):
            return
        self.problems, self.theirs = list(problems), theirs
        self.styles.height = 1 + len(self._problem_lines())
        self.refresh()

    def _problem_lines(self) -> list[str]:
        sentences = [sentence(p) for p in self.problems]
        if self.theirs:
            sentences.append(_("Inzwischen gespeichert: {text}").format(text=self.theirs))
        width = max(20, (self.size.width or self.app.size.width) - LABEL_WIDTH - 3)
        return [line for s in sentences for line in wrap(s, width)]

    # --- drawing ---

    def box(self) -> list[Segment]:
        """What stands behind the label."""
        raise NotImplementedError

    def note(self) -> str:
        """What stands behind the box."""
        return ""

    def _component(self, part: str) -> Style:
        focus = "-focus" if self.has_focus and part in ("label", "chosen") else ""
        return self.screen.get_component_rich_style(f"field--{part}{focus}")

    def render_line(self, y: int) -> Strip:
        """Line 0: label, box, note; below: problems."""
        width = self.size.width
        if y:
            lines = self._problem_lines()
            text = lines[y - 1] if y <= len(lines) else ""
            return Strip([Segment(fit(" " * (LABEL_WIDTH + 3) + text, width), self._component("problem"))], width)
        sign = ">" if self.has_focus else " "
        segments = [Segment(f" {sign}{fit(_(self.spec.label), LABEL_WIDTH)} ", self._component("label")), *self.box()]
        used = sum(cell_len(s.text) for s in segments)
        rest, note = max(0, width - used), self.note()
        segments.append(Segment(fit("  " + note if note else "", rest), self._component("note")))
        return Strip(segments).crop(0, width)

    def entered(self) -> None:
        """The clerk came here."""

    def enter(self) -> None:
        """Take the focus now, not after the next message: what is typed ahead must find the field ready."""
        self.screen.set_focus(self, scroll_visible=False)
        self._is_entered = True
        self.entered()
        self.refresh()
        self.call_after_refresh(self._into_view)

    def _into_view(self) -> None:
        """Behind the scrolling that earlier keys asked for, and with the problems below the fields in place."""
        if self.has_focus and not self.screen.can_view_entire(self):
            self.screen.scroll_to_center(self, animate=False, origin_visible=True)

    def on_focus(self) -> None:
        if not self._is_entered:
            self.entered()
        self._is_entered = True
        self.refresh()

    def on_blur(self) -> None:
        """Leaving a field is the moment to say what is wrong with it."""
        self._is_entered = False
        if self.is_dirty:
            self.check()
        self.refresh()


class TextField(FieldWidget):
    """A line to type into. Control characters never get in, whatever is pasted."""

    def set_value(self, value: Any) -> None:
        self.text = self.initial = "" if value is None else self.spec.show(value)
        self.cursor = len(self.text)
        self.is_selected = False
        self.refresh()

    @property
    def is_dirty(self) -> bool:
        return self.text != self.initial

    def accept(self) -> None:
        self.initial = self.text

    def state(self) -> tuple[str, str]:
        return self.text, self.initial

    def take(self, state: tuple[str, str]) -> None:
        self.text, self.initial = state
        self.cursor, self.is_selected = len(self.text), False
        self.show_problems([])
        self.refresh()

    def entered(self) -> None:
        """Entering selects everything: the first letter replaces it, an arrow keeps it."""
        self.is_selected, self.cursor = bool(self.text), len(self.text)

    def read(self) -> tuple[Any, list[Problem]]:
        return self.spec.parse(self.text)

    def set_text(self, text: str) -> None:
        """As if typed."""
        self.text, self.cursor = text, len(text)
        self.edited()

    def edited(self) -> None:
        """Something was typed: an old problem is no longer true."""
        self.show_problems([])
        self.refresh()
        self.post_message(self.Edited(self))

    def on_key(self, event: events.Key) -> None:
        """Letters, and the few editing keys that everybody knows."""
        edit = EDITS.get(event.key)
        if event.key == "enter":
            self.post_message(self.Next(self))
        elif edit is not None:
            before = self.text
            if self.is_selected and event.key in ("backspace", "delete"):
                self.text = ""
            self.is_selected = False
            self.text, self.cursor = edit(self.text, min(self.cursor, len(self.text)))
            self.edited() if self.text != before else self.refresh()
        elif event.is_printable and event.character:
            self._insert(event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._insert(clean(event.text))

    def _insert(self, text: str) -> None:
        if self.is_selected:
            self.text, self.cursor, self.is_selected = "", 0, False
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)
        self.edited()

    def note(self) -> str:
        """What was understood, else the hint while the field is empty."""
        if self.text.strip() and self.spec.echo is not None:
            value, _problems = self.read()
            return "" if value is None else f"= {self.spec.echo(value)}"
        return _(self.spec.hint) if (not self.text or self.has_focus) and not self._hint_inside() else ""

    def _hint_inside(self) -> str:
        """A hint too long to stand behind the box stands in it while it is empty."""
        hint = _(self.spec.hint)
        room = self.size.width - LABEL_WIDTH - 5 - self.spec.width
        return hint if width_of(hint) > room else ""

    def box(self) -> list[Segment]:
        width = min(self.spec.width, max(5, self.size.width - LABEL_WIDTH - 4))
        style = self._component("box")
        before = self.text[: self.cursor]
        skip = 0
        while width_of(before[skip:]) > width - 1:
            skip += 1
        if not self.has_focus:
            return [Segment(fit(self.text, width), style)]
        if self.is_selected:
            shown = self.text if width_of(self.text) <= width else fit(self.text, width)
            return [Segment(shown, self._component("cursor")), Segment(" " * (width - width_of(shown)), style)]
        left, at = before[skip:], self.text[self.cursor : self.cursor + 1] or " "
        region = self.region
        self.app.cursor_position = Offset(region.x + LABEL_WIDTH + 3 + width_of(left), region.y)
        rest = self.text[self.cursor + 1 :] if self.text else self._hint_inside()
        right = fit(rest, max(0, width - width_of(left) - width_of(at)))
        return [Segment(left, style), Segment(at, self._component("cursor")), Segment(right, style)]


def _word_left(text: str, at: int) -> int:
    head = text[:at].rstrip()
    return head.rfind(" ") + 1


EDITS: dict[str, Callable[[str, int], tuple[str, int]]] = {
    "left": lambda t, c: (t, max(0, c - 1)),
    "right": lambda t, c: (t, min(len(t), c + 1)),
    "home": lambda t, c: (t, 0),
    "end": lambda t, c: (t, len(t)),
    "ctrl+left": lambda t, c: (t, _word_left(t, c)),
    "ctrl+a": lambda t, c: (t, 0),
    "ctrl+e": lambda t, c: (t, len(t)),
    "backspace": lambda t, c: (t[: max(0, c - 1)] + t[c:], max(0, c - 1)),
    "delete": lambda t, c: (t[:c] + t[c + 1 :], c),
    "ctrl+u": lambda t, c: (t[c:], 0),
    "ctrl+k": lambda t, c: (t[:c], c),
    "ctrl+w": lambda t, c: (t[: _word_left(t, c)] + t[c:], _word_left(t, c)),
}
"""Editing keys: (text, cursor) -> (text, cursor)."""


class ChoiceField(FieldWidget):
    """One of a few values, all in sight: `[Ja]  Nein`. ← → and Leer change, a first letter chooses."""

    def set_value(self, value: Any) -> None:
        values = [v for v, _label in self.spec.choices]
        self.index = self.initial = values.index(value) if value in values else 0
        self.refresh()

    @property
    def is_dirty(self) -> bool:
        return self.index != self.initial

    def accept(self) -> None:
        self.initial = self.index

    def state(self) -> tuple[int, int]:
        return self.index, self.initial

    def take(self, state: tuple[int, int]) -> None:
        self.index, self.initial = state
        self.show_problems([])
        self.refresh()

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self.spec.choices[self.index][0]

    def read(self) -> tuple[Any, list[Problem]]:
        return self.value, []

    def choose(self, value: Any) -> None:
        """As if chosen."""
        self._go([v for v, _label in self.spec.choices].index(value))

    def _go(self, index: int) -> None:
        self.index = index % len(self.spec.choices)
        self.show_problems([])
        self.refresh()
        self.post_message(self.Edited(self))

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self.post_message(self.Next(self))
        elif event.key in ("right", "space"):
            self._go(self.index + 1)
        elif event.key == "left":
            self._go(self.index - 1)
        elif event.is_printable and event.character:
            self._by_letter(fold(event.character))
        else:
            return
        event.stop()
        event.prevent_default()

    def _by_letter(self, letter: str) -> None:
        count = len(self.spec.choices)
        for step in range(1, count + 1):
            index = (self.index + step) % count
            if fold(_(self.spec.choices[index][1])).startswith(letter):
                self._go(index)
                return

    def box(self) -> list[Segment]:
        labels = [_(label) for _value, label in self.spec.choices]
        plain, chosen = self._component("note"), self._component("chosen")
        room = self.size.width - LABEL_WIDTH - 5
        if sum(width_of(label) + 3 for label in labels) > room:
            return [Segment(f"‹ {labels[self.index]} ›", chosen)]
        return [
            Segment(f"[{label}] ", chosen) if n == self.index else Segment(f" {label}  ", plain)
            for n, label in enumerate(labels)
        ]

    def note(self) -> str:
        return _(self.spec.hint) if self.has_focus else ""
