#!/usr/bin/env python3
"""Finds out which functions a loaded server runs, and in which order they should lie in its binary.

Usage: layout.py [--secs S] [BINARY] > ../scripts/layout

The release binary has 27 MB of machine code, of which serving mail takes one and a half, scattered. The
linker (scripts/build) puts the functions of this list first and side by side, each behind the one that
calls it most: fewer pages and cache lines then hold what runs. Names that no longer exist do
no harm; run this again when much has changed.

Runs the server under valgrind's callgrind (Debian package valgrind) with loads of the benchmark, for
some minutes. BINARY must have been linked by scripts/build, which is run when it is not named."""

import argparse
import collections
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402
from lib import catalogue, directory, loads, measuring, peers, util  # noqa: E402

LOADS = ("smtp-in 4K s=64", "smtp-in 4K s=64 STARTTLS", "smtp-in 4K s=64 10/conn pipelined",
         "relay 4K s=64 port 25", "relay 4K s=64 submission TLS+AUTH", "pop3 s=64 20 msgs TLS",
         "imap append 4K s=16", "imap store s=4", "imap login+select+flags of 10k",
         "imap login+select+bodies of 10k", "auth imap warm", "auth imap cold TLS")
# Clusters no larger than what a few entries of the TLB hold.
CLUSTER = 512 * 1024
# Of all instructions: the list ends with the functions that run the last of these. The rest ran at
# the start, or seldom.
SHARE = 0.998


class Calls:
    """How often functions call each other, and what each runs itself, from callgrind's files."""

    def __init__(self):
        self.own, self.arcs = collections.Counter(), collections.Counter()

    def read(self, path):
        names, current, callee, is_call = {}, None, None, False

        def name(text):
            number, _, word = text.partition(" ")
            if word:
                # A function that calls itself is counted by its depth: f'2.
                names[number] = re.sub(r"'\d+$", "", word)
            return names[number]

        with open(path, errors="replace") as lines:
            for line in lines:
                line = line.rstrip("\n")
                if line.startswith("fn="):
                    current = name(line[3:])
                elif line.startswith("cfn="):
                    callee = name(line[4:])
                elif line.startswith("calls="):
                    self.arcs[current, callee] += int(line[6:].split()[0])
                    is_call = True
                elif line[:1] and line[0] in "0123456789+-*":
                    words = line.split()
                    if not is_call and len(words) > 1:
                        self.own[current] += int(words[1])
                    is_call = False


def sizes(binary):
    """Of the binary's functions, by name."""
    found = {}
    for line in util.run(["nm", "--print-size", "--defined-only", binary]).splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW":
            found[words[3]] = int(words[1], 16)
    return found


def busiest(own):
    rest = SHARE * sum(own.values())
    for function, count in own.most_common():
        if rest <= 0:
            return
        rest -= count
        yield function


def arrange(calls, size):
    """The functions, hottest clusters first. A function joins its most frequent caller's cluster
    (Ottoni and Maher, "Optimizing Function Placement for Large-Scale Data-Center Applications")."""
    caller = {}
    for (source, target), count in calls.arcs.items():
        if source in size and target in size and source != target:
            if count > caller.get(target, (0, None))[0]:
                caller[target] = (count, source)
    cluster = {f: [f] for f in busiest(calls.own) if f in size}
    octets = {f: size[f] for f in cluster}
    for function, _ in calls.own.most_common():
        if function not in caller or function not in cluster:
            continue
        ours, theirs = cluster[function], cluster.get(caller[function][1])
        if theirs is None or theirs is ours or ours[0] != function:
            continue
        total = octets[ours[0]] + octets[theirs[0]]
        if total > CLUSTER:
            continue
        theirs += ours
        octets[theirs[0]] = total
        for f in ours:
            cluster[f] = theirs

    def density(members):
        return sum(calls.own[f] for f in members) / max(octets[members[0]], 1)

    kept = {id(c): c for c in cluster.values()}
    return [f for c in sorted(kept.values(), key=density, reverse=True) for f in c]


def observe(root, binary, secs):
    """Runs the loads; the files that callgrind wrote."""
    wrapper = os.path.join(root, "martlet-callgrind")
    util.write(wrapper, '#!/bin/sh\nexec valgrind -q --tool=callgrind --callgrind-out-file=%s/%%p.calls '
               '%s "$@"\n' % (root, binary), 0o755)
    os.environ["MARTLET"] = wrapper
    generator = run.build(root)
    slapd = directory.Slapd(root, 20, 500)
    server = peers.Martlet(root)
    slapd.start()
    try:
        server.start()
        ctx = measuring.Ctx(server, slapd, generator, secs)
        loads.preload(ctx, True)
        for load in LOADS:
            util.say(load)
            catalogue.LOADS[load](ctx)
        ctx.close()
    finally:
        server.stop()
        slapd.stop()
    return glob.glob(os.path.join(root, "*.calls"))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("binary", nargs="?", help="default: what scripts/build makes")
    ap.add_argument("--secs", type=float, default=8, help="length of a load (default: %(default)s)")
    args = ap.parse_args()
    if args.binary:
        os.environ["MARTLET"] = args.binary
    run.build_martlet()
    binary = os.path.abspath(os.environ["MARTLET"])
    util.raise_limits()
    calls = Calls()
    for path in observe(util.bench_dir(), binary, args.secs):
        calls.read(path)
    print("\n".join(arrange(calls, sizes(binary))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
