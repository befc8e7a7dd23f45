"""Counts as functions of parameters: formulas, and the best network within a budget.

A spec is compiled once for all values of its parameters that take the same way through the
compiler. Its numbers then carry the polynomials they are (`traced`), every decision that depends
on one is noted as a question (`path`), and other values that answer all of them alike have the
counts that the polynomials give (`cases`).
"""
