import Authentication
import Logging
import MailServer
import MailboxStore
import NIOCore
import NIOPosix
import POP3
import Testing
import Transport

/// A POP3 service on a port of 127.0.0.1, and clients that talk to it.
final class TestServer: Sendable {
    let mailboxes: FakeMailboxes
    let listener: Listener
    private let group: TransportGroup

    init(
        _ messages: [String], loginWithoutTLS: Bool = true, idleTimeout: Duration = .seconds(600)
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var authentication = AuthenticationConfiguration()
        authentication.firstDelay = .zero
        let mailboxes = FakeMailboxes(messages)
        let service = POP3Service(
            configuration: POP3ServiceConfiguration(
                session: POP3SessionConfiguration(hostName: "mail.test"), idleTimeout: idleTimeout),
            authentication: SASLService(
                directory: FakeDirectory(), configuration: authentication, logger: logger),
            mailboxes: MailboxStore(storage: mailboxes), logger: logger)
        let options = AccessListenerOptions(
            name: "pop3", startTLS: nil, loginWithoutTLS: loginWithoutTLS)
        let group = TransportGroup(threads: 1)
        listener = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            onBusy: POP3Service.tooBusy, logger: logger
        ) { await service.serve($0, options) }
        self.mailboxes = mailboxes
        self.group = group
    }

    func stop() async throws {
        await listener.shutDown(grace: .seconds(5))
        try await group.shutDown()
    }

    /// One client's talk, after the greeting.
    func talk(_ body: (inout Talker) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: listener.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var talker = Talker(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            try await talker.expect("+OK mail.test Martlet POP3 server ready\r\n")
            try await body(&talker)
        }
    }
}

struct Talker {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ByteBuffer()

    init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Sends a line and expects this reply to it.
    mutating func say(
        _ line: String, _ reply: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await send(line + "\r\n")
        try await expect(reply + "\r\n", sourceLocation: sourceLocation)
    }

    mutating func logIn() async throws {
        try await say("USER alice", "+OK send PASS")
        try await send("PASS secret\r\n")
        try await expect("+OK maildrop has ")
        while received.readableBytesView.last != 0x0a { guard try await readMore() else { return } }
        received.clear()
    }

    mutating func expect(
        _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        while received.readableBytes < text.utf8.count { guard try await readMore() else { break } }
        let count = min(text.utf8.count, received.readableBytes)
        #expect(received.readString(length: count) == text, sourceLocation: sourceLocation)
    }

    /// What comes until the server closes the connection.
    mutating func rest() async throws -> String {
        while try await readMore() {}
        return received.readString(length: received.readableBytes) ?? ""
    }

    private mutating func readMore() async throws -> Bool {
        guard let bytes = try await inbound.next(isolation: #isolation) else { return false }
        received.writeImmutableBuffer(bytes)
        return true
    }
}
