"""Draws a mask for every sample photo: a white ellipse on black, as large as the photo. Needs nothing but Python.

usage: python3 Samples/making/masks.py Samples/photos Samples/recipes/masks
"""
import struct
import sys
import zlib
from pathlib import Path


def size(path):
    """Width and height of a PNG or JPEG."""
    data = path.read_bytes()
    if data.startswith(b"\x89PNG"):
        return struct.unpack(">II", data[16:24])
    place = 2
    while data[place + 1] not in (0xC0, 0xC1, 0xC2):
        place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    height, width = struct.unpack(">HH", data[place + 5 : place + 9])
    return width, height


def mask(width, height):
    """A PNG of one bit a pixel."""
    rows = bytearray()
    for y in range(height):
        bits = bytearray((width + 7) // 8)
        for x in range(width):
            if ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 < 0.09:
                bits[x // 8] |= 0x80 >> x % 8
        rows += b"\0" + bits

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    photos, masks = Path(sys.argv[1]), Path(sys.argv[2])
    for photo in sorted(photos.iterdir()):
        (masks / f"{photo.stem}.png").write_bytes(mask(*size(photo)))
