"""Feeds on a real nginx: what has not changed is not sent again, answers are compressed, redirects are followed, and
one that is for good is remembered."""

import os
import sys
import tempfile
import time
import urllib.request

from vigie import Home, Peer, free_port, play, said, until

nginx = sys.argv[1]
port = free_port()
base = f"http://127.0.0.1:{port}"
site = tempfile.mkdtemp(prefix="vigie-nginx-")
for folder in ("www", "temp"):
    os.mkdir(f"{site}/{folder}")


def feed(name, numbers):
    entries = "".join(
        f"<entry><id>tag:{name}.example,2026:{n}</id><title>Molivelle in {name} {n}</title>"
        f"<updated>{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 600 + n))}</updated>"
        f'<link href="https://{name}.example/{n}"/><summary>{"words " * 40}</summary></entry>'
        for n in numbers
    )
    text = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>tag:{name}.example,2026:feed</id><title>{name}</title>{entries}</feed>'
    with open(f"{site}/www/{name}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{site}/www/{name}.new", f"{site}/www/{name}.xml")


feed("plain", range(5))
feed("home", range(5))
temp = " ".join(f"{kind}_temp_path {site}/temp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open(f"{site}/nginx.conf", "w", encoding="utf-8") as file:
    file.write(
        f"""{"user root;" if os.geteuid() == 0 else ""} daemon off; pid {site}/pid; error_log {site}/error.log;
events {{}}
http {{
  {temp}
  types {{ application/atom+xml xml; text/html html; }}
  log_format told '$request_uri $status $gzip_ratio "$http_if_none_match" "$http_if_modified_since"';
  access_log {site}/access.log told;
  gzip on; gzip_types application/atom+xml; gzip_min_length 100;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.2:{port}; listen 127.0.0.3:{port}; listen 127.0.0.4:{port}; root {site}/www;
    location = /old.xml {{ return 301 /home.xml; }}
    location = /for-now.xml {{ return 302 /home.xml; }}
    location = /away.xml {{ return 302 http://10.11.12.13/feed.xml; }}
    location = /busy.xml {{ add_header Retry-After 120 always; return 429; }}
    location = /gone.xml {{ return 410; }}
  }}
}}
"""
    )
server = Peer([nginx, "-c", f"{site}/nginx.conf", "-p", site, "-e", f"{site}/error.log"], f"{site}/said")


def source(name, path, host=1):
    # a host that wants a pause gets it from every source, so that each of the bad ones has its own
    return f'[[source]]\nnetwork = "feed"\nname = "{name}"\nurl = "http://127.0.0.{host}:{port}/{path}"\n'


home = Home(
    source("plain", "plain.xml")
    + source("old", "old.xml")
    + source("for-now", "for-now.xml")
    + source("away", "away.xml", 2)
    + source("busy", "busy.xml", 3)
    + source("gone", "gone.xml", 4)
)


def log():
    with open(f"{site}/access.log", encoding="utf-8") as file:
        return [line.split(" ", 3) for line in file.read().splitlines()]


def act():
    until("nginx", lambda: urllib.request.urlopen(f"{base}/plain.xml").status == 200)
    out = home.run("watch", "--once", fine=(0, 1))
    assert len(home.mentions()) == 10, home.mentions()
    plain = [line for line in log() if line[0] == "/plain.xml" and line[2] != "-"]
    assert plain, "the feed was not sent compressed"
    for words in ("is private or reserved", "gone for good", "asks for fewer requests"):
        assert words in out, f"{words} is not said: {out}"
    said("10 mentions of 2 feeds, compressed; a redirect to a private address, 429 and 410 are said and harm nobody")
    before = len(log())
    home.run("watch", "--once", fine=(0, 1))
    again = log()[before:]
    not_modified = [line[0] for line in again if line[1] == "304"]
    assert "/plain.xml" in not_modified and "/home.xml" in not_modified, again
    assert len(home.mentions()) == 10, "nothing twice"
    said("asked again, nginx answers 304")
    time.sleep(1.1)  # its ETag has the second of the change in it
    feed("plain", range(7))
    feed("home", range(6))
    before = len(log())
    home.run("watch", "--once", fine=(0, 1))
    assert len(home.mentions()) == 13, home.mentions()
    asked = [line[0] for line in log()[before:]]
    assert "/old.xml" not in asked, f"a redirect for good was not remembered: {asked}"
    assert "/for-now.xml" in asked, "and one for now was"
    said("3 new entries came; the feed that moved for good is asked at its new address, the other is not")


play(act, home, server)
