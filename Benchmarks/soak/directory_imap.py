"""IMAP sessions for directory.py: who is logged in works on, whatever becomes of the directory; who
logs in meanwhile is told [UNAVAILABLE]."""

import asyncio
import time

from stack import PASSWORD

BOX = "Worked"
# A command needs no directory: it is not to wait for one.
PATIENCE = 5


class Ended(Exception):
    pass


class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.tag = reader, writer, 0

    @classmethod
    async def open(cls, stack):
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.imap)
        session = cls(reader, writer)
        await asyncio.wait_for(reader.readline(), 90)
        return session

    async def say(self, command, seconds=90):
        """The tagged reply."""
        self.tag += 1
        tag = b"t%d " % self.tag
        self.writer.write(tag + command + b"\r\n")
        while True:
            line = await asyncio.wait_for(self.reader.readline(), seconds)
            if line.startswith(tag):
                return line[len(tag):].decode("latin-1").strip()
            if not line or line.startswith(b"* BYE"):
                raise Ended(line.decode("latin-1").strip())


async def worker(stack, watch, fault, rnd, user, stopped):
    """One session from before the first fault to the end. The mailbox is no other's."""
    session = await Session.open(stack)
    reply = await session.say(b"LOGIN %s %s" % (user.encode(), PASSWORD.encode()))
    if not reply.startswith("OK"):
        return fault(f"IMAP LOGIN before the first fault: {reply}")
    box = b"%s%d" % (BOX.encode(), rnd.randrange(1 << 30))
    message = b"Subject: soak\r\n\r\n" + b"x" * rnd.choice([10, 1000, 30000]) + b"\r\n"
    done = 0
    try:
        for command in (b"CREATE " + box, b"SELECT " + box):
            await session.say(command)
        while not stopped.is_set():
            for command in (b"APPEND %s {%d+}\r\n%s" % (box, len(message), message), b"NOOP",
                            b"FETCH * (FLAGS BODY[])", b"STORE * +FLAGS (\\Deleted)", b"EXPUNGE",
                            b"STATUS INBOX (MESSAGES)", b"LIST \"\" *", b"SELECT " + box):
                phase, begun = watch.phase, time.time()
                reply = await session.say(command)
                done += 1
                took = time.time() - begun
                watch.slowest_imap = max(watch.slowest_imap, (round(took, 2), phase, command[:20]))
                if not reply.startswith("OK"):
                    fault(f"{phase}: IMAP {command[:20]!r}: {reply}")
                elif took > PATIENCE:
                    fault(f"{phase}: IMAP {command[:20]!r} took {took:.1f} s")
            await asyncio.sleep(rnd.uniform(0.01, 0.2))
        await session.say(b"DELETE " + box)
    except (Ended, OSError, asyncio.TimeoutError) as error:
        fault(f"{watch.phase}: an IMAP session was ended: {error!r}")
    finally:
        session.writer.close()
    watch.imap_commands += done


async def visitor(stack, watch, fault, rnd, users, stopped):
    """Logs in again and again: as users whom the server may remember, and as others."""
    stranger = None
    while not stopped.is_set():
        session = None
        phase = watch.phase
        try:
            stranger = stranger or next(watch.strangers, None)
            user = rnd.choice([rnd.choice(users), stranger or rnd.choice(users)])
            session = await Session.open(stack)
            reply = await session.say(b"LOGIN %s %s" % (user.encode(), PASSWORD.encode()))
            words = reply.split()
            watch.note("IMAP LOGIN", (" ".join(words[:2]) if words[1][:1] == "[" else words[0]).encode())
            if reply.startswith("NO [UNAVAILABLE]"):
                watch.last_bad = time.time()
            elif not reply.startswith("OK"):
                fault(f"{phase}: IMAP LOGIN: {reply}")
            else:
                if user == stranger:
                    stranger = None
                await session.say(b"SELECT INBOX")
                await session.say(b"LOGOUT")
        except (Ended, OSError) as error:
            if isinstance(error, Ended) and str(error).startswith("* BYE") and "Logging out" not in str(error):
                watch.note("IMAP", str(error).encode())
        except asyncio.TimeoutError:
            fault(f"{phase}: no reply to an IMAP login for 90 s")
        finally:
            if session:
                session.writer.close()
        await asyncio.sleep(rnd.uniform(0.05, 0.2))
