import NIOCore
import Testing
import Transport

@Suite struct LimitTests {
    /// Sessions that end when the client says so.
    private func serve(_ reports: Reports) -> @Sendable (Connection) async -> Void {
        { connection in
            try? await connection.write(ByteBuffer(string: "220\r\n"))
            do {
                while let bytes = try await connection.read() {
                    if bytes.readableBytesView.first == UInt8(ascii: "Q") { break }
                }
            } catch {
                reports.send("\(error)")
                try? await connection.write(ByteBuffer(string: "421 bye\r\n"))
            }
        }
    }

    @Test(arguments: [
        ConnectionLimits(total: 2, perAddress: 10), ConnectionLimits(total: 10, perAddress: 2),
    ])
    func tooManySessionsAreToldSo(limits: ConnectionLimits) async throws {
        let busy = ByteBuffer(string: "421 4.3.2 Too many connections\r\n")
        try await withListener(
            threads: 2, limits: limits, onBusy: busy, serve: serve(Reports())
        ) { listener in
            try await blocking {
                let first = try TestSocket(port: listener.port)
                let second = try TestSocket(port: listener.port)
                #expect(try first.receiveLine() == "220\r\n")
                #expect(try second.receiveLine() == "220\r\n")
                let third = try TestSocket(port: listener.port)
                #expect(try third.receiveLine() == "421 4.3.2 Too many connections\r\n")
                #expect(try third.receiveToEnd().isEmpty)
                // The place is free again when a session has ended: its socket closes last.
                try first.send("QUIT\r\n")
                _ = try first.receiveToEnd()
                var line = ""
                while line != "220\r\n" {
                    line = try TestSocket(port: listener.port).receiveLine()
                }
            }
        }
    }

    @Test func sessionsSayGoodbyeAtShutdown() async throws {
        let reports = Reports()
        try await withListener(threads: 2, serve: serve(reports)) { listener in
            let clients = try await blocking {
                let clients = try (0..<4).map { _ in try TestSocket(port: listener.port) }
                for client in clients { #expect(try client.receiveLine() == "220\r\n") }
                return clients
            }
            await listener.shutDown(grace: .seconds(20))
            #expect(listener.connectionCount == 0)
            try await blocking {
                for client in clients {
                    let rest = try client.receiveToEnd()
                    #expect(rest == Array("421 bye\r\n".utf8))
                }
            }
            #expect(await reports.next() == "shuttingDown")
        }
    }

    @Test func sessionsThatStayAreCutOff() async throws {
        let serve: @Sendable (Connection) async -> Void = { connection in
            try? await connection.write(ByteBuffer(string: "220\r\n"))
            while true {
                do {
                    guard try await connection.read() != nil else { return }
                } catch ConnectionError.shuttingDown {
                    continue
                } catch {
                    return
                }
            }
        }
        try await withListener(serve: serve) { listener in
            let client = try await blocking {
                let client = try TestSocket(port: listener.port)
                _ = try client.receiveLine()
                return client
            }
            await listener.shutDown(grace: .milliseconds(10))
            #expect(listener.connectionCount == 0)
            #expect(try await blocking { try client.receiveToEnd() }.isEmpty)
        }
    }
}
