"""FormScreen: fields with label, parser and problem. For a new form set

    NAME               rows with the name in keymap.FORMS
    fields()           the fields, in order; `heading` begins a section
    read_record()      the record to edit, fresh from the store, or a new one
    values_of(record)  field name -> value
    store(record, values)   build and save through a service; returns what the screen is dismissed with

Enter and Tab go to the next field, F8 saves, Esc asks only if typed text would be lost. A problem of a service whose
`where` is a field's name appears at that field. A `store` that gives back the record in its old revision has written
nothing, and that is said. Where a colleague was faster his values appear at the fields that differ, as soon as he has
stored them and again when this form is saved (Stale): F8 again stores mine, F5 takes his.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget

from tui_billing.domain.messages import Problem
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.field_screen import FieldScreen
from tui_billing.screens.key_queue import LEAVING
from tui_billing.screens.widgets.area_field import AreaField
from tui_billing.screens.widgets.cells import fit
from tui_billing.screens.widgets.date_input import DateInput
from tui_billing.screens.widgets.field import ChoiceField, Field, FieldWidget, TextField, widget_id
from tui_billing.screens.widgets.lines import Rule, TextLine
from tui_billing.services.errors import Refused, Stale


class FormBody(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields; scrolls to the one that has the focus."""

    DEFAULT_CSS = """
    FormBody { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size: 0 0; background: $background; }
    """


class FormHeading(TextLine):
    """Begins a section."""

    DEFAULT_CSS = """
    FormHeading { height: 1; margin: 1 0 0 0; text-style: bold; color: $secondary; }
    FormHeading.-first { margin: 0; }
    """


def widget_for(spec: Field, value: Any) -> FieldWidget:
    """The widget of a field."""
    if spec.choices:
        return ChoiceField(spec, value)
    if spec.kind == "area":
        return AreaField(spec, value)
    return (DateInput if spec.kind == "date" else TextField)(spec, value)


def heading_id(name: str) -> str:
    """The id of the heading above the field of this name."""
    return "heading-" + widget_id(name)


def widgets_for(specs: Sequence[Field], values: Mapping[str, Any]) -> list[Widget]:
    """A heading where a section begins, and the fields."""
    widgets: list[Widget] = []
    for spec in specs:
        if spec.heading:
            widgets.append(FormHeading(_(spec.heading), id=heading_id(spec.name)))
        widgets.append(widget_for(spec, values.get(spec.name)))
    return widgets


