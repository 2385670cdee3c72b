#!/usr/bin/env python3
"""Denial of service and abuse against a running server, each with the figures that matter.

Usage: attacks.py [--ports BASE] [--state DIR] [NAME…]        (without names: all)

Before and after each attack the server's descriptors and memory (proportional set size) are
printed; after each the server must still accept and deliver a message."""

import argparse
import base64
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time

import imap_attacks
from probe import CONTEXT, Client, Peak, fault, faults
from stack import PASSWORD, Stack, default_binary


def smtp(stack, **options):
    client = Client(stack.mx, **options)
    client.reply()
    client.say("EHLO attack.test")
    return client


def deliver(stack, text=b"Subject: x\r\n\r\nx\r\n", to="u0@example.org", source=None):
    client = smtp(stack, source=source)
    client.say("MAIL FROM:<a@remote.test>")
    answer = client.say(f"RCPT TO:<{to}>")
    if answer.startswith("250"):
        client.say("DATA")
        client.send(text + b".\r\n")
        answer = client.reply()
    client.say("QUIT")
    client.close()
    return answer


def pop(stack, user, password=PASSWORD, source=None):
    client = Client(stack.pop3, source=source)
    client.line()
    client.send(f"USER {user}\r\n".encode())
    client.line()
    client.send(f"PASS {password}\r\n".encode())
    return client, client.line()


def octets_of_last(stack, user):
    client, answer = pop(stack, user)
    count = int(answer.split()[3]) if "has" in answer else 0
    client.send(f"RETR {count}\r\n".encode())
    answer = client.line()
    total = 0
    while True:
        line = client.file.readline()
        if line in (b".\r\n", b""):
            break
        total += len(line)
    client.send(b"QUIT\r\n")
    client.line()
    client.close()
    return count, total


# MARK: The attacks

