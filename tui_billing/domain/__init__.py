"""Pure rules and values: no I/O, no clock. Money is Decimal, days are date, changes are replace()."""
