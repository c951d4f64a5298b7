#!/usr/bin/env python3
"""Puts files into watched folders in every way that people and programs do, and says what is to become of each.

    writers.py write --journal FILE --outside DIR --jpeg FILE --settle SECONDS [options] ROOT...
    writers.py audit ROOT...

`write` runs eight writers at once, and one more for a large file. The journal has a line of JSON for each content that
was ever whole or half under a name in a watched folder:

    must    was left under a name that counts: exactly one submission
    may     was whole for longer than the settle time, then replaced or removed: one submission at most
    never   of a temporary, hidden, linked or unfinished file, or whole for less than the settle time: none

How long a content was whole is measured around it, from before it came to after it went, so that a busy machine turns
a `never` into a `may`, and never the other way round. Whatever is submitted and stands in no line is half a file.
`stays` says that the content is to be found below the roots in the end, wherever the watcher may have moved it.

A file may be moved away by the watcher as soon as it was settled, so nothing here minds that a path is gone.

`audit` prints a line for each regular file below the roots: its path, the folder of the watcher's it is in, its checksum.
"""

import argparse
import hashlib
import json
import os
import random
import struct
import sys
import time
import zlib

import ways_of_naming  # noqa: F401
import ways_of_writing  # noqa: F401
from writer import PNG_HEAD, PNG_TAIL, WAYS, Writer

AREAS = (b"done", b"failed", b"skipped")


def write_large(w, size):
    """One file that takes as long as all the others, with pauses that are longer than the settle time."""
    w.how = "one_large_slow_copy"
    filler = size - len(PNG_HEAD) - len(PNG_TAIL) - 12
    folder = os.path.join(w.roots[0], b"large")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, b"large.png")
    block, sum, check = w.random.randbytes(1 << 20), hashlib.sha256(), zlib.crc32(b"fiLl")
    steps = (filler + len(block) - 1) >> 20

    def put(data):
        sum.update(data)
        file.write(data)

    with open(path, "wb", buffering=0) as file:
        put(PNG_HEAD + struct.pack(">I", filler) + b"fiLl")
        for step in range(steps):
            piece = (step.to_bytes(8, "big") + block[8:])[:filler - (step << 20)]
            check = zlib.crc32(piece, check)
            put(piece)
            time.sleep(w.options.large_time / steps)
            if step in (steps // 3, steps * 2 // 3):
                w.pause(2)
        put(struct.pack(">I", check) + PNG_TAIL)
    line = {"sha256": sum.hexdigest(), "expect": "must", "how": w.how, "path": path.hex(), "name": "large.png"}
    os.write(w.journal, (json.dumps({**line, "bytes": size, "stays": True}) + "\n").encode())


def write(options):
    ways = WAYS[:]
    random.Random(options.seed).shuffle(ways)
    if options.only:
        ways = [one for one in ways if one.__name__ in options.only]
    children = []
    for number in range(options.writers + 1):
        child = os.fork()
        if child:
            children.append(child)
            continue
        w = Writer(number, options)
        if number == options.writers:
            if options.large:
                write_large(w, options.large)
        else:
            turn = number * len(ways) // options.writers
            while w.made < options.count // options.writers:
                w.how = ways[turn % len(ways)].__name__
                ways[turn % len(ways)](w)
                turn += 1
        os._exit(0)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


def audit(roots):
    for root in map(os.fsencode, roots):
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    sum = hashlib.file_digest(file, "sha256").hexdigest()
                area = os.path.relpath(path, root).split(b"/")[0]
                line = {"path": path.hex(), "name": ascii(path)[2:-1], "sha256": sum}
                print(json.dumps({**line, "area": area.decode() if area in AREAS else ""}))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("write")
    one.add_argument("roots", nargs="+")
    one.add_argument("--journal", required=True)
    one.add_argument("--outside", required=True, help="a folder that is not watched, on the file system of the first root")
    one.add_argument("--elsewhere", required=True, help="a folder that is not watched, on another file system if there is one")
    one.add_argument("--jpeg", required=True, help="a photo to make others of")
    one.add_argument("--settle", type=float, required=True, help="the watcher's settle time in seconds")
    one.add_argument("--count", type=int, default=150)
    one.add_argument("--writers", type=int, default=8)
    one.add_argument("--large", type=int, default=0, help="the size of one large file in bytes")
    one.add_argument("--large-time", type=float, default=5, help="about how many seconds it takes")
    one.add_argument("--seed", default="1")
    one.add_argument("--only", nargs="*", help="the names of the only ways that are gone")
    commands.add_parser("audit").add_argument("roots", nargs="+")
    options = parser.parse_args()
    return write(options) if options.command == "write" else audit(options.roots)


if __name__ == "__main__":
    sys.exit(main())