def large(stack):
    "100 MB message in: less than 4 MB of memory"
    for _ in range(2):
        deliver(stack, b"Subject: warm\r\n\r\n" + b"y" * 70 + b"\r\n", "u1@example.org")
    with Peak(stack) as peak:
        client = smtp(stack)
        client.say("MAIL FROM:<a@remote.test>")
        client.say("RCPT TO:<u1@example.org>")
        client.say("DATA")
        client.send(b"Subject: large\r\n\r\n")
        block = (b"z" * 70 + b"\r\n") * 1000
        for _ in range(100_000_000 // len(block)):
            client.send(block)
        client.send(b".\r\n")
        answer = client.reply()
        client.close()
    print("  in: ", answer, peak)
    if not answer.startswith("250") or peak.peak - peak.before > 4096:
        fault("large message in")
    with Peak(stack) as peak:
        begun = time.time()
        print("  out:", octets_of_last(stack, "u1@example.org"), f"{time.time() - begun:.1f} s", end=" ")
    print(peak)
    if peak.peak - peak.before > 4096:
        fault("large message out")


def slowloris(stack):
    "1,000 silent connections from several addresses, more that send a byte now and then; others are served"
    with Peak(stack) as peak:
        silent = []
        for n in range(1000):
            client = Client(stack.mx, source=f"127.0.0.{2 + n % 20}")
            silent.append(client)
            if n % 4 == 1:
                client.send(b"EHLO slo")
            elif n % 4 == 2:
                client.send(b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u0@example.org>\r\nDATA\r\nSub")
        begun = time.time()
        answers = [deliver(stack, source="127.0.0.99")[:3] for _ in range(50)]
        taken = time.time() - begun
    print(f"  {peak}; 50 messages of another client in {taken:.2f} s")
    if answers != ["250"] * 50:
        fault(f"slowloris: {answers}")
    for client in silent:
        client.close(reset=True)


def sessions(stack):
    "more silent connections than sessions allowed (a server with the default limits)"
    other = Stack(stack.state + "-limits", stack.mx + 50, stack.binary, stack.population,
                  limits="{}", ldap_port=stack.ldap)
    other.start()
    silent = [Client(other.mx, source="127.0.0.7") for _ in range(150)]
    time.sleep(0.3)
    refused = 0
    for client in silent:
        client.socket.settimeout(0.05)
        try:
            refused += client.line().startswith("421")
        except OSError:
            pass
    print(f"  from one address: {refused} of 150 refused with 421;",
          "another address:", deliver(other, source="127.0.0.9"))
    # sessions_per_address is 128.
    if refused != 22:
        fault(f"sessions: {refused} refused, 22 expected")
    for client in silent:
        client.close(reset=True)
    time.sleep(0.5)
    answer = deliver(other, source="127.0.0.7")
    print("  after they left:", answer)
    if not answer.startswith("250"):
        fault("sessions: places are not freed")
    other.stop()


def rset(stack):
    "100,000 pipelined RSET"
    with Peak(stack) as peak:
        client = smtp(stack)
        begun = time.time()
        writer = threading.Thread(target=lambda: client.send(b"RSET\r\n" * 100_000 + b"QUIT\r\n"))
        writer.start()
        count, last = 0, ""
        while True:
            line = client.line()
            if not line:
                break
            count += line.startswith("250")
            last = line
        writer.join()
    print(f"  {count} replies in {time.time() - begun:.2f} s, {last}; {peak}")
    if peak.peak - peak.before > 4096:
        fault("RSET: memory")
    # And a client that never reads its replies.
    with Peak(stack) as peak:
        client = smtp(stack)
        client.socket.setblocking(False)
        sent = 0
        end = time.time() + 3
        while time.time() < end:
            try:
                sent += client.socket.send(b"EHLO x\r\n" * 1000)
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:
                break
        client.close(reset=True)
    print(f"  replies never read: {sent} octets taken; {peak}")
    if peak.peak - peak.before > 8192:
        fault("replies never read: memory")


def lines(stack):
    "lines of 1 MB before and within commands, AUTH responses of 1 MB, in POP3 too"
    with Peak(stack) as peak:
        client = smtp(stack)
        client.send(b"A" * (1 << 20) + b"\r\n")
        print("  command: ", client.reply(), "| then:", client.say("NOOP"))
        client.close()
        client = smtp(stack)
        client.send(b"MAIL FROM:<" + b"A" * (1 << 20) + b"@x>\r\n")
        print("  MAIL:    ", client.reply())
        client.close()
        client = Client(stack.submission)
        client.reply()
        client.say("EHLO x")
        client.starttls()
        client.say("EHLO x")
        client.send(b"AUTH PLAIN " + b"QUFB" * (1 << 18) + b"\r\n")
        print("  AUTH:    ", client.reply())
        print("           ", client.say("AUTH PLAIN"))
        client.send(b"QUFB" * (1 << 18) + b"\r\n")
        print("  response:", client.reply(), "| then:", client.say("NOOP"))
        client.close()
        client = Client(stack.pop3)
        client.line()
        client.send(b"A" * (1 << 20) + b"\r\n")
        answer = client.line()
        client.send(b"AUTH PLAIN\r\n")
        answer += " | " + client.line()
        client.send(b"QUFB" * (1 << 18) + b"\r\nCAPA\r\n")
        print("  POP3:    ", answer, "|", client.line(), "|", client.line())
        client.close()
        client = smtp(stack)
        client.say("MAIL FROM:<a@remote.test>")
        client.say("RCPT TO:<u0@example.org>")
        client.say("DATA")
        client.send(b"Subject: x\r\n\r\n" + b"A" * (1 << 20) + b"\r\n.\r\n")
        print("  DATA:    ", client.reply())
        client.close()
    print(" ", peak)
    if peak.peak - peak.before > 4096:
        fault("long lines: memory")


def recipients(stack):
    "10,001 RCPT, of one and of many addresses"
    with Peak(stack) as peak:
        for make in (lambda n: "u0", lambda n: f"u{n % 40}+{n}"):
            client = smtp(stack)
            client.say("MAIL FROM:<a@remote.test>")
            begun = time.time()
            writer = threading.Thread(target=lambda: client.send(
                b"".join(f"RCPT TO:<{make(n)}@example.org>\r\n".encode() for n in range(10_001))))
            writer.start()
            answers = {}
            for _ in range(10_001):
                answer = client.reply()
                answers[answer] = answers.get(answer, 0) + 1
                if not answer:
                    break
            writer.join()
            print(f"  {time.time() - begun:.1f} s", answers)
            client.close(reset=True)
    print(" ", peak)


def headers(stack):
    "a header section of 10^6 octets, 100,000 lines, 10,000 nested parts, 10^5 parameters, 10^6 addresses"
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000))
    messages = {
        "10^6 octets, one field": b"Subject: " + b"\r\n ".join([b"x" * 70] * 14_000) + b"\r\n\r\nbody\r\n",
        "100,000 fields": b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\nbody\r\n",
        "10,000 nested parts": nested + b"\r\nbody\r\n",
        "10^5 parameters": b"Content-Type: text/plain;\r\n" + b"".join(
            b" name*%d=x;\r\n" % n for n in range(100_000)) + b" end=y\r\n\r\nbody\r\n",
        "10^6 addresses": b"To: " + b",\r\n ".join([b"a@b.test" + b",a@b.test" * 6] * 150_000) + b"\r\n\r\nbody\r\n",
        "no header end, 3 MB": b"X: y\r\n" * 500_000,
        "100 Received": b"Received: from a by b; Sun, 1 Jan 2023 00:00:00 +0000\r\n" * 100 + b"\r\nbody\r\n",
    }
    for name, text in messages.items():
        with Peak(stack) as peak:
            begun = time.time()
            answer = deliver(stack, text, "u2@example.org")
            taken = time.time() - begun
        time.sleep(0.1)
        got = octets_of_last(stack, "u2@example.org") if answer.startswith("250") else ""
        print(f"  MX {name}: {answer} {taken:.2f} s; fetched {got}; {peak}")
        if got and got[1] < len(text):
            fault(f"headers: {name} fetched as {got}")
        client = Client(stack.submissions, tls=True)
        client.reply()
        client.say("EHLO x")
        client.say("AUTH PLAIN " + base64.b64encode(f"\0u2@example.org\0{PASSWORD}".encode()).decode())
        client.say("MAIL FROM:<u2@example.org>")
        client.say("RCPT TO:<u3@example.org>")
        client.say("DATA")
        with Peak(stack) as peak:
            begun = time.time()
            client.send(b"From: <u2@example.org>\r\n" + text + b".\r\n")
            answer = client.reply()
        print(f"     submission: {answer} {time.time() - begun:.2f} s; {peak}")
        client.close()


