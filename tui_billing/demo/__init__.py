"""The invented demo company of any size."""
