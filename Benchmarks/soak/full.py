#!/usr/bin/env python3
"""The disk fills under SMTP load, with a queue for hosts that are away.

Usage: full.py [--size MIB] [--reserve MIB] [--ports BASE] [--state DIR] [--seed N]
Needs root: the state directory is a small tmpfs (run it under `unshare -m`).

Sessions send mail for mailboxes, for domains whose hosts do not answer, and for both. First the mail itself fills
the disk: before it is full, with the reserve left, senders are told 452 4.3.1 and nothing else; IMAP's APPEND is
refused in words, flags are stored, POP3 deletes. Then somebody else's file takes the reserve, too: temporary
failures only. When the file is gone and mail is deleted, service is back without a restart. At the end the hosts
are there: each message that was answered with 250 must be in its mailboxes and at its hosts, once and whole."""

import argparse
import asyncio
import collections
import imaplib
import logging
import os
import poplib
import random
import re
import shutil
import subprocess
import sys
import time

from crash import Ledger, verify
from sinks import Sink
from stack import PASSWORD, Population, Stack, default_binary

DOMAINS = [f"d{i}.far.test" for i in range(6)]
MIB = 1 << 20
faults = []


def fault(text):
    faults.append(text)
    print("FAULT", text, flush=True)


class Watch:
    """What is answered when, and the room that there was."""

    def __init__(self, stack, reserve):
        self.stack, self.reserve = stack, reserve
        self.replies = collections.Counter()
        self.phase, self.stopped = "filling", asyncio.Event()
        self.remote = {}                    # id → recipients elsewhere
        self.unanswered_remote = {}
        self.free_at_refusal = None

    def free(self):
        status = os.statvfs(self.stack.mail)
        return status.f_bavail * status.f_frsize

    def note(self, step, line):
        text = line.decode("latin-1").strip()
        self.replies[self.phase, step, re.sub(r"queued as \w+", "queued", text)[:70]] += 1
        if line[:1] == b"2" or line[:1] == b"3":
            return True
        if line.startswith(b"452 4.3.1"):
            if self.free_at_refusal is None:
                self.free_at_refusal = self.free()
        elif self.phase in ("filling", "at the reserve") or line[:1] != b"4":
            fault(f"{self.phase}: {step}: {text}")
        return False

    def count(self, phase, step, start):
        return sum(n for (p, s, line), n in self.replies.items()
                   if p == phase and s == step and line.startswith(start))


