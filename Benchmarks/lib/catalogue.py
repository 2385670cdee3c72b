"""All loads by their names."""

from .loads import (alias_addresses, first_look, group_addresses, idle, imaptest, latency, simple,
                    smtp_gen, smtp_in, with_rcpts)
from .measuring import ACTIVE, APPEND, BIG, COLD, COLD_TLS, POP3, users
from .relay import latency_to_remote, relay_source, relay_submission
from .waiting import atrn, deferred, etrn

K = 1024
TLS = ("--tls", "tls")
C = lambda n: ("-c", n)		# noqa: E731


LOADS = {
    "smtp-in 4K s=1": smtp_in(1, 4 * K, 25),
    "smtp-in 4K s=64": smtp_in(64, 4 * K, 10),
    "smtp-in 4K s=64 STARTTLS": smtp_gen(64, 4 * K, 1, "--tls", "starttls"),
    "smtp-in 4K s=64 10/conn pipelined": smtp_gen(64, 4 * K, 10, "--pipeline"),
    "smtp-in 64K s=16": smtp_in(16, 64 * K, 25),
    "smtp-in 1M s=16": smtp_in(16, K * K, 5),
    "smtp-in 4K s=16 to aliases": with_rcpts((16, 4 * K, 1), alias_addresses),
    "smtp-in 4K s=4 to groups of 10": with_rcpts((4, 4 * K, 1), group_addresses,
                                                 per_message=10),
    "relay 4K s=64 port 25": relay_source(64),
    "relay 4K s=64 submission TLS+AUTH": relay_submission(64, 1),
    "pop3 s=64 20 msgs": simple("pop3", "pop3", "sess/s", *C(64), "--op", "retr",
                                *users(POP3)),
    "pop3 s=64 20 msgs TLS": simple("pop3", "pop3s", "sess/s", *C(64), *TLS, "--op", "retr",
                                    *users(POP3)),
    "auth pop3 warm": simple("pop3", "pop3", "login/s", *C(16), "--op", "auth",
                             *users(ACTIVE)),
    "imap login+select+flags of 10k": simple(
        "imap", "imap", "msg/s", *C(8), "--op", "flags", *users(BIG), units="msgs"),
    "imap login+select+bodies of 10k": simple(
        "imap", "imap", "msg/s", *C(4), "--op", "bodies", *users(BIG), units="msgs"),
    "imap append 4K s=16": simple("imap", "imap", "op/s", *C(16), "--op", "append",
                                  "--pick", "fixed", *users(APPEND)),
    "imap search headers 10k": simple("imap", "imap", "op/s", *C(4), "--op", "search",
                                      "--pick", "fixed", *users(BIG)),
    "imap search body 10k": simple("imap", "imap", "op/s", *C(2), "--op", "search-body",
                                   "--pick", "fixed", *users(BIG)),
    "imap store s=4": simple("imap", "imap", "op/s", *C(4), "--op", "store", "--pick",
                             "fixed", *users(BIG)),
    "imaptest default mix c=20": imaptest,
    "auth imap cold": simple("imap", "imap", "login/s", *C(16), "--op", "auth",
                             "-n", COLD[1], *users(COLD), secs=20),
    "auth imap cold TLS": simple("imap", "imaps", "login/s", *C(16), *TLS, "--op", "auth",
                                 "-n", COLD_TLS[1], *users(COLD_TLS), secs=20),
    "auth imap warm": simple("imap", "imap", "login/s", *C(16), "--op", "auth",
                             *users(ACTIVE)),
    "latency to mailbox": latency("pop3", "pop3"),
    "latency to IDLE push": latency("idle", "imap"),
    "latency to remote": latency_to_remote,
    "deferred 100k": deferred(100_000, 1000),
    "dequeue 10k by ETRN": etrn(10_000),
    "dequeue 10k by ATRN": atrn(10_000),
    "huge imap first look at 100k": first_look(100_000),
    "idle 5000 pop3": idle(5000, "pop3", "none"),
    "idle 5000 pop3 TLS": idle(5000, "pop3s", "tls"),
    "idle 5000 smtp": idle(5000, "smtp", "none", "smtp"),
    "idle 5000 smtp TLS": idle(5000, "smtp", "starttls", "smtp"),
    "idle 1000 imap": idle(1000, "imap", "none", "imap"),
    "idle 1000 imap TLS": idle(1000, "imaps", "tls", "imap"),
    "idle 5000 imap": idle(5000, "imap", "none", "imap"),
    "idle 5000 imap TLS": idle(5000, "imaps", "tls", "imap"),
}

FRESH = ("idle", "huge", "deferred", "dequeue")	# loads on a server that has done nothing else
