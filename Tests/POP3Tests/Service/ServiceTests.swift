import FuzzSupport
import MailServer
import Synchronization
import Testing
import Transport

private let small = ["Subject: one\r\n\r\n.first\r\nsecond\r\n", "Subject: two\r\n\r\nbody"]
private let header = FakeMailboxes.deliveryHeader

@Suite struct ServiceTests {
    @Test func servesASession() async throws {
        let server = try await TestServer(small)
        try await server.talk { client in
            try await client.say("USER alice", "+OK send PASS")
            try await client.say("PASS secret", "+OK maildrop has 2 messages")
            try await client.say("STAT", "+OK 2 \(32 + 20 + 2 * header.utf8.count)")
            try await client.say("UIDL 2", "+OK 2 99.2")
            try await client.say(
                "RETR 1", "+OK 52 octets\r\n\(header)Subject: one\r\n\r\n..first\r\nsecond\r\n.")
            try await client.say("TOP 1 1", "+OK top of message follows\r\n\(header)Subject: one\r\n\r\n..first\r\n.")
            try await client.say("TOP 1 0", "+OK top of message follows\r\n\(header)Subject: one\r\n\r\n.")
            try await client.say("RETR 2", "+OK 40 octets\r\n\(header)Subject: two\r\n\r\nbody\r\n.")
            try await client.say("DELE 1", "+OK marked as deleted")
            #expect(server.mailboxes.uids == [1, 2])
            try await client.say("QUIT", "+OK deleted messages removed, goodbye")
            let rest = try await client.rest()
            #expect(rest == "")
        }
        #expect(server.mailboxes.uids == [2])
        try await server.stop()
    }

