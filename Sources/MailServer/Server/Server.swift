internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// The server: puts the modules together, runs them, and stops them in order.
///
/// Stopping (SIGTERM, SIGINT) goes from the outside in: listeners close and tell their sessions,
/// the queue manager finishes what it has in hand, the store commits and closes.
package struct Server: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger

    package init(configuration: ServerConfiguration) {
        self.configuration = configuration
        logger = ServerLog.logger(level: configuration.log.level)
    }

    /// Runs until a signal stops it.
    /// - Parameter readyFile: written, atomically, when every listener accepts.
    /// - Throws: `ServerStartError` when something is in the way.
    package func run(readyFile: String? = nil) async throws {
        OpenFileLimit.raise()
        let parts = try await ServerParts(configuration: configuration, logger: logger)
        do {
            try await parts.listen()
            if let readyFile { try ReadyFile.write(to: readyFile, listeners: parts.listening) }
            ServiceManager.tell(.ready)
        } catch {
            await parts.stop()
            throw error
        }
        logger.notice(
            "serving",
            metadata: [
                "listeners": "\(parts.listening.map { "\($0.name):\($0.port)" }.joined(separator: " "))"
            ])
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: QueueService(manager: parts.queueManager)),
                    .init(service: ReloadService(parts: parts, logger: logger)),
                    .init(service: ListenerService(parts: parts)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            await parts.stop()
            throw error
        }
        await parts.stop()
        logger.notice("stopped")
    }
}
