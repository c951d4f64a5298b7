#!/usr/bin/env python3
"""Measures comfykeep against the tools people use instead, in the same run.

Each round runs every contender once, one after the other; a first round that only warms up is dropped. The table shows
the median and the best of the whole process's wall time, its CPU time and its peak memory, children included, and how
many times longer than comfykeep the peer took. Rows of different tables cannot be compared.

    encode   a 1 GiB file into a submit body, against `base64 -w0` (which does not hash)
    large    64 files of 16 MiB from a web server on this machine into a bundle that was read back and verified
    small    2,000 files of 16 KiB likewise

Needs Debian's nginx-light and zip besides what Tests/run.sh installs.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
REQUEST = "00000000-0000-4000-8000-00000000beef"
MEBIBYTE = 1 << 20

# A process starts with the peak memory of the one that made it, so contenders are started by one that is small.
LAUNCHER = """
import os, sys, time
start = time.monotonic()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
wall = time.monotonic() - start
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=open(3, "w"))
sys.exit(os.waitstatus_to_exitcode(status) and 1)
"""


class Contender:
    """Something to run: a name and an argument list, and a folder that is fresh for every run."""

    def __init__(self, name, arguments, environment=None):
        self.name, self.arguments, self.environment = name, arguments, environment
        self.wall, self.cpu, self.memory = [], [], []

    def run(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.sync()
        words = folder.with_suffix(".words")
        numbers, told = os.pipe()
        with open(words, "wb") as output:
            launcher = subprocess.run(
                ["bash", "-c", 'exec 3>&"$0"; exec "$@"', str(told), sys.executable, "-I", "-S", "-c", LAUNCHER]
                + [str(word) for word in self.arguments],
                cwd=folder, env=self.environment, pass_fds=[told],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )
        os.close(told)
        with open(numbers) as pipe:
            measured = pipe.read().split()
        if launcher.returncode != 0:
            sys.exit(f"{self.name} failed:\n{words.read_text(errors='replace')[-2000:]}")
        for values, value in zip((self.wall, self.cpu, self.memory), measured):
            values.append(float(value))


def compete(title, contenders, place, rounds):
    """Runs the contenders in interleaved rounds and prints their table; the first is ours."""
    for number in range(rounds + 1):
        for contender in contenders:
            contender.run(place / "work")
        if number == 0:
            for contender in contenders:
                contender.wall.clear(), contender.cpu.clear(), contender.memory.clear()
    shutil.rmtree(place / "work")
    ours = statistics.median(contenders[0].wall)
    best = min(contenders[0].wall)
    print(f"\n{title}, {rounds} rounds\n")
    print("| what | wall s | best s | CPU s | peak MiB | wall, times ours | best, times ours |")
    print("|---|---|---|---|---|---|---|")
    for one in contenders:
        wall, fastest = statistics.median(one.wall), min(one.wall)
        print(
            f"| {one.name} | {wall:.3f} | {fastest:.3f} | {statistics.median(one.cpu):.2f} "
            f"| {max(one.memory) / 1024:.0f} | {wall / ours:.2f} | {fastest / best:.2f} |",
            flush=True,
        )


def shell(script, *arguments):
    return ["bash", "-c", f"set -euo pipefail; {script}", "bash", *map(str, arguments)]


def idle(tools, place):
    """The peak memory of our processes when they do nothing."""
    for name, argument in (("comfykeep", "--version"), ("bench", "idle")):
        contender = Contender(name, [tools[name], argument])
        contender.run(place / "work")
        print(f"{name}, idle, peaks at {contender.memory[0] / 1024:.0f} MiB")


def encode(tools, place, rounds):
    size = 1024 * MEBIBYTE
    file, digest, left = place / "sound.wav", hashlib.sha256(), size
    with open(file, "wb") as output:
        form = (b"fmt ", 16, 1, 2, 48000, 192000, 4, 16)  # two channels of 16 bits at 48 kHz
        head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size - 8, b"WAVE", *form, b"data", size - 44)
        while left:
            piece = (head + os.urandom(MEBIBYTE - len(head)))[:left]
            output.write(piece)
            digest.update(piece)
            left, head = left - len(piece), b""
    asset = [file, digest.hexdigest(), size]
    encode, null = 'base64 -w0 "$1" >/dev/null', ">/dev/null"
    contenders = [
        Contender("comfykeep: body, hashed as it is sent", [tools["bench"], "encode", *asset]),
        Contender("comfykeep: read and checked, then body", [tools["bench"], "submit", file]),
        Contender("base64 -w0", shell(encode, file)),
        Contender("base64 -w0, then sha256sum", shell(f'{encode}; sha256sum "$1" {null}', file)),
        Contender("base64 -w0, then openssl dgst", shell(f'{encode}; openssl dgst -sha256 "$1" {null}', file)),
    ]
    compete("encode 1 GiB", contenders, place, rounds)
    file.unlink()


@contextlib.contextmanager
def web_server(folder):
    """nginx over a folder, on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as state:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{kind}_temp_path {state}/{kind};" for kind in kinds)
        user = "user root;" if os.geteuid() == 0 else ""
        configuration = pathlib.Path(state, "nginx.conf")
        configuration.write_text(
            f"{user} daemon off; worker_processes 1; pid {state}/pid; error_log {state}/error.log;"
            "events { worker_connections 512; }"
            f"http {{ access_log off; sendfile on; tcp_nopush on; {paths} types {{ image/png png; }}"
            f"default_type application/json; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"
        )
        server = subprocess.Popen(["nginx", "-e", f"{state}/error.log", "-c", configuration])
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def publish_run(folder, count, size, address):
    """Lays out a finished run as the service shows it: its status, its result and its files."""
    run = folder / "prod" / "v1" / "deployments" / DEPLOYMENT / "requests" / REQUEST
    run.mkdir(parents=True)
    (folder / "files").mkdir()
    images = []
    for number in range(count):
        name = f"ComfyUI_{number:05}_.png"
        (folder / "files" / name).write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(size - 8))
        images.append({"filename": name, "subfolder": "", "type": "output", "url": f"{address}/files/{name}"})
    times = {"created_at": "2026-01-02T03:04:05.000000", "finished_at": "2026-01-02T03:04:09.000000"}
    status = {"request_id": REQUEST, "status": "completed", "result_url": f"{address}/{run.relative_to(folder)}/result"}
    result = {"request_id": REQUEST, "status": "succeeded", "outputs": {"9": {"images": images}}, **times}
    (run / "status").write_text(json.dumps(status))
    (run / "result").write_text(json.dumps(result))
    lines = [f'url = "{image["url"]}"\noutput = "{image["filename"]}"\n' for image in images]
    (folder / "list").write_text("".join(lines))


