"""Exact counts of a network, the claims of its spec, and how they grow."""
