"""A Nostr relay: notes by hashtag, a kill in the middle, a deletion."""

import asyncio
import socket
import sys
import tempfile
import time

from aionostr.event import Event
from aionostr.key import PrivateKey
from aionostr.relay import Relay

from vigie import Home, Peer, free_port, play, said, until

port = free_port()
place = tempfile.mkdtemp(prefix="vigie-nostr-")
with open(f"{place}/relay.yaml", "w", encoding="utf-8") as file:
    file.write(
        f"""DEBUG: false
relay_name: here
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{place}/nostr.sqlite3
  validators: [nostr_relay.validators.is_signed]
gunicorn:
  bind: 127.0.0.1:{port}
  workers: 1
  loglevel: warning
"""
    )
server = Peer([sys.argv[1], "-c", f"{place}/relay.yaml", "serve"], f"{place}/said", cwd=place)
key = PrivateKey()


async def send(kind, text, tags):
    event = Event(kind=kind, content=text, tags=tags, pubkey=key.public_key.hex(), created_at=int(time.time()))
    event.sign(key.hex())
    relay = Relay(f"ws://127.0.0.1:{port}")
    await relay.connect()
    await relay.add_event(event, check_response=True)
    await relay.close()
    return event.id


def note(text):
    return asyncio.run(send(1, text, [["t", "molivelle"]]))


home = Home(f'[[source]]\nnetwork = "nostr"\nbase_url = "ws://127.0.0.1:{port}"\ntags = ["molivelle"]\n')


def relay_is_up():
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return True


def act():
    until("the relay", relay_is_up)
    written = {note(f"Molivelle number {n}") for n in range(5)}
    home.start()
    until("what was written before", lambda: set(home.mentions()) == written)
    written |= {note(f"Molivelle live {n}") for n in range(3)}
    taken = note("Molivelle in zinnober")
    written.add(taken)
    until("what is written meanwhile", lambda: set(home.mentions()) == written)
    until("the mail", lambda: any("zinnober" in mail for mail in home.mails()))
    home.kill()
    written |= {note(f"Molivelle while away {n}") for n in range(4)}
    home.start()
    until("what was missed", lambda: set(home.mentions()) == written)
    assert len(home.mentions()) == len(written), "something is there twice"
    said(f"{len(written)} notes, of which 4 were written while Vigie was killed: each once")
    asyncio.run(send(5, "", [["e", taken]]))
    until("the deletion", lambda: set(home.mentions()) == written - {taken})
    home.stop()
    assert home.tables_with("zinnober") == [], home.tables_with("zinnober")
    assert "zinnober" not in home.exports()
    said("one was deleted: no word of it is left in tables and exports")


play(act, home, server)
