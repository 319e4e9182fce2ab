"""A folder in which the real program runs, and what a run against a peer needs to look into it."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

WAIT = 90  # seconds: longer than anything takes on a busy machine


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(what, is_so, wait=WAIT):
    """Waits until it is so, and gives what it was."""
    end = time.monotonic() + wait
    while time.monotonic() < end:
        try:
            found = is_so()
        except (OSError, sqlite3.Error):
            found = None
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {wait} s for {what}")


def said(what):
    print(f"   {what}", flush=True)


class Peer:
    """A server of others, ended with the run."""

    def __init__(self, command, log, **more):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, **more)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Home:
    def __init__(self, sources, more=""):
        self.folder = tempfile.mkdtemp(prefix="vigie-peer-")
        os.mkdir(self.path("keywords"))
        self.write("keywords/molivelle.toml", 'brand = "Molivelle"\nours = true\nkeywords = ["Molivelle"]\n')
        self.write(
            "vigie.toml",
            '[mail]\nto = ["ana@dest.example"]\nfrom = "Vigie <vigie@molivelle.example>"\nlanguage = "en"\n'
            '[alerts]\nwait = "0s"\nevery = "0s"\n[digest]\nevery = "never"\n[web]\nenabled = false\n'
            '[fetch]\nallow = ["127.0.0.0/8", "::1/128"]\npause = "0 s"\n' + more + sources,
        )
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")} | {"LANG": "C.UTF-8"}
        self.daemon = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments, fine=(0,)):
        done = subprocess.run(
            [os.environ["VIGIE"], *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=180
        )
        assert done.returncode in fine, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self):
        self.log = open(self.path("said"), "ab")
        self.daemon = subprocess.Popen(
            [os.environ["VIGIE"], "watch"], cwd=self.folder, env=self.environment, stdout=self.log, stderr=self.log
        )

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(30) == 0, self.told()
        self.daemon = None

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None

    def told(self):
        with open(self.path("said"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def rows(self, sql, *values):
        database = sqlite3.connect(self.path("vigie-data", "vigie.db"), timeout=30)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def change(self, sql, *values):
        database = sqlite3.connect(self.path("vigie-data", "vigie.db"), timeout=30)
        try:
            database.execute(sql, values)
            database.commit()
        finally:
            database.close()

    def mentions(self):
        """Native ids of all mentions, in order; one that stands there twice is there twice."""
        if not os.path.exists(self.path("vigie-data", "vigie.db")):
            return []
        return [id for (id,) in self.rows("SELECT native_id FROM mention JOIN post ON post.id = mention.post ORDER BY 1")]

    def tables_with(self, word):
        found = []
        for (table,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in self.rows(f'SELECT * FROM "{table}"'):
                texts = [v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in row]
                if any(word in text for text in texts):
                    found.append(table)
        return found

    def exports(self):
        commands = [
            ["mentions", "--json"],
            ["export", "mentions", "--format", "csv"],
            ["export", "mentions", "--format", "jsonl"],
            ["snapshot"],
            ["digest", "--text"],
        ]
        return "".join(self.run(*command, fine=(0, 1)) for command in commands)

    def mails(self):
        """Alert mails in the outbox, as texts."""
        outbox = self.path("vigie-data", "outbox")
        names = sorted(os.listdir(outbox)) if os.path.isdir(outbox) else []
        texts = []
        for name in names:
            if name.endswith(".eml"):
                with open(os.path.join(outbox, name), encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
        return texts

    def end(self, good):
        if self.daemon:
            self.kill()
        if good:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"   what is left of it: {self.folder}", file=sys.stderr)


def play(act, *homes_and_peers):
    """Runs an act and cleans up."""
    good = False
    try:
        act()
        good = True
    except AssertionError as error:
        print(f"   FAILED: {error}", file=sys.stderr)
    finally:
        for one in homes_and_peers:
            if isinstance(one, Home):
                one.end(good)
            else:
                one.stop()
    sys.exit(0 if good else 1)


__all__ = ["Home", "Peer", "free_port", "json", "play", "said", "until"]
