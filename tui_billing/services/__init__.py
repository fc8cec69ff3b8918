"""One use case per documented button, in two halves: plan_* is pure, apply_* writes."""
