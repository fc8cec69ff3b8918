"""Widgets of our own: record table, date input, filter bar, status line."""
