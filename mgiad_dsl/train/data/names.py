"""What ``--data`` takes, in words; free of torch, for the help of the command line."""

NAMES = (
    "digits, mnist, fashionmnist, cifar10, cifar100, imagenet, imagefolder:PATH, "
    "fake:CxHxW:classes:n"
)
