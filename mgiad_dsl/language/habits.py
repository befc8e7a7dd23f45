"""What is typed from the habit of other languages, and what to write here: one table of plain data.

A hint says the same to whoever reads a message and to whoever reads docs/language.md, which shows
these rows. Each table is asked in one kind of place only, so that a word is free everywhere else.
"""

from __future__ import annotations

from mgiad_dsl.language.words import ACTIVATIONS

Table = dict[tuple[str, ...], str]

# Signs, wherever they cannot stand.
SIGNS: Table = {
    ("**",): "a power is `2^l`",
    ("//", "/*", "%"): "comments begin with `#`; a quotient rounded down is `floor(a / b)`",
    (";", ","): "leave it out: no sign ends or separates equations, operators or options",
    ("&&", "&"): "write `and`",
    ("||", "|"): "write `or`",
    ("!", "¬"): "write `not`",
    ("<>", "≠", "!=="): "write `!=`",
    ("≤", "=<"): "write `<=`",
    ("≥",): "write `>=`",
    (":=", "<-", "←", "=="): "write `=`",
    ("=>", "-->", "→", r"\to"): "write `->`",
    ("×", r"\times"): "sizes stand with `x` between, `3x3`; a product is `a * b`",
    ("·", "⋅", "⊙", ".*", r"\cdot"): "a product is `a * b`",
    ("−", "–"): "write the `-` of the keyboard",
    ("...", "…"): "write `1..L`, with two points",
    ("+=", "-=", "*=", "/="): "write it out: `u[l] = u[l] + r`",
    ("][", "] ["): "indices stand in one pair of brackets, `B[l,i]`; a list gets a name first",
    ("_{", "^{"): "indices stand in brackets: `B[l,i]`",
    ("@", "|>", "∘"): "an operator is applied with brackets: `A(u)`",
    ("∈",): "write `in`",
    ("'",): "a word stands without quotes",
    ("\\",): "no commands of LaTeX: write `alpha`; the kind of cycle is `backslash`",
}  # fmt: skip

# Where a kind of operator is wanted, and where a name in an equation is not declared.
KINDS: Table = {
    ("Conv2d", "Conv1d", "Conv3d", "convolution", "conv3x3", "conv1x1", "conv"):
        "a convolution is `A : u -> f  conv 3x3`; its channels are those of `u` and `f`",
    ("ConvTranspose2d", "Conv2DTranspose", "deconv", "upconv"):
        "it is `P : u[l] -> u[l-1]  conv 3x3 stride 2 transposed`",
    ("DepthwiseConv2D", "SeparableConv2D", "dwconv", "depthwise"):
        "it is `A : u -> f  conv 3x3 depthwise`",
    ("Linear", "Dense", "fc", "fully_connected"): "a linear layer is `W : u[L] -> 10  linear`",
    ("BatchNorm2d", "BatchNorm1d", "BatchNorm3d", "BatchNormalization", "batch_norm", "bn"):
        "a new batch norm at every use is `norm[*] : batchnorm`",
    ("GroupNorm", "GroupNormalization", "gn"):
        "a new group norm at every use is `norm[*] : groupnorm group_size 16`",
    ("LayerNorm", "LayerNormalization", "ln"):
        "a new layer norm at every use is `norm[*] : layernorm`",
    ("InstanceNorm2d", "InstanceNorm"): "it is `norm[*] : groupnorm group_size 1`",
    ("MaxPool2d", "MaxPooling2D", "max_pool"):
        "a pool is `maxpool(r, 2x2)`, or `D : u[l] -> u[l+1]  maxpool 2x2`",
    ("AvgPool2d", "AveragePooling2D", "avg_pool"):
        "a pool is `avgpool(r, 2x2)`, or `D : u[l] -> u[l+1]  avgpool 2x2`",
    ("AdaptiveAvgPool2d", "GlobalAveragePooling2D", "global_avg_pool", "gap"):
        "the average of the whole image is `avgpool(r)`",
    ("Upsample", "UpSampling2D", "interpolate", "resize"):
        "it is `upsample(r, 2)`, or `upsample(r, 2, bilinear)`",
    ("Dropout", "Dropout2d"): "declare it, `drop : dropout 1/10`, and apply `drop(r)`",
    ("DropPath", "StochasticDepth"): "declare it, `drop : droppath 1/10`, and apply `drop(r)`",
    ("PReLU",): "declare it, `act[*] : prelu`, and apply `act(r)`",
    ("Parameter", "scalar"): "a learnable number is `w : scalar 1`, and stands as `w * r`",
    ("stencil",): "declare it, `A : u -> f  stencil [[1,2,1]] / 4 fixed`, and apply `A(r)`",
    ("LeakyReLU", "lrelu"): "it is `leaky_relu(r)`, or with a slope `leaky_relu(r, 1/5)`",
    ("Swish",): "it is `silu(r)`",
}  # fmt: skip

