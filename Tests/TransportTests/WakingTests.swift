import NIOCore
import Testing

@testable import Transport

@Suite struct WakingTests {
    /// Reports what `next()` gives until the end, each event acknowledged by a line.
    private func watch(
        _ connection: Connection, _ reports: Reports, started: (Connection) -> Void = { _ in }
    ) async {
        started(connection)
        do {
            while true {
                switch try await connection.next() {
                case .input(let bytes): reports.send(String(buffer: bytes))
                case .woken: reports.send("woken")
                case .quiet: reports.send("quiet")
                case .end:
                    reports.send("end")
                    return
                }
            }
        } catch {
            reports.send("\(error)")
        }
    }

    @Test func aWaitingReaderIsWoken() async throws {
        let reports = Reports()
        let (connections, sink) = AsyncStream.makeStream(of: Connection.self)
        let serve: @Sendable (Connection) async -> Void = { connection in
            await watch(connection, reports) { _ = sink.yield($0) }
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port) }
            var iterator = connections.makeAsyncIterator()
            let connection = try #require(await iterator.next())
            for _ in 0..<100 {
                connection.wake()
                #expect(await reports.next() == "woken")
            }
            try await blocking { try client.send("DONE") }
            #expect(await reports.next() == "DONE")
            client.finishSending()
            #expect(await reports.next() == "end")
        }
    }

    /// Wakes before `next()` are one wake; `read()` neither takes it nor is ended by it.
    @Test func aWakeIsKeptForTheNextWait() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            for _ in 0..<1000 { connection.wake() }
            let first = try? await connection.read()
            reports.send(first.map { String(buffer: $0) } ?? "nothing")
            await watch(connection, reports)
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port) }
            try await blocking { try client.send("a") }
            #expect(await reports.next() == "a")
            #expect(await reports.next() == "woken")
            try await blocking { try client.send("b") }
            #expect(await reports.next() == "b")
            client.finishSending()
            #expect(await reports.next() == "end")
        }
    }

    /// A brief wait ends by itself; what comes in it or after it is not lost.
    @Test func aBriefWaitEndsWhenNothingComes() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            for _ in 0..<3 {
                switch try? await connection.nextSoon() {
                case .input(let bytes): reports.send(String(buffer: bytes))
                case .woken: reports.send("woken")
                case .quiet: reports.send("quiet")
                case .end, nil: reports.send("end")
                }
                connection.wake()
            }
            await watch(connection, reports)
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port) }
            #expect(await reports.next() == "quiet")
            #expect(await reports.next() == "woken")
            #expect(await reports.next() == "woken")
            #expect(await reports.next() == "woken")
            try await blocking { try client.send("a") }
            #expect(await reports.next() == "a")
            client.finishSending()
            #expect(await reports.next() == "end")
        }
    }

    @Test func inputComesBeforeAWakeAndTheWakeIsNotLost() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            while !connection.hasUnreadInput { await connection.pause(.milliseconds(1)) }
            connection.wake()
            await watch(connection, reports)
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port) }
            try await blocking { try client.send("a") }
            #expect(await reports.next() == "a")
            #expect(await reports.next() == "woken")
            client.finishSending()
            #expect(await reports.next() == "end")
        }
    }

    /// A reader that counts, and many threads that wake it after each change: the last change is
    /// always seen.
    @Test func noWakeIsLostAmongMany() async throws {
        let changes = Changes()
        let reports = Reports()
        let (connections, sink) = AsyncStream.makeStream(of: Connection.self)
        let total = 4000
        let serve: @Sendable (Connection) async -> Void = { connection in
            sink.yield(connection)
            while changes.count < total, let event = try? await connection.next(), event == .woken {}
            reports.send("\(changes.count)")
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port) }
            var iterator = connections.makeAsyncIterator()
            let connection = try #require(await iterator.next())
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<total / 4 {
                            changes.add()
                            connection.wake()
                        }
                    }
                }
            }
            #expect(await reports.next() == "\(total)")
            _ = client
        }
    }
}
