"""The network: operations, shapes, weights, and the sharing groups they belong to."""
