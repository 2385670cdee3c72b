#!/usr/bin/env python3
"""The directory stopped, paused, slow, emptied and restarted under load, and a full disk.

Usage: directory.py [--ports BASE] [--state DIR] [NAME…]    (names: paused stopped killed slow emptied full)

While the directory does not answer, no reply to a user that exists may be a 5xx; nothing bounces; IMAP
sessions that are logged in work on, and IMAP logins are told [UNAVAILABLE]; service is back within
seconds; at the end every accepted message is in its mailbox exactly once.
`full` needs root: it mounts a small tmpfs as the state directory (run it under `unshare -m`)."""

import argparse
import asyncio
import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import directory_imap
from crash import Ledger, verify
from stack import PASSWORD, Population, Stack, default_binary

faults = []
# Users who get mail and log in all the time; the others log in once.
USUAL = 40
USERS = 4000


def fault(text):
    faults.append(text)
    print("FAULT", text, flush=True)


class Watch:
    """What is answered when."""

    def __init__(self):
        self.replies = collections.Counter()
        self.last_bad = 0
        self.slowest = 0
        self.slowest_imap = (0, "", "")
        self.strangers = iter(())
        self.imap_commands = 0
        self.phase = ""

    def note(self, step, line):
        if line[:3] == b"451" or b"SYS/TEMP" in line:
            self.last_bad = time.time()
        self.replies[self.phase, step, line[:60].decode("latin-1").strip()] += 1
        if line[:1] == b"5" or b"[AUTH]" in line:
            fault(f"{self.phase}: {step}: {line.decode('latin-1').strip()}")


async def read(reader, watch, step):
    begun = time.time()
    line = await asyncio.wait_for(reader.readline(), 90)
    if not line:
        raise EOFError
    while line[3:4] == b"-" and line[:3].isdigit():
        line = await reader.readline()
    watch.slowest = max(watch.slowest, time.time() - begun)
    if step:
        watch.note(step, line)
    return line


async def sender(stack, ledger, watch, rnd, stopped):
    people = stack.population
    users = people.users[:USUAL]
    while not stopped.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.mx)
            await read(reader, watch, None)
            writer.write(b"EHLO soak.test\r\n")
            await read(reader, watch, None)
            while not stopped.is_set():
                await asyncio.sleep(rnd.uniform(0.01, 0.1))
                ledger.next += 1
                name = f"m{ledger.next}"
                recipient = rnd.choice(users + list(people.groups) + [
                    f"a{rnd.randrange(len(users))}@example.org"])
                if rnd.random() < 0.5 and recipient in users:
                    # Not in the cache.
                    local, domain = recipient.split("@")
                    to = f"{local}+{name}@{domain}"
                else:
                    to = recipient
                writer.write(b"MAIL FROM:<sender@remote.test>\r\n")
                line = await read(reader, watch, "MAIL")
                if not line.startswith(b"250"):
                    await asyncio.sleep(0.2)
                    continue
                writer.write(b"RCPT TO:<%s>\r\n" % to.encode())
                line = await read(reader, watch, "RCPT")
                if not line.startswith(b"250"):
                    writer.write(b"RSET\r\n")
                    await read(reader, watch, None)
                    continue
                writer.write(b"DATA\r\n")
                line = await read(reader, watch, "DATA")
                if not line.startswith(b"354"):
                    await asyncio.sleep(0.1)
                    continue
                size = rnd.choice([10, 100, 400, 6000])
                ledger.unanswered[name] = people.targets[recipient]
                writer.write(b"Message-ID: <%s@soak>\r\nX-Size: %d\r\n\r\n" % (name.encode(), size)
                             + (b"x" * 70 + b"\r\n") * size + b".\r\n")
                line = await read(reader, watch, "message")
                targets = ledger.unanswered.pop(name)
                if line.startswith(b"250"):
                    ledger.accepted[name] = targets
        except (OSError, EOFError):
            await asyncio.sleep(0.1)
        except asyncio.TimeoutError:
            fault(f"{watch.phase}: no reply for 90 s")
        finally:
            if writer:
                writer.close()


async def reader_of(stack, watch, rnd, stopped):
    while not stopped.is_set():
        writer = None
        try:
            user = rnd.choice(stack.population.users[:USUAL])
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.pop3)
            await read(reader, watch, None)
            writer.write(b"USER %s\r\nPASS %s\r\n" % (user.encode(), PASSWORD.encode()))
            await read(reader, watch, None)
            line = await read(reader, watch, None)
            if b"IN-USE" not in line:
                watch.note("login", line.replace(line.split()[3], b"N") if line[:1] == b"+" else line)
            writer.write(b"QUIT\r\n")
            await read(reader, watch, None)
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        finally:
            if writer:
                writer.close()
        await asyncio.sleep(0.2)


async def slow_proxy(stack, port):
    """Between server and slapd: answers of the directory are late."""
    async def pump(reader, writer, delay):
        try:
            while data := await reader.read(65536):
                if delay:
                    await asyncio.sleep(delay())
                writer.write(data)
        except OSError:
            pass
        writer.close()

    async def serve(reader, writer):
        try:
            r, w = await asyncio.open_connection("127.0.0.1", stack.ldap)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(pump(reader, w, None), pump(r, writer, lambda: stack.slowness))
        except asyncio.CancelledError:
            pass    # the end
    return await asyncio.start_server(serve, "127.0.0.1", port)


