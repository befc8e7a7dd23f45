"""Specs of cycles in cycles, which do nearly the same on all their levels: methods that recurse."""

from __future__ import annotations

from random import Random

# Names of the spaces: some that an emitted method has for something else.
SPACES = (("u", "f"), ("coarsest", "k_1"), ("F", "norm"), ("each", "coarsest"))
RELAX = (
    "{u}[{at}] = {u}[{at}] + relu(n(B[{at}](relu(n({f}[{at}] - A[{at}]({u}[{at}]))))))",
    "{u}[{at}] = {u}[{at}] + s[l] * (A[{at}]({u}[{at}]) - {f}[{at}])",
    "{u}[{at}] = {u}[{at}] + tanh(n(C[k]({f}[{at}]) + C[k]({u}[{at}])))",
    "let e = n(A[{at}]({u}[{at}]))  {u}[{at}] = {u}[{at}] - B[{at}](e) * e",
    "let e = {f}[{at}] - A[{at}]({u}[{at}])  {f}[{at}] = {f}[{at}] + e  {u}[{at}] = n(B[{at}](e))",
)
COARSEN = (
    "{u}[{to}] = D[l,k+1]({u}[{at}])  {f}[{to}] = E[l,k+1]({f}[{at}] - A[{at}]({u}[{at}]))",
    "{u}[{to}] = D[l,k+1]({u}[{at}])"
    "  {f}[{to}] = E[l,k+1]({f}[{at}] - A[{at}]({u}[{at}])) + A[{to}]({u}[{to}])",
    "{u}[{to}] = 0  {f}[{to}] = relu(n(E[l,k+1]({f}[{at}] - A[{at}]({u}[{at}]))))",
    "{f}[{to}] = E[l,k+1]({f}[{at}])  {u}[{to}] = {f}[{to}]",
)
CORRECT = (
    "{u}[{at}] = {u}[{at}] + U[l,k+1]({u}[{to}])",
    "let e = U[l,k+1]({u}[{to}] - D[l,k+1]({u}[{at}]))  {u}[{at}] = {u}[{at}] + n(e)",
    "{u}[{at}] = {u}[{at}] + n(U[l,k+1]({f}[{to}] + {u}[{to}]))",
)


def nested(seed: int) -> str:
    """The spec number ``seed``."""
    random = Random(seed)
    u, f = random.choice(SPACES)

    def said(form: str) -> str:
        return form.format(u=u, f=f, at="l,k", to="l,k+1")

    relax = said(random.choice(RELAX))
    depths = random.choice(((2, 2), (1, 2), (0, 3), (3, 1), (2, 3)))
    kind = random.choice(("V", "V", "V", "backslash", "W", "F"))
    before = random.choice(("smooth 2 relax", "smooth 1 relax", "smooth relax", "smooth 0 relax"))
    solve = [random.choice(("solve 1 relax", "solve 4 relax"))] * random.choice((0, 1))
    back = [f"correct {{ {said(random.choice(CORRECT))} }}", *["smooth 2 relax"] * (seed % 3 > 0)]
    again = random.choice(("smooth", "smooth i in 1..2"))
    return f"""network nested
input image : 3 x 8 x 8
let depth[l] = l > 1 ? {depths[1]} : {depths[0]}
levels l in 1..2 : resolution
levels k in 0..depth[l] : channel
spaces {u}[l,k] = {f}[l,k] : 16 / 2^k channels
operators {{
    S : image -> {f}[1,0] conv 3x3
    A[l,k], B[l,k] : {u}[l,k] -> {f}[l,k] conv 3x3
    C[k] : {u}[l,k] -> {u}[l,k] conv 1x1
    D[l,k], E[l,k] : {u}[l,k-1] -> {u}[l,k] conv 1x1
    U[l,k] : {u}[l,k] -> {u}[l,k-1] conv 1x1
    R[l] : {u}[l-1,0] -> {u}[l,0] conv 3x3
    s[l] : scalar 1/2
    n[*] : batchnorm
}}
start {{ {f}[1,0] = relu(n(S(image)))  {u}[1,0] = {random.choice(("0", f"{f}[1,0]"))} }}
step relax {{ {relax} }}
cycle over l : backslash {{
    {again} {{
        cycle over k : {kind} {{
            {before}
            coarsen {{ {said(random.choice(COARSEN))} }}
            {" ".join((*solve, *back * (kind != "backslash")))}
        }}
    }}
    coarsen {{ {u}[l+1,0] = R[l+1]({u}[l,0])  {f}[l+1,0] = R[l+1]({f}[l,0]) }}
}}
output y = {u}[2,0]
{random.choice(("", f"output z = {f}[1,0]"))}
"""
