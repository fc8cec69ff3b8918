"""Files for and from others: CSV and JSON in, lists out."""
