"""Data sets and what feeds them to the trainer."""
