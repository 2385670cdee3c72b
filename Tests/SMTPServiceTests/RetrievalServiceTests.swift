import MailModel
import SMTP
import Synchronization
import Testing
import Transport

@testable import MailServer

/// ETRN and ATRN: who may, what is started, and the connection that changes hands.
@Suite(.timeLimit(.minutes(20))) struct RetrievalServiceTests {
    private static let login = """
        < 220
        > EHLO c
        < 250 HELP
        > AUTH PLAIN AGFsaWNlAHNlY3JldA==
        < 235 2.7.0

        """

    /// From 127.0.0.1, whose network some domains name.
    @Test func anExchangerStartsQueuesForNetworks() async throws {
        let retrieval = FakeRetrieval()
        try await withService(.mailExchanger, retrieval: retrieval) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > ETRN NET.example
                    < 253 2.0.0 OK, 3 pending messages for node net.example started
                    > ETRN @net.example
                    < 250 2.0.0 OK, queuing for node @net.example started
                    > ETRN empty.example
                    < 251 2.0.0 OK, no messages waiting for node empty.example
                    > ETRN busy.example
                    < 250 2.0.0 OK, queuing for node busy.example started
                    > ETRN broken.example
                    < 458 4.3.0 Unable to queue messages for node broken.example
                    > ETRN silent.example
                    < 458 4.4.3 Unable to queue messages for node silent.example
                    > QUIT
                    < 221
                    #
                    """)
        }
        #expect(retrieval.calls.withLock { $0 } == [
            "start net.example", "start @net.example", "start empty.example", "start busy.example",
            "start broken.example",
        ])
    }

    /// A stranger is told the same of a domain that is not the client's and of one that is not there.
    @Test func strangersStartNothing() async throws {
        let retrieval = FakeRetrieval()
        try await withService(.mailExchanger, { $0.limits.failedCommands = 8 }, retrieval: retrieval) {
            service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > ETRN alice.example
                    < 459 4.7.1 Node alice.example not allowed
                    > ETRN nowhere.example
                    < 459 4.7.1 Node nowhere.example not allowed
                    > ETRN online.example
                    < 459 4.7.1 Node online.example not allowed
                    > ETRN held.example
                    < 459 4.7.1
                    > ETRN atrn-only.example
                    < 459 4.7.1
                    > ETRN *
                    < 501 5.5.4
                    > ETRN net.example)(cn=*
                    < 501 5.5.4
                    > ETRN @nowhere.example
                    < 459 4.7.1
                    < 421 4.7.0
                    #
                    """)
        }
        #expect(retrieval.calls.withLock { $0 } == [])
    }

    @Test func isNotOfferedWhereNobodyFetchesMail() async throws {
        try await withService(.mailExchanger) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > ETRN net.example
                    < 502 5.5.1
                    > ATRN
                    < 502 5.5.1
                    """)
        }
    }

    @Test func usersStartTheQueuesOfTheirDomains() async throws {
        let retrieval = FakeRetrieval()
        try await withService(
            .submission, { $0.allowsLoginWithoutTLS = true }, retrieval: retrieval
        ) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > ETRN alice.example
                    < 530 5.7.0 Authentication
                    > AUTH PLAIN AGFsaWNlAHNlY3JldA==
                    < 235
                    > ETRN alice.example
                    < 253 2.0.0
                    > ETRN bob.example
                    < 459 4.7.1
                    > ETRN nowhere.example
                    < 459 4.7.1
                    """)
        }
        #expect(retrieval.calls.withLock { $0 } == ["start alice.example"])
    }

    private func relay(_ talk: String) async throws -> [String] {
        let retrieval = FakeRetrieval()
        try await withService(
            .onDemandRelay, { $0.allowsLoginWithoutTLS = true }, retrieval: retrieval
        ) { service in
            try await converse(service.listener.port, talk)
        }
        return retrieval.calls.withLock { $0 }
    }

    @Test(arguments: [
        ("ATRN alice.example", "alice.example"), ("ATRN", "alice.example atrn-only.example"),
        ("ATRN atrn-only.example,ALICE.example", "atrn-only.example alice.example"),
    ])
    func theRolesTurn(_ command: String, _ domains: String) async throws {
        let calls = try await relay(Self.login + """
            > \(command)
            < 250 2.0.0 OK now reversing the connection
            > 220 client.example ready
            < EHLO mail.example.org
            #
            """)
        #expect(calls == ["deliver \(domains) to alice", "greeted 220 client.example ready"])
    }

    @Test(arguments: [
        ("ATRN bob.example", "450 4.7.1 ATRN request refused"),
        ("ATRN nowhere.example", "450 4.7.1 ATRN request refused"),
        ("ATRN alice.example,bob.example", "450 4.7.1 ATRN request refused"),
        ("ATRN held.example", "450 4.7.1 ATRN request refused"),
        ("ATRN net.example", "450 4.7.1 ATRN request refused"),
        ("ATRN silent.example", "451 4.4.3 Unable to process ATRN request now"),
        ("ATRN empty.example", "453 4.2.0 You have no mail"),
        ("ATRN busy.example", "451 4.2.0 Unable to process ATRN request now"),
        ("ATRN broken.example", "451 4.3.0 Unable to process ATRN request now"),
        ("ATRN alice.example bob.example", "501 5.5.4"), ("ATRN alice.example)(uid=*", "501 5.5.4"),
    ])
    func refusals(_ command: String, _ reply: String) async throws {
        let calls = try await relay(Self.login + """
            > \(command)
            < \(reply)
            > NOOP
            < 250
            """)
        #expect(calls == [])
    }

    /// THREATS: what comes with ATRN, or before its reply, is neither a command nor a reply.
    @Test(arguments: ["NOOP", "220 client.example ready", "QUIT"])
    func pipelined(_ more: String) async throws {
        let calls = try await relay(Self.login + """
            > ATRN alice.example
            > \(more)
            < 503 5.5.1 Command sent before the reply to ATRN
            #
            """)
        #expect(calls == [])
    }

    @Test func needsALogin() async throws {
        try await withService(.onDemandRelay, retrieval: FakeRetrieval()) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > ATRN alice.example
                    < 530 5.7.0 Must issue a STARTTLS
                    > MAIL FROM:<alice@example.org>
                    < 502 5.5.1
                    """)
        }
        let calls = try await relay("""
            < 220
            > EHLO c
            < 250 HELP
            > ATRN alice.example
            < 530 5.7.0 Authentication
            > AUTH PLAIN AGFsaWNlAHdyb25n
            < 535 5.7.8
            > ATRN alice.example
            < 530 5.7.0 Authentication
            """)
        #expect(calls == [])
    }
}