async def back(watch, phase):
    watch.phase = phase + ", back"
    begun = time.time()
    for _ in range(600):
        await asyncio.sleep(0.05)
        good = sum(n for (p, s, line), n in watch.replies.items()
                   if p == watch.phase and s == "message" and line.startswith("250"))
        if good >= 20:
            first = time.time()
            while time.time() < max(watch.last_bad, first) + 3:
                await asyncio.sleep(0.1)
                if time.time() > begun + 30:
                    return fault(f"{phase}: temporary failures 30 s after")
            print(f"  {phase}: 20 messages accepted {first - begun:.1f} s after, "
                  f"last temporary failure {max(0, watch.last_bad - begun):.1f} s after", flush=True)
            return
    fault(f"{phase}: no service 30 s after")


async def run(stack, ledger, names):
    watch = Watch()
    stopped = asyncio.Event()
    proxy = await slow_proxy(stack, stack.proxy)
    stack.start()
    tasks = [asyncio.create_task(sender(stack, ledger, watch, random.Random(n), stopped)) for n in range(64)]
    tasks += [asyncio.create_task(reader_of(stack, watch, random.Random(n), stopped)) for n in range(4)]
    watch.phase = "normal"
    if "full" not in names:
        watch.strangers = iter(stack.population.users[USUAL:])
        tasks += [asyncio.create_task(directory_imap.worker(stack, watch, fault, random.Random(n),
                                                               stack.population.users[n], stopped))
                  for n in range(32)]
        tasks += [asyncio.create_task(directory_imap.visitor(stack, watch, fault, random.Random(n),
                                                                stack.population.users[:USUAL], stopped))
                  for n in range(16)]
    await asyncio.sleep(2)
    if "paused" in names:
        watch.phase = "paused"
        stack.slapd.send_signal(signal.SIGSTOP)
        await asyncio.sleep(15)
        stack.slapd.send_signal(signal.SIGCONT)
        await back(watch, "paused")
    if "stopped" in names:
        watch.phase = "stopped"
        stack.stop_slapd()
        await asyncio.sleep(8)
        stack.start_slapd()
        await back(watch, "stopped")
        for _ in range(5):
            watch.phase = "restarted often"
            stack.stop_slapd()
            stack.start_slapd()
            await asyncio.sleep(0.5)
        await back(watch, "restarted often")
    if "killed" in names:
        watch.phase = "killed"
        stack.slapd.kill()
        stack.slapd.wait()
        await asyncio.sleep(8)
        stack.start_slapd()
        await back(watch, "killed")
    if "slow" in names:
        watch.phase = "slow"
        stack.slowness = 1.0
        await asyncio.sleep(10)
        stack.slowness = 0
        await back(watch, "slow")
    if "emptied" in names:
        watch.phase = "emptied"
        stack.stop_slapd()
        shutil.rmtree(f"{stack.state}/ldap")
        os.makedirs(f"{stack.state}/ldap")
        stack.start_slapd()
        await asyncio.sleep(8)
        stack.stop_slapd()
        shutil.rmtree(f"{stack.state}/ldap")
        os.makedirs(f"{stack.state}/ldap")
        stack.load_directory()
        stack.start_slapd()
        await back(watch, "emptied")
    if "full" in names:
        await asyncio.sleep(1)
        watch.phase = "full"
        with open(f"{stack.mail}/filler", "wb") as f:
            try:
                while True:
                    f.write(b"\0" * (1 << 20))
                    f.flush()
            except OSError:
                pass
        await asyncio.sleep(6)
        os.unlink(f"{stack.mail}/filler")
        await back(watch, "full")
    await asyncio.sleep(1)
    stopped.set()
    await asyncio.wait(tasks, timeout=95)
    proxy.close()
    print(f"  slowest reply {watch.slowest:.1f} s; {watch.imap_commands} IMAP commands in sessions, "
          f"slowest {watch.slowest_imap}")
    for (phase, step, line), count in sorted(watch.replies.items()):
        if not (step == "message" and line.startswith("250")):
            print(f"  {phase}: {step}: {line}: {count}")
    for phase in sorted({p for p, _, _ in watch.replies}):
        print(f"  {phase}: accepted", sum(n for (p, s, line), n in watch.replies.items()
                                        if p == phase and s == "message" and line.startswith("250")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ports", type=int, default=25300)
    parser.add_argument("--state", default="/tmp/martlet-directory")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    names = options.names or ["paused", "stopped", "killed", "slow", "emptied"]
    shutil.rmtree(options.state, ignore_errors=True)
    os.makedirs(options.state + "/mail")
    if "full" in names:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", options.state + "/mail"], check=True)
    stack = Stack(options.state, options.ports, default_binary(), Population(USERS), ldap_port=options.ports + 9,
                  storage="storage: {minimum_free: 8M}" if "full" in names else "",
                  extra="queue: {first_local_delay: 2s}")
    stack.proxy = options.ports + 9
    stack.slowness = 0
    ledger = Ledger()
    try:
        stack.start_slapd()
        asyncio.run(run(stack, ledger, names))
        # The proxy ended with its loop: from here on the server asks slapd itself.
        stack.server.terminate()
        stack.server.wait(30)
        with open(stack.config) as f:
            text = f.read().replace(f"127.0.0.1:{stack.proxy}", f"127.0.0.1:{stack.ldap}")
        with open(stack.config, "w") as f:
            f.write(text)
        stack.start()
        time.sleep(10)
        faults.extend(verify(stack, ledger))
    finally:
        code = stack.stop()
    for text in faults[:30]:
        print("FAULT", text)
    print(f"{len(faults)} faults; exit status on SIGTERM {code}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
