"""The Python judges of judge.sh in one process: bagit, bagit-profile, bdbag and roc-validator.

Usage: judge.py CACHE.sqlite (UNPACKED_BAG BUNDLE.zip)…

Prints what a judge objects to and exits 1 if any did.
"""

import json
import logging
import pathlib
import sys

import bagit
import bagit_profile
from bdbag import bdbag_api
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings


def bagit_objections(folder: str) -> list[str]:
    bagit.Bag(folder).validate()
    return []


def profile_objections(folder: str) -> list[str]:
    document = pathlib.Path(__file__).parents[2] / "Samples" / "bagit-profile.json"
    content = json.loads(document.read_text())
    profile = bagit_profile.Profile(content["BagIt-Profile-Info"]["BagIt-Profile-Identifier"], profile=content)
    return [] if profile.validate(bagit.Bag(folder)) else [str(profile.report)]


def bdbag_objections(bundle: str) -> list[str]:
    unpacked = bdbag_api.extract_bag(bundle, temp=True)
    try:
        bdbag_api.validate_bag(unpacked)
    finally:
        bdbag_api.cleanup_bag(unpacked)
    return []


def crate_objections(folder: str, cache: str) -> list[str]:
    def settings(profile: str) -> ValidationSettings:
        return ValidationSettings(
            rocrate_uri=folder,
            profile_identifier=profile,
            requirement_severity=Severity.REQUIRED,
            cache_path=cache,
            offline=True,
        )

    profiles = [profile.identifier for profile in services.detect_profiles(settings("ro-crate-1.1"))]
    if not any(profile.startswith(("process-run-crate", "workflow-run-crate")) for profile in profiles):
        return [f"the crate conforms to {profiles or 'no profile'}; a run crate was expected"]
    objections = []
    for profile in profiles:
        result = services.validate(settings(profile))
        objections += [
            f"{profile} {issue.check.identifier}: {issue.message} ({issue.violatingEntity})"
            for issue in result.get_issues(Severity.REQUIRED)
        ]
        if not result.passed(Severity.REQUIRED):
            objections = objections or [f"{profile}: not passed"]
    return objections


def main(cache: str, *pairs: str) -> int:
    logging.disable(logging.ERROR)
    found = False
    for folder, bundle in zip(pairs[::2], pairs[1::2], strict=True):
        judges = {
            "bagit": lambda: bagit_objections(folder),
            "bagit-profile": lambda: profile_objections(folder),
            "bdbag": lambda: bdbag_objections(bundle),
            "roc-validator": lambda: crate_objections(folder, cache),
        }
        for name, judge in judges.items():
            try:
                objections = judge()
            except Exception as error:  # each judge has its own; all of them are objections
                objections = [f"{type(error).__name__}: {error}"]
            for objection in objections:
                found = True
                print(f"judge: {bundle}: {name}: {objection}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
