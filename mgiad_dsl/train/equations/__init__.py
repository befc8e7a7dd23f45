"""Differential equations on grids: for tensors, as sparse matrices, and the classical solver."""
