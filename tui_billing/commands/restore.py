"""`tui-billing restore BACKUP`: a backup into the data folder, which must be empty.

With `--upto` the state after an earlier transaction, with `--rescue` what a damaged folder still holds.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_billing.commands.backup import shown
from tui_billing.commands.frame import PART, STORE, Answer, Context
from tui_billing.i18n import _
from tui_billing.services import maintenance
from tui_billing.services.maintenance import Rescuable


def register(parser: ArgumentParser) -> None:
    """Where from; --data says where to."""
    parser.add_argument("source", metavar=_("SICHERUNG"), help=_("eine Datensicherung oder ein anderer Datenordner"))
    upto = _("den Stand nach dieser Buchung; „audit“ zeigt ihre Nummern")
    parser.add_argument("--upto", type=int, metavar=_("BUCHUNG"), help=upto)
    rescue = _("aus einem beschädigten Ordner retten, was vor der ersten beschädigten Stelle steht")
    parser.add_argument("--rescue", action="store_true", help=rescue)
    parser.set_defaults(handler=restore)


def restore(context: Context, args: Namespace) -> Answer:
    """Copy into the empty data folder; the source stays as it is. Exit code 4 with what is damaged in it."""
    source = Path(args.source).expanduser().absolute()
    if args.upto is not None or args.rescue:
        return _from_journals(context, source, args.upto, damaged=args.rescue)
    if context.dry_run:
        maintenance.check_restore(source, context.folder)
        return Answer({"backup": {"folder": str(source)}})
    made = maintenance.restore_backup(source, context.folder)
    answer = shown(made, _("Zurückgeholt nach {folder}: {files} Dateien."))
    problems = maintenance.copied_damage(made, source)
    if all(p.warning for p in problems):
        return replace(answer, problems=[*problems, maintenance.sent_since()])
    told = [*problems, maintenance.damaged_restore(), maintenance.sent_since()]
    return replace(answer, problems=told, exit_code=STORE)


def _from_journals(context: Context, source: Path, upto: int | None, *, damaged: bool) -> Answer:
    """Exit code 1 where something that was acknowledged cannot be saved, 4 where nobody asked to leave it behind."""
    found = maintenance.look_for_rescue(source, context.folder, upto)
    problems = maintenance.left_behind(found)
    if problems and not damaged:
        return Answer({"rescue": _data(found)}, problems, STORE)
    lines = [_("Buchungen bis {seq}: {records} Datensätze.").format(seq=found.seq, records=found.records)]
    if context.dry_run:
        return Answer({"rescue": _data(found)}, problems, PART if problems else None, lines)
    made = maintenance.rescue_folder(source, context.folder, upto)
    answer = shown(made, _("Zurückgeholt nach {folder}: {files} Dateien."))
    data = {**answer.data, "rescue": _data(found)}
    problems += maintenance.copied_damage(made, source)
    return Answer(data, [*problems, maintenance.sent_since()], PART if problems else None, [*lines, *answer.lines])


def _data(found: Rescuable) -> dict[str, Any]:
    """Up to where, how many records, and the first broken place."""
    broken = {key: found.broken.params[key] for key in ("file", "line", "byte")} if found.broken else None
    return {"seq": found.seq, "records": found.records, "acknowledged": found.acknowledged, "first_broken": broken}