class FormScreen(FieldScreen):
    """Base of all forms; see the module's text."""

    AUTO_FOCUS = ""
    IS_TYPED = True
    HAS_VERSIONS: ClassVar[bool] = True
    """Whether there is a stored version that F5 could take."""

    def __init__(self) -> None:
        super().__init__()
        self.record: Any = None

    # --- for the subclass ---

    def fields(self) -> Sequence[Field]:
        """The fields in order."""
        return ()

    def read_record(self) -> Any:
        """The record to edit."""

    def values_of(self, record: Any) -> Mapping[str, Any]:
        """Field name -> value."""
        return {}

    def store(self, record: Any, values: Mapping[str, Any]) -> Any:
        """Save; returns what the screen is dismissed with. May raise Refused and Stale."""
        raise NotImplementedError

    def first_field(self) -> str:
        """Where typing begins."""
        return next((f.name for f in self.fields()), "")

    def edited(self, field: FieldWidget) -> None:
        """A field has another value; forms that count along do it here."""

    # --- frame ---

    def compose_body(self) -> ComposeResult:
        """Headings and fields."""
        self.record = self.read_record()
        values = self.values_of(self.record)
        widgets = widgets_for(self.fields(), values)
        if widgets and isinstance(widgets[0], FormHeading):
            widgets[0].add_class("-first")
        yield FormBody(*widgets)

    def compose_foot(self) -> ComposeResult:
        yield Rule()

    def on_mount(self) -> None:
        """The first field is ready; Textual calls the base's handler besides."""
        if first := self.first_field():
            self.field(first).enter()
        self.billing.type_again()

    def takes(self, key: str) -> bool:
        """What is typed waits for the first field."""
        return super().takes(key) and (self.focused is not None or key in LEAVING)

    def records_changed(self, ids: dict[str, set[int]]) -> None:
        """Somebody stored another version: a form without typed text follows it, beside typed text it is shown."""
        fresh = self.fresh_record()
        if not rev_of(self.record) or rev_of(fresh) == rev_of(self.record):
            return
        if fresh is None:
            self.say_gone()
        elif self.is_dirty:
            self.compare_with(fresh)
            self.say(_("Inzwischen geändert: die andere Fassung steht bei den Feldern, F5 übernimmt sie."), alert=True)
        else:
            self.follow(fresh)
            self.say(_("Inzwischen geändert; das ist die neue Fassung."))

    def fresh_record(self) -> Any:
        """The record as it is stored now; None where it is gone."""
        try:
            return self.read_record()
        except (KeyError, Refused):
            return None

    def follow(self, record: Any) -> None:
        """Show this version; nothing was typed."""
        self.record = record
        values = self.values_of(record)
        for widget in self.widgets:
            widget.set_value(values.get(widget.spec.name))
            widget.show_problems([])
        if isinstance(self.focused, FieldWidget):
            self.focused.enter()

    def say_gone(self) -> None:
        """A colleague has deleted what stands here."""
        self.say(_("Der Datensatz ist inzwischen gelöscht; Esc verlässt ihn."), alert=True)

    @property
    def widgets(self) -> list[FieldWidget]:
        """The fields' widgets in order."""
        return list(self.query(FieldWidget))

    def field(self, name: str) -> FieldWidget:
        """The widget of one field."""
        return self.query_one(f"#{widget_id(name)}", FieldWidget)

    @property
    def is_dirty(self) -> bool:
        """Whether typed text would be lost."""
        return any(w.is_dirty for w in self.widgets)

    def on_field_widget_next(self, message: FieldWidget.Next) -> None:
        """Enter: next field; behind the last one the way to save is named."""
        message.field.check()
        if self.is_end(message.field):
            self.say(_("F8 speichert."))
        else:
            self.action_next_field()

    def is_end(self, field: FieldWidget) -> bool:
        """Whether Enter goes no further from here."""
        return field is self.widgets[-1]

    def on_field_widget_edited(self, message: FieldWidget.Edited) -> None:
        if self.status.text and not self.status.is_asking:
            self.say("")
        self.edited(message.field)

    def read_values(self) -> tuple[dict[str, Any], FieldWidget | None]:
        """All values, and the first field that is wrong."""
        values: dict[str, Any] = {}
        wrong: FieldWidget | None = None
        for widget in self.widgets:
            values[widget.spec.name], errors = widget.check()
            if errors and wrong is None:
                wrong = widget
        return values, wrong

    # --- actions ---

    def action_next_field(self) -> None:
        self._step(1)

    def action_previous_field(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        widgets = self.widgets
        at = widgets.index(self.focused) if self.focused in widgets else -1
        widgets[(at + by) % len(widgets)].enter()

    def action_next_section(self) -> None:
        """Bild↓: the first field of the next section, behind the last one the last field."""
        widgets = self.widgets
        at = widgets.index(self.focused) if self.focused in widgets else -1
        below = [n for n in section_starts(widgets) if n > at]
        widgets[below[0] if below else -1].enter()

    def action_previous_section(self) -> None:
        """Bild↑: the first field of this section, from there that of the one before."""
        widgets = self.widgets
        at = widgets.index(self.focused) if self.focused in widgets else 0
        above = [n for n in section_starts(widgets) if n < at]
        widgets[above[-1] if above else 0].enter()

    def action_save(self) -> None:
        """F8: check every field, then store."""
        values, wrong = self.read_values()
        if wrong is not None:
            wrong.enter()
            self.say(_("Bitte erst berichtigen: {field}").format(field=_(wrong.spec.label)), alert=True)
            return
        try:
            result = self.store(self.record, values)
            if is_same(self.record, result):
                self.leave_unchanged()
            else:
                self.finish(result)
        except Stale:
            self.show_theirs()
        except Refused as error:
            self.show_refused(error.problems)

    def leave_unchanged(self) -> None:
        """F8 with nothing to store: back, and the screen below says so."""
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        self.dismiss(None)
        if isinstance(below, DeskScreen):
            below.call_later(below.say, _("Nichts geändert."))

    def finish(self, result: Any) -> None:
        """Saved: back to where the clerk came from."""
        self.dismiss(result)

    def show_refused(self, problems: Sequence[Problem]) -> None:
        """Each problem at its field, the others in the status line."""
        names = {w.spec.name: w for w in self.widgets}
        rest = [p for p in problems if p.where not in names]
        at_fields = [p for p in problems if p.where in names]
        for name, widget in names.items():
            widget.show_problems([p for p in at_fields if p.where == name])
        if at_fields:
            names[at_fields[0].where].enter()
        self.say(" ".join(sentence(p) for p in rest) or _("Bitte erst berichtigen."), alert=True)

    def show_theirs(self) -> None:
        """A colleague was faster: both versions are in sight, the next F8 stores mine over his."""
        fresh = self.fresh_record()
        if fresh is None:
            self.say_gone()
            return
        self.record = fresh
        self.compare_with(fresh)
        self.say(_("Inzwischen geändert. F8 speichert Ihre Fassung, F5 übernimmt die andere."), alert=True)

    def compare_with(self, record: Any) -> None:
        """What this version has stands at the fields that differ."""
        theirs = self.values_of(record)
        for widget in self.widgets:
            shown = widget_for(widget.spec, theirs.get(widget.spec.name))
            mine, other = text_of(widget), text_of(shown)
            widget.show_problems([], theirs=(other or "–") if mine != other else "")

    def action_take_theirs(self) -> None:
        """F5: the stored values, typed text is dropped."""
        if not self.HAS_VERSIONS:
            self.say(_("Hier gibt es keine andere Fassung."))
            return
        fresh = self.fresh_record()
        if rev_of(self.record) and fresh is None:
            self.say_gone()
            return
        self.follow(fresh)
        self.say(_("Gespeicherte Fassung geladen."))

    def action_back(self) -> None:
        """Esc: ask only if typed text would be lost."""
        if self.is_dirty:
            self.ask(_("Getipptes verwerfen?"), (_("Verwerfen"), lambda: self.dismiss(None)))
        else:
            self.dismiss(None)


def section_starts(widgets: Sequence[FieldWidget]) -> list[int]:
    """Where the sections of a form begin."""
    return [n for n, widget in enumerate(widgets) if n == 0 or widget.spec.heading]


def rev_of(record: Any) -> int:
    """The revision of a stored record; 0 for a new one and for what is none."""
    return int(getattr(record, "rev", 0) or 0)


def is_same(before: Any, after: Any) -> bool:
    """Whether a service had nothing to write: the same record in the same revision."""
    rev = getattr(after, "rev", 0)
    return bool(rev) and type(before) is type(after) and (before.id, before.rev) == (after.id, rev)


def text_of(widget: FieldWidget) -> str:
    """What the field shows."""
    if isinstance(widget, ChoiceField):
        return _(widget.spec.choices[widget.index][1])
    return fit(widget.text, 60).strip() if isinstance(widget, TextField) else ""