def archive(tools, place, rounds, title, count, size):
    served = place / "served"
    served.mkdir()
    with web_server(served) as address:
        publish_run(served, count, size, address)
        environment = {**os.environ, "RUNCOMFY_API_TOKEN": "none", "RUNCOMFY_API_URL": address}
        command = [tools["comfykeep"], "archive", REQUEST, "--deployment", DEPLOYMENT, "--archive", "archive"]
        fetch = 'mkdir f; (cd f; curl -sS --fail --parallel --parallel-max 16 -K "$1")'
        rest = "(cd f; sha256sum *.png >manifest); zip -0 -q -r run.zip f; unzip -tq run.zip >/dev/null"
        contenders = [
            Contender("comfykeep archive", command, environment),
            Contender("curl --parallel, sha256sum, zip -0, unzip -t", shell(f"{fetch}; {rest}", served / "list")),
            Contender("curl --parallel alone", shell(fetch, served / "list")),
        ]
        compete(title, contenders, place, rounds)
    shutil.rmtree(served)


def build():
    """The release build's tools."""
    command = ["swift", "build", "-c", "release"]
    for product in ("comfykeep", "comfykeep-bench"):
        subprocess.run([*command, "--product", product], cwd=ROOT, check=True, stdout=sys.stderr)
    folder = subprocess.check_output([*command, "--show-bin-path"], cwd=ROOT, text=True).strip()
    return {"comfykeep": f"{folder}/comfykeep", "bench": f"{folder}/comfykeep-bench"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="encode, large, small; all if left out")
    parser.add_argument("--on", choices=("ram", "disk"), default="ram", help="where everything is read and written")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cases = options.cases or ["encode", "large", "small"]
    if not set(cases) <= {"encode", "large", "small"}:
        parser.error("cases are encode, large and small")
    os.environ["PATH"] += ":/usr/sbin"  # where Debian keeps nginx
    missing = [tool for tool in ("nginx", "zip", "unzip", "curl", "openssl") if not shutil.which(tool)]
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; apt-get install nginx-light zip unzip curl openssl")
    tools = build()
    home = "/dev/shm" if options.on == "ram" else ROOT / ".build"
    with tempfile.TemporaryDirectory(dir=home) as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        print(f"on {options.on}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        idle(tools, place)
        if "encode" in cases:
            encode(tools, place, options.rounds)
        if "large" in cases:
            archive(tools, place, options.rounds, "archive 64 x 16 MiB", 64, 16 * MEBIBYTE)
        if "small" in cases:
            archive(tools, place, options.rounds, "archive 2,000 x 16 KiB", 2000, 16 * 1024)


if __name__ == "__main__":
    main()
