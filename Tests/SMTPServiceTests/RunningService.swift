import Authentication
import Delivery
import Logging
import MailModel
import NIOCore
import NIOPosix
import SMTP
import Storage
import TestSupport
import Testing
import Transport

@testable import MailServer

/// The service on a port of its own, with a store of its own.
final class RunningService: Sendable {
    let listener: Listener
    let storage: StorageEngine
    private let group: TransportGroup
    private let directory: TemporaryDirectory

    init(
        _ settings: SMTPServiceSettings, tls: TLSServerContext? = nil,
        retrieval: (any MailRetrieval)? = nil, hosts: (any HostAsking)? = nil,
        minimumFree: Int64? = nil
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        directory = try TemporaryDirectory()
        var configuration = StorageConfiguration()
        if let minimumFree { configuration.minimumFreeBytes = minimumFree }
        storage = try StorageEngine.open(at: directory.path, configuration: configuration, logger: logger)
        var authentication = AuthenticationConfiguration()
        authentication.mechanisms = [.plain, .login]
        authentication.firstDelay = .zero
        let fake = FakeDirectory()
        let service = SMTPService(
            settings: settings, directory: fake, storage: storage,
            sasl: SASLService(directory: fake, configuration: authentication, logger: logger),
            tls: tls, retrieval: retrieval, hosts: hosts, logger: logger)
        group = TransportGroup(threads: 1)
        listener = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            logger: logger
        ) { await service.serve($0) }
    }

    /// Everything that is in the queue, oldest first, once there are so many messages: the index
    /// follows an accepted message in its own time.
    func queue(_ count: Int) async throws -> [(entry: QueueEntry, text: String)] {
        var entries = try await storage.entries(after: nil, limit: 100)
        while entries.count < count {
            try await Task.sleep(for: .milliseconds(10))
            entries = try await storage.entries(after: nil, limit: 100)
        }
        var all: [(QueueEntry, String)] = []
        for entry in entries {
            let bytes = try await storage.read(entry.message, 0..<entry.message.size)
            all.append((entry, String(buffer: bytes)))
        }
        return all
    }

    func stop() async throws {
        await listener.shutDown(grace: .seconds(5))
        try await group.shutDown()
        await storage.close()
    }
}

/// Runs `body` with a service of these settings.
func withService(
    _ role: SMTPServerConfiguration.Role,
    _ adjust: (inout SMTPServiceSettings) -> Void = { _ in },
    retrieval: (any MailRetrieval)? = nil, hosts: (any HostAsking)? = nil,
    minimumFree: Int64? = nil, _ body: (RunningService) async throws -> Void
) async throws {
    var settings = SMTPServiceSettings(hostname: "mail.example.org", role: role)
    adjust(&settings)
    let service = try await RunningService(
        settings, retrieval: retrieval, hosts: hosts, minimumFree: minimumFree)
    do {
        try await body(service)
    } catch {
        try await service.stop()
        throw error
    }
    try await service.stop()
}
