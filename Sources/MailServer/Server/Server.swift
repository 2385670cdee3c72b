internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// The server: puts the modules together, runs them, and stops them in order.
///
/// Starting goes from the ports, for which it may need root's rights, to giving those up, to the
/// rest. Stopping (SIGTERM, SIGINT) goes from the outside in: listeners close and tell their sessions,
/// the queue manager finishes what it has in hand, the store commits and closes.
package struct Server: Sendable {
    private let configuration: ServerConfiguration
    private let sockets: EarlySockets
    private let logger: Logger

    /// Takes the service manager's sockets, or as root opens those of the configuration, and gives up
    /// root's rights. To be called when there are no other threads.
    /// - Throws: `ServerStartError` when something is in the way. The process must end then.
    package init(configuration: ServerConfiguration) throws(ServerStartError) {
        self.configuration = configuration
        logger = ServerLog.logger(level: configuration.log.level)
        sockets = try EarlySockets(configuration)
        OpenFileLimit.raise()
        // Before anything is read or written whose owner matters, or that a client could influence.
        try Self.becomeUser(of: configuration)
        if Privileges.isRoot {
            logger.warning(
                "runs with all of root's rights: let the configuration name a user, as in user: martlet")
        }
    }

    /// Gives up root's rights, as the server does, for the user that the configuration names, if it
    /// does. To be called when there are no other threads.
    package static func becomeUser(
        of configuration: ServerConfiguration
    ) throws(ServerStartError) {
        guard Privileges.isRoot, let user = configuration.user else { return }
        try Privileges.drop(to: user, group: configuration.group)
    }

    /// Runs until a signal stops it.
    /// - Parameter readyFile: written, atomically, when every listener accepts.
    /// - Throws: `ServerStartError` when something is in the way.
    package func run(readyFile: String? = nil) async throws {
        let parts = try await ServerParts(
            configuration: configuration, sockets: sockets, logger: logger)
        do {
            try await parts.listen()
        } catch {
            await parts.stop()
            throw error
        }
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: TLSReportService(reports: parts.reports)),
                    .init(service: QueueService(manager: parts.queueManager)),
                    .init(service: ReloadService(parts: parts, signals: hangups)),
                    .init(service: parts.memoryUpkeep),
                    .init(service: parts.secretsWatch),
                    .init(service: ListenerService(parts: parts, readyFile: readyFile, logger: logger)),
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
