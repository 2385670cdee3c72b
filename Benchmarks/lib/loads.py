"""The loads.  Each takes a Ctx, drives the server that runs there, and gives
back one or more results: figures by name, with the number of units that the
CPU figures are divided by."""

import os
import random
import re
import subprocess
import tempfile
import threading
import time

from . import directory, util
from .measuring import (ACTIVE, BIG, HUGE, IDLE, LATENCY, POP3, Counter, Measured, Skip,
                      users)


# -------------------------------------------------------------------- SMTP in

def smtp_source(ctx, sessions, size, secs, batch, to=None):
    """Postfix's smtp-source, one connection for each message, in so many
    processes of one session each: -N gives every message of a process its own
    recipient, and every process its own random domain.  Returns messages,
    start, end, CPU seconds."""
    port = ctx.port("smtp")
    sent, failed, cpu, lock = [0], [0], [0.0], threading.Lock()
    start = time.monotonic()
    ends = [start]

    def worker():
        while time.monotonic() < start + secs:
            d = random.randrange(1, ctx.slapd.domains + 1)
            rcpt = ["-N", "-t", ".user@" + directory.domain(d)] if not to else ["-t", to]
            argv = ["smtp-source", "-s", "1", "-m", str(batch), "-l", str(size), "-M",
                    "load.sender.example", "-f", "load@sender.example", *rcpt,
                    "inet:%s:%d" % (ctx.peer.host, port)]
            pid = os.posix_spawnp("smtp-source", argv, os.environ)
            _, status, ru = os.wait4(pid, 0)
            with lock:
                cpu[0] += ru.ru_utime + ru.ru_stime
                ends.append(time.monotonic())
                if status == 0:
                    sent[0] += batch
                else:
                    failed[0] += 1
                    if failed[0] > 20:
                        return

    threads = [threading.Thread(target=worker) for _ in range(sessions)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed[0]:
        util.say("    smtp-source: %d processes failed" % failed[0])
    return sent[0], start, max(ends), cpu[0], failed[0]


def delivered(ctx, send, per_message=1, **more):
    """Runs send() -> (accepted, start, end, generator CPU, errors) and waits
    until all is in the mailboxes."""
    counter = ctx.count_mailboxes()
    with Measured(ctx) as m:
        accepted, start, end, gen, errors = send()
        expected = accepted * per_message
        before = counter.passes
        t, have = counter.wait(expected, start)
        passes = counter.passes - before
        m.gen = gen
    cost = counter.pass_cost()
    m.m["server_cpu"] = max(0.0, m.m["server_cpu"] - passes * cost)
    missing = expected - have
    if missing > 0:
        util.say("    %d of %d messages have not arrived" % (missing, expected))
    return m.result(expected, expected / (t - start), "msg/s", accepted=accepted,
                    accept_rate=accepted / (end - start), deliver_time=t - start,
                    missing=missing, errors=errors, **more)


def smtp_in(sessions, size, batch):
    def load(ctx):
        return delivered(ctx, lambda: smtp_source(ctx, sessions, size, ctx.secs, batch))
    return load


def smtp_gen(sessions, size, per_conn, *args, per_message=1, port="smtp"):
    def load(ctx):
        def send():
            start = time.monotonic()
            j = ctx.mailload("smtp", ctx.port(port), "-c", sessions, "-s", size, "-k",
                             per_conn, "-d", ctx.secs, "--pick", "random",
                             *users(ACTIVE), *args)
            send.j = j
            return j["ok"], start, start + j["elapsed"], j["gen_cpu"], j["err"]
        r = delivered(ctx, send, per_message)
        r["accept_p50_ms"] = send.j["a_ms"]["p50"]
        r["accept_p99_ms"] = send.j["a_ms"]["p99"]
        return r
    return load


def with_rcpts(make, addresses, **kw):
    """A load of smtp_gen with recipients from a list."""
    def load(ctx):
        with tempfile.NamedTemporaryFile("w", suffix=".rcpt") as f:
            f.write("\n".join(addresses(ctx)) + "\n")
            f.flush()
            return smtp_gen(*make, "--rcpt-file", f.name, **kw)(ctx)
    return load


def alias_addresses(ctx):
    n = ACTIVE[1] // ctx.slapd.domains
    return ["alias%d@%s" % (k, directory.domain(d)) for k in range(1, n + 1)
            for d in range(1, ctx.slapd.domains + 1)]


def group_addresses(ctx):
    return ["team@" + directory.domain(d) for d in range(1, ctx.slapd.domains + 1)]


# -------------------------------------------------------------------- latency

def latency(via, port):
    """From the final dot until a POP3 login shows the message, that login included, or until
    an IMAP session in IDLE is told of it."""
    def load(ctx):
        with Measured(ctx) as m:
            j = ctx.mailload("lat", ctx.port("smtp"), "--via", via, "-n", 200, "-d", 12,
                             "--first", LATENCY, "--gap-ms", 30, "--imap-port",
                             ctx.port(port))
            m.gen = j["gen_cpu"]
        a = j["a_ms"]
        return m.result(j["ok"], a["p50"], "ms p50", p50_ms=a["p50"], p90_ms=a["p90"],
                        p99_ms=a["p99"], accept_p50_ms=j["b_ms"]["p50"], errors=j["err"])
    return load


# ----------------------------------------------------------- POP3, IMAP, auth

def simple(mode, what, unit, *args, units="ok", secs=None):
    """A generator run whose units are j[units]."""
    def load(ctx):
        port = ctx.port(what)
        a = [x(ctx) if callable(x) else x for x in args]
        if "-d" not in a:
            a += ["-d", secs or ctx.secs]
        with Measured(ctx) as m:
            j = ctx.mailload(mode, port, *a)
            m.gen = j["gen_cpu"]
        n = j[units]
        r = m.result(n, n / max(j["elapsed"], 1e-6), unit, errors=j["err"],
                     mb_rate=j["mb_rate"], sessions_rate=j["rate"])
        if "a_ms" in j:
            r["p50_ms"], r["p99_ms"] = j["a_ms"]["p50"], j["a_ms"]["p99"]
        return r
    return load


def idle(n, what, tls, proto="pop3"):
    def load(ctx):
        if proto == "smtp" and ctx.peer.name != "martlet":
            raise Skip("a process for each connection")
        port = ctx.port(what)
        ctx.close()
        need = ctx.idle_cost.get(what, 0) * n
        if need > 0.5 * util.available_memory():
            raise Skip("it would take %.1f GB" % (need / 1e9))
        before, procs0 = ctx.peer.group.memory()
        cpu0 = ctx.peer.group.cpu()
        p = subprocess.Popen(
            [ctx.gen, "hold", "-H", ctx.peer.host, "-P", str(port), "-c", str(n), "--tls",
             tls, "--proto", proto, "--op", "idle", "--first", str(IDLE[0]), "--count", str(n), "--domains",
             str(ctx.slapd.domains), "--limit", "32", "--timeout", "300"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            t0 = time.monotonic()
            words = p.stdout.readline().split()
            took = time.monotonic() - t0
            if len(words) != 3:
                raise RuntimeError("idle connections: %s" % words)
            held = int(words[1])
            time.sleep(ctx.settle)
            cpu2 = ctx.peer.group.cpu()
            time.sleep(5)
            cpu3 = ctx.peer.group.cpu()
            after, procs1 = ctx.peer.group.memory()
        finally:
            p.stdin.close()
            p.wait()
            p.stdout.close()
        ctx.idle_cost[what] = (after - before) / max(held, 1)
        return {"rate": ctx.idle_cost[what] / 1024, "unit": "KiB/conn",
                "units": held, "failed": int(words[2]), "total_mb": after / 1e6,
                "base_mb": before / 1e6, "processes": procs1, "base_processes": procs0,
                "login_rate": held / took,
                "cpu_per_k": (cpu2 - cpu0) / max(held, 1) * 1000,
                "idle_cpu_per_k_conn_s": (cpu3 - cpu2) / 5 / max(held, 1) * 1000}
    return load


def imaptest(ctx):
    """Dovecot's imaptest with its default mix of commands, if it is there."""
    if not ctx.imaptest:
        raise Skip("no imaptest")
    with tempfile.TemporaryDirectory() as d:
        mbox = os.path.join(d, "mbox")
        rng = random.Random(7)
        with open(mbox, "w") as f:
            for i in range(200):
                f.write("From load@sender.example Mon Jan  1 00:00:00 2024\n"
                        "Date: Mon, 1 Jan 2024 00:00:00 +0000\nFrom: <load@sender.example>\n"
                        "To: <user@bench.test>\nSubject: message %d\n"
                        "Message-ID: <it%d@sender.example>\n\n" % (i, i))
                for _ in range(50):
                    f.write("".join(rng.choice("abcdefghij klmnopq") for _ in range(76)) + "\n")
                f.write("\n")
        with open(os.path.join(d, "users"), "w") as f:
            for n in range(70, 90):
                f.write("%s:%s\n" % (directory.user(n, 1), directory.password(n, 1)))
        env = dict(os.environ)
        # It is linked against the Debian package's libdovecot.
        env["LD_LIBRARY_PATH"] = ":".join(
            filter(None, [env.get("LD_LIBRARY_PATH"), "/usr/lib/dovecot"]))
        cpu0 = os.times()
        with Measured(ctx) as m:
            r = subprocess.run(
                [ctx.imaptest, "host=" + ctx.peer.host, "port=%d" % ctx.port("imap"),
                 "user=%d", "userfile=" + os.path.join(d, "users"), "mbox=" + mbox,
                 "clients=20",
                 "secs=%d" % max(10, int(ctx.secs)), "no_pipelining", "seed=7"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=d,
                timeout=120, env=env)
            cpu1 = os.times()
            m.gen = (cpu1.children_user + cpu1.children_system -
                     cpu0.children_user - cpu0.children_system)
        out = r.stdout
    totals = out.rpartition("Totals:")[2].splitlines()
    numbers = [re.findall(r"\d+", x) for x in totals if re.fullmatch(r"[\d ]+", x)]
    if not numbers:
        raise RuntimeError("imaptest: no totals in\n" + out[-2000:])
    n = sum(map(int, numbers[-1]))
    errors = [x for x in out.splitlines() if x.startswith("Error:")]
    for x in errors[:3]:
        util.say("    imaptest:", x)
    return m.result(n, n / m.m["wall"], "cmd/s", errors=len(errors))


class PeakMemory:
    """with PeakMemory(group) as p: ...; p.peak is the most PSS that was seen meanwhile."""

    def __init__(self, group):
        self.group = group

    def __enter__(self):
        self.base = self.peak = self.group.memory()[0]
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.done.wait(0.01):
            self.peak = max(self.peak, self.group.memory()[0])

    def __exit__(self, *exc):
        self.done.set()
        self.thread.join()


def first_look(messages):
    """SELECT of a large mailbox and the flags of all its messages, in the first session of a
    server that has just been started, then in sessions one after the other. CPU and rate are of
    the later ones without a watch on the memory."""
    def load(ctx):
        port = ctx.port("imap")
        j = ctx.mailload("imap", port, "--op", "fill", "-c", 1, "-n", 2000, "--copies",
                         messages // 2000, "--pick", "fixed", *users(HUGE), "--timeout", 600)
        if j["ok"] != messages:
            raise RuntimeError("%d of %d messages" % (j["ok"], messages))
        ctx.peer.restart()
        look = ("imap", port, "--op", "flags", "-c", 1, *users(HUGE), "--timeout", 120)
        time.sleep(1)
        cpu = ctx.peer.group.cpu()
        with PeakMemory(ctx.peer.group) as memory:
            first = ctx.mailload(*look, "-n", 1)
        cpu = ctx.peer.group.cpu() - cpu
        with Measured(ctx) as m:
            j = ctx.mailload(*look, "-n", 10)
            m.gen = j["gen_cpu"]
        return m.result(j["msgs"], j["msgs"] / max(j["elapsed"], 1e-6), "msg/s",
                        errors=j["err"], first_ms=first["b_ms"]["p50"], first_cpu_ms=cpu * 1000,
                        again_ms=j["b_ms"]["p50"],
                        look_mb=(memory.peak - memory.base) / 1e6, base_mb=memory.base / 1e6)
    return load


# --------------------------------------------------------------------- set-up

def preload(ctx, wants_big):
    """Fills a freshly started server: every recipient's mailbox exists, 200
    mailboxes have 20 messages, four have 10,000."""
    t = time.monotonic()
    smtp = ctx.port("smtp")
    count = Counter(ctx, POP3)
    ctx.mailload("smtp", smtp, "-c", 16, "-k", 25, "-n", ACTIVE[1], "--pick", "seq",
                 *users(ACTIVE))
    ctx.mailload("smtp", smtp, "-c", 16, "-k", 25, "-n", POP3[1] * 20, "--pick", "seq",
                 *users(POP3))
    _, have = count.wait(POP3[1] * 20, t)
    count.close()
    big = 0
    if wants_big:
        big = ctx.mailload("imap", ctx.port("imap"), "--op", "fill", "-c", BIG[1], "-n", 500,
                           "--copies", 20, "--pick", "fixed", *users(BIG), "--timeout",
                           300)["ok"]
    ctx.mailload("smtp", smtp, "-n", 1, "--first", LATENCY, "--count", 1)
    util.say("%s: mailboxes filled in %.0f s (%d of %d; big %d)" % (
        ctx.peer.name, time.monotonic() - t, have, POP3[1] * 20, big))
