"""Puts the RO-Crate 1.1 context where roc-validator looks for it, so that it judges without a network.

Usage: seed_context.py CACHE.sqlite

roc-validator keeps what it fetches in a requests-cache database. The context comes from the rocrate package.
"""

import importlib.resources
import io
import sys

import requests.adapters
import requests_cache
import urllib3

ADDRESS = "https://w3id.org/ro/crate/1.1/context"


class Shipped(requests.adapters.HTTPAdapter):
    """Answers every request with the context that the rocrate package ships."""

    def send(self, request, **_):
        context = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        if f'"@id": "{ADDRESS}"'.encode() not in context:
            sys.exit("seed_context: the installed rocrate package does not ship the 1.1 context")
        headers = {"Content-Type": "application/ld+json"}
        body = urllib3.HTTPResponse(io.BytesIO(context), headers, 200, preload_content=False)
        return self.build_response(request, body)


session = requests_cache.CachedSession(sys.argv[1], backend="sqlite", expire_after=-1)
session.mount("https://", Shipped())
session.get(ADDRESS).raise_for_status()
