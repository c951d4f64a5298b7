"""Pillow and exiftool as judges of pictures that were sent without their metadata.

Usage: pictures.py make FOLDER              writes pictures of every sort, full of metadata
       pictures.py judge (ORIGINAL STRIPPED)…

The second prints what a judge objects to and exits 1 if any did: pixels, frames, colour profile or the way up that
differ, or metadata that are left.
"""

import json
import pathlib
import subprocess
import sys

from PIL import Image, ImageCms, ImageOps, ImageSequence, JpegImagePlugin, PngImagePlugin

ORIENTATION = 0x0112
# What a picture is shown by, and what exiftool finds out by itself.
SHOWN = {"ExifTool", "System", "File", "Composite", "JFIF", "Adobe", "RIFF", "PNG", "PNG-pHYs", "PNG-cICP"}
TEXTS = {
    "Comment",
    "Software",
    "Title",
    "Author",
    "Description",
    "ModifyDate",
    "prompt",
    "workflow",
    "Prompt",
    "Workflow",
}


def picture(mode="RGB", size=(48, 32), shift=0):
    image = Image.new("RGB", size)
    image.putdata(
        [((x * 5 + shift) % 256, y * 7 % 256, (x * y + shift) % 256) for y in range(size[1]) for x in range(size[0])]
    )
    if mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.linear_gradient("L").resize(size))
    return image.convert(mode)


def exif(orientation):
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[0x010F] = "A Maker"
    block[0x0132] = "2026:01:02 03:04:05"
    block.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 12.5), 3: "E", 4: (11.0, 34.0, 30.0)})
    block.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0a comment"
    return block


def make(folder):
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><exif:GPSLatitude>48,8N</exif:GPSLatitude></x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for orientation in range(1, 9):
        block = exif(orientation)
        picture().save(
            folder / f"turned-{orientation}.jpg",
            exif=block,
            xmp=xmp,
            comment=b"a comment",
            icc_profile=profile,
            progressive=orientation % 2 == 0,
            dpi=(72, 72),
            restart_marker_blocks=orientation,
        )
        texts = PngImagePlugin.PngInfo()
        texts.add_text("prompt", '{"3": {"class_type": "KSampler"}}')
        texts.add_itxt("Title", "a tïtle", zip=True)
        (
            texts.add_text("XML:com.adobe.xmp", xmp.decode())
            if orientation < 3
            else texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        )
        picture("RGBA" if orientation % 2 else "RGB").save(
            folder / f"turned-{orientation}.png", exif=block, pnginfo=texts, icc_profile=profile, dpi=(300, 300)
        )
        picture("RGBA" if orientation % 2 else "RGB").save(
            folder / f"turned-{orientation}.webp", exif=block, xmp=xmp, icc_profile=profile, lossless=orientation < 5
        )
    picture("CMYK").save(folder / "print.jpg", exif=exif(6), comment=b"ink")
    picture("L").save(folder / "grey.jpg", xmp=xmp)
    picture("P").save(folder / "palette.png", transparency=3, exif=exif(3))
    picture("LA").save(folder / "grey.png", exif=exif(1))
    picture().save(folder / "bare.png")
    picture().save(folder / "bare.jpg")
    picture().save(folder / "bare.webp")
    frames = [picture("RGBA", shift=shift) for shift in (0, 40, 80)]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:], duration=50, exif=exif(8), xmp=xmp)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "moving")
    frames[0].save(
        folder / "moving.png", save_all=True, append_images=frames[1:], duration=50, exif=exif(5), pnginfo=texts
    )
    picture().save(folder / "album.jpg", format="MPO", save_all=True, append_images=[picture(shift=9)], exif=exif(6))
    tags = [
        "-IPTC:City=Munich",
        "-XMP:Creator=Somebody",
        "-EXIF:Artist=Somebody",
        "-GPSLatitude=48",
        "-GPSLatitudeRef=N",
        "-Comment=x",
    ]
    for kind in ("jpg", "png"):
        run(["exiftool", "-q", "-o", str(folder / f"tagged.{kind}"), *tags, str(folder / f"bare.{kind}")])
    for name in ("bare.jpg", "bare.png", "bare.webp"):
        (folder / f"trailed.{name[5:]}").write_bytes(
            (folder / name).read_bytes() + (folder / "turned-6.jpg").read_bytes()
        )


def run(command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def frames(path, is_first_only):
    with Image.open(path) as image:
        # Each is the same object, turned to the next frame.
        every = (
            (frame.mode, frame.size, frame.convert("RGBA").tobytes(), frame.tobytes())
            for frame in ImageSequence.Iterator(image)
        )
        return [next(every)] if is_first_only else list(every)


def objections(original, stripped, tags):
    with Image.open(original) as before, Image.open(stripped) as after:
        is_album = before.format == "MPO"
        if before.format != after.format and not is_album:
            yield f"format {after.format}"
        if before.info.get("icc_profile") != after.info.get("icc_profile"):
            yield "another colour profile"
        for key in ("dpi", "jfif", "jfif_density", "adobe_transform", "transparency", "gamma", "duration", "loop"):
            # The resolution of a JPEG may be EXIF's.
            is_judged = key in before.info and (key != "dpi" or before.format == "PNG")
            if is_judged and before.info[key] != after.info.get(key):
                yield f"another {key}"
        if isinstance(before, JpegImagePlugin.JpegImageFile) and before.quantization != after.quantization:
            yield "other tables"
        left = {tag: value for tag, value in after.getexif().items()}
        wanted = before.getexif().get(ORIENTATION, 1)
        if left != ({ORIENTATION: wanted} if wanted != 1 else {}):
            yield f"EXIF {left}"
        if ImageOps.exif_transpose(before).tobytes() != ImageOps.exif_transpose(after).tobytes():
            yield "another way up"
        kept = set(after.info) & {"comment", "xmp", "photoshop", "Comment", "prompt", "XML:com.adobe.xmp", "mp"}
        if kept:
            yield f"info {sorted(kept)}"
    if frames(original, is_album) != frames(stripped, is_album):
        yield "other pixels"
    for tag, value in tags.items():
        group, _, name = tag.rpartition(":")
        is_shown = group in SHOWN and name not in TEXTS and name != "Warning" or group.startswith("ICC")
        if tag != "SourceFile" and not is_shown and tag != "IFD0:Orientation":
            yield f"{tag} = {value}"


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    originals, stripped = sys.argv[2::2], sys.argv[3::2]
    every = json.loads(run(["exiftool", "-j", "-G1", "-a", "-u", "-ee3", *stripped]))
    found = [
        f"{new}: {words}"
        for old, new, tags in zip(originals, stripped, every, strict=True)
        for words in objections(old, new, tags)
    ]
    print("\n".join(found))
    sys.exit(1 if found else 0)
