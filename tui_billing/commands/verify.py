"""`tui-billing verify`: hash chain and files of the store, numbers, sums, and each PDF against its hash."""

from argparse import ArgumentParser, Namespace

from tui_billing.commands.frame import STORE, Answer, Context
from tui_billing.domain.messages import Problem
from tui_billing.i18n import _
from tui_billing.services import maintenance
from tui_billing.services.maintenance import Finding
from tui_billing.services.verify import verify
from tui_billing.services.verify_report import WHAT


def register(parser: ArgumentParser) -> None:
    """No actions: it only reads."""
    parser.add_argument("--files-only", action="store_true", help=_("nur Dateien und Prüfsummenkette des Speichers"))
    parser.set_defaults(handler=verify_all)


def verify_all(context: Context, args: Namespace) -> Answer:
    """Exit code 4 with the first broken place; warnings alone are no failure."""
    findings = maintenance.check_files(context.folder)
    problems = maintenance.file_problems(context.folder, findings)
    checked: dict[str, int] = {}
    if not args.files_only and maintenance.can_be_asked(problems):
        report = context.drive(verify(context.desk), at_once=True)
        problems += report.problems
        checked = maintenance.summary(report)
    errors = [p for p in problems if not p.warning]
    data = {"checked": checked, "first_broken": _first(findings, errors)}
    if errors:
        return Answer(data, problems, STORE, [_("Der Datenbestand ist nicht in Ordnung.")])
    counts = [f"{n:>7}  {_(WHAT.get(name, name))}" for name, n in checked.items()]
    return Answer(data, problems, lines=[_("Der Datenbestand ist in Ordnung."), *counts])


def _first(findings: list[Finding], errors: list[Problem]) -> dict[str, object] | None:
    """Where to look first."""
    broken = next((f for f in findings if not f.warning), None)
    if broken is not None:
        place = {"code": broken.code, "file": broken.file, "line": broken.line, "byte": broken.byte}
        return place | ({"index": broken.index} if broken.index else {})
    return {"code": errors[0].code, "where": errors[0].where} if errors else None