def compose(rnd, population, name):
    """Recipients here, recipients elsewhere, and the message."""
    here = rnd.sample(population.users, rnd.choice([0, 1, 1, 2]))
    away = [f"{name}@{domain}" for domain in rnd.sample(DOMAINS, 1 if not here else rnd.choice([0, 1]))]
    size = rnd.choice([100, 2000, 8000, 30000] + [400_000] * (rnd.random() < 0.1))
    octets = (b"From: <sender@remote.test>\r\nMessage-ID: <%s@soak>\r\nX-Size: %d\r\n\r\n"
              % (name.encode(), size // 72)) + (b"x" * 70 + b"\r\n") * (size // 72)
    return here, away, octets


def check(name, octets):
    """What is wrong with a message that has arrived elsewhere."""
    lines = octets.split(b"\r\n\r\n", 1)[1].split(b"\r\n")[:-1]
    size = int(re.search(rb"^X-Size: (\d+)\r$", octets, re.M).group(1))
    if len(lines) != size or any(line != b"x" * 70 for line in lines):
        return f"{len(lines)} lines of {size}"


async def sender(watch, ledger, rnd):
    while not watch.stopped.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", watch.stack.mx)

            async def say(step, octets):
                writer.write(octets)
                await writer.drain()
                line = await asyncio.wait_for(reader.readline(), 60)
                while line[3:4] == b"-":
                    line = await asyncio.wait_for(reader.readline(), 60)
                if not line.endswith(b"\n"):
                    raise EOFError
                return watch.note(step, line)

            await say("greeting", b"")
            await say("EHLO", b"EHLO soak.test\r\n")
            while not watch.stopped.is_set():
                if not await transaction(watch, ledger, rnd, say):
                    await asyncio.sleep(rnd.uniform(0.1, 0.3))
                    await say("RSET", b"RSET\r\n")
        except (OSError, EOFError) as error:
            if not watch.stopped.is_set():
                fault(f"{watch.phase}: a session ended: {error!r}")
            await asyncio.sleep(0.2)
        except asyncio.TimeoutError:
            fault(f"{watch.phase}: no reply for 60 s")
        finally:
            if writer:
                writer.close()


async def transaction(watch, ledger, rnd, say):
    ledger.next += 1
    name = f"m{ledger.next}"
    here, away, octets = compose(rnd, watch.stack.population, name)
    size = b" SIZE=%d" % len(octets) if rnd.random() < 0.5 else b""
    if not await say("MAIL", b"MAIL FROM:<sender@remote.test>%s\r\n" % size):
        return False
    for address in here + away:
        if not await say("RCPT", b"RCPT TO:<%s>\r\n" % address.encode()):
            return False
    if not await say("DATA", b"DATA\r\n"):
        return False
    ledger.unanswered[name], watch.unanswered_remote[name] = set(here), away
    if not await say("message", octets + b".\r\n"):
        # It was refused, and must not be anywhere: verify() tells.
        ledger.accepted[name], watch.unanswered_remote[name] = set(), []
        ledger.unanswered.pop(name)
        return False
    ledger.accepted[name] = ledger.unanswered.pop(name)
    watch.remote[name] = watch.unanswered_remote.pop(name)
    return True


def imap(watch, address, must_work):
    """APPEND must be refused in words, and the session go on; a flag is stored where there is a reserve."""
    client = imaplib.IMAP4("127.0.0.1", watch.stack.imap, timeout=60)
    client.login(address, PASSWORD)
    client.select("INBOX")
    kind, answer = client.append("INBOX", None, None, b"Subject: x\r\n\r\n" + b"x" * 20_000 + b"\r\n")
    text = answer[0].decode()
    watch.replies[watch.phase, "APPEND", f"{kind} {text}"] += 1
    if kind != "NO" or not re.match(r"\[[A-Z]+\] .*(storage|space|room|disk)", text, re.I):
        fault(f"{watch.phase}: APPEND: {kind} {text}")
    kind, answer = client.store("1", "+FLAGS", r"(\Flagged)")
    watch.replies[watch.phase, "STORE", f"{kind} {answer[0] if kind != 'OK' else ''}"] += 1
    if must_work and kind != "OK":
        fault(f"{watch.phase}: STORE: {kind} {answer}")
    if client.noop()[0] != "OK":
        fault(f"{watch.phase}: NOOP")
    client.logout()


def delete(watch, ledger, address, share, must_work):
    """Deletes a share of a mailbox by POP3."""
    client = poplib.POP3("127.0.0.1", watch.stack.pop3, timeout=60)
    client.user(address)
    client.pass_(PASSWORD)
    marked = []
    for number in range(1, int(client.stat()[0] * share) + 1):
        lines = client.top(number, 0)[1]
        client.dele(number)
        marked += [m.group(1).decode() for m in (re.match(rb"Message-ID: <(\w+)@soak>", l) for l in lines) if m]
    try:
        answer = client.quit().decode()
        for name in marked:
            ledger.deleted[address, name] += 1
    except poplib.error_proto as error:
        answer = str(error)
        # None of them may be gone, and none is said to be; but some may.
        ledger.maybe_deleted.update((address, name) for name in marked)
        if must_work:
            fault(f"{watch.phase}: QUIT: {answer}")
    watch.replies[watch.phase, "QUIT after DELE", re.sub(r"\d+", "N", answer)] += 1
    return len(marked)


async def wait_for(what, seconds, condition):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            return fault(f"{what}: not within {seconds} s")
        await asyncio.sleep(0.1)


async def run(options, watch, ledger, sinks):
    stack, users = watch.stack, watch.stack.population.users
    tasks = [asyncio.create_task(sender(watch, ledger, random.Random(options.seed + n))) for n in range(24)]
    await wait_for("452 4.3.1", 120, lambda: watch.free_at_refusal is not None)
    watch.phase = "at the reserve"
    await asyncio.sleep(5)
    print(f"  {watch.free_at_refusal / MIB:.1f} MiB free at the first 452 4.3.1, {watch.free() / MIB:.1f} MiB 5 s later; "
          f"{len(ledger.accepted)} accepted", flush=True)
    if watch.free() < watch.reserve / 2:
        fault("the reserve is used up by mail")
    for address in users[:4]:
        await asyncio.to_thread(imap, watch, address, True)
        await asyncio.to_thread(delete, watch, ledger, address, 0.05, True)

    watch.phase = "without any room"
    filler = open(f"{stack.mail}/filler", "wb", buffering=0)
    for octets in (b"\0" * MIB, b"\0" * 4096):
        try:
            while True:
                filler.write(octets)
        except OSError:
            pass
    filler.close()
    await asyncio.sleep(3)
    for address in users[4:8]:
        await asyncio.to_thread(imap, watch, address, False)
        await asyncio.to_thread(delete, watch, ledger, address, 0.05, False)
    await asyncio.sleep(3)
    if watch.free() > 64 << 10:
        fault(f"{watch.free()} octets are free, the disk is not full")
    os.unlink(f"{stack.mail}/filler")

    watch.phase = "freed"
    await asyncio.sleep(2)
    count = 0
    for address in users:
        count += await asyncio.to_thread(delete, watch, ledger, address, 0.9, True)
    begun = time.time()
    await wait_for("service", 60, lambda: watch.count("freed", "message", "250") >= 50)
    print(f"  {count} deleted; 50 more accepted {time.time() - begun:.1f} s later, "
          f"{watch.free() / MIB:.1f} MiB free", flush=True)
    watch.stopped.set()
    await asyncio.wait(tasks, timeout=70)

    watch.phase = "hosts are back"
    for sink in sinks:
        await sink.start()
    def arrived():
        found = {(name, address) for sink in sinks for name, address, _ in sink.taken}
        return all((name, address) in found for name, away in watch.remote.items() for address in away)
    await wait_for("mail for hosts that are back", 120, arrived)


def verify_remote(watch, sinks):
    found = collections.Counter((name, address) for sink in sinks for name, address, _ in sink.taken)
    for sink in sinks:
        faults.extend(sink.wrong)
    for name, away in watch.remote.items():
        for address in away:
            count = found.pop((name, address), 0)
            if count != 1:
                fault(f"{address}: accepted, arrived {count} times")
    for name, away in watch.unanswered_remote.items():
        for address in away:
            found.pop((name, address), 0)
    for name, address in found:
        fault(f"{address}: refused or not sent, and arrived")
    print(f"{sum(map(len, watch.remote.values()))} recipients elsewhere")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=160, help="MiB of the disk")
    parser.add_argument("--reserve", type=int, default=24, help="MiB that are to stay free")
    parser.add_argument("--ports", type=int, default=25600)
    parser.add_argument("--state", default="/tmp/martlet-full")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    shutil.rmtree(options.state, ignore_errors=True)
    mail = options.state + "/mail"
    os.makedirs(mail)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={options.size}m", "tmpfs", mail], check=True)
    ports = [options.ports + 20, options.ports + 21]
    sinks = [Sink(port, extensions=("PIPELINING", "CHUNKING", "SIZE"), check=check) for port in ports]
    routes = ", ".join(f'{d}: "127.0.0.1:{ports[i % 2]}"' for i, d in enumerate(DOMAINS))
    stack = Stack(
        options.state, options.ports, default_binary(), Population(), mx=", relay_networks: [127.0.0.0/8]",
        storage=f"storage: {{minimum_free: {options.reserve}M}}", extra=f"""
queue: {{first_remote_delay: 1s, maximum_delay: 10s, first_local_delay: 2s}}
outbound: {{failure_memory: 1s, routes: {{{routes}}}}}
""")
    print(f"seed {options.seed}")
    watch, ledger = Watch(stack, options.reserve * MIB), Ledger()
    try:
        stack.start_slapd()
        stack.start()
        asyncio.run(run(options, watch, ledger, sinks))
        faults.extend(verify(stack, ledger))
        verify_remote(watch, sinks)
        waiting = subprocess.run([stack.binary, "queue", "list", "--config", stack.config],
                                 capture_output=True, text=True).stdout
        if "far.test" in waiting:
            fault(f"the queue still holds mail: {waiting[:400]}")
    finally:
        code = stack.stop()
        subprocess.run(["umount", mail])
    for (phase, step, line), count in sorted(watch.replies.items()):
        print(f"  {phase}: {step}: {line}: {count}")
    for text in faults[:40]:
        print("FAULT", text)
    print(f"{len(faults)} faults; exit status on SIGTERM {code}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
