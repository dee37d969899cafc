"""Pictures: what they are, made fit, with their boxes carried along."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datagen.errors import ConfigError, FormatError
from datagen.images import (
    Box,
    checked_boxes,
    contact_sheet,
    inspect,
    normalised,
    prepare,
    problems_of_file,
    problems_of_image,
    turned,
)
from datagen.images.boxes import read_box


def picture(path, size=(200, 100), *, orientation=1, spot=None, **save):
    """A grey picture with a red spot, as stored; `orientation` is written into its EXIF."""
    image = Image.new("RGB", size, "grey")
    if spot:
        image.paste("red", tuple(map(int, spot[:4])))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, **save)
    return path


def mpo(path):
    frames = [Image.new("RGB", (100, 80), colour) for colour in ("red", "blue")]
    frames[0].save(path, format="MPO", save_all=True, append_images=frames[1:])
    return path


def test_an_mpo_that_poses_as_jpeg_is_found(tmp_path):
    facts = inspect(mpo(tmp_path / "phone.jpg"))
    assert (tmp_path / "phone.jpg").read_bytes()[:3] == b"\xff\xd8\xff"  # what a check of magic numbers sees
    assert facts.format == "MPO"
    assert "MPO" in next(problems_of_image(facts))


def test_an_mpo_becomes_a_jpeg_of_its_first_frame(tmp_path):
    prepared = prepare(mpo(tmp_path / "phone.jpg"), tmp_path / "out" / "a.jpg")
    assert list(problems_of_image(prepared.facts)) == []
    with Image.open(prepared.path) as image:
        red, _, blue = image.convert("RGB").getpixel((50, 40))
    assert red > 200 > 50 > blue


@pytest.mark.parametrize(
    ("name", "size", "problem"),
    [
        ("a.png", (200, 100), None),
        ("a.bmp", (200, 100), "is BMP"),
        ("a.png", (24, 100), "each side needs 25"),
        ("a.webp", (99, 99), "is webp"),
    ],
)
def test_what_a_job_would_not_take_is_said(tmp_path, name, size, problem):
    found = list(problems_of_image(inspect(picture(tmp_path / name, size))))
    assert (problem is None and not found) or problem in found[0]


def test_a_name_that_lies_about_the_format_is_said(tmp_path):
    picture(tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert list(problems_of_image(inspect(tmp_path / "a.jpg"))) == ["is png and its name ends in '.jpg'"]


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(FormatError, match=r"a.jpg: not a picture"):
        inspect(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif"])
def test_a_file_that_was_cut_off_is_refused_and_shown_as_such(tmp_path, suffix):
    path = picture(tmp_path / f"a{suffix}")
    path.write_bytes(path.read_bytes()[:-40])
    for look in (inspect, lambda path: prepare(path, tmp_path / "b.jpg")):
        with pytest.raises(FormatError, match=f"a{suffix}: cut off or damaged"):
            look(path)
    assert "cut off or damaged" in contact_sheet({path: [Box(0, 0, 5, 5)]}, tmp_path / "s.html").read_text()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_stays_on_what_it_marks_whatever_the_orientation(tmp_path, orientation):
    spot = Box(20, 60, 80, 90)
    stored = picture(tmp_path / "a.png", (200, 100), orientation=orientation, spot=spot)
    prepared = prepare(stored, tmp_path / "b.png", max_side=100, boxes=[spot])
    (box,) = prepared.boxes
    with Image.open(prepared.path) as image:
        middle = image.getpixel((int((box.x1 + box.x2) / 2), int((box.y1 + box.y2) / 2)))
        assert max(image.size) == 100
        red = [
            (x, y)
            for x, y in itertools.product(range(image.width), range(image.height))
            if image.getpixel((x, y))[0] > 200
        ]
    assert middle == (255, 0, 0)
    assert (min(x for x, _ in red), min(y for _, y in red)) == pytest.approx((box.x1, box.y1), abs=1)


def test_a_small_picture_is_not_made_larger(tmp_path):
    assert prepare(picture(tmp_path / "a.png", (60, 40)), tmp_path / "b.png").facts[2:4] == (60, 40)


SIDES = st.integers(25, 2000)


@given(SIDES, SIDES, st.integers(1, 8), st.data())
def test_turning_keeps_the_area_and_stays_inside(width, height, orientation, data):
    x1, y1 = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
    box = Box(x1, y1, data.draw(st.integers(x1 + 1, width)), data.draw(st.integers(y1 + 1, height)))
    after = turned(box, orientation, width, height)
    wide, high = (height, width) if orientation >= 5 else (width, height)
    assert list(checked_boxes([after], wide, high)) == []
    assert (after.x2 - after.x1) * (after.y2 - after.y1) == (box.x2 - box.x1) * (box.y2 - box.y1)


@given(SIDES, SIDES, st.floats(0.05, 1))
def test_boxes_on_nova_s_scale_do_not_change_with_the_size(width, height, share):
    box = Box(width * 0.1, height * 0.2, width * 0.5, height * 0.9)
    small = box.scaled(share, share)
    before, after = normalised(box, width, height), normalised(small, width * share, height * share)
    assert before[:4] == pytest.approx(after[:4], abs=1)


@pytest.mark.parametrize("box", [(5, 0, 5, 10), (0, 0, 101, 10), (-1, 0, 5, 5), (9, 0, 5, 5), (0, 0, float("nan"), 5)])
def test_a_box_that_is_no_box_is_named(box):
    assert "box 0" in next(checked_boxes([Box(*box)], 100, 100))


@pytest.mark.parametrize(
    "value",
    [[1, 2, 3], {"label": "x"}, "1,2,3,4", [True, 2, 3, 4], None, {"bbox": [1, 2, 3, 4], "label": 5}, [1, 2, 3, 1e400]],
)
def test_what_cannot_be_read_as_a_box_is_refused(value):
    with pytest.raises(FormatError, match="expected"):
        read_box(value)


def test_the_contact_sheet_shows_every_picture_with_labels_and_faults(tmp_path):
    path = picture(tmp_path / "a<b>.png")
    page = contact_sheet(
        {path: [Box(10, 10, 50, 50, "<crack>"), Box(0, 0, 999, 5)]}, tmp_path / "sheet.html"
    ).read_text()
    assert "&lt;crack&gt;" in page
    assert "a&lt;b&gt;.png" in page
    assert "box 1 (0, 0, 999, 5) is not inside" in page
    assert page.count("<img") == 1
    assert "http:" not in page
    assert "https:" not in page


def test_a_sheet_is_a_page_or_a_picture(tmp_path):
    pictures = {picture(tmp_path / f"{n}.png", (90, 60)): [Box(10, 10, 40, 40, "dent")] for n in range(3)}
    sheet = contact_sheet(pictures, tmp_path / "out" / "sheet.png", side=90)
    with Image.open(sheet) as image:
        assert image.size == (2 * 98, 2 * 114)  # two by two cells of 90 pixels, a gap of 8 and a line of 16
        assert image.getpixel((10, 20)) == (230, 25, 75)  # the left side of the first box
    page = contact_sheet(pictures, tmp_path / "sheet.html").read_text()
    assert page.count("<figure>") == 3


@pytest.mark.parametrize(("name", "pictures"), [("sheet.pdf", 1), ("sheet.html", 0)])
def test_a_sheet_that_cannot_be_is_refused(tmp_path, name, pictures):
    with pytest.raises(ConfigError):
        contact_sheet({picture(tmp_path / f"{n}.png"): [] for n in range(pictures)}, tmp_path / name)


def odd_pictures(folder):
    """One picture of each kind that goes wrong in training, by the word that its problem must hold."""
    noise = Image.effect_noise((200, 100), 60).convert("RGB")
    picture(folder / "fine.png")
    picture(folder / "with space.png")
    Image.new("I;16", (99, 99), 30_000).save(folder / "deep.png")
    noise.convert("CMYK").save(folder / "print.jpg")
    Image.new("RGB", (2500, 30)).save(folder / "wide.png")
    Image.new("RGB", (30, 2500)).save(folder / "tall.png")
    Image.new("L", (9000, 1000)).save(folder / "large.png")
    (folder / "empty.jpg").write_bytes(b"")
    noise.save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:900])
    noise.save(folder / "wrong.png", "JPEG")
    frames = [Image.new("RGB", (60, 60), (60 * step, 0, 0)) for step in range(3)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGBA", (60, 60), (255, 0, 0, 0)).save(folder / "clear.png")
    picture(folder / "turned.jpg", orientation=6)
    (folder / "phone.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    return {
        "with space.png": "has a name with more", "deep.png": "more than 8 bits", "print.jpg": "CMYK",
        "wide.png": "83 to 1", "tall.png": "83 to 1", "large.png": "at most 8,000", "empty.jpg": "0 bytes",
        "cut.jpg": "cut off or damaged", "wrong.png": "is jpeg and its name", "moving.gif": "has 3 frames",
        "clear.png": "transparent", "turned.jpg": "stored turned", "phone.jpg": "HEIC",
    }  # fmt: skip


def test_whatever_goes_wrong_in_training_is_named_before(tmp_path):
    problems = odd_pictures(tmp_path)
    found = {path.name: problems_of_file(path) for path in tmp_path.iterdir()}
    assert found.pop("fine.png") == []
    assert {name: any(problems[name] in problem for problem in several) for name, several in found.items()} == (
        dict.fromkeys(problems, True)
    )


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_deep_pictures_keep_their_shades(tmp_path, mode):
    image = Image.new(mode, (60, 30), 0)
    image.paste(65_535, (20, 0, 40, 30))
    image.paste(0x7F7F, (40, 0, 60, 30))
    image.save(tmp_path / "a.tif")
    with Image.open(prepare(tmp_path / "a.tif", tmp_path / "b.png").path) as made:
        shades = [made.getpixel((x, 15))[0] for x in (10, 30, 50)]
    assert shades == pytest.approx([0, 255, 127], abs=1)


def test_what_is_transparent_becomes_white(tmp_path):
    Image.new("RGBA", (60, 60), (255, 0, 0, 0)).save(tmp_path / "a.png")
    made = prepare(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(made.path) as image:
        assert image.getpixel((9, 9)) == (255, 255, 255)
    assert problems_of_file(made.path) == []
