"""How to train, as plain data: the recipes of the package lie here as JSON files."""
