"""Mails through a real Postfix into a Maildir: accepted once each, waiting while it is away, refused for good where it
knows nobody of that name; signed, and checked by dkimpy where it is there."""

import email
import email.policy
import functools
import http.server
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from vigie import Home, free_port, play, said, until

try:
    import dkim
except ImportError:
    dkim = None

postfix = sys.argv[1]
port = free_port()
site = tempfile.mkdtemp(prefix="vigie-postfix-")
os.chmod(site, 0o755)
owner = pwd.getpwnam("postfix")
for folder in ("etc", "queue", "data", "mail", "www"):
    os.mkdir(f"{site}/{folder}")
os.chown(f"{site}/data", owner.pw_uid, owner.pw_gid)
nobody = pwd.getpwnam("nobody")
os.chown(f"{site}/mail", nobody.pw_uid, nobody.pw_gid)
with open(f"{site}/etc/main.cf", "w", encoding="utf-8") as file:
    file.write(
        f"""compatibility_level = 3.6
queue_directory = {site}/queue
data_directory = {site}/data
maillog_file = {site}/log
maillog_file_prefixes = {site}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = dest.example
virtual_mailbox_base = {site}/mail
virtual_mailbox_maps = inline:{{ana@dest.example=ana/}}
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
virtual_minimum_uid = 1
virtual_transport = virtual
smtpd_tls_security_level = none
alias_maps =
alias_database =
"""
    )
with open(f"{site}/etc/master.cf", "w", encoding="utf-8") as file:
    rows = [(f"127.0.0.1:{port}", "inet", "n", "-", "n", "-", "-", "smtpd")]
    for name, wake, most in (
        ("pickup", "60", "1"), ("qmgr", "300", "1"), ("tlsmgr", "1000?", "1"), ("rewrite", "-", "-"), ("bounce", "-", "0"),
        ("defer", "-", "0"), ("trace", "-", "0"), ("verify", "-", "1"), ("proxymap", "-", "-"), ("smtp", "-", "-"),
        ("relay", "-", "-"), ("showq", "-", "-"), ("error", "-", "-"), ("retry", "-", "-"), ("virtual", "-", "-"),
        ("anvil", "-", "1"), ("scache", "-", "1"), ("cleanup", "-", "0"), ("flush", "1000?", "0"),
    ):
        command = {"rewrite": "trivial-rewrite", "defer": "bounce", "trace": "bounce", "relay": "smtp", "retry": "error"}
        unprivileged = "n" if name == "virtual" else "-"
        rows.append((name, "unix", "n" if name in ("pickup", "cleanup", "qmgr", "showq", "flush") else "-", unprivileged, "n", wake, most, command.get(name, name)))
    rows.append(("postlog", "unix-dgram", "n", "-", "n", "-", "1", "postlogd"))
    file.writelines(" ".join(row) + "\n" for row in rows)


def feed(numbers):
    entries = "".join(
        f"<entry><id>tag:a.example,2026:{n}</id><title>Molivelle, entrée {n} à l’été</title>"
        f"<updated>{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 60 + n))}</updated>"
        f'<link href="https://a.example/{n}"/></entry>'
        for n in numbers
    )
    with open(f"{site}/www/new", "w", encoding="utf-8") as file:
        file.write(f'<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:a.example</id><title>a</title>{entries}</feed>')
    os.replace(f"{site}/www/new", f"{site}/www/feed.xml")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


feed(range(3))
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=f"{site}/www"))
threading.Thread(target=web.serve_forever, daemon=True).start()


class Relay:
    """The Postfix of this run."""

    def run(self, what):
        done = subprocess.run([postfix, "-c", f"{site}/etc", what], capture_output=True, text=True, timeout=60)
        return done.returncode == 0, done.stdout + done.stderr

    def start(self):
        good, told = self.run("start")
        assert good, told

    def stop(self):
        self.run("stop")


relay = Relay()
home = Home(
    f'[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    f'[[source]]\nnetwork = "feed"\nname = "a"\nurl = "http://127.0.0.1:{web.server_port}/feed.xml"\n'
)
with open(home.path("vigie.toml"), encoding="utf-8") as file:
    text = file.read().replace('to = ["ana@dest.example"]', 'to = ["ana@dest.example"]\nretry = ["1s", "2s"]')
