"""One of those who write: contents that no other one has, places, and the journal."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import struct
import time
import zlib


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))
PNG_TAIL = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(range(n, n + 4)) for n in range(4)))) + chunk(b"IEND", b"")


class Writer:
    """One of those who write, with names and contents that no other one has."""

    def __init__(self, number, options):
        self.number, self.options = number, options
        self.random = random.Random(f"{options.seed} {number}")
        self.settle = options.settle
        self.roots = [os.fsencode(root) for root in options.roots]
        self.outside = os.path.join(os.fsencode(options.outside), b"writer-%d" % number)
        os.makedirs(self.outside)
        self.journal = os.open(options.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.made = 0
        self.how = ""

    # Contents

    def image(self, size=None, kind=None):
        """A whole image with bytes of its own."""
        size = size or self.random.choice((200, 3_000, 40_000, 150_000))
        mark = b"%d %d " % (self.number, self.random.getrandbits(64)) + self.random.randbytes(size)
        kind = kind or self.random.choice(("png", "png", "png", "gif", "jpg"))
        if kind == "png":
            return PNG_HEAD + chunk(b"fiLl", mark) + PNG_TAIL
        if kind == "gif":
            blocks = b"".join(bytes([len(part)]) + part for part in (mark[at:at + 255] for at in range(0, len(mark), 255)))
            head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + b"\x21\xfe" + blocks + b"\0"
            return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0\x3b"
        with open(self.options.jpeg, "rb") as file:
            photo = file.read()
        mark = mark[:60_000]
        return photo[:2] + b"\xff\xfe" + struct.pack(">H", len(mark) + 2) + mark + photo[2:]

    @staticmethod
    def extension(data):
        return {0x89: b".png", 0x47: b".gif", 0xFF: b".jpg"}[data[0]]

    # Places

    def folder(self, root=None):
        """A folder that is there, in one of the roots."""
        root = root or self.random.choice(self.roots)
        below = self.random.choice((b"", b"inbox", b"inbox/today", b"shoot 7/raw", b"writer-%d" % self.number))
        folder = os.path.join(root, below) if below else root
        os.makedirs(folder, exist_ok=True)
        return folder

    def fresh(self, stem=b"file"):
        self.made += 1
        return b"%s-%d-%d" % (stem, self.number, self.made)

    def path(self, data, folder=None, stem=b"file"):
        return os.path.join(folder or self.folder(), self.fresh(stem) + self.extension(data))

    # What is to become of it

    def note(self, data, expect, path=b"", stays=None):
        line = {
            "sha256": hashlib.sha256(data).hexdigest(), "expect": expect, "how": self.how, "path": path.hex(),
            "name": ascii(path)[2:-1], "bytes": len(data), "stays": expect == "must" if stays is None else stays,
        }
        os.write(self.journal, (json.dumps(line) + "\n").encode())

    @contextlib.contextmanager
    def whole(self, data, path):
        """For a content that comes into being in the block and is gone at its end."""
        start = time.monotonic()
        yield
        self.note(data, "never" if time.monotonic() - start < 0.9 * self.settle else "may", path)

    # Ways of writing

    def pause(self, low, high=None):
        """Waits for so many settle times."""
        time.sleep(self.settle * self.random.uniform(low, high or low))

    def pieces(self, data, count=None):
        count = count or self.random.randint(3, 8)
        cuts = sorted(self.random.sample(range(1, len(data)), count - 1))
        return [data[start:end] for start, end in zip([0] + cuts, cuts + [len(data)])]

    @staticmethod
    def put(path, data, mode="wb"):
        with open(path, mode) as file:
            file.write(data)

    def reopen(self, path, data):
        """A file to go on with; one that was taken away is made anew with what it held."""
        with contextlib.suppress(FileNotFoundError):
            return open(path, "r+b", buffering=0)
        self.put(path, data)
        return open(path, "r+b", buffering=0)

    @staticmethod
    def move(source, target):
        # With bytes it cannot move folders to other file systems.
        shutil.move(os.fsdecode(source), os.fsdecode(target))

    def edited(self, data):
        """Another image of the same size."""
        mark = data[41:41 + int.from_bytes(data[33:37], "big")]
        other = mark[:-20] + self.random.randbytes(20)
        return data[:33] + chunk(b"fiLl", other) + data[33 + 12 + len(mark):]

    @staticmethod
    def remove(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


WAYS = []


def way(function):
    WAYS.append(function)
    return function
