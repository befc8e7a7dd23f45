"""Hand-written references: the published networks in plain PyTorch, from their equations.

Nothing here knows mgiad_dsl. Every network offers

- a plain `nn.Module` whose operators are kept by sharing index (`net.A[l]`, `net.B[l, i]`) and
  whose batch norms stand in `net.norms` in the order of use, a new one at every use;
- `exact_count(...)`, which takes the same arguments and computes the weights by arithmetic.

`parts.groups(net)` lists everything that holds weights under the names a spec uses (`"B[2,1]"`,
`"norm[7]"`), so that weights can be copied from and to another implementation.
"""