def brute(stack):
    "1,000 wrong passwords from one address; the right user from another; a known wrong one never reaches the directory"
    begun = time.time()
    results = {}
    stop = time.time() + 20

    def guess(offset):
        n = 0
        while time.time() < stop and n < 125:
            try:
                client = Client(stack.pop3, source="127.0.0.66", timeout=30)
                client.line()
                while n < 125 and time.time() < stop:
                    client.send(f"USER u5@example.org\r\nPASS wrong{offset}-{n}\r\n".encode())
                    client.line()
                    answer = client.line()
                    if not answer:
                        break
                    n += 1
                    results[answer] = results.get(answer, 0) + 1
                client.close()
            except OSError as error:
                results[str(error)] = results.get(str(error), 0) + 1
                time.sleep(0.1)

    threads = [threading.Thread(target=guess, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(5)
    good_begun = time.time()
    client, answer = pop(stack, "u5@example.org", source="127.0.0.77")
    good = time.time() - good_begun
    client.close()
    for thread in threads:
        thread.join()
    print(f"  {sum(results.values())} guesses answered in {time.time() - begun:.0f} s: {results}")
    print(f"  the right password from elsewhere: {answer} after {good:.2f} s")
    if not answer.startswith("+OK"):
        fault("brute force: the user is locked out")


def harvest(stack):
    "1,000 unknown recipients, VRFY, EXPN"
    for name, command in (("RCPT", "RCPT TO:<x{}@example.org>"), ("VRFY", "VRFY x{}"), ("EXPN", "EXPN g{}")):
        client = smtp(stack)
        client.say("MAIL FROM:<a@remote.test>")
        answers, begun = {}, time.time()
        for n in range(1000):
            answer = client.say(command.format(n))
            key = answer[:40]
            answers[key] = answers.get(key, 0) + 1
            if not answer or answer.startswith("421") or time.time() - begun > 8:
                break
        client.close()
        print(f"  {name}: {answers}, {time.time() - begun:.1f} s")


def tls(stack):
    "STARTTLS storms, half-open handshakes, garbage instead of a ClientHello"
    begun = time.time()
    for n in range(300):
        client = smtp(stack)
        client.starttls()
        client.close(reset=n % 2 == 0)
    print(f"  300 STARTTLS in {time.time() - begun:.1f} s")
    half = []
    with Peak(stack) as peak:
        for n in range(500):
            client = Client(stack.pop3s, source=f"127.0.0.{2 + n % 20}")
            hello = bytes.fromhex("1603010200010001fc0303") + os.urandom(32)
            client.send(hello[:random.randint(1, len(hello))])
            half.append(client)
        begun = time.time()
        good = Client(stack.pop3s, tls=True)
        answer = good.line()
        good.close()
        taken = time.time() - begun
        for n in range(200):
            client = smtp(stack)
            client.say("STARTTLS")
            client.send(os.urandom(200))
            client.close(reset=n % 2 == 0)
    print(f"  500 half-open: another client greeted after {taken * 1000:.0f} ms; {peak}")
    if not answer.startswith("+OK"):
        fault("half-open handshakes block others")
    for client in half:
        client.close(reset=True)


def resets(stack):
    "connection reset storm: at every depth of a session"
    steps = [b"EHLO x\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<u0@example.org>\r\n", b"DATA\r\n",
             b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n", b"x" * 300_000 + b"\r\n"]
    with Peak(stack) as peak:
        begun = time.time()
        for n in range(4000):
            client = Client(stack.mx)
            depth = n % (len(steps) + 2)
            if depth:
                client.reply()
            try:
                for step in steps[:depth - 1]:
                    client.send(step)
                    if step[0] in b"EMRD":
                        client.reply()
            except OSError:
                pass
            client.close(reset=True)
    print(f"  4,000 resets in {time.time() - begun:.1f} s; {peak}")


def garbage(stack):
    "random octets, random splits, truncated TLS for a while"
    seed = random.randrange(1 << 30)
    rnd = random.Random(seed)
    words = [b"EHLO x\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<u0@example.org>\r\n", b"DATA\r\n", b".\r\n",
             b"BDAT 10\r\n", b"BDAT 5 LAST\r\nabcde", b"RSET\r\n", b"STARTTLS\r\n", b"AUTH PLAIN\r\n", b"AUTH LOGIN =\r\n",
             b"\r\n", b"\n", b"\r", b"\0", b"XCLIENT ADDR=127.0.0.1\r\n", b"VRFY <", b"USER u0@example.org\r\n",
             b"PASS " + PASSWORD.encode() + b"\r\n", b"TOP 1 0\r\n", b"RETR 1\r\n", b"UIDL\r\n", b"LIST\r\n", b"DELE 1\r\n",
             b"STLS\r\n", b"CAPA\r\n", b"QUIT\r\n", b"*\r\n", b"Subject: \xff\xfe\r\n", b"BDAT 99999999999999999999 LAST\r\n",
             b"MAIL FROM:<> SIZE=99999999999999999999\r\n", b"TOP 99999999999999999999 1\r\n", b"A" * 5000]
    seconds = float(os.environ.get("GARBAGE_SECONDS", "120"))
    end = time.time() + seconds
    counts = [0]

    def run(rnd):
        while time.time() < end:
            port = rnd.choice([stack.mx, stack.submission, stack.pop3, stack.pop3s, stack.submissions])
            try:
                client = Client(port, timeout=2, source=f"127.0.1.{rnd.randint(1, 250)}")
                secure = port in (stack.pop3s, stack.submissions) and rnd.random() < 0.7
                if secure:
                    client.socket = CONTEXT.wrap_socket(client.socket)
                if rnd.random() < 0.8:
                    client.socket.recv(1000)
                for _ in range(rnd.randint(1, 30)):
                    text = rnd.choice(words) if rnd.random() < 0.85 else rnd.randbytes(rnd.randint(1, 2000))
                    if rnd.random() < 0.1:
                        text = bytearray(text)
                        text[rnd.randrange(len(text))] = rnd.randrange(256)
                    at = rnd.randint(0, len(text))
                    client.send(text[:at])
                    client.send(text[at:])
                client.socket.settimeout(0.02)
                while client.socket.recv(65536):
                    pass
            except (OSError, ValueError):
                pass
            counts[0] += 1
            client.close(reset=rnd.random() < 0.3)

    with Peak(stack) as peak:
        threads = [threading.Thread(target=run, args=(random.Random(rnd.random()),)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"  seed {seed}: {counts[0]} connections in {seconds:.0f} s; {peak}")
    if peak.peak - peak.before > 64 << 10:
        fault("garbage: memory")


ATTACKS = [large, slowloris, sessions, rset, lines, recipients, headers, harvest, tls, resets, brute, garbage] + imap_attacks.ATTACKS


def interrupted(*_):
    raise SystemExit(1)     # so that `finally` ends what was started


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ports", type=int, default=25100)
    parser.add_argument("--state", default="/tmp/martlet-attacks")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    shutil.rmtree(options.state, ignore_errors=True)
    stack = Stack(options.state, options.ports, default_binary(), smtp="smtp: {maximum_message_size: 200M}",
                  extra="imap: {sessions_per_address: 4000, sessions_per_user: 4000}")
    try:
        stack.start_slapd()
        stack.start()
        for _ in range(200):
            deliver(stack)
        for attack in ATTACKS:
            if options.names and attack.__name__ not in options.names:
                continue
            print(f"{attack.__name__}: {attack.__doc__}", flush=True)
            before = stack.descriptors(), stack.pss(), stack.threads(), stack.cpu()
            try:
                attack(stack)
            except Exception as error:
                fault(f"{attack.__name__}: {error!r}")
            if stack.server.poll() is not None:
                fault(f"{attack.__name__}: the server ended with {stack.server.returncode}")
                stack.start()
                continue
            time.sleep(1.5)
            answer = deliver(stack, source="127.0.0.201")
            if not answer.startswith("250"):
                fault(f"{attack.__name__}: afterwards {answer}")
            after = stack.descriptors(), stack.pss(), stack.threads(), stack.cpu()
            print(f"  descriptors {before[0]} → {after[0]}, PSS {before[1]} → {after[1]} KiB, "
                  f"threads {before[2]} → {after[2]}, CPU {after[3] - before[3]:.2f} s", flush=True)
            # Up to a limit, files of large messages stay open.
            if after[0] > before[0] + 100:
                fault(f"{attack.__name__}: descriptors leak")
    finally:
        code = stack.stop()
    print(f"{len(faults)} faults; exit status on SIGTERM {code}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
