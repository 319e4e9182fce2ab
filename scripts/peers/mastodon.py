"""The Mastodon mock: posts by hashtag, its injected faults, and what its stream says of edits and deletions."""

import json
import sys
import tempfile
import urllib.request

from vigie import Home, Peer, free_port, play, said, until

port = free_port()
base = f"http://127.0.0.1:{port}"
place = tempfile.mkdtemp(prefix="vigie-mastodon-")
server = Peer(
    [sys.argv[1], "serve", "--in-memory", "--demo", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"],
    f"{place}/said",
    cwd=place,
)


def call(method, path, body=None, token="ada_token"):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(base + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text.strip() else None


def write(text):
    return call("POST", "/api/v1/statuses", {"status": text, "visibility": "public"})["id"]


def fault(kind, **more):
    rule = {"match": {"methods": ["GET"], "path_regex": "/timelines/"}, "effect": {"type": kind, **more}, "count": 1}
    call("POST", "/api/v1/_mock/faults", rule)


polled = Home(f'[[source]]\nnetwork = "mastodon"\nbase_url = "{base}"\ntags = ["molivelle"]\nstreaming = false\n')
streamed = Home(f'[[source]]\nnetwork = "mastodon"\nbase_url = "{base}"\ntags = ["molivelle"]\n')
streamed.environment["VIGIE_MASTODON_TOKEN"] = "grace_token"


def numbers(home):
    return sorted(text for (text,) in home.rows("SELECT text FROM post"))


def act():
    until("the mock", lambda: call("GET", "/api/v1/instance"))
    ids = [write(f"Molivelle number {n} #molivelle") for n in range(5)]
    polled.run("watch", "--once")
    assert len(polled.mentions()) == 5, polled.mentions()
    wrote = 5
    for kind, more in (
        ("ratelimit", {}),
        ("status", {"status": 500}),
        ("status", {"status": 503}),
        ("malformed", {}),
        ("malformed", {"truncate": False}),
        ("latency", {"delay_ms": 2_000}),
        ("timeout", {"delay_ms": 40_000}),
    ):
        fault(kind, **more)
        for _ in range(3):
            write(f"Molivelle during {kind} {wrote} #molivelle")
            wrote += 1
        out = polled.run("watch", "--once", fine=(0, 1))
        first = len(polled.mentions())
        call("DELETE", "/api/v1/_mock/faults")
        polled.run("watch", "--once", fine=(0, 1))
        found = polled.mentions()
        assert len(found) == len(set(found)) == wrote, f"after {kind}: {len(found)} of {wrote}\n{out}"
        said(f"{kind} {more.get('status', '')}: {first} of {wrote} at once, all after it")
    streamed.start()
    until("the stream", lambda: len(streamed.mentions()) == wrote)
    kept, changed, taken = write("Molivelle stays #molivelle"), write("Molivelle chnages #molivelle"), write("Molivelle in zinnober #molivelle")
    until("what is streamed", lambda: len(streamed.mentions()) == wrote + 3)
    until("the mail", lambda: any("zinnober" in mail for mail in streamed.mails()))
    call("PUT", f"/api/v1/statuses/{changed}", {"status": "Molivelle changes, edited #molivelle"})
    call("DELETE", f"/api/v1/statuses/{taken}")
    until("the deletion", lambda: len(streamed.mentions()) == wrote + 2)
    until("the edit", lambda: any("edited" in text for text in numbers(streamed)))
    streamed.stop()
    assert streamed.tables_with("zinnober") == [], streamed.tables_with("zinnober")
    assert "zinnober" not in streamed.exports()
    said("the stream brought posts, an edit and a deletion; of what was deleted no word is left in tables and exports")


play(act, polled, streamed, server)
