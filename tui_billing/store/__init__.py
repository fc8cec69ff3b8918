"""TinyDB and everything on disk; whole documents in, whole documents out."""