home.write("vigie.toml", text)


def arrived():
    folder = f"{site}/mail/ana/new"
    mails = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(f"{folder}/{name}", "rb") as file:
            mails.append(email.message_from_binary_file(file, policy=email.policy.default))
    return mails


def sign(kind):
    """Has mails signed with a new key from here on, and gives the record of the DNS as `vigie check` shows it."""
    new = ["genpkey", "-algorithm", "ed25519"] if kind == "ed25519" else ["genrsa", "2048"]
    key = subprocess.run(["openssl", *new], capture_output=True, check=True).stdout
    with open(os.open(home.path("dkim.pem"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)
    home.write("vigie.toml", text + '[mail.smtp.dkim]\nselector = "vigie"\nkey_file = "dkim.pem"\n')
    told = next(line for line in home.run("check", "--offline", fine=(0, 1)).splitlines() if "(DKIM)" in line)
    return told.split("TXT record ", 1)[1].split(": ", 1)


def signatures(kind, number):
    """One mail more, and what dkimpy thinks of it."""
    name, record = sign(kind)
    feed(range(number))
    home.run("watch", "--once", fine=(0, 1))
    until(f"a mail signed by {kind}", lambda: f"entrée {number - 1} à" in texts(), 60)
    folder = f"{site}/mail/ana/new"
    for file in sorted(os.listdir(folder)):
        with open(f"{folder}/{file}", "rb") as one:
            raw = one.read()
        if b"\nDKIM-Signature:" not in raw or f"a={kind}-sha256".encode() not in raw:
            continue
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

        def dns(asked, timeout=5):
            asked = asked.decode() if isinstance(asked, bytes) else asked
            return record.encode() if asked.rstrip(".") == name else None

        assert dkim.verify(raw, dnsfunc=dns), f"dkimpy does not accept the {kind} signature of {file}"
        assert not dkim.verify(raw.replace(b"Subject: ", b"Subject: x", 1), dnsfunc=dns), "anything is accepted"
        said(f"dkimpy accepts the {kind} signature for {name}, as Postfix delivered it")
        return
    raise AssertionError(f"no mail is signed by {kind}")


def texts():
    return "".join(mail.get_body(("plain",)).get_content() for mail in arrived())


def act():
    relay.start()
    home.run("watch", "--once", fine=(0, 1))
    until("the first mail", lambda: "entrée 2" in texts(), 30)
    one = arrived()[0]
    assert one.get_body(("html",)) is not None and one["Message-ID"] and one["To"] == "ana@dest.example", one.items()
    assert not one.defects and all(not part.defects for part in one.walk()), "a mail that others cannot read"
    for number in range(3):
        assert texts().count(f"entrée {number} à l’été") >= 1, texts()
    said(f"{len(arrived())} mail(s) in the Maildir, text and page, accents whole")
    relay.stop()
    feed(range(5))
    out = home.run("watch", "--once", fine=(0, 1))
    assert "entrée 4" not in texts()
    said("Postfix is away: " + next(line for line in out.splitlines() if "waits until" in line))
    relay.start()
    time.sleep(2)
    until("what waited", lambda: (home.run("watch", "--once", fine=(0, 1)), "entrée 4" in texts())[1], 60)
    ids = [mail["Message-ID"] for mail in arrived()]
    assert len(ids) == len(set(ids)), f"one mail twice: {ids}"
    said(f"back again: what waited came, each once ({len(ids)} mails)")
    if dkim and shutil.which("openssl"):
        signatures("rsa", 6)
        signatures("ed25519", 7)
    else:
        said("left out: dkimpy or openssl is missing, signatures are not checked")
    home.write("vigie.toml", text.replace("ana@dest.example", "nobody@dest.example"))
    feed(range(8))
    out = home.run("watch", "--once", fine=(0, 1))
    assert "550" in out, out
    said("an address that does not exist: " + next(line for line in out.splitlines() if "550" in line))


play(act, home, relay)
