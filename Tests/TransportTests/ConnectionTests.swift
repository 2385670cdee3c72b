import Dispatch
import NIOCore
import Testing
@testable import Transport

@Suite struct ConnectionTests {
    @Test func bytesGoBothWays() async throws {
        try await withListener(threads: 2, serve: echo) { listener in
            let reply = try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("NOOP\r\n")
                return try client.receiveLine()
            }
            #expect(reply == "NOOP\r\n")
        }
    }

    /// The system has taken all of it, and could not send it.
    @Test func whatHasNotLeftIsKnown() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                for _ in 0..<8 { try await connection.write(ByteBuffer(repeating: 7, count: 40_000)) }
                reports.send("\(await connection.hasUnsentOutput())")
                // Its answer to all.
                _ = try await connection.read()
                reports.send("\(await connection.hasUnsentOutput())")
            } catch { reports.send("\(error)") }
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking { try TestSocket(port: listener.port, receiveBuffer: 32 * 1024) }
            #expect(await reports.next() == "true")
            try await blocking {
                _ = try client.receive(exactly: 320_000)
                try client.send("250\r\n")
            }
            #expect(await reports.next() == "false")
        }
    }

    @Test func addressesAreTold() async throws {
        let serve: @Sendable (Connection) async -> Void = { connection in
            let text = "\(connection.remoteAddress) \(connection.localAddress.port)\r\n"
            try? await connection.write(ByteBuffer(string: text))
        }
        try await withListener(serve: serve) { listener in
            let line = try await blocking { try TestSocket(port: listener.port).receiveLine() }
            #expect(line == "127.0.0.1 \(listener.port)\r\n")
        }
    }

    /// The receive buffer is larger than a segment of the loopback: with less room the kernel sends by
    /// window probes alone, further and further apart.
    @Test func largeWritesWaitForTheClient() async throws {
        let size = 8 << 20
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                try await connection.write(ByteBuffer(repeating: 7, count: size))
                reports.send("written")
            } catch {
                reports.send("\(error)")
            }
        }
        try await withListener(serve: serve) { listener in
            let received = try await blocking {
                let client = try TestSocket(port: listener.port, receiveBuffer: 256 * 1024)
                return try client.receiveToEnd()
            }
            #expect(received.count == size)
            #expect(received.allSatisfy { $0 == 7 })
            #expect(await reports.next() == "written")
        }
    }

    /// Nobody reads at the server: the client's sending must come to a stop, and go on later.
    @Test func inputWaitsForAReader() async throws {
        let size = 16 << 20
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                var total = 0
                while total < size, let bytes = try await connection.read() {
                    // What was read at once is bounded by the limit and one receive buffer.
                    if bytes.readableBytes > 128 * 1024 { reports.send("too much") }
                    total += bytes.readableBytes
                    await Task.yield()
                }
                reports.send("\(total)")
            } catch {
                reports.send("\(error)")
            }
        }
        try await withListener(serve: serve) { listener in
            try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send([UInt8](repeating: 1, count: size))
                _ = try client.receiveToEnd()
            }
            #expect(await reports.next() == "\(size)")
        }
    }

    @Test func aClientThatClosedItsSideGetsItsReply() async throws {
        let serve: @Sendable (Connection) async -> Void = { connection in
            var all = ByteBuffer()
            while let bytes = try? await connection.read() {
                all.writeImmutableBuffer(bytes)
            }
            try? await connection.write(ByteBuffer(string: "got \(all.readableBytes)\r\n"))
        }
        try await withListener(serve: serve) { listener in
            let reply = try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("QUIT\r\n")
                client.finishSending()
                return try client.receiveToEnd()
            }
            #expect(String(decoding: reply, as: UTF8.self) == "got 6\r\n")
        }
    }

    @Test func readingEndsAtTheDeadline() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                connection.setReadDeadline(.milliseconds(1))
                _ = try await connection.read()
                reports.send("read")
            } catch {
                reports.send("\(error)")
                try? await connection.write(ByteBuffer(string: "421\r\n"))
            }
        }
        try await withListener(serve: serve) { listener in
            let line = try await blocking { try TestSocket(port: listener.port).receiveLine() }
            #expect(line == "421\r\n")
            #expect(await reports.next() == "timedOut")
        }
    }

    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                try await connection.write(ByteBuffer(repeating: 0, count: 32 << 20))
                reports.send("written")
            } catch {
                reports.send("\(error)")
            }
        }
        let limits = ConnectionLimits(writeTimeout: .milliseconds(10))
        try await withListener(limits: limits, serve: serve) { listener in
            let client = try await blocking {
                try TestSocket(port: listener.port, receiveBuffer: 4096)
            }
            #expect(await reports.next() == "timedOut")
            _ = client
        }
    }

    /// Closing with unread input must not reset the connection before the reply has arrived.
    @Test func theLastReplyArrivesThoughTheClientIsStillSending() async throws {
        let serve: @Sendable (Connection) async -> Void = { connection in
            _ = try? await connection.read()
            while !connection.hasUnreadInput { await connection.pause(.milliseconds(1)) }
            try? await connection.write(ByteBuffer(string: "552 too much\r\n"))
        }
        try await withListener(serve: serve) { listener in
            let reply = try await blocking {
                let client = try TestSocket(port: listener.port)
                let chunk = [UInt8](repeating: 65, count: 64 * 1024)
                // The server listens for two seconds more: a slow client does not get rid of all.
                for _ in 0..<8 {
                    guard (try? client.send(chunk)) != nil else { break }
                }
                return try client.receiveLine()
            }
            #expect(reply == "552 too much\r\n")
        }
    }

    /// The same of what has arrived and has not been seen, since the loop was busy.
    @Test(arguments: [false, true])
    func aFarewellArrivesThoughSomethingCrossedIt(_ isAsked: Bool) async throws {
        let arrived = DispatchSemaphore(value: 0), crossed = DispatchSemaphore(value: 0)
        let serve: @Sendable (Connection) async -> Void = { connection in
            _ = try? await connection.read()
            keepThread(untilSignalled: crossed, announcing: arrived)
            await connection.close(after: ByteBuffer(string: "554 enough\r\n"), isAsked: isAsked)
        }
        try await withListener(serve: serve) { listener in
            let reply = try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("one\r\n")
                arrived.wait()
                try client.send("two\r\n")
                crossed.signal()
                return try client.receiveToEnd()
            }
            #expect(String(decoding: reply, as: UTF8.self) == "554 enough\r\n")
        }
    }

    @Test func callsFromOtherThreadsWork() async throws {
        let serve: @Sendable (Connection) async -> Void = { connection in
            await Task.detached { await echo(connection) }.value
        }
        try await withListener(serve: serve) { listener in
            let reply = try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("hop\r\n")
                return try client.receiveLine()
            }
            #expect(reply == "hop\r\n")
        }
    }

    @Test func aSecondListenerOnThePortIsRefused() async throws {
        try await withListener(serve: echo) { listener in
            let group = TransportGroup(threads: 1)
            await #expect(throws: IOError.self) {
                _ = try await Listener.bind(
                    host: "127.0.0.1", port: listener.port, group: group,
                    limiter: listener.limiter, logger: listener.logger, handler: echo)
            }
            try await group.shutDown()
        }
    }
}

/// Nothing else happens on the thread's loop meanwhile.
private func keepThread(untilSignalled signal: DispatchSemaphore, announcing: DispatchSemaphore) {
    announcing.signal()
    signal.wait()
}
