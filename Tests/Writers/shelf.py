#!/usr/bin/env python3
"""A server that takes files by PUT into a folder and gives them back by GET, whatever their size.

    shelf.py FOLDER        prints http://127.0.0.1:PORT, and ends with its standard input
"""

import http.server
import os
import shutil
import sys
import threading


class Shelf(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def place(self):
        return os.path.join(sys.argv[1], os.path.basename(self.path))

    def answer(self, status, size=0):
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        self.send_header("Content-Type", "image/png")
        self.end_headers()

    def do_PUT(self):
        if os.path.exists(self.place) and self.headers.get("If-None-Match") == "*":
            self.close_connection = True
            return self.answer(412)
        left = int(self.headers["Content-Length"])
        part = f"{self.place}.{threading.get_ident()}"
        with open(part, "wb") as file:
            while left:
                piece = self.rfile.read(min(left, 1 << 20))
                if not piece:  # the client is gone, and the half of its file with it
                    self.close_connection = True
                    return os.unlink(part)
                left -= file.write(piece)
        os.rename(part, self.place)
        self.answer(201)

    def do_GET(self):
        if not os.path.exists(self.place):
            return self.answer(404)
        self.answer(200, os.path.getsize(self.place))
        if self.command == "GET":
            with open(self.place, "rb") as file:
                shutil.copyfileobj(file, self.wfile, 1 << 20)

    do_HEAD = do_GET

    def do_DELETE(self):
        found = os.path.exists(self.place)
        if found:
            os.unlink(self.place)
        self.answer(204 if found else 404)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
