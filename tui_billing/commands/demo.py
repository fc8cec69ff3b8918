"""`tui-billing demo`: make the invented company in an empty folder and open it."""

from argparse import ArgumentParser, Namespace

from tui_billing.commands.arguments import UsageError
from tui_billing.commands.frame import Answer, Context
from tui_billing.commands.streams import has_terminal
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company, Customer
from tui_billing.i18n import _, language

SIZE = 60
SIZE_MAX = 1_000_000


def register(parser: ArgumentParser) -> None:
    """`--size N`, `--no-ui`; `--data` names an empty folder, else it is one of its own."""
    parser.add_argument("--size", type=int, default=SIZE, metavar="N", help=_("Zahl der Kunden"))
    parser.add_argument("--no-ui", action="store_true", help=_("nur anlegen, nicht öffnen"))
    parser.set_defaults(handler=make, create=True, own_folder="demo")


def make(context: Context, args: Namespace) -> Answer:
    """Fill an empty folder; a folder with data is refused, the demo's own folder is opened again."""
    from tui_billing.demo.company import build_demo

    if not 1 <= args.size <= SIZE_MAX:
        raise UsageError(_("--size: 1 bis {most} Kunden").format(most=SIZE_MAX), "")
    held = holds_data(context)
    if held and (hasattr(args, "data") or args.no_ui):
        text = N_("Der Ordner {folder} enthält schon Daten; die Demofirma braucht einen leeren (--data ORDNER).")
        raise Refused(Problem("ORDNER_NICHT_LEER", text, {"folder": str(context.folder)}))
    if context.dry_run:
        return Answer({"customers": args.size}, lines=[_("{n} Kunden würden angelegt.").format(n=args.size)])
    if not held:
        try:
            context.drive(build_demo(context.desk, args.size), at_once=True)
        except KeyboardInterrupt:
            return _broken_off(context, args.size)
    if not args.no_ui and not context.json and has_terminal():
        from tui_billing.app import run_app

        run_app(context.desk, lang=language())
    store = context.desk.store
    counts = {"customers": store.count(Customer), "invoices": store.count(Document)}
    line = _("Demofirma in {folder}: {customers} Kunden, {invoices} Rechnungen.")
    return Answer({**counts, "folder": str(context.folder)}, lines=[line.format(folder=context.folder, **counts)])


def _broken_off(context: Context, size: int) -> Answer:
    """A signal came: whole groups of customers are there, the rest is not."""
    made = context.desk.store.count(Customer)
    text = N_("Abgebrochen nach {made} von {size} Kunden. Für eine ganze Demofirma den Ordner {folder} vorher löschen.")
    params = {"made": made, "size": size, "folder": str(context.folder)}
    return Answer({"customers": made, "folder": str(context.folder)}, [Problem("ABGEBROCHEN", text, params)])


def holds_data(context: Context) -> bool:
    """Whether the folder has a company or anything that is not ours to overwrite."""
    folder = context.folder
    known = {"manifest.json", "tables", "journal", "documents", "cache", "lock", "compact.lock", "staging"}
    if (
        folder.is_dir()
        and any(p.name not in known for p in folder.iterdir())
        and not (folder / "manifest.json").exists()
    ):
        return True
    return context.desk.store.get(Company, 1) is not None or context.desk.store.count(Customer) > 0
