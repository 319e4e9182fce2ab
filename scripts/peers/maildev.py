"""Mails through maildev, a real mail server for tests, read back through its REST API as another program understands them."""

import functools
import http.server
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request

from vigie import Home, Peer, free_port, play, said, until

site = tempfile.mkdtemp(prefix="vigie-maildev-")
smtp, web = free_port(), free_port()
peer = Peer(
    [*sys.argv[1:], "--ip", "127.0.0.1", "--web-ip", "127.0.0.1", "-s", str(smtp), "-w", str(web), "--mail-directory", f"{site}/mails"],
    f"{site}/log",
)


def ask(path, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{web}{path}", method=method), timeout=20) as answer:
        return answer.read()


def mails():
    return json.loads(ask("/email"))


def feed(numbers):
    entries = "".join(
        f"<entry><id>tag:a.example,2026:{n}</id><title>Molivelle, entrée {n} à l’été &lt;b&gt;</title>"
        f"<updated>{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 60 + n))}</updated>"
        f'<link href="https://a.example/{n}"/></entry>'
        for n in numbers
    )
    with open(f"{site}/new", "w", encoding="utf-8") as file:
        file.write(f'<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:a.example</id><title>a</title>{entries}</feed>')
    os.replace(f"{site}/new", f"{site}/feed.xml")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


feed(range(2))
served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
threading.Thread(target=served.serve_forever, daemon=True).start()
home = Home(
    f'[mail.smtp]\nhost = "127.0.0.1"\nport = {smtp}\ntls = "none"\n'
    f'[[source]]\nnetwork = "feed"\nname = "a"\nurl = "http://127.0.0.1:{served.server_port}/feed.xml"\n'
    '[[rule]]\non = "new_mention"\n[[rule]]\non = "spike"\n[[rule]]\non = "sentiment"\n'
)


def act():
    until("maildev", lambda: ask("/healthz"), 60)
    home.run("watch", "--once", fine=(0, 1))
    found = until("the mail", mails, 30)
    mail = found[0]
    assert mail["to"] == [{"address": "ana@dest.example", "name": ""}], mail["to"]
    assert mail["from"] == [{"address": "vigie@molivelle.example", "name": "Vigie"}], mail["from"]
    headers = mail["headers"]
    assert headers["auto-submitted"] == "auto-generated" and "list-id" in headers and "list-unsubscribe" in headers, headers
    text = "".join(one["text"] for one in found)
    page = "".join(one["html"] for one in found)
    for number in range(2):
        assert f"entrée {number} à l’été <b>" in text, text
    assert "&lt;b&gt;" in page and "<b>" not in page, "a stranger's mark-up stands in the page"
    assert len({one["messageId"] for one in found}) == len(found)
    said(f"{len(found)} mail(s) with text and page, as maildev reads them")
    ask("/email/all", "DELETE")
    for rule in ("new_mention", "spike", "sentiment"):
        home.run("alerts", "test", rule)
    tests = until("the tests", lambda: len(mails()) == 3 and mails(), 30)
    assert all(one["subject"].startswith("[Test] ") for one in tests), [one["subject"] for one in tests]
    said("a test of each rule: " + "; ".join(sorted(one["subject"].replace("\u00a0", " ") for one in tests)))
    ask("/email/all", "DELETE")
    # A second run has nothing new to tell.
    home.run("watch", "--once", fine=(0, 1))
    assert mails() == [], mails()
    said("nothing is sent twice")


play(act, home, peer)
