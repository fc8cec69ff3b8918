"""`tui-billing restore BACKUP`: a backup into the data folder, which must be empty."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tui_billing.commands.backup import shown
from tui_billing.commands.frame import Answer, Context
from tui_billing.i18n import _
from tui_billing.services import maintenance


def register(parser: ArgumentParser) -> None:
    """Where from; --data says where to."""
    parser.add_argument("source", metavar=_("SICHERUNG"), help=_("der Ordner einer Datensicherung"))
    parser.set_defaults(handler=restore)


def restore(context: Context, args: Namespace) -> Answer:
    """Copy the backup into the empty data folder; the backup stays as it is."""
    source = Path(args.source).expanduser().absolute()
    if context.dry_run:
        return Answer({"backup": {"folder": str(source)}})
    made = maintenance.restore_backup(source, context.folder)
    return shown(made, _("Zurückgeholt nach {folder}: {files} Dateien."))
