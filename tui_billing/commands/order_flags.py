"""The flags of `order add|edit|preview`: the common case without a JSON file. What is not given stays as it is."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from tui_billing.commands.frame import checked, day
from tui_billing.domain.documents import DocumentKind, Line, VatCategory
from tui_billing.domain.inputs import parse_amount, parse_percent, parse_quantity
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import (
    CatchUp,
    IntervalTerms,
    IntervalUnit,
    Order,
    OrderLine,
    PriceBasis,
    PriceChange,
    Proration,
    ScaleMode,
    ScaleStep,
    Timing,
)
from tui_billing.i18n import _
from tui_billing.services import document_types, orders
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse

E = TypeVar("E", bound=StrEnum)
L = TypeVar("L", OrderLine, Line)
NOTHING = ("", "-", "none", "keine")
CLEARED = object()
"""A flag that was given to take a day away."""

ORDER_FIELDS = {
    "new_number": "number",
    "document_type": "document_type",
    "kind": "kind",
    "order_date": "order_date",
    "header_text": "header_text",
    "footer_text": "footer_text",
    "buyer_order_reference": "buyer_order_reference",
    "gross_prices": "gross_prices",
    "exemption_reason": "exemption_reason",
    "property_work": "property_work",
    "closed": "closed",
}
LINE_FIELDS = {
    "article": "article",
    "name": "name",
    "description": "description",
    "quantity": "quantity",
    "unit": "unit",
    "price": "unit_price",
    "price_unit": "price_unit",
    "price_basis": "price_basis",
    "price_change": "price_changes",
    "scale": "scale",
    "scale_mode": "scale_mode",
    "yearly_value": "yearly_value",
    "discount": "discount_percent",
    "vat": "vat_rate",
    "vat_category": "vat_category",
}
TERM_FIELDS = {
    "every": "every",
    "interval": "unit",
    "anchor": "anchor",
    "start": "start",
    "end": "end",
    "timing": "timing",
    "month_end": "month_end",
    "aligned": "aligned",
    "proration": "proration",
    "prorate_end": "prorate_end",
    "catch_up": "catch_up",
    "notice_months": "notice_months",
    "renew_months": "renew_months",
    "notice_received": "notice_received",
    "paused": "paused",
}


def one_of(kind: type[E]) -> Callable[[str], E]:
    """An argparse type for the values of an enum."""

    def convert(text: str) -> E:
        try:
            return kind(text.strip().lower() if kind is not VatCategory else text.strip().upper())
        except ValueError:
            raise ArgumentTypeError(_("möglich: {choices}").format(choices=", ".join(m.value for m in kind))) from None

    return convert


def optional_day(text: str) -> Any:
    """A day, or none to take it away."""
    return CLEARED if text.strip().lower() in NOTHING else day(text)


def price(text: str) -> Any:
    """A price with at most six decimals."""
    return checked(lambda typed: parse_amount(typed, 6))(text)


def price_change(text: str) -> PriceChange:
    """DATE:PRICE, by period start."""
    first, sign, second = text.rpartition(":")
    if not sign:
        raise ArgumentTypeError(_("Form DATUM:PREIS, etwa 2026-07-01:55,00"))
    return PriceChange(valid_from=day(first), unit_price=price(second))


def scale_step(text: str) -> ScaleStep:
    """FROM:PRICE."""
    first, sign, second = text.partition(":")
    if not sign:
        raise ArgumentTypeError(_("Form AB_MENGE:PREIS, etwa 100:9,00"))
    return ScaleStep(from_quantity=checked(parse_quantity)(first), unit_price=price(second))


def add_flags(parser: ArgumentParser) -> None:
    """--file and the flags of order, position and interval."""
    parser.add_argument("--file", metavar=_("DATEI"), help=_("Auftrag als JSON; Schalter gehen vor"))
    _order_flags(parser)
    _line_flags(parser)
    _term_flags(parser)


def _order_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(_("Auftrag"))
    group.add_argument("--customer", metavar=_("KUNDE"))
    group.add_argument("--number", dest="new_number", metavar=_("NUMMER"))
    group.add_argument("--document-type", metavar=_("BELEGART"))
    group.add_argument("--kind", type=one_of(DocumentKind))
    group.add_argument("--order-date", type=optional_day)
    group.add_argument("--header-text")
    group.add_argument("--footer-text")
    add_tax_flags(group)
    group.add_argument("--closed", action=BooleanOptionalAction)


def add_tax_flags(group: Any) -> None:
    """What orders and documents share beside their texts."""
    group.add_argument("--buyer-order-reference", metavar=_("TEXT"), help=_("Bestellnummer des Kunden"))
    group.add_argument("--gross-prices", action=BooleanOptionalAction)
    group.add_argument("--exemption-reason", metavar=_("TEXT"), help=_("Grund der Steuerbefreiung"))
    group.add_argument("--property-work", action=BooleanOptionalAction, help=_("Hinweis nach § 14b UStG drucken"))


def add_place_flags(group: Any) -> None:
    """Which position the other flags mean."""
    group.add_argument("--line", type=int, default=1, metavar="N", help=_("welche Position die Schalter meinen"))
    group.add_argument("--insert", action="store_true", help=_("vor dieser Position einfügen statt sie zu ändern"))
    group.add_argument("--drop-line", type=int, metavar="N", help=_("diese Position herausnehmen"))


def _line_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(_("Position"))
    add_place_flags(group)
    for name in ("article", "name", "description", "unit"):
        group.add_argument(f"--{name}")
    group.add_argument("--quantity", type=checked(parse_quantity))
    group.add_argument("--price", type=price)
    group.add_argument("--price-unit", type=checked(parse_quantity))
    group.add_argument("--price-basis", type=one_of(PriceBasis))
    group.add_argument("--price-change", type=price_change, action="append", metavar=_("DATUM:PREIS"))
    group.add_argument("--scale", type=scale_step, action="append", metavar=_("AB_MENGE:PREIS"))
    group.add_argument("--scale-mode", type=one_of(ScaleMode))
    group.add_argument("--yearly-value", type=price)
    group.add_argument("--discount", type=checked(lambda text: parse_percent(text, 100)))
    group.add_argument("--vat", type=checked(lambda text: parse_percent(text, 100)))
    group.add_argument("--vat-category", type=one_of(VatCategory))


def _term_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(_("Intervallrechnungen"))
    group.add_argument("--every", type=int)
    group.add_argument("--interval", type=one_of(IntervalUnit), metavar="|".join(u.value for u in IntervalUnit))
    group.add_argument("--no-interval", action="store_true", help=_("Container Intervallrechnungen leeren"))
    for name in ("--anchor", "--start"):
        group.add_argument(name, type=day)
    for name in ("--end", "--notice-received"):
        group.add_argument(name, type=optional_day)
    group.add_argument("--timing", type=one_of(Timing))
    group.add_argument("--proration", type=one_of(Proration))
    group.add_argument("--catch-up", type=one_of(CatchUp))
    for name in ("--month-end", "--aligned", "--prorate-end", "--paused"):
        group.add_argument(name, action=BooleanOptionalAction)
    for name in ("--notice-months", "--renew-months"):
        group.add_argument(name, type=int)


def with_flags(desk: Desk, order: Order, args: Namespace) -> Order:
    """The order with every flag that was given."""
    document_types.need(desk.store, args.document_type or "")
    order = replace(order, **_given(args, ORDER_FIELDS))
    if args.customer:
        order = replace(order, customer_id=orders.find_customer(desk.store, args.customer).id)
    line = _given(args, LINE_FIELDS)
    order = replace(order, lines=placed(order.lines, line, args, orders.new_line(desk.store)))
    if args.no_interval:
        return replace(order, interval=None)
    terms = _given(args, TERM_FIELDS)
    return replace(order, interval=replace(order.interval or IntervalTerms(), **terms)) if terms else order


def _given(args: Namespace, names: dict[str, str]) -> dict[str, Any]:
    """The fields whose flags were given; `none` for a day takes it away."""
    typed = {field: getattr(args, flag) for flag, field in names.items() if getattr(args, flag) is not None}
    for field, value in typed.items():
        if isinstance(value, list):
            typed[field] = tuple(value)
        elif value is CLEARED:
            typed[field] = None
    return typed


def placed(lines: Sequence[L], given: dict[str, Any], args: Namespace, blank: L) -> tuple[L, ...]:
    """The positions with what was given: --line changes one or adds the last, with --insert it goes before that one;
    --drop-line takes one out. Raises WrongUse for a position that is not there."""
    found = list(lines)
    if args.drop_line is not None:
        _require(1 <= args.drop_line <= len(found), args.drop_line, len(found), "--drop-line")
        del found[args.drop_line - 1]
    if given:
        at = args.line - 1
        _require(0 <= at <= len(found), args.line, len(found), "--line")
        if args.insert or at == len(found):
            found.insert(at, blank)
        found[at] = replace(found[at], **given)
    return tuple(found)


def _require(there: bool, line: int, count: int, where: str) -> None:
    if not there:
        text = N_("Position {line} gibt es nicht; es sind {count}")
        raise WrongUse(Problem("POSITION_UNBEKANNT", text, {"line": line, "count": count}, where=where))
