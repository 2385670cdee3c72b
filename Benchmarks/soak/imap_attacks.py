"""The attacks that go by IMAP; `attacks.py` runs them with the others."""

import base64
import os
import random
import re
import socket
import threading
import time
import zlib

from imap_probe import Drain, Imap, Witness, plain
from probe import CONTEXT, Peak, fault
from stack import PASSWORD

MIB = 1024
LARGE = 3000                                # messages of u10's mailbox "large"


def check(condition, text):
    if not condition:
        fault(text)


def bounded(peak, name, mib=8):
    check(peak.peak - peak.before <= mib * MIB, f"{name}: memory {peak}")


def timed(name, seconds, client, command, expect=(b"OK", b"NO", b"BAD")):
    """Runs a command that has to end within some seconds, with a reply of one of these kinds."""
    begun = time.time()
    answer, untagged = client.command(command)
    taken = time.time() - begun
    size = sum(map(len, untagged))
    print(f"  {name}: {answer[:70]!r}, {size} octets, {taken:.2f} s")
    check(answer.startswith(expect), f"{name}: {answer[:100]!r}")
    check(taken <= seconds, f"{name}: {taken:.1f} s")
    return answer, untagged


def large_mailbox(stack, user="u10@example.org"):
    """A client in a mailbox of small messages."""
    client = Imap(stack, user)
    if client.command("CREATE large")[0].startswith(b"OK"):
        head = b"t9 APPEND large"
        texts = []
        for n in range(LARGE):
            text = (b"Subject: message %d\r\nFrom: <a%d@b.test>\r\nMessage-ID: <%d@b.test>\r\n\r\n" % (n, n, n)
                    + b"body line with some words in it\r\n" * 20)
            texts.append(b" {%d+}\r\n" % len(text) + text)
        for start in range(0, LARGE, 500):
            client.send(head + b"".join(texts[start:start + 500]) + b"\r\n")
            answer, _ = client.until(b"t9")
            check(answer.startswith(b"OK"), f"large mailbox: {answer!r}")
    client.must("SELECT large")
    return client


def read_all(client):
    try:
        while client.socket.recv(1 << 20):
            pass
    except (OSError, ValueError):
        pass


# MARK: Commands that are too much

def imap_literals(stack):
    "IMAP: 2 GB, 4 GB, 10^30 octets announced, waited for or not; 10,000 literals; before and after login"
    for logged_in in (False, True):
        user = "u11@example.org" if logged_in else None
        with Peak(stack) as peak:
            for size in ("2147483648", "4294967295", "18446744073709551616", "1" + "0" * 30, "-1", ""):
                for command in ("LOGIN", "APPEND INBOX", "SEARCH TEXT", "SETMETADATA INBOX (/private/x",
                                "AUTHENTICATE PLAIN", "CREATE", "nonsense", "NOOP"):
                    for plus in ("", "+"):
                        client = Imap(stack, user)
                        client.send(f"a {command} {{{size}{plus}}}\r\n".encode())
                        if plus:
                            try:
                                client.send(b"x" * 200_000 + b"\r\n")
                            except OSError:
                                pass
                        client.socket.settimeout(10)
                        try:
                            answer = client.read()
                        except TimeoutError:
                            answer = b"nothing"
                        except OSError:
                            answer = b"* BYE reset"
                        if not answer.startswith((b"a BAD", b"a NO", b"* BYE", b"* BAD")):
                            fault(f"{command} {{{size}{plus}}} {'after' if user else 'before'} login: {answer[:80]!r}")
                        client.close(reset=True)
        print(f"  {'after' if user else 'before'} login: all refused; {peak}")
        bounded(peak, "literals")
        with Peak(stack) as peak:
            for command, piece in ((b"LOGIN", b" {1+}\r\nx"), (b"SEARCH", b" TEXT {1+}\r\nx"), (b"LIST \"\" (", b"{0+}\r\n ")):
                client = Imap(stack, user)
                drain = Drain(client)
                try:
                    client.send(b"a " + command + piece * 10_000 + b"\r\nb NOOP\r\nc LOGOUT\r\n")
                except OSError:
                    pass
                drain.join(30)
                print(f"  10,000 literals of {command.decode()}: {drain.count} lines, last {drain.last[:60]!r}")
                check(not drain.is_alive(), "10,000 literals: no end")
                client.close(reset=True)
        bounded(peak, "10,000 literals")
    # A literal that the client does not send after the refusal, and the command after it.
    client = Imap(stack, "u11@example.org")
    client.send(b"a APPEND INBOX {999999999999}\r\nb NOOP\r\n")
    answers = client.until(b"b")
    check(answers[0].startswith(b"OK") and answers[1][0].startswith(b"a NO"), f"refused literal: {answers}")
    check(b"TOOBIG" in answers[1][0], f"no TOOBIG: {answers}")
    client.close()


def imap_lines(stack):
    "IMAP: lines and tags of 1 MB, lines without end, NUL, before and after login"
    for user in (None, "u11@example.org"):
        with Peak(stack) as peak:
            for text in (b"A" * (1 << 20) + b"\r\n", b"a NOOP " + b"A" * (1 << 20) + b"\r\n",
                         b"a SEARCH TEXT \"" + b"A" * (1 << 20) + b"\"\r\n", b"\0" * (1 << 20) + b"\r\n",
                         b"\r\n" * 1000, b"\n" * 1000, b"\r" * 1000 + b"\n", b"a \0NOOP\r\n", b"a LOGIN \"\0\" \"\0\"\r\n"):
                client = Imap(stack, user)
                client.send(text + b"q NOOP\r\n")
                answer, untagged = client.until(b"q")
                print(f"  {text[:14]!r}… {len(text)} octets: {[u[:60] for u in untagged[:2]]}, then {answer[:40]!r}")
                check(answer.startswith((b"OK", b"END")), f"lines: {answer!r}")
                client.close()
            client = Imap(stack, user)
            block, sent = b"A" * 65536, 0
            try:
                for _ in range(1600):
                    client.send(block)
                    sent += len(block)
            except OSError:
                pass
            client.close(reset=True)
        print(f"  a line without end: {sent} octets taken; {peak}")
        bounded(peak, "lines")


def imap_nesting(stack):
    "IMAP: parentheses, NOT, OR, sections, NOTIFY groups, header lists, wildcards nested and repeated"
    texts = {
        "SEARCH (": b"SEARCH " + b"(" * 20_000,
        "SEARCH (ALL)": b"SEARCH " + b"(" * 20_000 + b"ALL" + b")" * 20_000,
        "SEARCH NOT": b"SEARCH " + b"NOT " * 12_000 + b"ALL",
        "SEARCH OR": b"SEARCH " + b"OR ALL " * 8_000 + b"ALL",
        "SEARCH OR, left": b"SEARCH " + b"OR " * 12_000 + b"ALL " * 12_001,
        "SEARCH FUZZY": b"SEARCH " + b"FUZZY " * 10_000 + b"ALL",
        "SEARCH 16,000 keys": b"SEARCH" + b" ALL" * 16_000,
        "SEARCH keywords": b"SEARCH" + b"".join(b" KEYWORD k%d" % n for n in range(3900)),
        "FETCH (": b"FETCH 1 " + b"(" * 20_000,
        "FETCH BODY[1.1…]": b"FETCH 1 BODY[" + b"1." * 20_000 + b"1]",
        "FETCH 5,000 sections": b"FETCH 1 (" + b" ".join(b"BODY[%d]" % n for n in range(1, 5000)) + b")",
        "FETCH HEADER.FIELDS": b"FETCH 1 BODY.PEEK[HEADER.FIELDS (" + b"x " * 20_000 + b"x)]",
        "NOTIFY": b"NOTIFY SET " + b"(" * 20_000,
        "NOTIFY groups": b"NOTIFY SET" + b" (personal (MessageNew MessageExpunge))" * 1500,
        "LIST (": b"LIST (" * 9_000,
        "LIST patterns": b"LIST \"\" (" + b" ".join([b"*%*%*%*"] * 6_000) + b")",
        "THREAD": b"THREAD REFERENCES UTF-8 " + b"(" * 20_000,
        "SORT": b"SORT (" + b"REVERSE " * 6_000 + b"DATE) UTF-8 ALL",
        "SORT keys": b"SORT (" + b"SUBJECT " * 6_000 + b"DATE) UTF-8 ALL",
        "ESEARCH IN": b"ESEARCH IN (" + b"subtree (" * 6_000,
        "ESEARCH 900": b"ESEARCH IN (" + b" ".join([b"subtree INBOX"] * 900) + b") ALL",
        "ID": b"ID (" + b'"a" "b" ' * 5_000 + b'"c" "d")',
        "CATENATE": b"APPEND INBOX CATENATE (" + b"URL x " * 9_000 + b")",
        "STORE flags": b"STORE 1 FLAGS (" + b" ".join(b"k%d" % n for n in range(9_000)) + b")",
        "STATUS": b"STATUS INBOX (" + b"MESSAGES " * 7_000 + b"UNSEEN)",
        "ENABLE": b"ENABLE" + b" X" * 30_000,
        "GETMETADATA": b"GETMETADATA INBOX (" + b" ".join([b"/private/x"] * 5_000) + b")",
        "LOGIN (": b"LOGIN " + b"(" * 1_000_000,
    }
    with Peak(stack) as peak, Witness(stack) as witness:
        before = Imap(stack)
        for name, text in texts.items():
            if name != "LOGIN (":
                text = text[:39_000]        # a command's limit before login is 40 KiB
            answer, _ = before.command(text)
            check(answer.startswith((b"NO", b"BAD", b"END", b"OK")), f"{name} before login: {answer[:80]!r}")
            if answer == b"END" or not before.is_alive():
                before = Imap(stack)
        client = Imap(stack, "u10@example.org", "INBOX")
        for name, text in texts.items():
            begun = time.time()
            answer, untagged = client.command(text)
            taken = time.time() - begun
            print(f"  {name}: {answer[:60]!r} {taken * 1000:.0f} ms")
            check(answer.startswith((b"NO", b"BAD", b"OK", b"END")), f"{name}: {answer[:80]!r}")
            check(taken < 3, f"{name}: {taken:.1f} s")
            client.close()
            client = Imap(stack, "u10@example.org", "INBOX")
    print(f"  {peak}; {witness}")
    bounded(peak, "nesting", 16)
    check(witness.longest < 3, f"nesting: {witness}")