# Behind a kind of operator that has options.
OPTIONS: Table = {
    ("padding", "p1"):
        "the option is `pad`, as in `pad 1`; without it the size is kept at stride 1",
    ("same",): "leave it out: the size is kept at stride 1",
    ("valid", "p0"): "write `pad 0`",
    ("padding_mode",): "leave it out: zeros lie around, unless `pad circular` or the like",
    ("periodic", "wrap"): "write `pad circular`",
    ("circular", "replicate", "reflect"): "write `pad circular`, `pad replicate` or `pad reflect`",
    ("s2", "strided", "down", "downsample"): "write `stride 2`",
    ("s1",): "leave it out: the stride is 1",
    ("up",): "write `stride 2 transposed`",
    ("dilated", "d2", "atrous", "dilation_rate"): "write `dilation 2`",
    ("groups", "group", "cardinality"):
        "write how many channels a group has: `group_size 8`; one each is `depthwise`",
    ("separable", "dw"): "write `depthwise`",
    ("kernel", "kernel_size", "k3"): "the kernel stands behind the kind: `conv 3x3`",
    ("stride=2",): "an option has no `=`: `stride 2`",
    ("depthwise=false",): "leave it out",
    ("bias=true", "use_bias=true", "true"): "write `bias`",
}  # fmt: skip

# What weights start from, behind `init` or in place of it.
INITIAL = "write `init kaiming`, `init uniform`, `init xavier` or `init zero`"
STARTS: Table = {
    ("kaiming", "he", "kaiming_normal", "he_normal"): "write `init kaiming`",
    ("xavier", "glorot", "xavier_uniform", "glorot_uniform"): "write `init xavier`",
    ("uniform",): "write `init uniform`",
    ("zero", "zeros", "zeros_"): "write `init zero`",
    ("init", "initializer", "initialiser", "kernel_initializer", "weight_init", "kaiming_uniform",
     "he_uniform", "xavier_normal", "glorot_normal", "lecun", "lecun_normal", "normal",
     "trunc_normal", "orthogonal", "ones", "dirac"): INITIAL,
}  # fmt: skip

# Behind any kind of operator.
BEHIND: Table = {
    ("bias=false", "false", "no", "no_bias", "use_bias"):
        "leave it out: `conv` has a bias only where `bias` stands, `linear` always",
    ("in_channels", "out_channels", "channels", "filters", "features"):
        "leave it out: the channels are those of the spaces on both sides",
    ("affine", "eps", "momentum"): "leave it out: norms are PyTorch's, with its defaults",
    ("batchnorm", "groupnorm", "layernorm", "bn", "norm"):
        "a norm is an operator of its own, `norm[*] : batchnorm`, applied as `norm(A(r))`",
    ("dropout",): "it is an operator of its own, `drop : dropout 1/10`, applied as `drop(A(r))`",
}  # fmt: skip

# Names in expressions and equations that nothing declares.
NAMES: Table = {
    ("True", "yes", "on"): "write `true`",
    ("False", "no", "off"): "write `false`",
    ("None", "null"): "there is none: the zero of a space is `0`, a switch is `false`",
    ("same", "valid"): "`pad` takes a number; without it the size is kept at stride 1",
    ("softmax", "log_softmax"): "leave it out: the loss takes it of the logits",
    ("flatten", "view", "reshape"): "`linear` takes an image of size 1x1: `W(avgpool(r))`",
    ("concat", "concatenate", "cat"):
        "an operator of two arguments: `M : u, v -> u  conv 3x3`, applied as `M(a, b)`",
    ("add",): "write `a + b`",
    ("mul", "multiply"): "write `a * b`",
    ("mean",): "of an image `avgpool(r)`, of a list `sum(a) / len(a)`",
    ("abs",): "of a number `max(a, -a)`, of a value `relu(r) + relu(-r)`",
    ("int", "trunc"): "write `floor(a)`",
    ("log", "log10"): "the logarithm is `log2(a)`",
    ("pow",): "a power is `a^2`",
    ("sqrt", "exp"): "numbers are exact: write the value, such as `1.4`",
    ("V_cycle",): "a V cycle is `cycle over l : V { ... }`",
    ("sawtooth",): "down only is `cycle over l : backslash { ... }`",
    ("range", "arange"): "a range has both ends: `1..n`",
}  # fmt: skip

