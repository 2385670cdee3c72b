internal import NIOCore
internal import Synchronization
internal import Transport

/// Passes octets between a client and a home server, both ways and unread, until one of them has
/// enough. Both connections are on one event loop; what one side does not take, the other can't send.
///
/// Afterwards the home's connection is closed and the client's is the caller's to close, who may say
/// goodbye on it if `endsLine`.
final class Splice: Sendable {
    enum Ending: Sendable {
        /// The home server has said all.
        case home
        case client
        case idle, shutdown
        /// The session may not go on.
        case revoked
        case broken(String)
    }

    /// For what the home server still says when the client says no more.
    private static let lingerTime = Duration.seconds(30)
    /// For the rest of a line when the server stops.
    private static let lineTime = Duration.seconds(2)

    private let client: Connection
    private let home: Connection
    private let idleTimeout: Duration
    /// Asked after the client's connection was woken.
    private let mayGoOn: @Sendable () -> Bool
    private let isOver = Atomic(false)
    /// No more than the line that is under way.
    private let isStopping = Atomic(false)
    private let hasWholeLines = Atomic(true)
    /// Nanoseconds since `begin`.
    private let lastOctets = Atomic<Int64>(0)
    private let begin = ContinuousClock.now
    private let received = Atomic(0)
    private let sent = Atomic(0)

    init(
        _ client: Connection, _ home: Connection, idleTimeout: Duration,
        mayGoOn: @escaping @Sendable () -> Bool = { true }
    ) {
        self.client = client
        self.home = home
        self.idleTimeout = idleTimeout
        self.mayGoOn = mayGoOn
    }

    /// Octets from and to the client.
    var counts: (received: Int, sent: Int) {
        (received.load(ordering: .relaxed), sent.load(ordering: .relaxed))
    }

    /// Whether what the client has got ends with a line.
    var endsLine: Bool { hasWholeLines.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - unread: has come from the client behind its login.
    ///   - greeting: goes to the client first.
    func run(unread: ByteBuffer, greeting: ByteBuffer) async -> Ending {
        client.setReadDeadline(idleTimeout)
        home.setReadDeadline(idleTimeout)
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask { await self.fromClient(unread) }
            group.addTask { await self.fromHome(greeting) }
            guard let first = await group.next() else { return Ending.home }
            if case .client = first {
                // It may have asked for something before.
                home.setReadDeadline(Self.lingerTime)
                home.endOutput()
                _ = await group.next()
                return first
            }
            if case .shutdown = first, !endsLine {
                isStopping.store(true, ordering: .relaxed)
                home.setReadDeadline(Self.lineTime)
                _ = await group.next()
            }
            // Whoever waits is to wait no longer.
            isOver.store(true, ordering: .relaxed)
            client.wake()
            home.abort()
            _ = await group.next()
            return first
        }
        await home.close()
        return ending
    }

    private func fromClient(_ unread: ByteBuffer) async -> Ending {
        if let error = await pass(unread, to: home, counted: received) { return Self.ending(error) }
        var deadline = begin + idleTimeout
        while true {
            let event: ConnectionEvent
            do throws(ConnectionError) {
                event = try await client.next()
            } catch {
                guard renew(client, &deadline, after: error) else { return Self.ending(error) }
                continue
            }
            switch event {
            case .input(let bytes):
                if let error = await pass(bytes, to: home, counted: received) {
                    return Self.ending(error)
                }
            case .end: return .client
            case .woken where isOver.load(ordering: .relaxed): return .home
            case .woken where !mayGoOn(): return .revoked
            case .woken, .quiet: continue
            }
        }
    }

    private func fromHome(_ greeting: ByteBuffer) async -> Ending {
        if let error = await pass(greeting, to: client, counted: sent) { return Self.ending(error) }
        if let last = greeting.readableBytesView.last {
            hasWholeLines.store(last == UInt8(ascii: "\n"), ordering: .relaxed)
        }
        var deadline = begin + idleTimeout
        while true {
            let bytes: ByteBuffer?
            do throws(ConnectionError) {
                bytes = try await home.read()
            } catch {
                guard renew(home, &deadline, after: error) else { return Self.ending(error) }
                continue
            }
            guard let bytes else { return .home }
            if let error = await pass(bytes, to: client, counted: sent) {
                return Self.ending(error)
            }
            hasWholeLines.store(
                bytes.readableBytesView.last == UInt8(ascii: "\n"), ordering: .relaxed)
            if isStopping.load(ordering: .relaxed), endsLine { return .shutdown }
        }
    }

    private func pass(
        _ bytes: ByteBuffer, to connection: Connection, counted counter: borrowing Atomic<Int>
    ) async -> ConnectionError? {
        guard bytes.readableBytes > 0 else { return nil }
        counter.wrappingAdd(bytes.readableBytes, ordering: .relaxed)
        let (seconds, fraction) = (ContinuousClock.now - begin).components
        lastOctets.store(
            seconds * 1_000_000_000 + fraction / 1_000_000_000, ordering: .relaxed)
        do throws(ConnectionError) {
            try await connection.write(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// Silence on one side is none while the other one speaks.
    ///
    /// - Parameter deadline: of the reader. A connection that has ended for other reasons says "timed
    ///   out" before it.
    private func renew(
        _ connection: Connection, _ deadline: inout ContinuousClock.Instant,
        after error: ConnectionError
    ) -> Bool {
        guard error == .timedOut, ContinuousClock.now >= deadline,
            !isOver.load(ordering: .relaxed), !isStopping.load(ordering: .relaxed)
        else { return false }
        let last = begin + .nanoseconds(lastOctets.load(ordering: .relaxed))
        let left = idleTimeout - (ContinuousClock.now - last)
        guard left > .zero else { return false }
        deadline = .now + left
        connection.setReadDeadline(left)
        return true
    }

    private static func ending(_ error: ConnectionError) -> Ending {
        switch error {
        case .timedOut: .idle
        case .shuttingDown: .shutdown
        default: .broken(error.reason)
        }
    }
}
