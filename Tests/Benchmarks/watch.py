#!/usr/bin/env python3
"""Measures how quick `comfykeep watch` is, and what it costs when nothing happens.

    Tests/Benchmarks/watch.py [latency] [idle] [--comfykeep FILE] [--on ram|disk] [--files COUNT] [--idle-files COUNT]

    latency  from the close of a file to the arrival of its submission at the local service, the settle time taken off:
             median, 99th percentile and worst of 200 files, by the system's events and by polling
    idle     a folder of 100,000 files that are left alone: from the start until it is ready, at the first start and at
             the next one, then CPU time of 20 s in which nothing happens, and the most memory that it ever had

Builds the release unless a built one is named; needs nothing else. Close other programs: they are measured too.
"""

import argparse
import hashlib
import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import datetime

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
SETTLE = 0.5
QUIET = 20


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def picture(number):
    """A PNG of one pixel, and bytes to tell it from others."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    mark = b"Comment\0%d " % number + os.urandom(8).hex().encode()
    return head + chunk(b"tEXt", mark) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


class Process:
    """A command that ends with the block it is used in."""

    def __init__(self, arguments, words, environment):
        self.words = open(words, "wb")
        self.process = subprocess.Popen(
            [str(word) for word in arguments], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self.words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def check(self):
        if self.process.poll() is not None:
            sys.exit(f"it ended early:\n{pathlib.Path(self.words.name).read_text(errors='replace')[-2000:]}")

    @property
    def cpu(self):
        """Seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def peak(self):
        """The most memory so far, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Place:
    """A folder with a service, a folder to be watched, and an archive."""

    def __init__(self, path, comfykeep):
        self.path, self.comfykeep = path, comfykeep
        self.drop = path / "drop"
        self.drop.mkdir()
        self.environment = {**os.environ, "RUNCOMFY_API_TOKEN": "benchmark-token"}

    def service(self):
        ready = self.path / "ready.json"
        one = Process(
            [self.comfykeep, "simulate", "--port", 0, "--output-port", 0, "--ready-file", ready, "--log",
             self.path / "log.jsonl", "--instances", 64], self.path / "service.words", self.environment)
        while not ready.exists():
            one.check()
            time.sleep(0.02)
        self.environment["RUNCOMFY_API_URL"] = json.loads(ready.read_text())["api"]
        return one

    def watch(self, *options):
        """A watch that is ready, and how many seconds that took."""
        place = self.path / "notify"
        place.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(place))
            notify.settimeout(1)
            start = time.monotonic()
            one = Process(
                [self.comfykeep, "watch", self.drop, "--deployment", DEPLOYMENT, "--archive", self.path / "archive",
                 "--settle", f"{SETTLE * 1000:.0f}ms", "--poll-interval", "200ms", "--concurrency", 32, *options],
                self.path / "watch.words", {**self.environment, "NOTIFY_SOCKET": str(place)})
            while True:
                one.check()
                try:
                    if b"READY=1" in notify.recv(4096):
                        return one, time.monotonic() - start
                except TimeoutError:
                    pass

    def submissions(self):
        """When each content came to the service, by its checksum."""
        times = {}
        for line in (self.path / "log.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "submission":
                for media in event["media"]:
                    times[media["sha256"]] = datetime.fromisoformat(event["time"]).timestamp()
        return times


def latency(path, comfykeep, count):
    print("\n| how the folder is watched | files | median ms | p99 ms | worst ms |\n|---|---|---|---|---|")
    for name, options in (("events", []), ("polled every 500 ms", ["--poll", "--poll-every", "500ms"])):
        folder = path / name.split()[0]
        folder.mkdir()
        place, closed = Place(folder, comfykeep), {}
        with place.service():
            watch, _ = place.watch(*options)
            with watch:
                for number in range(count):
                    data = picture(number)
                    with open(place.drop / f"{number}.png", "wb") as file:
                        file.write(data)
                    closed[hashlib.sha256(data).hexdigest()] = time.time()
                    time.sleep(0.1)
                while len(place.submissions()) < count:
                    watch.check()
                    time.sleep(0.1)
        times = place.submissions()
        late = sorted((times[sum] - moment - SETTLE) * 1000 for sum, moment in closed.items())
        print(
            f"| {name} | {count} | {statistics.median(late):.0f} | {late[int(0.99 * (count - 1))]:.0f} | {late[-1]:.0f} |",
            flush=True)


def idle(path, comfykeep, count):
    folder = path / "idle"
    folder.mkdir()
    place, data = Place(folder, comfykeep), picture(0)
    for number in range(count):
        below = place.drop / f"{number // 1000:03}"
        if number % 1000 == 0:
            below.mkdir()
        (below / f"{number}.png").write_bytes(data)
    print(f"\n| {count:,} files | ready after s | CPU until then s | CPU of {QUIET} idle s | peak MiB |\n|---|---|---|---|---|")
    with place.service():
        for name in ("first start", "next start"):
            watch, seconds = place.watch("--existing", "skip")
            with watch:
                busy = watch.cpu
                time.sleep(5)
                before = watch.cpu
                time.sleep(QUIET)
                quiet = watch.cpu - before
                print(f"| {name} | {seconds:.2f} | {busy:.2f} | {quiet:.2f} | {watch.peak:.0f} |", flush=True)
        assert not place.submissions()


def build():
    """The release build's command."""
    command = ["swift", "build", "-c", "release", "--product", "comfykeep"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    folder = subprocess.check_output([*command[:4], "--show-bin-path"], cwd=ROOT, text=True).strip()
    return f"{folder}/comfykeep"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="latency, idle; both if left out")
    parser.add_argument("--comfykeep", help="a built comfykeep")
    parser.add_argument("--on", choices=("ram", "disk"), default="disk", help="where the folders lie")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--idle-files", type=int, default=100_000)
    options = parser.parse_args()
    cases = options.cases or ["latency", "idle"]
    if not set(cases) <= {"latency", "idle"}:
        parser.error("cases are latency and idle")
    comfykeep = options.comfykeep or build()
    home = "/dev/shm" if options.on == "ram" else tempfile.gettempdir()
    with tempfile.TemporaryDirectory(dir=home) as folder:
        print(f"on {options.on}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, settle time {SETTLE} s")
        if "latency" in cases:
            latency(pathlib.Path(folder), comfykeep, options.files)
        if "idle" in cases:
            idle(pathlib.Path(folder), comfykeep, options.idle_files)


if __name__ == "__main__":
    main()
