import NIOCore
import Testing

@testable import Transport

/// Nothing here waits for a deadline: all of them are hours away.
@Suite struct CancellationTests {
    private static let hours = Duration.seconds(36_000)

    /// What a session that is cancelled gets: one case each for what it waits in.
    enum Wait: CaseIterable {
        case connect, read, next, write, handshake
    }

    @Test(arguments: Wait.allCases, [true, false])
    func everyWaitEnds(wait: Wait, afterwards: Bool) async throws {
        let client = try TLSClientContext(configuration: TLSClientConfiguration())
        let full = try FullPort()
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        // Neither reads nor answers.
        let serve: @Sendable (Connection) async -> Void = { connection in
            for await _ in started {}
        }
        try await withConnector(serve: serve) { connector, endpoint in
            let reports = Reports()
            let task = Task {
                if wait == .connect { reports.send("waiting") }
                do throws(ConnectionError) {
                    return try await connector.run(
                        to: wait == .connect ? full.endpoint : endpoint, timeout: Self.hours
                    ) { connection in
                        reports.send("waiting")
                        return await self.error(of: wait, connection, client)
                    }
                } catch {
                    return error
                }
            }
            if afterwards { #expect(await reports.next() == "waiting") }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(await isIdle(connector))
            signal.finish()
        }
    }

    private func error(
        of wait: Wait, _ connection: Connection, _ client: TLSClientContext
    ) async -> ConnectionError? {
        do throws(ConnectionError) {
            switch wait {
            case .connect, .read: _ = try await connection.read()
            case .next: _ = try await connection.next()
            case .write: try await connection.write(ByteBuffer(repeating: 0, count: 64 << 20))
            case .handshake:
                try await connection.startTLS(
                    client, serverName: nil, verification: .none, timeout: Self.hours)
            }
            return nil
        } catch {
            return error
        }
    }

    @Test func shuttingDownEndsAllThatIsLeft() async throws {
        let client = try TLSClientContext(configuration: TLSClientConfiguration())
        let full = try FullPort()
        let reports = Reports()
        try await withConnector(serve: echo) { connector, endpoint in
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        let error = try? await connector.run(to: endpoint, timeout: Self.hours) {
                            connection in
                            reports.send("up")
                            return await self.error(of: .read, connection, client)
                        }
                        reports.send("\(error == .closed)")
                    }
                }
                for _ in 0..<4 { #expect(await reports.next() == "up") }
                group.addTask {
                    await #expect(throws: ConnectionError.closed) {
                        _ = try await connector.connect(to: full.endpoint, timeout: Self.hours)
                    }
                }
                while connector.connectionCount < 5 { try? await Task.sleep(for: .milliseconds(1)) }
                await connector.shutDown()
                for _ in 0..<4 { #expect(await reports.next() == "true") }
            }
            #expect(await isIdle(connector))
            await #expect(throws: ConnectionError.closed) {
                _ = try await connector.connect(to: endpoint, timeout: Self.hours)
            }
        }
    }
}