    @Test func servesAPipelinedSession() async throws {
        let server = try await TestServer(small)
        try await server.talk { client in
            try await client.send("USER alice\r\nPASS secret\r\nSTAT\r\nRETR 2\r\nDELE 2\r\nQUIT\r\nNOOP\r\n")
            let rest = try await client.rest()
            #expect(
                rest == "+OK send PASS\r\n+OK maildrop has 2 messages\r\n+OK 2 92\r\n+OK 40 octets\r\n"
                    + "\(header)Subject: two\r\n\r\nbody\r\n.\r\n+OK marked as deleted\r\n"
                    + "+OK deleted messages removed, goodbye\r\n")
        }
        #expect(server.mailboxes.uids == [1])
        try await server.stop()
    }

    @Test func aLostConnectionDeletesNothing() async throws {
        let server = try await TestServer(small)
        try await server.talk { client in
            try await client.logIn()
            try await client.say("DELE 1", "+OK marked as deleted")
        }
        await server.listener.shutDown(grace: .seconds(5))
        #expect(server.mailboxes.uids == [1, 2])
        try await server.stop()
    }

    @Test func aMaildropHasOneSession() async throws {
        let server = try await TestServer(small)
        try await server.talk { first in
            try await first.logIn()
            try await server.talk { second in
                try await second.say("USER alice", "+OK send PASS")
                try await second.say("PASS secret", "-ERR [IN-USE] another session has this maildrop")
                try await first.say("QUIT", "+OK goodbye")
                // Free from the moment of the reply.
                try await second.logIn()
                try await second.say("NOOP", "+OK nothing done")
            }
        }
        try await server.stop()
    }

    @Test func refusesLogins() async throws {
        let server = try await TestServer(small)
        let cases = [
            ("alice", "wrong", "-ERR [AUTH] authentication failed"), ("nobody", "x", "-ERR [AUTH] authentication failed"),
            ("bob", "secret", "-ERR [AUTH] authentication failed"), ("alice", "", "-ERR [AUTH] authentication failed"),
            ("down", "secret", "-ERR [SYS/TEMP] can't log you in now, try again later"),
        ]
        for (login, password, reply) in cases {
            try await server.talk { client in
                try await client.say("USER \(login)", "+OK send PASS")
                try await client.say("PASS \(password)", reply)
            }
        }
        try await server.stop()
    }

    @Test func takesSASL() async throws {
        let server = try await TestServer(small)
        let good = "AGFsaWNlAHNlY3JldA=="
        try await server.talk { client in
            try await client.say("AUTH PLAIN !!", "-ERR malformed authentication response")
            try await client.say("AUTH PLAIN", "+ ")
            try await client.say("*", "-ERR authentication cancelled")
            try await client.say("AUTH CRAM-MD5", "-ERR authentication mechanism not available")
            try await client.say("AUTH PLAIN", "+ ")
            try await client.say(good, "+OK maildrop has 2 messages")
            try await client.say("QUIT", "+OK goodbye")
        }
        try await server.talk { client in
            try await client.say("AUTH PLAIN \(good)", "+OK maildrop has 2 messages")
            try await client.say("AUTH PLAIN \(good)", "-ERR not now")
            try await client.say("QUIT", "+OK goodbye")
        }
        try await server.talk { client in
            try await client.say("AUTH PLAIN AGFsaWNlAHdyb25n", "-ERR [AUTH] authentication failed")
        }
        try await server.stop()
    }

    @Test func wantsTLSForPasswords() async throws {
        let server = try await TestServer(small, loginWithoutTLS: false)
        try await server.talk { client in
            try await client.say("USER alice", "-ERR [AUTH] TLS is required first")
            try await client.say("AUTH PLAIN AGFsaWNlAHNlY3JldA==", "-ERR [AUTH] TLS is required first")
            try await client.say("STLS", "-ERR TLS can't begin now")
        }
        try await server.stop()
    }

    /// Chunks of the store, of the network and lines meet in all ways.
    @Test func streamsGreatMessages() async throws {
        var random = Dice(seed: 1)
        let lines = ["text of a line\r\n", ".\r\n", "..dots\r\n", "\r\n", String(repeating: "x", count: 900) + "\r\n"]
        let body = (0..<20_000).map { _ in lines.randomElement(using: &random)! }.joined()
        let message = "Subject: great\r\n\r\n" + body
        let stuffed = message.replacing("\r\n.", with: "\r\n..")
        let server = try await TestServer([message])
        try await server.talk { client in
            try await client.logIn()
            let size = message.utf8.count + header.utf8.count
            try await client.say("RETR 1", "+OK \(size) octets\r\n\(header)\(stuffed).")
            try await client.say("NOOP", "+OK nothing done")
            try await client.say("TOP 1 20000", "+OK top of message follows\r\n\(header)\(stuffed).")
            try await client.say("NOOP", "+OK nothing done")
        }
        try await server.stop()
    }

    @Test func neverEndsAMessageThatIsNotWhole() async throws {
        let message = "Subject: x\r\n\r\n" + String(repeating: "line\r\n", count: 30_000)
        let server = try await TestServer([message])
        server.mailboxes.state.withLock { $0.readableOctets = 100_000 }
        try await server.talk { client in
            try await client.logIn()
            try await client.send("RETR 1\r\n")
            let text: String
            do { text = try await client.rest() } catch { return }  // reset is as good
            #expect(!text.hasSuffix("\r\n.\r\n"))
        }
        server.mailboxes.state.withLock { $0.readableOctets = 0 }
        try await server.talk { client in
            try await client.logIn()
            try await client.say("RETR 1", "-ERR [SYS/TEMP] the message can't be read")
            try await client.say("NOOP", "+OK nothing done")
        }
        try await server.stop()
    }

    @Test func saysWhenNothingWasRemoved() async throws {
        let server = try await TestServer(small)
        server.mailboxes.state.withLock { $0.expungeFails = true }
        try await server.talk { client in
            try await client.logIn()
            try await client.say("DELE 1", "+OK marked as deleted")
            try await client.say("QUIT", "-ERR [SYS/TEMP] deleted messages were not removed")
            let rest = try await client.rest()
            #expect(rest == "")
        }
        try await server.stop()
    }

    @Test func saysGoodbyeAtShutdown() async throws {
        let server = try await TestServer(small)
        try await server.talk { client in
            try await client.logIn()
            try await client.say("DELE 1", "+OK marked as deleted")
            async let stopped: Void = server.listener.shutDown(grace: .seconds(60))
            try await client.expect("-ERR [SYS/TEMP] server shutting down\r\n")
            let rest = try await client.rest()
            #expect(rest == "")
            await stopped
        }
        #expect(server.mailboxes.uids == [1, 2])
        try await server.stop()
    }

    @Test func closesAnIdleSessionWithoutAReply() async throws {
        let server = try await TestServer(small, idleTimeout: .milliseconds(1))
        try await server.talk { client in
            let rest = try await client.rest()
            #expect(rest == "")
        }
        try await server.stop()
    }
}
