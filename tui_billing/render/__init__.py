"""Document -> Markdown -> PDF, e-invoice and mail text. Writes to a staging folder; the store publishes."""
