"""`tui-billing backup DIR`: the whole data folder, while others go on working."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from tui_billing.commands.frame import STORE, Answer, Context
from tui_billing.i18n import _
from tui_billing.services import maintenance
from tui_billing.services.maintenance import Backup


def register(parser: ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("target", metavar=_("ORDNER"), help=_("ein neuer oder leerer Ordner"))
    parser.set_defaults(handler=make)


def make(context: Context, args: Namespace) -> Answer:
    """Make the backup; exit code 4 with what is damaged in it."""
    target = Path(args.target).expanduser().absolute()
    if context.dry_run:
        maintenance.check_backup(context.desk.folder, target)
        return Answer({"backup": {"folder": str(target)}})
    made = maintenance.make_backup(context.desk, target)
    answer = shown(made, _("Datensicherung in {folder}: {files} Dateien."))
    problems = maintenance.copied_damage(made, context.folder)
    if all(p.warning for p in problems):
        return replace(answer, problems=problems)
    return replace(answer, problems=[*problems, maintenance.damaged_backup()], exit_code=STORE)


def shown(made: Backup, text: str) -> Answer:
    """Where it is, up to which transaction, how much."""
    data = {"folder": str(made.folder), "seq": made.seq, "files": made.files, "bytes": made.size}
    return Answer({"backup": data}, lines=[text.format(folder=made.folder, files=made.files)])
