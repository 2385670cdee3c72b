import Glibc
import MailModel
import NIOCore
import Spool
import Storage
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Delivery
@testable import SMTP

/// Hosts that do not answer while there is no room to wait for them.
@Suite(.timeLimit(.minutes(5))) struct SilentHostTests {
    /// Too many others wait already.
    private final class NoRoom: DeliveryProgress {
        private let questions = Atomic(0)
        private let verdicts = Atomic(0)

        var asksForVerdict: Bool { verdicts.load(ordering: .sequentiallyConsistent) > 0 }

        func isWaiting(for what: AwaitedAnswer) -> Bool {
            if what == .verdict { verdicts.add(1, ordering: .sequentiallyConsistent) }
            questions.add(1, ordering: .sequentiallyConsistent)
            return false
        }

        func goesOn() {}

        func waitUntilAsked() async {
            while questions.load(ordering: .sequentiallyConsistent) == 0 {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .sequentiallyConsistent) }
        func add() { count.add(1, ordering: .sequentiallyConsistent) }
    }

    /// A host that greets and offers these, and goes on with `rest` when it has seen `text`.
    private static func host(
        _ extensions: String..., after text: String,
        _ rest: @escaping @Sendable (Connection) async -> Void
    ) -> @Sendable (Connection) async -> Void {
        return { connection in
            await ScriptedHost.greet(connection, offering: extensions)
            await ScriptedHost.read(connection, until: text)
            await rest(connection)
            await ScriptedHost.read(connection, until: "QUIT")
        }
    }

    /// A session that is ready, and a message for it.
    private func withSession(
        _ serve: @escaping @Sendable (Connection) async -> Void,
        _ body: (OutboundSession, inout PlannedDelivery, OutboundContent) async throws -> Void
    ) async throws {
        let harness = Harness()
        let recipient = RoutedRecipient.to(.remote(.foreign))
        let id = harness.put([recipient])
        let message = MessageReference(id: id, size: Harness.content.utf8.count)
        let content = OutboundContent(source: .stored(message, harness.spool), body: .sevenBit)
        var delivery = PlannedDelivery(
            plan: RoutePlan(way: .hops([]), domain: "example.org", tls: .may),
            attempt: DeliveryAttempt(
                message: message, envelope: Envelope(reversePath: .null), arrival: harness.clock.now,
                recipients: []),
            recipients: [
                QueueRecipient(number: 0, routed: recipient, nextAttempt: harness.clock.now)
            ])
        try await ScriptedHost.run(serve) { connector, place in
            let session = OutboundSession(
                try await connector.connect(
                    to: .address(place.address, port: place.port), timeout: .seconds(30)),
                to: MailHost(
                    name: "host", port: place.port, addresses: [place.address],
                    isNameSecure: false, areAddressesSecure: false, canonicalName: "host"),
                at: place,
                security: SessionSecurity(
                    policy: .never, verification: .none,
                    context: try TLSClientContext(configuration: TLSClientConfiguration()),
                    label: "none"),
                configuration: SMTPClientConfiguration(hostname: "mx.example.org", tls: .never),
                credentials: nil)
            #expect(await session.open() == nil)
            try await body(session, &delivery, content)
            await session.quit()
        }
    }

    private func send(
        _ delivery: inout PlannedDelivery, _ content: OutboundContent,
        over session: OutboundSession, _ progress: NoRoom
    ) async -> TransactionResult {
        let transaction = delivery.transaction(content)
        watch(session, progress)
        return await session.run { await session.send(transaction, content) }
    }

    private func watch(_ session: OutboundSession, _ progress: NoRoom) {
        session.post = SilenceWatch.Post(
            watch: SilenceWatch(patience: .milliseconds(20), grace: .milliseconds(20)),
            progress: progress)
    }

    /// It has not said anything, but the message has gone out with the commands.
    @Test func aHostThatMayHaveTheMessageIsWaitedFor() async throws {
        let progress = NoRoom()
        let host = Self.host("PIPELINING", "CHUNKING", after: " LAST\r\n") { connection in
            await progress.waitUntilAsked()
            // Time for what should not happen.
            try? await Task.sleep(for: .milliseconds(100))
            await ScriptedHost.say(connection, "250 OK\r\n250 OK\r\n250 OK\r\n")
        }
        try await withSession(host) { session, delivery, content in
            let result = await send(&delivery, content, over: session, progress)
            #expect(!session.isGivenUp)
            #expect(progress.asksForVerdict, "there is more room for such")
            guard case .accepted = result.outcomes.first else {
                Issue.record("not accepted: \(result)")
                return
            }
        }
    }

    /// Then its answer is not waited for to the end.
    @Test func aHostThatMayHaveTheMessageDoesNotKeepTheServerFromStopping() async throws {
        let progress = NoRoom()
        let host = Self.host("PIPELINING", "CHUNKING", after: " LAST\r\n") { connection in
            await ScriptedHost.read(connection, until: "never")
        }
        try await withSession(host) { session, delivery, content in
            let transaction = delivery.transaction(content)
            watch(session, progress)
            let sending = Task {
                await session.run { await session.send(transaction, content) }
            }
            await progress.waitUntilAsked()
            sending.cancel()
            let result = await sending.value
            guard case .broken(_, mayBeDelivered: true) = result.outcomes.first else {
                Issue.record("not given up: \(result)")
                return
            }
            #expect(session.isGivenUp)
        }
    }

    /// An octet now and then is no answer.
    private static func drip(_ connection: Connection) async {
        while (try? await connection.write(ByteBuffer(string: "2"))) != nil {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test func aHostThatDripsIsGivenUp() async throws {
        let host = Self.host(after: "MAIL") { await Self.drip($0) }
        try await withSession(host) { session, delivery, content in
            let result = await send(&delivery, content, over: session, NoRoom())
            #expect(session.isGivenUp || session.isClosed)
            guard case .broken(_, mayBeDelivered: false) = result.outcomes.first else {
                Issue.record("not given up: \(result)")
                return
            }
        }
    }

    @Test func aHostThatDripsBetweenMessagesIsGivenUp() async throws {
        let host = Self.host("PIPELINING", "CHUNKING", after: " LAST\r\n") { connection in
            await ScriptedHost.say(connection, "250 OK\r\n250 OK\r\n250 OK\r\n2")
            await Self.drip(connection)
        }
        try await withSession(host) { session, delivery, content in
            let progress = NoRoom()
            _ = await send(&delivery, content, over: session, progress)
            while await session.run({ await session.isStillThere() }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(session.isClosed)
        }
    }

    @Test func aHostThatIsSilentBeforeIsGivenUpAndNotBlamed() async throws {
        let progress = NoRoom()
        let host = Self.host(after: "MAIL") { _ in }
        try await withSession(host) { session, delivery, content in
            let result = await send(&delivery, content, over: session, progress)
            #expect(session.isGivenUp)
            guard case .broken(_, mayBeDelivered: false) = result.outcomes.first else {
                Issue.record("not given up: \(result)")
                return
            }
            delivery.take(result, over: session)
            guard case .deferred = delivery.result.outcomes[0], case .unknown = delivery.result.hosts
            else {
                Issue.record("\(delivery.result)")
                return
            }
        }
    }

    /// Whoever is asked next could not tell whether it got the message.
    @Test func aSessionThatTheHostHasEndedIsNotUsedAgain() async throws {
        let host = Self.host("PIPELINING", "CHUNKING", after: " LAST\r\n") { connection in
            await ScriptedHost.say(connection, "250 OK\r\n250 OK\r\n250 OK\r\n")
            await connection.close()
        }
        try await withSession(host) { session, delivery, content in
            _ = await send(&delivery, content, over: session, NoRoom())
            while await session.run({ await session.isStillThere() }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(session.isClosed)
        }
    }

    @Test func brokenWithTheMessageIsNotUntouched() {
        func isUntouched(_ failure: SMTPClientFailure, _ mayBeDelivered: Bool) -> Bool {
            TransactionResult(
                outcomes: [.broken(failure, mayBeDelivered: mayBeDelivered)],
                peerReportsSuccess: false, peerKnowsDeadline: false
            ).isUntouched
        }
        for failure in [SMTPClientFailure.timeout(.mail), .lost(.recipient, cause: "reset")] {
            #expect(isUntouched(failure, false))
            #expect(!isUntouched(failure, true))
        }
        // It has ended the session before it saw any of it.
        #expect(isUntouched(.lost(.mail, cause: "reset"), true))
    }

    // MARK: Before the greeting

    private func failure(
        of hosts: [HostAddress], _ connector: Connector, _ failures: HostFailures
    ) async throws -> SessionMaker.Failure? {
        let result = try await AddressedSessions.run(
            connector, failures: failures,
            adjust: { configuration in
                configuration.patience = .milliseconds(20)
                configuration.connectTimeout = .seconds(200)
            }
        ) { await $0.session(with: hosts, waiting: NoRoom()) }
        switch result {
        case .success(let session):
            await session.quit()
            return nil
        case .failure(let failure): return failure
        }
    }

    @Test func noOtherHostIsTriedWhenThereIsNoRoom() async throws {
        let connections = Counter()
        let mute: @Sendable (Connection) async -> Void = { connection in
            connections.add()
            await ScriptedHost.read(connection, until: "QUIT")
        }
        try await ScriptedHost.run(mute) { connector, place in
            let failures = HostFailures(lifetime: .seconds(300))
            let other = HostAddress(address: "127.0.0.2", port: place.port)
            let failure = try #require(try await failure(of: [place, other], connector, failures))
            #expect(!failure.isOfHosts)
            #expect(failure.error.isTemporary)
            #expect(failures.error(for: place) == nil)
        }
        #expect(connections.value <= 1)
    }

    /// The kernel drops what comes to a port whose backlog is full.
    @Test func aHostThatDoesNotEvenConnectIsGivenUp() async throws {
        let full = try FullPort()
        try await ScriptedHost.run({ _ in }) { connector, _ in
            let failures = HostFailures(lifetime: .seconds(300))
            let place = HostAddress(address: "127.0.0.1", port: full.port)
            let failure = try #require(try await failure(of: [place], connector, failures))
            #expect(!failure.isOfHosts)
            #expect(failures.error(for: place) == nil)
        }
    }

    /// Its timer has run out just when the host was ready.
    @Test func nothingIsGivenUpAfterTheEnd() async {
        let progress = Ending()
        let aborts = Counter()
        let patience = Patience(.milliseconds(1), progress)
        patience.guards { aborts.add() }
        progress.ends(patience)
        await progress.waitUntilAsked()
        // Time for what should not happen.
        try? await Task.sleep(for: .milliseconds(50))
        patience.cancel()
        #expect(!patience.isGivenUp)
        #expect(aborts.value == 0)
    }

    /// Ends the patience while it is asked.
    private final class Ending: DeliveryProgress {
        private let patience = Mutex<Patience?>(nil)
        private let isAsked = Atomic(false)

        func ends(_ patience: Patience) { self.patience.withLock { $0 = patience } }

        func isWaiting(for what: AwaitedAnswer) -> Bool {
            var ended: Patience?
            while ended == nil {
                ended = patience.withLock { $0 }
                usleep(1000)
            }
            ended?.end()
            isAsked.store(true, ordering: .sequentiallyConsistent)
            return false
        }

        func goesOn() {}

        func waitUntilAsked() async {
            while !isAsked.load(ordering: .sequentiallyConsistent) {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}

/// A port where nobody accepts and no more fits into the backlog: the kernel answers nobody.
private final class FullPort {
    let port: UInt16
    private let sockets: [Int32]

    init() throws {
        port = try Loopback.freePort()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(port))
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets = [listening, client]
        let isFull = address.withSockAddr { name, length in
            bind(listening, name, socklen_t(length)) == 0 && listen(listening, 0) == 0
                && connect(client, name, socklen_t(length)) == 0
        }
        guard isFull else { throw TestFailure("the port is not full") }
    }

    deinit { for socket in sockets { close(socket) } }
}
