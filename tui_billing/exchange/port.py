"""What services see of exchange: the parsers of import files and the writer of lists."""

from tui_billing.exchange.csv_out import csv_bytes
from tui_billing.exchange.customers_csv import FIELDS as CUSTOMER_FIELDS
from tui_billing.exchange.customers_csv import parse_customers
from tui_billing.exchange.invoices import ImportedInvoice, parse_invoices
from tui_billing.exchange.numbers import NumberFormat
from tui_billing.exchange.orders_csv import ImportedOrder, parse_orders
from tui_billing.exchange.parsed import KEPT_OUT, Item, Parsed, kept_out
from tui_billing.exchange.payments_csv import ImportedPayment, parse_payments

__all__ = [
    "CUSTOMER_FIELDS",
    "KEPT_OUT",
    "ImportedInvoice",
    "ImportedOrder",
    "ImportedPayment",
    "Item",
    "NumberFormat",
    "Parsed",
    "csv_bytes",
    "kept_out",
    "parse_customers",
    "parse_invoices",
    "parse_orders",
    "parse_payments",
]
