"""The language as data: syntax tree, words, exact values, the checked spec."""
