"""`tui-billing invoice new|from-order|edit|types|type-set`: Rechnungsstellung and Belegarten without a screen."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import date
from typing import Any

from tui_billing.commands import fields
from tui_billing.commands.frame import Answer, Context, add_switch, amount, checked, day, listing, record, table
from tui_billing.commands.order_flags import add_place_flags, add_tax_flags, one_of, placed, price
from tui_billing.domain.codec import encode
from tui_billing.domain.documents import TITLES, Document, DocumentType, Line, VatCategory
from tui_billing.domain.format import money
from tui_billing.domain.inputs import parse_percent, parse_quantity
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Address
from tui_billing.domain.texts import clean
from tui_billing.domain.vat_rates import adjusted_rate, supply_end
from tui_billing.i18n import _, language
from tui_billing.services import document_types, documents, interval_end, invoicing, orders
from tui_billing.services.invoicing import DocumentPlan, NewDocument

LINE_FIELDS = {
    "name": "name",
    "article": "article",
    "description": "description",
    "quantity": "quantity",
    "unit": "unit",
    "price": "unit_price",
    "price_unit": "price_unit",
    "discount": "discount_percent",
    "vat": "vat_rate",
    "vat_category": "vat_category",
}
TEXT_FIELDS = (
    "header_text", "footer_text", "invoice_date", "service_date", "period_from", "period_to", "buyer_order_reference",
    "gross_prices", "exemption_reason", "property_work", "prepaid", "delivery_name",
)  # fmt: skip
DELIVERY_FIELDS = ("street", "postcode", "city", "country")


def add_actions(actions: Any) -> None:
    """new, from-order, end-credit, edit, types, type-set."""
    new = actions.add_parser("new", help=_("neue Rechnung, Gutschrift oder Lastschrift (Belastung) von Hand"))
    new.add_argument("--customer", required=True, metavar=_("KUNDE"))
    new.add_argument("--kind", default="invoice", choices=[k.value for k in invoicing.BY_HAND])
    new.add_argument("--document-type", default="", metavar=_("BELEGART"))
    _document_flags(new)
    new.set_defaults(handler=new_document)
    once = actions.add_parser("from-order", help=_("einen Auftrag ohne Intervall einmal berechnen"))
    once.add_argument("order", metavar=_("AUFTRAG"))
    for name in ("--invoice-date", "--period-from", "--period-to"):
        once.add_argument(name, type=day)
    add_switch(once, "--again", help=_("auch wenn er schon berechnet ist"))
    once.set_defaults(handler=from_order)
    credit = actions.add_parser("end-credit", help=_("gutschreiben, was über das Vertragsende hinaus berechnet ist"))
    credit.add_argument("order", metavar=_("AUFTRAG"))
    credit.add_argument("--invoice-date", type=day)
    credit.set_defaults(handler=end_credit)
    edit = actions.add_parser("edit", help=_("Beleg ändern, solange er angelegt ist"))
    edit.add_argument("number", metavar=_("NUMMER"))
    _document_flags(edit)
    edit.set_defaults(handler=edit_document)
    actions.add_parser("types", help=_("Belegarten mit ihren Nummernkreisen")).set_defaults(handler=list_types)
    kind = actions.add_parser("type-set", help=_("Belegart anlegen oder ändern"))
    kind.add_argument("name", metavar=_("BELEGART"))
    kind.add_argument(
        "--number-range",
        "--range",
        dest="range",
        required=True,
        metavar=_("NUMMERNKREIS"),
        help=_("etwa BR für BR-2026-00001"),
    )
    kind.add_argument("--kind", default="invoice", choices=[k.value for k in invoicing.BY_HAND])
    kind.set_defaults(handler=set_type)


def _document_flags(parser: ArgumentParser) -> None:
    for name in ("--invoice-date", "--service-date", "--period-from", "--period-to"):
        parser.add_argument(name, type=day, metavar=_("TAG"))
    for name in ("--header-text", "--footer-text", "--name", "--article", "--description", "--unit"):
        parser.add_argument(name)
    add_tax_flags(parser)
    add_place_flags(parser)
    parser.add_argument("--prepaid", type=amount, metavar=_("BETRAG"), help=_("schon gezahlt (Anzahlung)"))
    parser.add_argument("--delivery-name", metavar=_("NAME"), help=_("Lieferanschrift, wenn nicht die des Kunden"))
    for name in DELIVERY_FIELDS:
        kind = fields.country if name == "country" else str
        parser.add_argument(f"--delivery-{name}", type=kind, help=_("Lieferanschrift, wenn nicht die des Kunden"))
    for name in ("--quantity", "--price-unit"):
        parser.add_argument(name, type=checked(parse_quantity))
    parser.add_argument("--price", type=price)
    for name in ("--discount", "--vat"):
        parser.add_argument(name, type=checked(lambda text: parse_percent(text, 100)))
    parser.add_argument("--vat-category", type=one_of(VatCategory))


def _given(args: Namespace, names: dict[str, str]) -> dict[str, Any]:
    return {field: getattr(args, flag) for flag, field in names.items() if getattr(args, flag) is not None}


def _blank(context: Context, supplied: date) -> Line:
    """An empty position with the usual rate as it was on the last day of the supply (B12)."""
    usual = orders.new_line(context.desk.store)
    return Line(vat_category=usual.vat_category, vat_rate=adjusted_rate(usual.vat_rate, supplied))


def _texts(args: Namespace, before: Address | None = None) -> dict[str, Any]:
    """What is given of the head; of a delivery address what is given, else what stands."""
    texts = {name: getattr(args, name) for name in TEXT_FIELDS if getattr(args, name) is not None}
    place: dict[str, Any] = {
        n: clean(v).strip() for n in DELIVERY_FIELDS if (v := getattr(args, f"delivery_{n}")) is not None
    }
    if place:
        texts["delivery_address"] = replace(before or Address(), **place)
    return texts


def new_document(context: Context, args: Namespace) -> Answer:
    """A document by hand with one position; more by `edit --line`."""
    store = context.desk.store
    texts = _texts(args)
    texts.setdefault("invoice_date", context.desk.today())
    if not texts.get("period_from") and not texts.get("service_date"):
        texts["service_date"] = texts["invoice_date"]
    supplied = texts.get("period_to") or texts.get("service_date") or texts["invoice_date"]
    new = NewDocument(
        customer_id=orders.find_customer(store, args.customer).id,
        kind=invoicing.kind_of(args.kind),
        document_type=args.document_type,
        lines=placed((), _given(args, LINE_FIELDS), args, _blank(context, supplied)),
        **texts,
    )
    return _apply(context, invoicing.plan_new(store, new))


def from_order(context: Context, args: Namespace) -> Answer:
    """An order without interval billed once."""
    store = context.desk.store
    plan = invoicing.plan_from_order(
        store,
        orders.find(store, args.order),
        invoice_date=args.invoice_date or context.desk.today(),
        period_from=args.period_from,
        period_to=args.period_to,
        again=args.again,
    )
    return _apply(context, plan)


def end_credit(context: Context, args: Namespace) -> Answer:
    """C5.3: full minus prorated of the period that the end cuts, whole periods behind it."""
    order = orders.find(context.desk.store, args.order)
    day_of = args.invoice_date or context.desk.today()
    return _apply(context, interval_end.plan_end_credit(context.desk.store, order, day_of))


def _apply(context: Context, plan: DocumentPlan) -> Answer:
    warnings = [p for p in plan.problems if p.warning]
    made = invoicing.apply_new(context.desk, plan)
    return _shown(plan.document if context.dry_run else made, warnings)


def edit_document(context: Context, args: Namespace) -> Answer:
    """Change what is given while the document is `angelegt`."""
    document = documents.by_number(context.desk.store, args.number)
    edited = replace(document, **_texts(args, document.delivery_address))
    blank = _blank(context, supply_end(edited))
    edited = replace(edited, lines=placed(document.lines, _given(args, LINE_FIELDS), args, blank))
    stored = invoicing.edit(context.desk, edited, expect_rev=document.rev)
    return _shown(stored, [p for p in check_document(stored) if p.warning])


def list_types(context: Context, args: Namespace) -> Answer:
    """The Belegarten by name."""
    found = document_types.list_types(context.desk.store)
    rows = [encode(t) for t in found]
    cells = [(t.name, _(TITLES[t.kind]), t.number_range) for t in found]
    return Answer(listing(rows), lines=table((_("Belegart"), _("Art"), _("Nummernkreis")), cells))


def set_type(context: Context, args: Namespace) -> Answer:
    """Add or change one; documents that exist keep their numbers."""
    wanted = DocumentType(name=args.name, kind=invoicing.kind_of(args.kind), number_range=args.range)
    stored = document_types.save_type(context.desk, wanted)
    return Answer(record("document_type", stored), lines=[f"{stored.name}: {stored.number_range}"])


def _shown(document: Document, problems: list[Problem]) -> Answer:
    text = f"{document.number}  {document.buyer.name}  {money(document.totals.gross, language())}"
    return Answer(record("invoice", document), problems=problems, lines=[text])