def imap_sets(stack):
    "IMAP: sequence sets 1,3,5,…; FETCH 1:4294967295 in an empty and in a large mailbox; numbers beyond"
    odd = ",".join(str(n) for n in range(1, 12_000, 2))
    with Peak(stack) as peak, Witness(stack) as witness:
        client = Imap(stack, "u12@example.org", "Junk")
        for text in ("FETCH 1:4294967295 FLAGS", "UID FETCH 1:4294967295 FLAGS", "FETCH 1:* FLAGS", "UID FETCH * FLAGS",
                     "STORE 1:4294967295 +FLAGS (x)", "UID STORE 1:4294967295 +FLAGS (x)", "UID COPY 1:4294967295 INBOX",
                     "UID MOVE 1:4294967295 INBOX", "UID EXPUNGE 1:4294967295", "SEARCH 1:4294967295", "SEARCH UID 1:4294967295",
                     "UID SEARCH NOT 4294967295", "FETCH 4294967296 FLAGS", "FETCH 0 FLAGS", "FETCH 99999999999999999999 FLAGS",
                     "FETCH 1 BODY[]<4294967295.4294967295>", "FETCH 1 BODY[]<18446744073709551615.18446744073709551615>",
                     "UID FETCH 1:4294967295 (FLAGS) (CHANGEDSINCE 9223372036854775807)", "SEARCH MODSEQ 18446744073709551615",
                     "UID SEARCH RETURN (PARTIAL 4294967295:4294967295) ALL", "SEARCH LARGER 99999999999999999999",
                     "SEARCH YOUNGER 4294967295", "SEARCH OLDER 18446744073709551615"):
            answer, untagged = client.command(text)
            check(answer.startswith((b"OK", b"NO", b"BAD")), f"{text}: {answer!r}")
            check(sum(map(len, untagged)) < 2000, f"{text}: {untagged[:3]}")
        client.close()
        client = large_mailbox(stack)
        timed("UID FETCH odd", 5, client, f"UID FETCH {odd} UID")
        timed("FETCH odd, beyond", 5, client, f"FETCH {odd} UID")
        timed("UID FETCH 1:4294967295", 10, client, "UID FETCH 1:4294967295 (UID FLAGS)")
        timed("UID FETCH 20,000 ranges", 10, client, "UID FETCH " + ",".join(["1:*"] * 15_000) + " UID")
        timed("UID STORE odd", 10, client, f"UID STORE {odd} +FLAGS.SILENT ($x)")
        timed("SEARCH odd", 5, client, f"UID SEARCH UID {odd}")
        timed("SEARCH 1,000 sets", 10, client, "UID SEARCH " + " ".join(["UID 1:4294967295"] * 3_900))
        timed("QRESYNC odd", 10, client, "ENABLE QRESYNC")
        client.must("UNSELECT")
        timed("SELECT QRESYNC", 10, client, f"SELECT large (QRESYNC (1 1 1:4294967295 ({odd} {odd})))")
        client.close()
    print(f"  {peak}; {witness}")
    bounded(peak, "sets", 24)
    check(witness.longest < 3, f"sets: {witness}")


def imap_search(stack):
    "IMAP: long and many needles, SORT and THREAD, PARTIAL and contexts in a mailbox of 3,000; others are served"
    needles = [b"a" * 10_000, b".*" * 5_000, b"%" * 10_000, b"\\\\" * 4_000, b"a\"'*^:(){}[]-+NEAR OR AND " .replace(b'"', b'\\"') * 40,
               b"\xc3\x9f" * 4_000, b"e" + b"\xcc\x81" * 4_000]
    with Peak(stack) as peak, Witness(stack) as witness:
        client = large_mailbox(stack)
        for needle in needles:
            for key in (b"TEXT", b"BODY", b"SUBJECT", b"FUZZY TEXT", b"HEADER X"):
                begun = time.time()
                answer, _ = client.command(b"SEARCH CHARSET UTF-8 " + key + b" {%d+}\r\n" % len(needle.replace(b'\\"', b'"')) + needle.replace(b'\\"', b'"'))
                taken = time.time() - begun
                if taken > 1:
                    print(f"  {key.decode()} {needle[:10]!r}…: {answer[:40]!r} {taken:.2f} s")
                check(answer.startswith((b"OK", b"NO", b"BAD")), f"search {key!r}: {answer[:80]!r}")
                check(taken < 30, f"search {key!r} {needle[:10]!r}: {taken:.1f} s")
        many = " ".join(f"OR BODY zz{n} TEXT yy{n}" for n in range(500))
        timed("1,000 needles at once", 60, client, "SEARCH " + many)
        timed("1,000 needles, none indexed", 60, client, "SEARCH " + " ".join(f"NOT BODY {chr(97 + n % 26)}" for n in range(1000)))
        timed("SORT by 7 keys", 20, client, "SORT (SUBJECT FROM TO CC DATE SIZE ARRIVAL) UTF-8 ALL")
        for algorithm in ("REFERENCES", "REFS", "ORDEREDSUBJECT"):
            timed(f"THREAD {algorithm}", 20, client, f"THREAD {algorithm} UTF-8 ALL")
        answers = {}
        for n in range(300):
            answer, _ = client.command(f"SEARCH RETURN (UPDATE ALL) TEXT words{n}")
            answers[answer[:40]] = answers.get(answer[:40], 0) + 1
        print("  300 contexts:", answers)
        client.close()
    print(f"  {peak}; {witness}")
    bounded(peak, "search", 64)
    check(witness.longest < 5, f"search: {witness}")


# MARK: Sessions

def imap_slow(stack):
    "IMAP: FETCH 1:* (BODY[]) again and again, never read: what waits is bounded"
    client = Imap(stack, "u13@example.org")
    client.command("CREATE big")
    for _ in range(4):
        for _ in range(10):
            client.append(b"Subject: x\r\n\r\n" + b"z" * 70 * 4000 + b"\r\n", "big")
    client.close()
    with Peak(stack) as peak, Witness(stack) as witness:
        readers = []
        for n in range(40):
            client = Imap(stack, "u13@example.org", "big")
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.socket.setblocking(False)
            try:
                for k in range(200):
                    client.socket.send(b"a%d FETCH 1:* (BODY.PEEK[] BODY.PEEK[TEXT] BODY.PEEK[])\r\n" % k)
            except BlockingIOError:
                pass
            readers.append(client)
        time.sleep(4)
    print(f"  40 who never read: {peak}; {witness}")
    for client in readers:
        client.close(reset=True)
    bounded(peak, "slow readers", 40)
    check(witness.longest < 3, f"slow readers: {witness}")
    with Peak(stack) as peak:
        client = Imap(stack, "u13@example.org", "big", timeout=120)
        items = " ".join(f"BODY.PEEK[]<{n}.200000>" for n in range(100))
        begun = time.time()
        drain = Drain(client)
        client.send(f"a FETCH 1:* ({items})\r\nb LOGOUT\r\n".encode())
        drain.join(120)
    print(f"  the same body 100 times from 40 messages: {drain.octets >> 20} MiB in {time.time() - begun:.1f} s; {peak}")
    bounded(peak, "one body many times", 16)
    client.close()


