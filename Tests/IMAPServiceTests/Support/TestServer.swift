import Authentication
import IMAP
import InternetMessage
import Logging
import MailboxStore
import NIOCore
import NIOPosix
import Storage
import TestSupport
import Testing
import Transport

@testable import MailServer

/// An IMAP service on a port of 127.0.0.1 with a store of its own.
final class TestServer: Sendable {
    let directory = FakeDirectory()
    let storage: StorageEngine
    let listener: Listener
    private let files: TemporaryDirectory
    private let cache: MessageCache
    private let index: TextIndex
    private let group: TransportGroup

    init(
        loginWithoutTLS: Bool = true, tls: TLSServerContext? = nil,
        _ adjust: (inout IMAPServiceConfiguration) -> Void = { _ in }
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        files = try TemporaryDirectory()
        storage = try StorageEngine.open(
            at: files.path, configuration: StorageConfiguration(), logger: logger)
        let cache = MessageCache(
            directory: files.path, storage: storage, logger: logger,
            describe: { MessageFacts(describing: $0, preview: $1) })
        let index = TextIndex(
            storage: storage,
            configuration: TextIndexConfiguration(directory: files.path + "/search"), logger: logger)
        self.cache = cache
        self.index = index
        var authentication = AuthenticationConfiguration()
        authentication.firstDelay = .zero
        authentication.mechanisms = [.plain, .login]
        var configuration = IMAPServiceConfiguration(hostName: "mail.test")
        adjust(&configuration)
        let service = IMAPService(
            configuration: configuration,
            authentication: SASLService(
                directory: directory, configuration: authentication, logger: logger),
            directory: directory,
            mailboxes: MailboxStore(storage: storage) { index.observe($0) }, cache: cache,
            textIndex: index, logger: logger)
        let options = AccessListenerOptions(
            name: "imap", startTLS: tls, loginWithoutTLS: loginWithoutTLS)
        group = TransportGroup(threads: 1)
        listener = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            onBusy: IMAPService.tooBusy, logger: logger
        ) { await service.serve($0, options) }
    }

    func stop() async throws {
        await listener.shutDown(grace: .seconds(5))
        await index.shutDown()
        await cache.close()
        try await group.shutDown()
        await storage.close()
    }

    /// One client's talk, after the greeting.
    func talk(_ body: (inout Client) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: listener.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var client = Client(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            let greeting = try await client.line()
            #expect(greeting?.hasPrefix("* OK [CAPABILITY IMAP4rev1 ") == true)
            try await body(&client)
        }
    }

    /// A client that is logged in.
    func session(
        _ login: String = "alice", _ body: (inout Client) async throws -> Void
    ) async throws {
        try await talk { client in
            try await client.ok("LOGIN \(login) secret")
            try await body(&client)
        }
    }
}

/// Runs `body` with a server and stops it.
func withServer(
    _ adjust: (inout IMAPServiceConfiguration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
) async throws {
    let server = try await TestServer(adjust)
    do {
        try await body(server)
    } catch {
        try? await server.stop()
        throw error
    }
    try await server.stop()
}
