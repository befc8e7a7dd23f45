"""Count networks side by side, without torch: the accuracy table's weight column."""

import mgiad_dsl

for spec in ("resnet18:cifar10", "mgnet:A", "mgnet", "mgnet_grouped:g32", "mgic", "mgiad"):
    counted = mgiad_dsl.compile_file(spec).count
    print(f"{spec:18} {counted.weights:>12,} weights {counted.macs / 1e6:>8.0f} M MACs")
