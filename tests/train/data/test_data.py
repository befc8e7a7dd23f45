"""The real readers on small files in the real formats."""

from __future__ import annotations

import functools
import http.server
import threading

import pytest
import torch
from torchvision import datasets

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.sets import Where
from mgiad_dsl.train.tasks.choose import check_classes
from tests.train.formats import write_cifar, write_folder, write_imagenet, write_mnist, zip_mnist
from tests.train.nets import network


@pytest.mark.parametrize(
    ("name", "reader", "classes", "n"),
    [("cifar10", datasets.CIFAR10, 10, 200), ("cifar100", datasets.CIFAR100, 100, 40)],
)
def test_cifar(name, reader, classes, n, tmp_path, monkeypatch) -> None:
    pixels = write_cifar(tmp_path, reader, monkeypatch)
    data = open_data(name, Where(tmp_path))
    assert data.shape == (3, 32, 32)
    assert len(data.classes) == classes
    assert len(data.train.labels) == n
    assert len(data.test.labels) == 40
    assert torch.equal(data.train.pixels[:40], torch.from_numpy(pixels))
    assert data.train.labels[:12].tolist() == [i % classes for i in range(12)]


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashionmnist", "FashionMNIST")])
def test_mnist(name, folder, tmp_path) -> None:
    pixels = write_mnist(tmp_path, folder)
    data = open_data(name, Where(tmp_path))
    assert data.shape == (1, 28, 28)
    assert torch.equal(data.train.pixels[:, 0], torch.from_numpy(pixels))
    assert data.train.labels.dtype == torch.int64


def test_missing_files_are_named_and_nothing_is_downloaded(tmp_path) -> None:
    with pytest.raises(SpecError, match=r"missing data_batch_1, data_batch_2") as error:
        open_data("cifar10", Where(tmp_path))
    assert str(tmp_path / "cifar-10-batches-py") in error.value.message
    assert "--data-dir" in error.value.hint
    assert "--download" in error.value.hint
    with pytest.raises(SpecError, match="missing train-images-idx3-ubyte"):
        open_data("mnist", Where(tmp_path))
    assert not list(tmp_path.iterdir())


def test_damaged_files_are_named(tmp_path, monkeypatch) -> None:
    write_cifar(tmp_path, datasets.CIFAR10, monkeypatch)
    path = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SpecError, match=r"wrong MD5 sum of data_batch_3\n"):
        open_data("cifar10", Where(tmp_path))
    write_mnist(tmp_path, "MNIST")
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SpecError, match=r"mnist in .* is damaged"):
        open_data("mnist", Where(tmp_path))


@pytest.fixture
def mirror(tmp_path):
    """A web server over a folder: (URL, folder)."""
    folder = tmp_path / "mirror"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments) -> None: ...

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def test_download_from_a_mirror_checks_md5(mirror, tmp_path, monkeypatch) -> None:
    url, folder = mirror
    write_mnist(folder, "MNIST")
    zip_mnist(folder, "MNIST", monkeypatch)
    data = open_data("mnist", Where(tmp_path / "data", download=True, mirror=url))
    assert len(data.train.labels) == 60
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(SpecError, match="cannot get mnist") as error:
        open_data("mnist", Where(tmp_path / "other", download=True, mirror=url))
    assert "--mirror" in error.value.hint


