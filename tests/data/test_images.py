"""Pictures become cells of a table, whatever mode, size and container they come in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError
from netwright.data.pixels import MAX_SIDE, common_shape, decode, fit_shape
from netwright.data.prepare import Wishes, prepare
from netwright.data.readers import implied_target, read
from netwright.data.schema import typed
from netwright.data.table import Table, fingerprint


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return held.getvalue()


def make_folder(root: Path, parts: tuple[str, ...] = ("",), each: int = 6, side: int = 9) -> Path:
    rng = np.random.default_rng(0)
    for part in parts:
        for label in ("cat", "dog"):
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(each):
                pixels = rng.integers(0, 255, (side, side, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return root


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("L", 1), ("1", 1), ("RGB", 3), ("RGBA", 3), ("P", 3), ("CMYK", 3), ("LA", 1), ("I;16", 1)],
)
def test_every_mode_is_read(mode: str, channels: int) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((5, 7), 65535, dtype=np.uint16))
    else:
        picture = Image.new("RGB", (7, 5), (255, 255, 255)).convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    found = decode(encoded(picture, kind))
    assert found.shape == (channels, 5, 7)
    assert found.dtype == (np.uint16 if mode == "I;16" else np.uint8)
    assert (found == (65535 if mode == "I;16" else 255)).all()


def test_what_is_transparent_is_white() -> None:
    found = decode(encoded(Image.new("RGBA", (2, 2), (10, 20, 30, 0))))
    assert (found == 255).all()


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    found = decode(encoded(Image.new("RGB", (8, 4)), "JPEG", exif=exif))
    assert found.shape == (3, 8, 4)


def test_big_pictures_are_shrunk() -> None:
    assert max(decode(encoded(Image.new("RGB", (900, 300)), "JPEG")).shape) <= MAX_SIDE


def test_a_folder_of_classes(tmp_path: Path) -> None:
    frame = read(make_folder(tmp_path / "pets"))
    assert list(frame.columns) == ["image", "class"]
    assert frame.index.name == "path"
    assert frame.index[0] == "cat/0.png"
    assert frame["class"].value_counts().to_dict() == {"cat": 6, "dog": 6}
    assert implied_target(tmp_path / "pets") == "class"


def test_parts_are_told_apart(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "pets", ("train", "test"), each=3)
    Image.new("RGB", (9, 9)).save(root / "test" / "dog" / "extra.png")
    assert len(read(root)) == 6
    assert len(read(root, part="test")) == 7
    assert read(root, part="test").index[-1] == "dog/extra.png"


def classes_of(root: Path, *folders: str) -> list[str]:
    for folder in folders:
        (root / folder).mkdir(parents=True)
        Image.new("L", (4, 4)).save(root / folder / "1.png")
    return sorted(read(root)["class"].dropna().unique())


@pytest.mark.parametrize(
    "folders",
    [
        ("seg_train/cat", "seg_train/dog", "seg_test/cat"),
        ("train-images/cat", "train-images/dog", "test-images/dog"),
        ("trainingSet/cat", "trainingSet/dog", "valSet/cat"),
        ("train/cat", "train/dog", "test/cat", "pred"),
        ("train/cat", "train/dog", "unlabeled"),
        ("data/Training/cat", "data/Training/dog", "data/Testing/cat"),
    ],
    ids=str,
)
def test_parts_are_known_by_their_words(folders: tuple[str, ...], tmp_path: Path) -> None:
    assert classes_of(tmp_path, *folders) == ["cat", "dog"]


def test_vehicles_are_classes(tmp_path: Path) -> None:
    assert classes_of(tmp_path, "train", "bus", "tram") == ["bus", "train", "tram"]


def test_parts_to_judge_on_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'test', 'val' are parts to judge on, and there is none"):
        classes_of(tmp_path, "val/cat", "val/dog", "test/cat")


@pytest.mark.parametrize("names", [("NA", "DE"), ("nan", "null"), ("None", "True"), ("?", "x")])
def test_class_folders_are_classes_whatever_they_are_called(
    names: tuple[str, str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.new("L", (4, 4), number).save(tmp_path / name / f"{number}.png")
    task = prepare(read(tmp_path), implied_target(tmp_path), Wishes(), Audit())  # type: ignore[arg-type]
    assert task.classes == tuple(sorted(names))
    assert len(task.data) == 6


def test_a_picture_beside_the_class_folders_has_no_class(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "pets")
    Image.new("L", (4, 4)).save(root / "cover.png")
    assert read(root)["class"].isna().sum() == 1


def test_a_zip_file_with_a_root_folder_of_its_own(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "pets", ("train", "test"), each=2)
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for file in sorted(root.rglob("*.png")):
            archive.write(file, f"some_root/{file.relative_to(root)}")
    zipped, plain = read(tmp_path / "pets.zip"), read(root)
    assert list(zipped.index) == list(plain.index)
    assert all((a == b).all() for a, b in zip(zipped["image"], plain["image"], strict=True))


def test_pictures_without_classes_have_no_target(tmp_path: Path) -> None:
    Image.new("L", (3, 3)).save(tmp_path / "a.png")
    assert list(read(tmp_path).columns) == ["image"]


def test_what_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "pets")
    (root / "cat" / "broken.png").write_bytes(b"not a picture")
    audit = Audit()
    assert len(read(root, audit)) == 12
    told = [entry["said"] for entry in audit.entries()]
    assert told[0] == "One picture cannot be read: cat/broken.png."
    assert told[-1] == "1 row was left out: no readable picture."


def test_where_every_row_counts_an_unreadable_picture_keeps_its_place(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "pets")
    (root / "cat" / "3.png").write_bytes(b"not a picture")
    found = read(root, every_row=True)
    assert len(found) == 12
    assert found["image"].isna().tolist() == [place == 3 for place in range(12)]


@pytest.mark.parametrize("name", ["pets", "pets.zip"])
def test_no_pictures_at_all(tmp_path: Path, name: str) -> None:
    (tmp_path / "pets").mkdir()
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match="no pictures"):
        read(tmp_path / name)


def test_broken_containers(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    (tmp_path / "a.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="zip"):
        read(tmp_path / "a.zip")
    with pytest.raises(DataError, match="npz"):
        read(tmp_path / "a.npz")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.png").write_bytes(b"")
    with pytest.raises(DataError, match="None of the 1 pictures"):
        read(tmp_path / "b")


def test_paths_in_a_table(tmp_path: Path) -> None:
    make_folder(tmp_path / "pets", each=2)
    table = pd.DataFrame({"file": ["pets/cat/0.png", "pets/dog/1.png", "gone.png"], "n": [1, 2, 3]})
    table.to_csv(tmp_path / "pets.csv", index=False)
    frame = read(tmp_path / "pets.csv")
    assert list(frame["n"]) == [1, 2]
    assert frame["file"].iloc[0].shape == (3, 9, 9)


@pytest.mark.parametrize("shape", [(5, 8, 8), (5, 8, 8, 3), (5, 3, 8, 8)])
def test_npz_arrays_of_pictures(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=np.zeros(shape, dtype=np.uint8), y=np.arange(5))
    frame = read(path)
    assert frame["X"].iloc[0].shape == (3 if 3 in shape else 1, 8, 8)
    assert implied_target(path) == "y"


def test_npz_parts_and_flat_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x_train=np.zeros((5, 2)), y_train=np.arange(5), x_test=np.ones((3, 2)),
             y_test=np.arange(3))  # fmt: skip
    assert list(read(path).columns) == ["x0", "x1", "y"]
    assert len(read(path, part="test")) == 3


def test_npz_files_that_make_no_table(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((5, 9, 128)))
    np.savez(tmp_path / "b.npz", X=np.zeros((5, 2)), y=np.zeros(4))
    np.savez(tmp_path / "c.npz", X=np.array([{}, {}], dtype=object))
    for name, message in (("a", "pictures are"), ("b", "equally many"), ("c", "plain arrays")):
        with pytest.raises(DataError, match=message):
            read(tmp_path / f"{name}.npz")


def test_pictures_of_many_sizes_and_colours_become_alike() -> None:
    pictures = [np.zeros((1, 8, 8), np.uint8), np.full((3, 16, 8), 200, np.uint8)]
    shape = common_shape(pictures, 64)
    assert shape == (3, 12, 8)
    assert [fit_shape(picture, shape).shape for picture in pictures] == [shape, shape]
    assert fit_shape(pictures[1], (1, 4, 4)).tolist() == np.full((1, 4, 4), 200).tolist()
    assert common_shape([np.zeros((3, 400, 200))], 64) == (3, 64, 32)


def test_a_task_of_pictures_survives_the_disk(tmp_path: Path) -> None:
    task = prepare(make_folder(tmp_path / "pets"), "class", Wishes(), Audit())
    assert task.input_shape == (3, 9, 9)
    task.data.save(tmp_path / "data")
    opened = Table.open(tmp_path / "data")
    assert fingerprint(opened) == fingerprint(task.data)
    assert len(opened.rows(np.array([0, 3]))) == 2
    assert type(task).from_json(task.to_json()).input_shape == (3, 9, 9)


def test_a_person_says_how_big(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "pets")
    schema = {"image": {"type": "image", "shape": [1, 4, 6]}}
    task = prepare(source, "class", Wishes(schema=schema), Audit())
    assert task.data.features["image"].iloc[0].shape == (1, 4, 6)
    with pytest.raises(ConfigError, match=r"\[channels, height, width\]"):
        prepare(source, "class", Wishes(schema={"image": {"type": "image", "shape": [4]}}), Audit())


def test_a_cell_that_is_no_picture(tmp_path: Path) -> None:
    task = prepare(make_folder(tmp_path / "pets"), "class", Wishes(), Audit())
    with pytest.raises(DataError, match="image column"):
        typed(pd.DataFrame({"image": ["gone"]}), task.schema)


def test_one_class_is_refused(tmp_path: Path) -> None:
    from netwright.core.errors import UserError

    root = make_folder(tmp_path / "pets")
    for file in (root / "dog").iterdir():
        file.unlink()
    with pytest.raises(UserError, match="class"):
        prepare(root, "class", Wishes(), Audit())
