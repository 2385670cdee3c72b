import Logging
import NIOCore
import Synchronization
import Testing
import Transport

@testable import MailServer

/// A client, the front and the home server, in clear and on one machine.
@Suite(.timeLimit(.minutes(5))) struct SpliceTests {
    private final class Record: Sendable {
        let ending = Mutex<String?>(nil)
        let written = Atomic(0)
        /// Stops the front.
        let stop = Mutex<Stop?>(nil)
    }

    private struct Stop: Sendable { var run: @Sendable () async -> Void }

    /// - Parameters:
    ///   - home: what the home server does.
    ///   - body: what the client does.
    private func withSplice(
        idleTimeout: Duration = .seconds(60),
        home: @escaping @Sendable (Connection, Record) async throws -> Void,
        _ body: (Connection, Record) async throws -> Void
    ) async throws -> String? {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let record = Record()
        let group = TransportGroup()
        let connector = Connector(group: group)
        let limiter = ConnectionLimiter(ConnectionLimits())
        let back = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group, limiter: limiter, logger: logger
        ) { try? await home($0, record) }
        let place = Endpoint.address("127.0.0.1", port: UInt16(back.port))
        let front = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group, limiter: limiter, logger: logger
        ) { client in
            guard
                let home = try? await connector.connect(
                    to: place, timeout: .seconds(10), near: client)
            else { return }
            let splice = Splice(client, home, idleTimeout: idleTimeout)
            let ending = await splice.run(
                unread: ByteBuffer(string: "early "), greeting: ByteBuffer(string: "hello "))
            record.ending.withLock { $0 = "\(ending)" }
            if splice.endsLine { try? await client.write(ByteBuffer(string: "goodbye")) }
            await client.close()
        }
        record.stop.withLock { $0 = Stop { await front.shutDown(grace: .seconds(20)) } }
        let client = try await connector.connect(
            to: .address("127.0.0.1", port: UInt16(front.port)), timeout: .seconds(10))
        do { try await body(client, record) } catch { Issue.record("\(error)") }
        await client.close()
        await front.shutDown(grace: .seconds(5))
        await back.shutDown(grace: .seconds(5))
        await connector.shutDown()
        try await group.shutDown()
        return record.ending.withLock { $0 }
    }

    private static func all(_ connection: Connection) async throws -> ByteBuffer {
        var all = ByteBuffer()
        while let bytes = try await connection.read() { all.writeImmutableBuffer(bytes) }
        return all
    }

    @Test func whatWasAskedForIsAnsweredBehindTheEnd() async throws {
        let ending = try await withSplice { home, _ in
            // Only when the client has said all.
            let question = try await Self.all(home)
            try await home.write(ByteBuffer(string: "<\(String(buffer: question))>"))
            await home.close()
        } _: { client, _ in
            try await client.write(ByteBuffer(string: "question"))
            client.endOutput()
            let answer = try await Self.all(client)
            #expect(String(buffer: answer) == "hello <early question>")
        }
        #expect(ending == "client")
    }

    @Test func theHomeServersEndIsTheEnd() async throws {
        let ending = try await withSplice { home, _ in
            _ = try await home.read()
            try await home.write(ByteBuffer(string: "bye"))
            await home.close()
        } _: { client, _ in
            let all = try await Self.all(client)
            #expect(String(buffer: all) == "hello bye")
        }
        #expect(ending == "home")
    }

    /// The line that is under way comes whole, then the front may say more.
    @Test func theFrontStopsBehindALine() async throws {
        let ending = try await withSplice { home, record in
            _ = try await home.read()
            try await home.write(ByteBuffer(string: "half a "))
            while record.written.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(5)) }
            try await home.write(ByteBuffer(string: "line\r\n"))
            _ = try await Self.all(home)
        } _: { client, record in
            var text = ""
            while text != "hello half a ", let bytes = try await client.read() { text += String(buffer: bytes) }
            let stopping = Task { await record.stop.withLock { $0 }?.run() }
            record.written.store(1, ordering: .relaxed)
            text += String(buffer: try await Self.all(client))
            await stopping.value
            #expect(text == "hello half a line\r\ngoodbye")
        }
        #expect(ending == "shutdown")
    }

    @Test func silenceEndsIt() async throws {
        let ending = try await withSplice(idleTimeout: .seconds(1)) { home, _ in
            _ = try await Self.all(home)
        } _: { client, _ in
            _ = try? await Self.all(client)
        }
        #expect(ending == "idle")
    }

    /// What the client does not read stays with the home server.
    @Test func aSlowClientSlowsTheHomeServer() async throws {
        let chunk = ByteBuffer(repeating: 0x61, count: 64 << 10)
        let chunks = 2048
        let ending = try await withSplice { home, record in
            for _ in 0..<chunks {
                try await home.write(chunk)
                record.written.add(chunk.readableBytes, ordering: .relaxed)
            }
            await home.close()
        } _: { client, record in
            var last = -1
            while last != record.written.load(ordering: .relaxed) || last == 0 {
                last = record.written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(500))
            }
            // Sockets hold some of it.
            #expect(last < 64 << 20)
            var count = 0
            while let bytes = try await client.read() { count += bytes.readableBytes }
            #expect(count == chunks * chunk.readableBytes + "hello ".utf8.count)
        }
        #expect(ending == "home")
    }
}
