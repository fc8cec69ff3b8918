"""Sums of a month by customer, from a user's own script: `python docs/examples/open_invoices.py DATA 2026-11`."""

import sys
from collections import Counter
from decimal import Decimal

from tinydb import Query

from tui_billing.store.tinydb_adapter import BillingDB

folder, month = sys.argv[1:3]
with BillingDB(folder) as db:
    invoices = db.table("invoices")
    Invoice = Query()
    found = invoices.between("invoice_date", f"{month}-01", f"{month}-31")
    sums: Counter[str] = Counter()
    for invoice in found:
        if invoice["state"] != "cancelled":
            sums[invoice["buyer"]["name"]] += Decimal(invoice["totals"]["gross"])
    for name, total in sums.most_common(10):
        print(f"{total:>12} {name}")
    print(len(invoices.search(Invoice.number == "RE-2026-00001")), "invoice has the number RE-2026-00001")