# Words of other languages, on the line that cannot be read.
KEYWORDS: Table = {
    ("for", "while"):
        "`repeat t in 1..T { ... }`; in a cycle steps are `smooth i in 1..n { ... }`",
    ("if", "else", "elif", "then"): "a choice is `c ? a : b`",
    ("def", "function", "fn"):
        "a number is `let c[l] = ...`, a block of equations `step relax { ... }`",
    ("lambda",): "a function of an index is `let c[l] = ...`",
    ("return",): "what a network gives is `output y = ...`",
    ("import", "include"): "leave it out: a spec is one file and needs no other",
    ("const", "var"): "write `let`",
    ("int", "float", "bool"): "leave it out: the default says the type",
    ("range",): "a range has both ends: `1..n`",
    ("assert",): "a count that must hold is `expect weights 1_000`",
    ("is",): "write `==`",
}  # fmt: skip

# At the beginning of a file or a declaration.
ITEMS: Table = {
    ("class", "model", "module", "net"): "a spec begins with `network NAME`",
    ("param", "params", "parameter", "parameters"):
        "parameters stand behind the name: `network n(width = 1)`",
    ("grid", "grids"): "write `levels l in 1..4 : resolution`",
    ("layer", "layers", "ops", "modules"): "write `operators { ... }`",
    ("init", "initial", "setup"): "what runs first is `start { ... }`",
    ("forward",): "equations stand in `start { ... }`, `step` and `cycle`",
    ("vcycle", "V"): "write `cycle over l : V { ... }`",
    ("boundary",): "it is an option of convolutions and stencils: `pad circular`",
}  # fmt: skip

# Where a part of a cycle begins.
PARTS: Table = {
    ("restrict", "restriction", "coarse", "down"): "write `coarsen { ... }`",
    ("prolong", "prolongation", "interpolate", "up"): "write `correct { ... }`",
    ("pre", "post", "presmooth", "postsmooth", "relax"): "write `smooth 2 { ... }`",
    ("coarsest", "bottom"): "write `solve 2 { ... }`",
}

# Forms, which are found by what stands around them.
FORMS: Table = {
    ("3*16*16",): "sizes stand with `x` between: `3 x 16 x 16`",
    ("(3, 3)", "[3, 3]", "3, 3"): "sizes stand with `x` between: `3x3`",
    ("maxpool k x k", "upsample k"):
        "here a size that is a name stands in brackets: `maxpool (k)x(k)`",
    ("conv(3x3)",): "the kernel stands without brackets: `conv 3x3`",
    ("(64, 128)", "{64, 128}"): "a list has square brackets: `[64, 128]`",
    ("2,750,666",): "digits are grouped by `_`: `2_750_666`",
    ("kernel_size=2", "inplace=True"): "arguments have no names: `maxpool(r, 2x2)`",
    ("maxpool(r, 2x2, stride 2)",): "options follow without a comma: `maxpool(r, 2x2 stride 2)`",
    ("relu()(r)", "B(l, i)(r)"):
        "round brackets apply a function once, `relu(r)`; indices are square, `B[l,i](r)`",
    ("network n {",): "leave it out: declarations stand below the header, without brackets",
    ("a = b ?",): "`==` compares",
    ("c = 8",): "write `let c = ...`",
    (".5", "1."): "a number has digits on both sides of its point: `0.5`",
    ("self.A", "nn.A"): "no name has a point",
    ("A u", "2 u"): "an operator is applied with brackets, `A(u)`; a product is `a * b`",
    ('"V"',): "a word stands without quotes",
}  # fmt: skip

PLACES: dict[str, Table] = {
    "signs": SIGNS,
    "a kind of operator, or a function": KINDS,
    "behind a kind": OPTIONS | STARTS | BEHIND,
    "in an expression": NAMES,
    "anywhere on a line": KEYWORDS,
    "a declaration": ITEMS,
    "a part of a cycle": PARTS,
    "forms": FORMS,
}


def habit(word: str, *tables: Table) -> str | None:
    """What to write for a word, by the first of the tables that has it, however it is spelled."""
    for table in tables:
        for words, hint in table.items():
            if word in words or _plain(word) in map(_plain, words):
                return hint
    return None


def activation(word: str) -> str | None:
    """The activation that a word spells: ``ReLU``, ``hard_swish``."""
    name = next((name for name in ACTIVATIONS if _plain(name) == _plain(word)), None)
    return f"an activation is `{name}(r)`, in an equation" if name else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "") if word.isidentifier() else word
