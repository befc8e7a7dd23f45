"""How well a trained network does: scores, robustness, and what ``mgiad eval`` writes."""
