"""Ways out of the house: one port, one file per transport. Knows no store."""
