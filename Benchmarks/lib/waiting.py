"""Loads of mail that waits: many deferred messages, and the queue of a host that was away."""

import json
import smtplib
import socket
import statistics
import subprocess
import threading
import time

from . import directory, util
from .measuring import Measured


def fill(ctx, count, recipients, domains):
    """Sends small messages, 500 a connection. Returns when all are accepted."""
    j = ctx.mailload("smtp", ctx.port("smtp"), "-c", 32, "-k", 500, "-n", count, "-s", 400,
                     "--pipeline", "--rcpt", recipients, "--domains", domains,
                     "--timeout", 300)
    if j["ok"] != count:
        raise RuntimeError("%d of %d messages accepted" % (j["ok"], count))
    return j


def wait_until_waiting(ctx, count, limit=600):
    """Until the server has given all messages a first try, and none waits for one."""
    end = time.monotonic() + limit
    while (n := ctx.peer.waiting()) != count:
        if time.monotonic() > end:
            raise RuntimeError("%d of %d messages wait after %d s" % (n, count, limit))
        time.sleep(0.5)


class Greeting:
    """When the port greets: with Greeting(port) as g: ...; g.at, CLOCK_MONOTONIC."""

    def __init__(self, port):
        self.port, self.at, self.stopped = port, None, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.stopped:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                    if s.recv(512).startswith(b"220"):
                        self.at = time.monotonic()
                        return
            except OSError:
                pass
            time.sleep(0.002)

    def __exit__(self, *exc):
        self.stopped = bool(exc[0])
        self.thread.join(30)


def summarize(ctx, count):
    """Seconds that the operator's command takes for domains and ages of all messages."""
    start = time.monotonic()
    out = util.run(ctx.peer.summary_command())
    took = time.monotonic() - start
    line = next((l.split() for l in out.splitlines() if "TOTAL" in l), None)
    if not line or int(line[1]) != count:
        raise RuntimeError("summary: %s instead of %d messages" % (line, count))
    return took


def deferred(count, domains):
    """A queue of messages to many domains, whose host refuses connections."""
    def load(ctx):
        start = time.monotonic()
        sent = domains if ctx.peer.copies_deferred else count
        with Measured(ctx) as m:
            j = fill(ctx, sent, "u%s@r%d.dead.test", domains)
            accepted = time.monotonic()
            wait_until_waiting(ctx, sent)
            m.gen = j["gen_cpu"]
        all_deferred = time.monotonic()
        util.say("    %d accepted in %.0f s, deferred in %.0f s" % (
            sent, accepted - start, all_deferred - start))
        if sent < count:
            ctx.peer.copy_deferred(count // sent)
            wait_until_waiting(ctx, count)
        time.sleep(ctx.settle)
        filled = ctx.peer.group.memory()[0]
        summary = statistics.median(summarize(ctx, count) for _ in range(3))
        ctx.peer.stop()
        start = time.monotonic()
        with Greeting(ctx.port("smtp")) as greeting:
            ctx.peer.launch()
        first_summary = summarize(ctx, count)
        listed = time.monotonic() - start
        time.sleep(ctx.settle)
        after, processes = ctx.peer.group.memory()
        return m.result(
            sent, filled / 1e6, "MB PSS", accepted=sent, filled_mb=filled / 1e6, restarted_mb=after / 1e6, processes=processes,
            ready_s=greeting.at - start, listed_s=listed, summary_s=summary,
            first_summary_s=first_summary)
    return load


class ReturnedHost:
    """The generator's sink, which has just come back and waits for its mail."""

    def __init__(self, ctx, count, limit=240):
        port = util.PORTS["SINK_PORT"]
        self.p = subprocess.Popen(
            [ctx.gen, "sink", "--sink-port", str(port), "-n", str(count), "-d", str(limit),
             "--timeout", "300"], stdout=subprocess.PIPE, text=True)
        util.wait_port(port)

    def result(self):
        return json.loads(self.p.communicate()[0])


def dequeued(m, ctx, count, asked, j):
    if j["ok"] != count:
        raise RuntimeError("%d of %d messages came" % (j["ok"], count))
    return m.result(count, count / (j["last"] - asked), "msg/s", accepted=count,
                    to_first_ms=(j["first"] - asked) * 1000,
                    to_mail_ms=(j["first_mail"] - asked) * 1000,
                    deliver_time=j["last"] - asked, sink_sessions=j["sessions"])


def etrn(count):
    """The host listens again and says so by ETRN (RFC 1985)."""
    def load(ctx):
        fill(ctx, count, "u%s@" + directory.AWAY, 1)
        wait_until_waiting(ctx, count)
        time.sleep(1)
        host = ReturnedHost(ctx, count)
        try:
            with smtplib.SMTP("127.0.0.1", ctx.port("smtp"), "host." + directory.AWAY) as client:
                client.ehlo()
                with Measured(ctx) as m:
                    asked = time.monotonic()
                    code, text = client.docmd("ETRN", directory.AWAY)
                    if code // 10 != 25:
                        raise RuntimeError("ETRN: %d %r" % (code, text))
                    j = host.result()
                    m.gen = j["gen_cpu"]
        finally:
            host.p.kill()
        return dequeued(m, ctx, count, asked, j)
    return load


def atrn(count):
    """The host logs in and takes all on its own connection (RFC 2645)."""
    def load(ctx):
        port = ctx.port("odmr")
        fill(ctx, count, "u%s@" + directory.DIALS_IN, 1)
        wait_until_waiting(ctx, count)
        time.sleep(1)
        with Measured(ctx) as m:
            j = ctx.mailload("atrn", port, "--auth", "--tls", "starttls", "--first", 0,
                             "--node", directory.DIALS_IN, "-n", 1, "-d", 300)
            m.gen = j["gen_cpu"]
        return dequeued(m, ctx, count, j["asked"], j)
    return load
