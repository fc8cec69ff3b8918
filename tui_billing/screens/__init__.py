"""One screen, one file; no logic of their own."""
