"""The billing desk in a terminal: invoice runs, interval invoices and customer batches."""

__version__ = "0.1.0"
