#!/usr/bin/env python3
"""Makes an archive of many small bundles out of a few, to measure `comfykeep catalog` with:

    Tests/Benchmarks/catalog.py ARCHIVE TARGET [COUNT, default 10000]

Each copy has a request and an end of its own, and a few bytes behind each output, so that nothing is drawn once for
all. The catalogue does not verify what it shows; `verify` would refuse every copy.
"""
import datetime
import hashlib
import io
import json
import pathlib
import sys
import uuid
import zipfile


def multiplied(template, number, moment):
    """The bytes of a copy, and its name."""
    request = str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
    stem = f"run-{request}"
    target = io.BytesIO()
    files = dict(template)
    manifest = json.loads(files["data/manifest.json"])
    manifest["run"]["requestId"] = request
    manifest["run"]["createdAt"] = manifest["run"]["finishedAt"] = moment
    for output in manifest["outputs"]:
        if "sha256" in output:
            data = files[f"data/{output['path']}"] + f"{number} {output['path']}".encode()
            files[f"data/{output['path']}"] = data
            output["sha256"], output["size"] = hashlib.sha256(data).hexdigest(), len(data)
    files["data/manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        for name, data in files.items():
            copy.writestr(zipfile.ZipInfo(f"{stem}/{name}", (1980, 1, 1, 0, 0, 0)), data)
    return target.getvalue(), stem


def main():
    archive, target = map(pathlib.Path, sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    templates = []
    for path in sorted(archive.glob("*-*-*/*/run-*.zip")):
        with zipfile.ZipFile(path) as bundle:
            templates.append([(name.split("/", 1)[1], bundle.read(name)) for name in bundle.namelist()])
    start = datetime.datetime(2025, 1, 1)
    for number in range(count):
        moment = start + datetime.timedelta(minutes=100 * number)
        data, stem = multiplied(
            templates[number % len(templates)], number, moment.strftime("%Y-%m-%dT%H:%M:%S.000+00:00"))
        folder = target / moment.strftime("%Y-%m-%d") / "copy"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stem}.zip").write_bytes(data)


main()