def imap_pipeline(stack):
    "IMAP: 100,000 NOOPs, 20,000 IDLE and DONE, 100,000 unknown commands, in one go, read and not read"
    floods = {"NOOP": (b"a NOOP\r\n" * 100_000, b"a OK", 100_000),
              "IDLE": (b"a IDLE\r\nDONE\r\n" * 20_000, b"a OK", 20_000),
              "SELECT": (b"a SELECT INBOX\r\n" * 3_000, b"a OK", 3_000),
              "LIST": (b'a LIST "" *\r\n' * 3_000, b"a OK", 3_000),
              "unknown": (b"a X\r\n" * 100_000, b"a BAD", None)}
    for name, (text, expected, count) in floods.items():
        with Peak(stack) as peak, Witness(stack) as witness:
            client = Imap(stack, "u14@example.org")
            begun = time.time()

            def write():
                try:
                    client.send(text + b"z LOGOUT\r\n")
                except OSError:
                    pass

            writer = threading.Thread(target=write)
            writer.start()
            seen, last = 0, b""
            try:
                while line := client.file.readline():
                    seen += line.startswith(expected)
                    last = line
            except OSError:
                pass
            writer.join()
            client.close()
        print(f"  {name}: {seen} replies, {time.time() - begun:.1f} s, {last[:50]!r}; {peak}; {witness}")
        check(count is None or seen == count, f"pipeline {name}: {seen} of {count}")
        bounded(peak, f"pipeline {name}")
        check(witness.longest < 3, f"pipeline {name}: {witness}")
        with Peak(stack) as peak:
            client = Imap(stack, "u14@example.org")
            client.socket.setblocking(False)
            end, sent = time.time() + 1.5, 0
            while time.time() < end:
                try:
                    sent += client.socket.send(text[:60_000])
                except BlockingIOError:
                    time.sleep(0.02)
                except OSError:
                    break
            client.close(reset=True)
        print(f"    never read: {sent} octets taken; {peak}")
        bounded(peak, f"pipeline {name}, never read")


def imap_idle(stack):
    "IMAP: 1,000 sessions in IDLE of one account, and a change that all are told of; 500 that never log in"
    from attacks import deliver
    with Peak(stack) as peak:
        idle = []
        for n in range(1000):
            client = Imap(stack, "u15@example.org", "INBOX", source=f"127.0.0.{2 + n % 20}")
            client.send(b"i IDLE\r\n")
            client.read()
            idle.append(client)
        middle = stack.pss()
        silent = [Imap(stack, source=f"127.0.0.{2 + n % 20}") for n in range(500)]
        for n, client in enumerate(silent):
            client.send((b"", b"a LOG", b"a LOGIN {5}\r\n", b"a AUTHENTICATE PLAIN\r\n")[n % 4])
        begun = time.time()
        deliver(stack, to="u15@example.org")
        for client in idle:
            client.socket.settimeout(10)
            line = client.read()
            check(b"EXISTS" in line, f"IDLE told {line!r}")
        taken = time.time() - begun
    print(f"  {(middle - peak.before) / 1000:.1f} KiB for each; all told within {taken * 1000:.0f} ms; {peak}")
    for client in idle + silent:
        client.close(reset=True)
    check((middle - peak.before) / 1000 < 60, "IDLE: memory")


def imap_compress(stack):
    "IMAP: 1 GB of a line, of NOOPs and of a message inside DEFLATE; damaged and ended streams"
    def deflated(pieces):
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return b"".join([deflate.compress(p) for p in pieces] + [deflate.flush(zlib.Z_SYNC_FLUSH)])

    block = b"A" * (1 << 20)
    bombs = {
        "a line of 256 MB": deflated([block] * 256),
        "a literal of 256 MB": deflated([b"a APPEND INBOX {999999999+}\r\n"] + [block] * 256),
        "a message of 90 MB": deflated([b"a APPEND INBOX {94371840+}\r\n"] + [block] * 90 + [b"\r\n"]),
        "bad commands": deflated([b"a X\r\n" * 100_000] * 10),
    }
    for name, bomb in bombs.items():
        with Peak(stack) as peak, Witness(stack) as witness:
            client = Imap(stack, "u16@example.org", "INBOX")
            client.must("COMPRESS DEFLATE")
            client.socket.settimeout(60)
            begun, received = time.time(), 0
            try:
                client.send(bomb)
                client.socket.settimeout(5)
                while chunk := client.socket.recv(65536):
                    received += len(chunk)
            except OSError:
                pass
            client.close(reset=True)
        print(f"  {name}: {len(bomb)} octets sent, {received} received, {time.time() - begun:.1f} s; {peak}; {witness}")
        bounded(peak, f"compress {name}", 8)
        check(witness.longest < 3, f"compress {name}: {witness}")
    # Replies that are read as they come never hold the server back.
    for name, line in (("NOOP", b"a NOOP\r\n"), ("CAPABILITY", b"a CAPABILITY\r\n"), ("LIST", b'a LIST "" *\r\n')):
        bomb = deflated([line * 4000] * 50)
        with Peak(stack) as peak, Witness(stack, 8) as witness:
            client = Imap(stack, "u16@example.org", "INBOX")
            client.must("COMPRESS DEFLATE")
            begun, drain = time.time(), threading.Thread(target=read_all, args=(client,), daemon=True)
            drain.start()
            client.send(bomb)
            drain.join(10)
        client.close(reset=True)
        print(f"  200,000 × {name}: {len(bomb)} octets sent; {time.time() - begun:.1f} s; {peak}; {witness}")
        bounded(peak, f"compressed {name}", 8)
        check(witness.longest < 1, f"compressed {name}: {witness}")
    ended = zlib.compressobj(9, zlib.DEFLATED, -15)
    streams = [os.urandom(5000), b"\0" * 5000, b"\xff" * 5000, zlib.compress(b"a NOOP\r\n" * 10),
               ended.compress(b"a NOOP\r\n") + ended.flush(zlib.Z_FINISH) + b"b NOOP\r\n", b"\x03\x00" * 100]
    for stream in streams:
        client = Imap(stack, "u16@example.org")
        client.must("COMPRESS DEFLATE")
        client.socket.settimeout(5)
        try:
            client.send(stream)
            while client.socket.recv(65536):
                pass
        except OSError as error:
            check(not isinstance(error, TimeoutError) or stream[:2] in (b"\0\0",), f"compress {stream[:6]!r}: still open")
        client.close()
    client = Imap(stack, "u16@example.org")
    client.send(b"a COMPRESS DEFLATE\r\nb NOOP\r\n")
    print("  text behind COMPRESS:", client.read()[:60])
    client.close()


# MARK: Messages

