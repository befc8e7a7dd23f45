"""What ``--data`` takes, in words; free of torch, for the help of the command line."""

UNMIRRORED = ("digits", "mnist")  # whose classes a mirror image does not share

# data sets of images with a class each, which can be corrupted and attacked
OF_IMAGES = (
    "digits",
    "mnist",
    "fashionmnist",
    "cifar10",
    "cifar100",
    "imagenet",
    "imagefolder",
    "fake",
)

NAMES = (
    "digits, mnist, fashionmnist, cifar10, cifar100, imagenet, imagefolder:PATH, "
    "pets, voc, maskfolder:PATH, poisson:N, darcy:N, tensors:FILE, fake:CxHxW:classes:n"
)
