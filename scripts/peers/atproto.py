"""An AT Protocol network, end to end: a post becomes a mail; Vigie is killed in the middle and loses nothing; what is
deleted, and what an account took with it, is gone from tables and exports."""

import json
import os
import random
import shutil
import sys
import tempfile
import time
import urllib.request

from vigie import Home, Peer, free_port, play, said, until

node, installed = sys.argv[1], sys.argv[2]
plc, pds, stream = free_port(), free_port(), free_port()
place = tempfile.mkdtemp(prefix="vigie-atproto-")
# modules are looked for beside the script
script = os.path.join(installed, "atproto.mjs")
shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "atproto.mjs"), script)
server = Peer([node, script, str(plc), str(pds), str(stream)], f"{place}/said", cwd=installed)


def call(method, body, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    url = f"http://localhost:{pds}/xrpc/{method}"
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text.strip() else {}


class Person:
    def __init__(self, name):
        self.session = call(
            "com.atproto.server.createAccount", {"handle": f"{name}.test", "email": f"{name}@{name}.example", "password": f"{name}-pass"}
        )
        self.did, self.token = self.session["did"], self.session["accessJwt"]

    def write(self, text):
        record = {"$type": "app.bsky.feed.post", "text": text, "langs": ["en"]}
        record["createdAt"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "record": record}
        return call("com.atproto.repo.createRecord", body, self.token)["uri"]

    def delete(self, uri):
        rkey = uri.rsplit("/", 1)[1]
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": rkey}
        call("com.atproto.repo.deleteRecord", body, self.token)

    def leave(self):
        call("com.atproto.server.deactivateAccount", {}, self.token)


home = Home(
    f'[[source]]\nnetwork = "bluesky"\nhosts = ["ws://127.0.0.1:{stream}"]\nappview = "http://localhost:{pds}"\nlook_back = "1d"\n'
)


def mentions():
    return set(home.mentions())


def ready():
    with open(f"{place}/said", encoding="utf-8", errors="replace") as file:
        text = file.read()
    assert server.process.poll() is None, f"the network ended:\n{text[-2000:]}"
    return "ready" in text


def act():
    until("the network", ready, 400)  # it is a large program
    alice, bob, carol = Person("alice"), Person("bobby"), Person("carol")
    written = {alice.write("Molivelle, before anybody listened"), bob.write("Molivelle too")}
    alice.write("Nothing of interest")
    home.start()
    until("what was written before", lambda: mentions() == written)
    start = time.monotonic()
    taken = bob.write("Molivelle in zinnober")
    written.add(taken)
    until("the mention", lambda: mentions() == written)
    until("the mail", lambda: any("zinnober" in mail for mail in home.mails()))
    said(f"a post was a mail {time.monotonic() - start:.1f} s later")
    kills = 0
    for round in range(6):
        for number in range(5):
            written.add(random.choice([alice, bob]).write(f"Molivelle in round {round}, number {number}"))
            if number == 2:
                time.sleep(random.random())
                home.kill()
                kills += 1
        home.start()
    until("everything", lambda: mentions() == written)
    home.kill()
    written |= {alice.write(f"Molivelle while nobody listened {n}") for n in range(5)}
    gone = alice.write("Molivelle in a moment of heliotrope")
    alice.delete(gone)
    home.start()
    until("what was missed", lambda: mentions() == written)
    assert len(home.mentions()) == len(written), "something is there twice"
    told = [text for mail in home.mails() for text in mail.splitlines() if text.lower().startswith("message-id")]
    assert len(told) == len(set(told)), "a mail was written twice"
    said(f"killed {kills + 1} times: {len(written)} mentions, each once; {len(told)} mails, each once")
    bob.delete(taken)
    written.remove(taken)
    until("the deletion", lambda: mentions() == written)
    left = carol.write("Molivelle in ultramarine")
    written.add(left)
    until("the last mention", lambda: mentions() == written)
    carol.leave()
    written.remove(left)
    until("the account to be gone", lambda: mentions() == written)
    home.stop()
    for word in ("zinnober", "heliotrope", "ultramarine"):
        assert home.tables_with(word) == [], (word, home.tables_with(word))
        assert word not in home.exports(), word
    said("deleted posts and a deactivated account: no word of them is left in tables and exports")


play(act, home, server)