def nested_parts(depth):
    return (b"Subject: nested\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)) + b"\r\nend\r\n")


def hostile_messages():
    rfc822 = b"Content-Type: message/rfc822\r\n\r\n"
    return {
        "100,000 parts": b"Subject: p\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n",
        "100,000 empty parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 100_000,
        "10,000 nested": nested_parts(10_000),
        "20,000 nested messages": rfc822 * 20_000 + b"Subject: x\r\n\r\nx\r\n",
        "digests": b"Content-Type: multipart/digest; boundary=b\r\n\r\n" + b"--b\r\n\r\nSubject: x\r\n\r\ny\r\n" * 30_000,
        "one boundary, nested": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 5_000 + b"--b--\r\n" * 5_000,
        "boundaries alike": b"".join(b"Content-Type: multipart/mixed; boundary=\"%b\"\r\n\r\n--%b\r\n" % (b"x" * n, b"x" * n) for n in range(1, 99))
                            + b"--" + b"x" * 99 + b"\r\n" + (b"-" * 70 + b"\r\n") * 30_000,
        "10^6 header lines": b"X: y\r\n" * 1_000_000 + b"\r\nbody\r\n",
        "10^6 folded lines": b"Subject: x\r\n" + b" y\r\n" * 1_000_000 + b"\r\nbody\r\n",
        "10^5 parameters": b"Content-Type: text/plain" + b"".join(b";\r\n n%d*%d=x" % (n % 7, n) for n in range(100_000)) + b"\r\n\r\nx\r\n",
        "10^6 addresses": b"To: " + b",\r\n ".join([b"a@b.test" + b",a@b.test" * 6] * 150_000) + b"\r\n\r\nbody\r\n",
        "comments": b"From: " + b"(" * 300_000 + b"a@b.test\r\nDate: " + b"(" * 300_000 + b"\r\n\r\nx\r\n",
        "groups": b"To: " + b"a:" * 200_000 + b";" * 200_000 + b"\r\n\r\nx\r\n",
        "encoded words": b"Subject: " + b"=?utf-8?B?" + b"QUFB" * 200_000 + b"?= " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nx\r\n",
        "encoded words cut off": b"Subject: " + b"=?" * 500_000 + b"\r\n\r\nx\r\n",
        "References": b"References: " + b"<a@b> " * 300_000 + b"\r\nMessage-ID: <" + b"x" * 900_000 + b"@y>\r\n\r\nx\r\n",
        "Re: Re:": b"Subject: " + b"Re: " * 300_000 + b"[x] " * 100_000 + b"(fwd)" * 100_000 + b"\r\n\r\nx\r\n",
        "subject brackets": b"Subject: " + b"[" * 500_000 + b"]" * 500_000 + b"\r\n\r\nx\r\n",
        "HTML": b"Content-Type: text/html\r\n\r\n" + b"<div><a href=\"" * 300_000 + b"\r\n",
        "entities": b"Content-Type: text/html\r\n\r\n" + b"&" * 1_000_000 + b"\r\n",
        "comments of HTML": b"Content-Type: text/html\r\n\r\n" + b"<!--<script><style>" * 200_000 + b"\r\n",
        "base64": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (b"QUFB" * 18 + b"\r\n") * 60_000,
        "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 1_000_000 + b"=ZZ" * 100_000 + b"\r\n",
        "utf-7, utf-16": b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + b"\xd8\x01" * 300_000 + b"\r\n",
        "one line": b"Subject: x\r\n\r\n" + b"x" * 3_000_000,
        "no header": b"\r\n" * 100_000,
        "CR CR LF": b"Subject: x\r\r\n\ry\r\r\nContent-Type: multipart/mixed; boundary=b\r\r\n\r\n--b\r\r\n\r\n--b\r--b--\r\n",
        "NUL": b"Subject: \0x\r\nFrom: \0@\0\r\nContent-Type: text/\0; name=\"\0\"\r\n\r\n\0\0\r\n",
    }


def imap_mime(stack):
    "IMAP: hostile messages appended, then every kind of FETCH, SEARCH, SORT and THREAD over them; others are served"
    client = Imap(stack, "u17@example.org", timeout=120)
    client.command("CREATE mime")
    stored = {}
    with Peak(stack) as peak, Witness(stack) as witness:
        for name, text in hostile_messages().items():
            answer = client.append(text, "mime")
            if answer.startswith(b"OK"):
                stored[len(stored) + 1] = (name, text)
            else:
                print(f"  APPEND {name}: {answer[:80]!r}")
                check(b"NUL" in name.encode(), f"mime: {name} {answer!r}")
    print(f"  {len(stored)} stored; {peak}; {witness}")
    bounded(peak, "mime append", 24)
    client.must("SELECT mime")
    deep = ".".join(["1"] * 99)
    with Peak(stack) as peak, Witness(stack) as witness:
        for number, (name, text) in stored.items():
            before = stack.pss()
            worst, sizes = 0, []
            for items in ("BODYSTRUCTURE", "ENVELOPE", "BODY", f"BODY.PEEK[{deep}]", "BODY.PEEK[1.MIME]", "BINARY.PEEK[1]", "BINARY.SIZE[1]",
                          "BODY.PEEK[HEADER.FIELDS (Subject To References X)]", "BODY.PEEK[HEADER.FIELDS.NOT (X)]", "PREVIEW", "RFC822.SIZE",
                          "BODY.PEEK[]", "BODY.PEEK[99999.1]", "BODY.PEEK[2]<0.10>"):
                begun = time.time()
                answer, untagged = client.command(f"FETCH {number} ({items})")
                taken = time.time() - begun
                sizes.append(sum(map(len, untagged)))
                check(answer.startswith((b"OK", b"NO")), f"mime: {name} {items}: {answer[:80]!r}")
                worst = max(worst, taken)
                if taken > 1.5:
                    print(f"    {name}: {items[:20]} {taken:.2f} s")
                if items == "BODY.PEEK[]":
                    check(text in untagged[0], f"mime: {name} is not as it was stored")
            print(f"  {name}: {worst * 1000:.0f} ms at most, octets {sizes[:3]}, PSS +{stack.pss() - before}")
            check(worst < 10, f"mime: {name} {worst:.1f} s")
            check(client.is_alive(), f"mime: {name} ended the session")
    print(f"  one by one: {peak}; {witness}")
    bounded(peak, "mime fetch", 96)
    check(witness.longest < 5, f"mime fetch: {witness}")
    with Peak(stack) as peak, Witness(stack) as witness:
        for text in ("FETCH 1:* (ENVELOPE BODYSTRUCTURE PREVIEW)", "SEARCH TEXT nowhere", "SEARCH BODY nowhere", "SEARCH FUZZY TEXT end",
                     "SEARCH SUBJECT x FROM a HEADER References a", "SORT (SUBJECT FROM TO DATE DISPLAYFROM) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
                     "THREAD REFS UTF-8 ALL", "THREAD ORDEREDSUBJECT UTF-8 ALL", "SEARCH SENTSINCE 1-Jan-2000", "UID COPY 1:* Trash"):
            timed(text[:30], 60, client, text)
    print(f"  all: {peak}; {witness}")
    bounded(peak, "mime search", 96)
    check(witness.longest < 5, f"mime search: {witness}")
    client.close()


def imap_threads(stack):
    "IMAP: References in chains, circles, stars and ladders; subjects all alike; THREAD and SORT"
    client = Imap(stack, "u18@example.org", timeout=120)
    client.command("CREATE threads")
    count = 2_000
    rnd = random.Random(7)
    kinds = {
        "chain": lambda n: (n, [max(0, n - 1)]),
        "whole chain": lambda n: (n, range(max(0, n - 300), n)),
        "backwards": lambda n: (n, [n + 1]),
        "circle": lambda n: (n, [(n + 1) % count]),
        "all circles": lambda n: (n, [n, (n + 1) % count, n, (n * 7) % count, n]),
        "all the same": lambda n: (1, [1]),
        "random": lambda n: (rnd.randrange(count), [rnd.randrange(count) for _ in range(50)]),
        "missing ladder": lambda n: (n, [f"m{k}" for k in range(n % 500, n % 500 + 60)]),
    }
    for kind, make in kinds.items():
        client.must(f"CREATE threads/{kind.replace(' ', '-')}")
        name = f"threads/{kind.replace(' ', '-')}"
        for start in range(0, count, 250):
            texts = []
            for n in range(start, start + 250):
                own, references = make(n)
                text = (f"Subject: {'Re: ' * (n % 9)}{'' if n % 3 else 's'}\r\nMessage-ID: <{kind.replace(' ', '-')}{own}@x>\r\nReferences:"
                        + "".join(f"\r\n <{kind.replace(' ', '-')}{r}@x>" for r in references) + "\r\n\r\nx\r\n").encode()
                texts.append(b" {%d+}\r\n" % len(text) + text)
            client.send(b"t9 APPEND " + name.encode() + b"".join(texts) + b"\r\n")
            answer, _ = client.until(b"t9")
            check(answer.startswith(b"OK"), f"threads: {answer[:80]!r}")
    with Peak(stack) as peak, Witness(stack) as witness:
        for kind in kinds:
            client.must(f"SELECT threads/{kind.replace(' ', '-')}")
            for algorithm in ("REFERENCES", "REFS", "ORDEREDSUBJECT"):
                begun = time.time()
                answer, untagged = client.command(f"THREAD {algorithm} UTF-8 ALL")
                taken = time.time() - begun
                numbers = sorted(map(int, re.findall(rb"\d+", untagged[0])))
                check(answer.startswith(b"OK") and numbers == list(range(1, count + 1)), f"threads {kind} {algorithm}: {answer[:60]!r} {len(numbers)}")
                check(untagged[0].count(b"(") == untagged[0].count(b")"), f"threads {kind}: parentheses")
                check(taken < 10, f"threads {kind} {algorithm}: {taken:.1f} s")
                if taken > 0.5:
                    print(f"  {kind} {algorithm}: {taken:.2f} s")
            client.must("SORT (SUBJECT REVERSE FROM DATE) UTF-8 ALL")
    print(f"  {peak}; {witness}")
    bounded(peak, "threads", 64)
    check(witness.longest < 3, f"threads: {witness}")
    client.close()


# MARK: Names and quantities

def imap_names(stack):
    "IMAP: mailbox names with dots, slashes, NUL, controls, modified UTF-7 tricks, CR LF; nothing is echoed as protocol"
    client = Imap(stack, "u19@example.org")
    refused = [b'"../u20/x"', b'".."', b'"."', b'"a/../b"', b'"/etc/passwd"', b'"a//b"', b'""', b'"/"', b'"&AC8-"', b'"x&AC8-y"', b'"&AAA-"',
               b'"&AA0ACg-"', b'"&ACY-"', b'"&"', b'"&-"x', b'"&AGEAYg-"', b'"&2AA-"', b'"&3AA-"', b'"&jjo-"', b'"&//8-"', b'"&U,BTFw-', b'"&U,BTFw-&ZeVnLIqe-"',
               b'"a&AAAAAA-"', b'{3+}\r\na\0b', b'{3+}\r\na\nb', b'{4+}\r\na\r\nb', b'{3+}\r\na\x01b', b'{3+}\r\na\x7fb', b'{2+}\r\n\xff\xfe', b'{3+}\r\n\xe2\x80\xa8',
               b'{5+}\r\na/../', b'"Other Users"', b'"Other Users/"', b'"Other Users/u20"', b'"' + b"x" * 300 + b'"', b'"' + b"a/" * 100 + b'x"', b'"' + b"x" * 60_000 + b'"',
               b'"inbox"', b'"INBOX/"x', b'*', b'%', b'"\\\\Noselect"x']
    for name in refused:
        answer, untagged = client.command(b"CREATE " + name)
        if answer.startswith(b"OK"):
            print(f"  created: {name[:40]!r}")
        check(answer.startswith((b"NO", b"BAD", b"OK")), f"CREATE {name[:40]!r}: {answer[:80]!r}")
        for verb in (b"SELECT ", b"DELETE ", b"SUBSCRIBE ", b"STATUS ", b"RENAME INBOX "):
            answer, _ = client.command(verb + name + (b" (MESSAGES)" if verb == b"STATUS " else b""))
            check(answer.startswith((b"NO", b"BAD", b"OK")), f"{verb} {name[:40]!r}: {answer[:80]!r}")
        check(client.is_alive(), f"CREATE {name[:40]!r}: session lost")
        if client.command("NOOP")[0] == b"END":
            client = Imap(stack, "u19@example.org")
    for line in client.must('LIST "" *') + client.must('LSUB "" *'):
        check(re.fullmatch(rb'\* (LIST|LSUB) \([^()]*\) "/" ("(\\.|[^"\\\r\n])*"|[!-~]+)( \([^\r\n]*\))?\r\n', line), f"LIST: {line[:200]!r}")
        if b".." in line or b"\0" in line:
            fault(f"LIST: {line!r}")
    paths = [p for _, folders, files in os.walk(stack.mail) for p in folders + files]
    check(not any("etc" in p or ".." in p or p in ("x", "u20") for p in paths), f"paths: {paths}")
    client.close()


def imap_injection(stack):
    "IMAP: CR LF and quotes in names, keywords, headers, ID, tags and errors: every reply stays one"
    text = (b'Subject: =?utf-8?Q?x=0D=0A*_BYE_injected?=\r\nFrom: "a\\"b\\\\ =?utf-8?Q?=0D=0A*_OK?=" <"x\\"\\\\y"@b.test>\r\n'
            b"To: =?utf-8?B?DQpBIE9LIGluamVjdGVk?= <a@b.test>, g: h@i.test;\r\nIn-Reply-To: <\"\r>\r\nMessage-ID: <x\x01\x7f\"\\)(y@z>\r\n"
            b"Content-Type: text/\"pla{5}in; name=\"\x0b{10}\"; x=\"a\\\"b\\\\\"; charset=\"\xff\xfe\"\r\nContent-Disposition: attachment; filename=\"{3+}\"\r\n"
            b"Content-ID: a\rb\r\nContent-Description: x\0y\xff\r\nContent-Language: \"a, (b\r\nContent-Transfer-Encoding: \")x(\"\r\n\r\nbody\r\n").replace(b"\0", b"")
    client = Imap(stack, "u20@example.org")
    answer = client.append(text)
    check(answer.startswith(b"OK"), f"injection: {answer!r}")
    client.must("SELECT INBOX")

    def well_formed(line, name):
        rest, depth, place = line[:-2], 0, 0
        check(line.endswith(b"\r\n"), f"injection {name}: {line!r}")
        token = re.compile(rb'"(?:\\["\\]|[^"\\\r\n\0])*"|\{(\d+)\}\r\n|[()]|[^()"{\r\n\0]+')
        while place < len(rest):
            found = token.match(rest, place)
            if not found:
                return fault(f"injection {name}: at {rest[place:place + 40]!r} of {line!r}")
            place = found.end() + int(found.group(1) or 0)
            depth += (found.group() == b"(") - (found.group() == b")")
        check(depth == 0, f"injection {name}: parentheses of {line!r}")

    for items in ("ENVELOPE", "BODYSTRUCTURE", "BODY", "PREVIEW", "BODY.PEEK[HEADER.FIELDS (Subject \"x y\")]", 'BODY.PEEK[HEADER.FIELDS ({8+}\r\nSub"\\)(x)]'):
        answer, untagged = client.command(f"FETCH * ({items})")
        for line in untagged:
            well_formed(line, items)
    for flag in (b"a\rb", b"{3+}\r\na\nb", b'"x"', b"a(b", b"a{5}", b"a]b", b"a%b", b"\\Evil", b"\\*", b"\\Recent", b"a\x7fb", b"\xc3\xa9", b"[", b"a\0b"):
        answer, untagged = client.command(b"STORE * +FLAGS (" + flag + b")")
        for line in untagged + client.command("FETCH * FLAGS")[1]:
            well_formed(line, f"flag {flag!r}")
        if answer.startswith(b"OK"):
            print(f"  flag {flag!r} taken")
    for name in (b'a"b', b"a\\b", b"{5}", b"a)b(", b"NIL", b"x y", b"*a%", b"] OK", b"&U,BTFw-"):
        quoted = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        for verb in (b"CREATE ", b"SUBSCRIBE ", b"GETACL ", b"MYRIGHTS ", b"GETQUOTAROOT ", b"LISTRIGHTS ", b"SELECT ", b"DELETE "):
            answer, untagged = client.command(verb + quoted + (b" u21@example.org" if verb == b"LISTRIGHTS " else b""))
            check(answer.startswith((b"OK", b"NO", b"BAD")), f"injection {verb!r}{name!r}: {answer!r}")
            for line in untagged:
                well_formed(line, f"{verb!r}{name!r}") if b" OK [" not in line else None
    for tag in (b"a+b", b"*", b"+", b"a(", b'"a"', b"a\\", b"{3}", b"\xff", b"a%"):
        client.send(tag + b" NOOP\r\nq NOOP\r\n")
        answer, untagged = client.until(b"q")
        check(answer.startswith(b"OK"), f"injection: tag {tag!r}: {answer!r}")
    client.must(b'ID ("name" "x\\"\\\\y" "version" {10+}\r\na\r\nlevel=x)')
    for error in (b"X\x1b[31m\x07", b"SELECT \xff\xfe", b"FETCH 1 \"\\\"", b"SEARCH X-Y\x01", b"GETMETADATA INBOX /private/a\x01b", b"SETQUOTA x (\x02 5)"):
        answer, _ = client.command(error)
        check(not re.search(rb"[\0-\x1f\x7f-\xff]", answer), f"injection: {answer!r}")
    client.close()
    with open(f"{stack.state}/martlet.log", "rb") as log:
        lines = log.read().split(b"\n")
    check(not any(line.startswith(b"level=x") for line in lines), "injection: a line of the log")
    check(not any(b"\x1b" in line or b"\x07" in line for line in lines), "injection: controls in the log")


def imap_quantities(stack):
    "IMAP: 10,000 mailboxes and their patterns; metadata, access lists, keywords, subscriptions up to the limits"
    client = Imap(stack, "u21@example.org", timeout=120)
    with Peak(stack) as peak, Witness(stack) as witness:
        begun, answers = time.time(), {}
        for start in range(0, 12_000, 500):
            client.send(b"".join(b"m CREATE q/%d/%d\r\n" % (n % 100, n) for n in range(start, start + 500)))
            for _ in range(500):
                answer = client.until(b"m")[0][:50]
                key = re.sub(rb"MAILBOXID.*", b"", answer)
                answers[key] = answers.get(key, 0) + 1
        print(f"  12,000 CREATE: {time.time() - begun:.1f} s {answers}")
        for pattern in ("*", "%", "*%" * 500, "*a*b*c*d*e*" * 100, "%/" * 400 + "%", "q/*1*2*3*4*", "*" * 30_000, "%0" * 450):
            timed(f"LIST {pattern[:12]} ({len(pattern)})", 10, client, f'LIST "" "{pattern}"')
        timed("LIST STATUS", 60, client, 'LIST "" * RETURN (STATUS (MESSAGES UIDNEXT UNSEEN SIZE) SPECIAL-USE MYRIGHTS METADATA ("/private/comment"))')
        timed("LIST of 900 patterns", 30, client, 'LIST "" (' + " ".join(["*%*%*9"] * 900) + ")")
        timed("ESEARCH in all", 60, client, "ESEARCH IN (personal) ALL")
        timed("NOTIFY all", 20, client, "NOTIFY SET STATUS (personal (MessageNew MessageExpunge FlagChange))")
        client.must("NOTIFY NONE")
        timed("RENAME of 10,000", 20, client, "RENAME q r")
        timed("LSUB", 20, client, 'LSUB "" *')
    print(f"  mailboxes: {peak}; {witness}")
    bounded(peak, "mailboxes", 64)
    check(witness.longest < 5, f"mailboxes: {witness}")
    quantities = {
        "metadata": lambda n: b'SETMETADATA INBOX (/private/x%d "%b")' % (n, b"v" * 1000),
        "metadata of 64 KiB": lambda n: b"SETMETADATA Sent (/private/x%d {60000+}\r\n%b)" % (n, b"v" * 60000),
        "metadata of the server": lambda n: b'SETMETADATA "" (/private/x%d "%b")' % (n, b"v" * 1000),
        "access": lambda n: b"SETACL INBOX u%d@example.org lr" % n,
        "access of nobody": lambda n: b"SETACL INBOX nobody%d@example.org lr" % n,
        "subscriptions": lambda n: b"SUBSCRIBE s%d" % n,
    }
    for name, make in quantities.items():
        with Peak(stack) as peak:
            answers, begun = {}, time.time()
            total = 11_000 if name == "subscriptions" else 1500 if "64" not in name else 50
            client.send(b"".join(b"m " + make(n) + b"\r\n" for n in range(total)) if total > 50 else b"")
            for n in range(total):
                if total == 50:
                    client.send(b"m " + make(n) + b"\r\n")
                answer = client.until(b"m")[0][:70]
                answers[answer] = answers.get(answer, 0) + 1
        print(f"  {total} × {name}: {time.time() - begun:.1f} s {answers}; {peak}")
        bounded(peak, name, 24)
        check(not any(b"SERVERBUG" in a for a in answers), f"{name}: {answers}")
    client.must("SELECT INBOX")
    for _ in range(20):
        client.append(b"Subject: k\r\n\r\nk\r\n")
    client.must("NOOP")
    with Peak(stack) as peak, Witness(stack) as witness:
        answers = {}
        for n in range(400):
            names = " ".join(f"kw{n}-{k}{'x' * 60}" for k in range(20))
            answer, _ = client.command(f"STORE * +FLAGS.SILENT ({names})")
            answers[answer[:70]] = answers.get(answer[:70], 0) + 1
        print("  8,000 keywords of a message:", answers)
        answers = {}
        for n in range(3_000):
            names = " ".join(f"kw{k}-{k}{'x' * 60}" for k in range(20) if n >> (k % 12) & 1)
            answer, _ = client.command(f"STORE {1 + n % 20} FLAGS.SILENT ({names})")
            answers[answer[:70]] = answers.get(answer[:70], 0) + 1
        print("  3,000 combinations:", answers)
        answer, _ = client.command("STORE 1 +FLAGS (" + "y" * 5000 + ")")
        print("  a keyword of 5,000 octets:", answer[:70])
    print(f"  keywords: {peak}; {witness}")
    bounded(peak, "keywords", 24)
    client.close()


def imap_append(stack):
    "IMAP: 100 MB appended and fetched in less than 4 MB of memory; appends cut off; many at once; too large"
    def stream(client, size, count=None, end=True):
        client.tags += 1
        client.send(b"t%d APPEND INBOX {%d+}\r\n" % (client.tags, size))
        block = (b"z" * 70 + b"\r\n") * 1000
        left = size if count is None else count
        while left > 0:
            client.send(block[:left])
            left -= min(left, len(block))
        if end:
            client.send(b"\r\n")
            return client.until(b"t%d" % client.tags)[0]

    client = Imap(stack, "u22@example.org", "INBOX", timeout=120)
    stream(client, 1_000_000)
    with Peak(stack) as peak:
        begun = time.time()
        answer = stream(client, 100_000_000)
    print(f"  in: {answer[:40]!r} {time.time() - begun:.1f} s; {peak}")
    check(answer.startswith(b"OK"), f"append: {answer!r}")
    bounded(peak, "100 MB in", 4)
    for items in ("BODY.PEEK[]", "BODY.PEEK[TEXT]", "BODY.PEEK[]<50000000.40000000>", "BODYSTRUCTURE", "ENVELOPE", "PREVIEW", "BINARY.PEEK[1]"):
        with Peak(stack) as peak:
            begun = time.time()
            client.send(f"f FETCH 2 ({items})\r\n".encode())
            size = 0
            while not (line := client.file.readline(1 << 20)).startswith(b"f "):
                size += len(line)
        print(f"  {items}: {size} octets, {time.time() - begun:.1f} s; {peak}")
        bounded(peak, items, 4)
    for text in ("SEARCH TEXT nowhere", "SEARCH BODY zzzzzy", "SEARCH FUZZY BODY x"):
        with Peak(stack) as peak, Witness(stack) as witness:
            answer, _ = timed(text, 60, client, text)
        print(f"  {peak}; {witness}")
        bounded(peak, text, 48)
        check(witness.longest < 3, f"{text}: {witness}")
    for size in (104_857_601, 2_000_000_000):
        other = Imap(stack, "u22@example.org")
        with Peak(stack) as peak:
            try:
                other.send(b"a APPEND INBOX {%d+}\r\n" % size + b"z" * 1_000_000)
                answer = other.read()
            except OSError as error:
                answer = repr(error).encode()
        print(f"  {size} octets: {answer[:60]!r}; {peak}")
        check(answer.startswith((b"a NO", b"* BYE", b"Conn", b"Brok")), f"append of {size}: {answer!r}")
        other.close(reset=True)
    with Peak(stack) as peak:
        cut = []
        for n in range(60):
            other = Imap(stack, "u23@example.org", "INBOX")
            stream(other, 5_000_000, (0, 1, 4_999_999, 5_000_000, 300_000, 200_000)[n % 6], end=False)
            if n % 2:
                other.close(reset=n % 4 == 1)
            else:
                cut.append(other)
        time.sleep(0.5)
        for other in cut:
            other.close()
        time.sleep(1)
    client.close()
    client = Imap(stack, "u23@example.org")
    count = client.must("STATUS INBOX (MESSAGES)")
    print(f"  60 cut off, 30 at once: {count[0]!r}; {peak}")
    check(b"MESSAGES 0" in count[0], f"cut: {count}")
    bounded(peak, "cut", 24)
    # Part of a MULTIAPPEND or CATENATE.
    client.send(b"a APPEND INBOX {1+}\r\nx {1+}\r\nx")
    client.close(reset=True)
    client = Imap(stack, "u23@example.org")
    client.send(b"a APPEND INBOX CATENATE (TEXT {100000+}\r\n" + b"x" * 100_000 + b" TEXT {9+}\r\n")
    client.close()
    time.sleep(0.3)
    client = Imap(stack, "u23@example.org")
    count = client.must("STATUS INBOX (MESSAGES)")
    check(b"MESSAGES 0" in count[0], f"cut: {count}")
    # CATENATE of itself, doubling.
    client.must("SELECT INBOX")
    doublings = 0
    check(client.append(b"Subject: x\r\n\r\n" + b"x" * 1000).startswith(b"OK"), "append")
    with Peak(stack) as peak:
        for n in range(1, 12):
            urls = " ".join(f'URL "/INBOX/;UID={n}"' for _ in range(20))
            answer, _ = client.command(f"APPEND INBOX CATENATE ({urls})")
            if not answer.startswith(b"OK"):
                break
            doublings += 1
    print(f"  CATENATE twentyfold, again and again: {doublings} times, then {answer[:60]!r}; {peak}")
    check(answer.startswith(b"NO") and doublings < 6, f"CATENATE: {answer!r}")
    bounded(peak, "CATENATE", 8)
    client.close()


# MARK: Who may what

def imap_sasl(stack):
    "IMAP: broken SASL exchanges, other authorities, empty passwords, LDAP filters in logins; others log in meanwhile"
    def starttls():
        client = Imap(stack)
        client.starttls()
        return client

    client = starttls()
    exchanges = [b"*", b"!!!!", b"=", b"QUFB", b"QUFB" * (1 << 18), b"A" * 100, base64.b64encode(b"\0" * 1000), base64.b64encode(b"\0u0@example.org\0"),
                 base64.b64encode(b"\0\0"), plain("u0@example.org", acting="u1@example.org"), base64.b64encode(b"n,a=u1,n=u0,r=x"),
                 plain("u0@example.org)(objectClass=*"), plain("*"), plain("\\"), plain("u0@example.org", "*"), plain("uid=u0,ou=people,dc=example,dc=org"),
                 plain("../../etc/passwd"), plain("u0@example.org\r\nx"), b"\xff\xfe", b""]
    with Peak(stack) as peak:
        for mechanism in ("PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "GSSAPI", "X" * 300, "plain", "EXTERNAL", "ANONYMOUS", "OAUTHBEARER"):
            answers = set()
            for exchange in exchanges[:6] if mechanism != "PLAIN" else exchanges:
                client = starttls() if client.command("NOOP")[0] == b"END" else client
                client.send(b"a AUTHENTICATE " + mechanism.encode() + b"\r\n")
                try:
                    for _ in range(6):
                        line = client.read()
                        if not line.startswith(b"+"):
                            break
                        client.send(exchange + b"\r\n")
                except OSError:
                    line = b"reset"
                answers.add(line[:34])
                check(not line.startswith(b"a OK"), f"SASL {mechanism} {exchange[:40]!r}: {line!r}")
                check(line.startswith((b"a NO", b"a BAD", b"* BYE", b"reset")), f"SASL {mechanism} {exchange[:40]!r}: {line[:80]!r}")
                if line.startswith((b"* BYE", b"reset")):
                    client = starttls()
            print(f"  {mechanism[:20]}: {sorted(answers)}")
    bounded(peak, "SASL", 24)             # the first sessions with TLS are among them
    for login, password in ((b"u0@example.org", b'""'), (b'"u0@example.org)(uid=*"', PASSWORD.encode()), (b'"*"', PASSWORD.encode()), (b'""', b'""'),
                            (b"u0@example.org", b"{100000+}\r\n" + b"x" * 100_000), (b"{5000+}\r\n" + b"x" * 5000, b"x")):
        client = starttls()
        answer, _ = client.command(b"LOGIN " + login + b" " + password)
        print(f"  LOGIN {login[:30].decode()!r}: {answer[:60]!r}")
        check(not answer.startswith(b"OK"), f"LOGIN {login[:40]!r}: {answer!r}")
        client.close()
    good = starttls()
    check(good.command(f"AUTHENTICATE PLAIN {plain('u0@example.org').decode()}")[0].startswith(b"OK"), "SASL: the right password")
    good.close()


def imap_starttls(stack):
    "IMAP: commands behind STARTTLS in clear, split at every octet; nothing of them is answered"
    text = b"a STARTTLS\r\nb NOOP\r\nc LOGIN u0@example.org " + PASSWORD.encode() + b"\r\n"
    outcomes = {}
    for at in range(1, len(text)):
        client = Imap(stack, timeout=5)
        client.send(text[:at])
        client.send(text[at:])
        outcome = "closed"
        try:
            line = client.file.readline()
            if line.startswith(b"a OK"):
                secure = CONTEXT.wrap_socket(client.socket, server_hostname="mail.example.org")
                secure.sendall(b"d NOOP\r\n")
                line = secure.recv(1000)
                outcome = "TLS" if line.startswith(b"d OK") else f"{line!r}"
            elif line:
                outcome = f"{line!r}"
        except (OSError, ValueError):
            pass
        client.close(reset=True)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print("  ", outcomes)
    check(not any("b OK" in o or "c " in o for o in outcomes), f"STARTTLS: {outcomes}")
    client = Imap(stack)
    before = client.must("CAPABILITY")
    client.starttls()
    check(client.command("STARTTLS")[0].startswith(b"BAD"), "STARTTLS twice")
    client.must(f"LOGIN u0@example.org {PASSWORD}")
    check(client.command("STARTTLS")[0].startswith(b"BAD"), "STARTTLS after login")
    check(b"STARTTLS" in before[0] and b"STARTTLS" not in client.must("CAPABILITY")[0], "STARTTLS advertised within TLS")
    client.close()


def imap_brute(stack):
    "IMAP: wrong passwords from one address; delays grow, sessions end, the directory is spared; others get in"
    results, stop = {}, time.time() + 20

    def guess(offset):
        n = 0
        while time.time() < stop:
            try:
                client = Imap(stack, source="127.0.0.88", timeout=30)
                while time.time() < stop:
                    answer, untagged = client.command(f"LOGIN u24@example.org wrong{offset}-{n}")
                    n += 1
                    key = (untagged[0] if answer == b"END" and untagged else answer)[:60]
                    results[key] = results.get(key, 0) + 1
                    if answer == b"END":
                        break
                client.close()
            except (OSError, IndexError) as error:
                results[type(error).__name__] = results.get(type(error).__name__, 0) + 1
                time.sleep(0.1)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(8)
    begun = time.time()
    client = Imap(stack, source="127.0.0.77")
    answer, _ = client.command(f"LOGIN u24@example.org {PASSWORD}")
    print(f"  the right password from elsewhere: {answer[:20]!r} after {time.time() - begun:.2f} s")
    check(answer.startswith(b"OK"), f"brute: locked out: {answer!r}")
    client.close()
    for thread in threads:
        thread.join()
    print(f"  {sum(results.values())} guesses in 20 s: {results}")
    check(sum(results.values()) < 1000, "brute: guesses are not slowed")
    # Known and unknown logins look alike.
    known, unknown = [], []
    for n in range(6):
        for login, times in ((f"u{25 + n}@example.org", known), (f"nobody{n}@example.org", unknown)):
            client = Imap(stack, source=f"127.0.2.{n * 2 + (times is known) + 1}")
            begun = time.time()
            answer, _ = client.command(f"LOGIN {login} wrong")
            times.append((time.time() - begun, answer))
            client.close()
    texts = {answer for _, answer in known + unknown}
    print(f"  known logins {[round(t, 2) for t, _ in known]} s, unknown {[round(t, 2) for t, _ in unknown]} s: {texts}")
    check(len(texts) == 1, f"brute: {texts}")


def imap_others(stack):
    "IMAP: other users' mailboxes without rights: neither replies nor their times tell what there is"
    owner = Imap(stack, "u26@example.org")
    for name in ("secret", "shown", "read"):
        owner.command(f"CREATE {name}")
        owner.append(b"Subject: secret\r\n\r\nsecret words\r\n", name)
    owner.must("SETACL shown u27@example.org l")
    owner.must("SETACL read u27@example.org lr")
    other = Imap(stack, "u27@example.org")
    prefix = "Other Users/u26@example.org"
    names = [n for n in (other.must('LIST "" "*"'))]
    shown = [n for n in names if b"u26" in n]
    print("  listed:", shown)
    if shown:
        prefix = re.search(rb'"(Other Users/[^/"]+)', shown[0]).group(1).decode()
    check(not any(b"secret" in n for n in names), f"others: listed {names}")
    commands = ["SELECT {}", "EXAMINE {}", "STATUS {} (MESSAGES)", "DELETE {}", "RENAME {} x", "MYRIGHTS {}", "GETACL {}", "SETACL {} u27@example.org lr",
                "DELETEACL {} u26@example.org", "LISTRIGHTS {} u27@example.org", "GETMETADATA {} /private/comment", "SETMETADATA {} (/private/comment NIL)",
                "SETMETADATA {} (/shared/comment NIL)", "GETQUOTAROOT {}", "APPEND {} {{3+}}\r\nabc", "APPEND {} {{3}}",
                "APPEND INBOX CATENATE (URL \"/{}/;UID=1\")", "SUBSCRIBE {}"]
    for command in commands:
        answers = []
        for name in ("secret", "nonexistent"):
            place = f"{prefix}/{name}"
            quoted = place.replace(" ", "%20") if "URL" in command else f'"{place}"'
            answer, untagged = other.command(command.format(quoted))
            answers.append((answer.replace(name.encode(), b"X"), [u.replace(name.encode(), b"X") for u in untagged]))
        answer, _ = other.command(command.format('"Other Users/nobody@example.org/secret"' if "URL" not in command else "Other%20Users/nobody@example.org/secret"))
        same = answers[0] == answers[1]
        check(same, f"others: {command} tells: {answers}")
        check(not answers[0][0].startswith(b"OK") or "SUBSCRIBE" in command, f"others: {command}: {answers}")
        stranger = answer.replace(b"nobody@example.org", b"").replace(b"u26@example.org", b"")
        if stranger[:40] != answers[0][0].replace(prefix.encode(), b"Other Users/")[:40]:
            print(f"  {command[:24]!r}: of nobody {answer[:60]!r}, of a user {answers[0][0][:60]!r}")
    times = {"secret": [], "nonexistent": []}
    for n in range(1000):
        for name, taken in times.items():
            begun = time.perf_counter()
            other.command(f'STATUS "{prefix}/{name}" (MESSAGES)')
            taken.append(time.perf_counter() - begun)
    times = {name: sorted(taken)[500] for name, taken in times.items()}
    print("  " + ", ".join(f"STATUS of {n} {t * 1e6:.0f} µs" for n, t in times.items()))
    check(max(times.values()) < 3 * min(times.values()) + 0.0001, f"others: {times}")
    # With the right to look up, and to read.
    for name, command, expected in (("shown", "SELECT", b"NO"), ("read", "SELECT", b"OK"), ("read", "SETACL {} u27@example.org lrswipkxtea", b"NO"),
                                    ("read", "GETACL {}", b"NO"), ("read", "DELETE {}", b"NO"), ("read", "APPEND {} {{3+}}\r\nabc", b"NO"),
                                    ("read", "RENAME {} INBOX2", b"NO"), ("read", "SETMETADATA {} (/shared/x NIL)", b"NO")):
        text = (command if "{}" in command else command + " {}").format(f'"{prefix}/{name}"')
        answer, _ = other.command(text)
        check(answer.startswith(expected), f"others: {text}: {answer!r}")
    other.must(f'SELECT "{prefix}/read"')
    for text in ("STORE 1 +FLAGS (\\Deleted)", "STORE 1 +FLAGS (\\Seen)", "STORE 1 FLAGS ()", "STORE 1 +FLAGS (key)", "EXPUNGE", "UID EXPUNGE 1", "MOVE 1 INBOX",
                 "UID MOVE 1 Trash", "UID REPLACE 1 INBOX {3+}\r\nabc"):
        answer, _ = other.command(text)
        check(answer.startswith(b"NO"), f"others: {text} in a mailbox to read: {answer!r}")
    other.must("FETCH 1 BODY[]")
    other.must("CLOSE")
    for name in ("secret", "nonexistent"):
        answer, _ = other.command(f'CREATE "{prefix}/{name}/below"')
        check(answer.startswith(b"NO [NOPERM"), f"others: CREATE below {name}: {answer!r}")
    check(b"1 EXISTS" in b"".join(owner.must("SELECT read")), "others: a message is gone")
    check(b"\\Seen" not in owner.must("FETCH 1 FLAGS")[0], "others: \\Seen was set")
    # Rights that go while the mailbox is selected.
    texts = ("FETCH 1:* BODY.PEEK[]", "FETCH 2 BODY.PEEK[]", "SEARCH TEXT later", "UID COPY 1:* INBOX", "IDLE",
             'APPEND INBOX CATENATE (URL "/;UID=2")')
    sessions = [Imap(stack, "u27@example.org", f'"{prefix}/read"') for _ in texts]
    idle = Imap(stack, "u27@example.org", f'"{prefix}/read"', timeout=10)
    idle.send(b"i IDLE\r\n")
    idle.read()
    owner.must("DELETEACL read u27@example.org")
    owner.append(b"Subject: later\r\n\r\nlater secret\r\n", "read")
    line = idle.read()
    check(line.startswith(b"* BYE"), f"others: IDLE after the right was taken away: {line!r}")
    for text, session in zip(texts, sessions):
        answer, untagged = session.command(text)
        check(answer.startswith(b"NO") and untagged[0].startswith(b"* BYE"), f"others: {text} after the right was taken away: {answer!r} {untagged[:2]}")
    own = Imap(stack, "u26@example.org", None)
    for text in ("STORE 1 +FLAGS (\\Deleted)", "STORE 1 FLAGS.SILENT (x)", "EXPUNGE", "MOVE 1 INBOX", "UID EXPUNGE 1:*", "UID REPLACE 1 INBOX {3+}\r\nabc"):
        own.must("EXAMINE secret")
        answer, _ = own.command(text)
        check(answer.startswith(b"NO"), f"EXAMINE: {text}: {answer!r}")
    own.must("FETCH 1 BODY[]")
    own.must("CLOSE")
    lines = own.must("SELECT secret") + own.must("FETCH 1 FLAGS")
    check(b"\\Seen" not in lines[-1], f"EXAMINE: {lines[-1]!r}")
    for client in (owner, other, own):
        client.close()


# MARK: Anything at all

WORDS = [b"NOOP", b"CAPABILITY", b"LOGIN ", b"AUTHENTICATE PLAIN", b"SELECT INBOX", b"EXAMINE Sent", b"CREATE f/", b"DELETE f", b"RENAME f g", b"LIST ", b'"" ', b'"*" ', b"RETURN (", b"STATUS ",
         b"(MESSAGES UNSEEN)", b"APPEND INBOX ", b"{10}\r\n", b"{10+}\r\n", b"~{4+}\r\n", b"0123456789", b"CATENATE (", b"URL \"/INBOX/;UID=1\"", b"TEXT ", b"IDLE\r\n", b"DONE\r\n", b"FETCH 1:* ", b"UID ",
         b"(FLAGS ENVELOPE BODYSTRUCTURE)", b"BODY.PEEK[", b"1.2.MIME", b"HEADER.FIELDS (X)", b"]", b"<0.10>", b"BINARY[1]", b"STORE 1 ", b"+FLAGS ", b"(\\Seen key)", b"SEARCH ", b"RETURN (ALL COUNT PARTIAL 1:5) ",
         b"OR ", b"NOT ", b"TEXT x ", b"SUBJECT \"a\" ", b"SINCE 1-Jan-2020 ", b"MODSEQ 1 ", b"FUZZY ", b"SORT (DATE) UTF-8 ", b"THREAD REFS UTF-8 ", b"COPY 1 Sent", b"MOVE 1 INBOX", b"EXPUNGE", b"CLOSE", b"UNSELECT",
         b"ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2 UIDONLY", b"NOTIFY SET (", b"selected (MessageNew (FLAGS) MessageExpunge) ", b"personal ", b"NOTIFY NONE", b"GETACL INBOX", b"SETACL INBOX u1@example.org ", b"lrswi",
         b"GETMETADATA INBOX ", b"SETMETADATA INBOX ", b"(/private/comment NIL)", b"GETQUOTA \"\"", b"SETQUOTA x (STORAGE 5)", b"ESEARCH IN (personal) ", b"CANCELUPDATE \"a\"", b"UNAUTHENTICATE", b"ID NIL", b"COMPRESS DEFLATE",
         b"STARTTLS", b"REPLACE 1 INBOX ", b"\r\n", b"\r\n", b"\r\n", b" ", b"(", b")", b"\"", b"\\", b"*", b"%", b"\0", b"\n", b"\r", b"&AAA-", b"4294967295", b"99999999999999999999", b"$", b",", b":", b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)",
         b"u0@example.org " + PASSWORD.encode(), b"SELECT INBOX (QRESYNC (1 1 1:9 (1:3 1:3)))", b"{4294967295+}\r\n", b"{99999}\r\n"]


def imap_garbage(stack):
    "IMAP: random commands, octets and splits before login, after it, in a mailbox, compressed, in TLS, for a while"
    seed = int(os.environ.get("GARBAGE_SEED", random.randrange(1 << 30)))
    source = random.Random(seed)
    seconds = float(os.environ.get("GARBAGE_SECONDS", "120"))
    end = time.time() + seconds
    counts = [0, 0]

    def session(rnd):
        state = rnd.randrange(3)
        user = f"u{rnd.randrange(28, 34)}@example.org" if state else None
        client = Imap(stack, timeout=5, source=f"127.0.1.{rnd.randint(1, 250)}")
        if rnd.random() < 0.15:
            client.starttls()
        if user:
            client.must(f"LOGIN {user} {PASSWORD}")
        if state == 2:
            if rnd.random() < 0.3:
                client.append(b"Subject: g\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + rnd.randbytes(200).replace(b"\0", b"") + b"\r\n--b--\r\n")
            client.must("SELECT INBOX")
        deflate = None
        if user and rnd.random() < 0.1:
            client.must("COMPRESS DEFLATE")
            deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
        drain = threading.Thread(target=lambda: read_all(client), daemon=True)
        drain.start()
        for _ in range(rnd.randint(1, 40)):
            text = b"%d " % rnd.randrange(10) + b"".join(rnd.choices(WORDS, k=rnd.randint(1, 8))) + (b"\r\n" if rnd.random() < 0.9 else b"")
            if rnd.random() < 0.1:
                text = rnd.randbytes(rnd.randint(1, 3000))
            if rnd.random() < 0.2:
                text = bytearray(text)
                text[rnd.randrange(len(text))] = rnd.randrange(256)
                text = bytes(text)
            if deflate and rnd.random() < 0.98:
                text = deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
            at = rnd.randint(0, len(text))
            client.send(text[:at])
            client.send(text[at:])
            counts[1] += 1
        time.sleep(0.02)
        client.close(reset=rnd.random() < 0.3)

    def run(rnd):
        while time.time() < end:
            try:
                session(rnd)
            except (OSError, ValueError, RuntimeError, IndexError):
                pass
            counts[0] += 1

    with Peak(stack) as peak, Witness(stack) as witness:
        threads = [threading.Thread(target=run, args=(random.Random(source.random()),)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"  seed {seed}: {counts[0]} sessions, {counts[1]} texts in {seconds:.0f} s; {peak}; {witness}")
    bounded(peak, "garbage", 96)
    check(witness.longest < 5, f"garbage: {witness}")


ATTACKS = [imap_literals, imap_lines, imap_nesting, imap_sets, imap_search, imap_slow, imap_pipeline, imap_idle, imap_compress, imap_mime,
           imap_threads, imap_names, imap_injection, imap_quantities, imap_append, imap_sasl, imap_starttls, imap_brute, imap_others,
           imap_garbage]