def test_a_damaged_download_that_lies_about_is_noticed(tmp_path, monkeypatch) -> None:
    write_mnist(tmp_path, "MNIST")
    (tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte.gz").write_bytes(b"cut")
    with pytest.raises(SpecError, match="wrong MD5 sum of train-labels"):
        open_data("mnist", Where(tmp_path))


def test_image_folders(tmp_path) -> None:
    write_folder(tmp_path / "photos")
    data = open_data(f"imagefolder:{tmp_path / 'photos'}")
    assert data.classes == ("n01", "n02")
    check_classes(data, network(input_shape=(3, 64, 64), outputs=2))
    with pytest.raises(SpecError, match="2 classes") as error:
        check_classes(data, network(input_shape=(1, 64, 64), outputs=10))
    assert error.value.hint == "--set in_channels=3 classes=2"


def test_image_folders_that_are_wrong(tmp_path) -> None:
    with pytest.raises(SpecError, match="no images in") as error:
        open_data(f"imagefolder:{tmp_path}")
    assert "/train/CLASS/IMAGE" in error.value.hint
    with pytest.raises(SpecError, match="needs the path") as error:
        open_data("imagefolder:")
    assert error.value.hint == "--data imagefolder:PATH"
    write_folder(tmp_path)
    (tmp_path / "train" / "n03").mkdir()
    (tmp_path / "train" / "n03" / "x.jpeg").write_bytes(b"")
    with pytest.raises(SpecError, match="differ in classes: n03"):
        open_data(f"imagefolder:{tmp_path}")


def test_imagenet(tmp_path) -> None:
    with pytest.raises(SpecError, match="ImageNet is not in") as error:
        open_data("imagenet", Where(tmp_path))
    assert "ILSVRC2012_img_train.tar" in error.value.hint
    with pytest.raises(SpecError, match=r"ImageNet is not in .* and cannot be downloaded"):
        open_data("imagenet", Where(tmp_path, download=True))
    write_imagenet(tmp_path / "imagenet")
    data = open_data("imagenet", Where(tmp_path))
    assert data.classes == ("tench", "goldfish")
    assert len(data.train) == len(data.test) == 12


def test_digits_are_split_evenly_and_always_alike() -> None:
    data = open_data("digits")
    assert data.shape == (1, 8, 8)
    assert len(data.train.labels) == 1437
    counts = data.test.labels.bincount()
    assert counts.min() >= 35
    assert counts.max() <= 37
    assert torch.equal(data.test.labels, open_data("digits").test.labels)


def test_fake_is_completed_by_the_network() -> None:
    data = open_data("fake:3x16x16", None, {"image": (1, 8, 8)}, (7,))
    assert data.shape == (3, 16, 16)
    assert len(data.classes) == 7
    assert len(data.train.labels) == 256
    data = open_data("fake:1x8x8:5:30")
    assert (len(data.train.labels), len(data.test.labels)) == (30, 6)
    with pytest.raises(SpecError, match="takes nothing after it"):
        open_data("digits:3")


def test_fake_is_dense_where_the_output_is() -> None:
    """A class for each point for several channels, a field of one; inputs as the network's."""
    image = {"image": (3, 8, 8)}
    data = open_data("fake", None, image, (4, 8, 8))
    assert data.name == "fake:3x8x8:4:256"
    assert open_data(data.name, None, image, (4, 8, 8)).train.targets.equal(data.train.targets)
    assert data.train.inputs[0].shape == (256, 3, 8, 8)
    assert data.train.targets.shape == (256, 8, 8)
    assert data.train.targets.unique().tolist() == [0, 1, 2, 3]
    assert data.classes == ("0", "1", "2", "3")
    data = open_data("fake:1x6x6:2:10", None, image, (4, 8, 8))
    assert data.test.targets.shape == (2, 6, 6)
    assert data.test.targets.max() == 1
    data = open_data("fake:1x64", None, {"signal": (1, 32)}, (1, 16))  # half as many points
    assert data.train.targets.shape == (256, 1, 16)
    assert data.train.targets.is_floating_point()
    assert data.classes == ()
    both = {"a": (1, 8, 8), "rhs": (2, 4, 4)}
    data = open_data("fake", None, both, (1, 8, 8))
    assert data.name == "fake"
    assert data.inputs == ("a", "rhs")
    assert [each.shape[1:] for each in data.train.inputs] == [(1, 8, 8), (2, 4, 4)]
    data = open_data("fake:1x5x5:1:10", None, both, (1, 8, 8))
    assert [each.shape[1:] for each in data.train.inputs] == [(1, 5, 5), (1, 5, 5)]
