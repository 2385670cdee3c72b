internal import Delivery
internal import Logging
internal import ServiceLifecycle
internal import TLSPolicy
internal import UnixSignals

/// Runs the queue manager until the server stops.
struct QueueService: Service {
    let manager: QueueManager

    func run() async {
        await cancelWhenGracefulShutdown { await manager.run() }
    }
}

/// Writes data of TLS reports now and then, and what is left when the queue has ended.
struct TLSReportService: Service {
    let reports: TLSReportLog

    func run() async {
        await cancelWhenGracefulShutdown { await reports.run() }
    }
}

/// SIGHUP: certificates are read again.
struct ReloadService: Service {
    let parts: ServerParts
    /// SIGHUP, from before anybody is told that the server runs.
    let signals: UnixSignalsSequence

    func run() async {
        for await _ in signals.cancelOnGracefulShutdown() {
            parts.reload()
            await parts.secretsWatch.look()
        }
    }
}

/// Keeps the listeners open until the server stops, then closes them. Services stop in reverse
/// order, so nothing is accepted any more when the queue manager ends.
struct ListenerService: Service {
    let parts: ServerParts
    let readyFile: String?
    let logger: Logger

    func run() async throws {
        // The group looks after signals by now: who is told may stop the server at once.
        if let readyFile { try ReadyFile.write(to: readyFile, listeners: parts.listening) }
        ServiceManager.tell(.ready)
        logger.notice(
            "serving",
            metadata: [
                "listeners": "\(parts.listening.map { "\($0.name):\($0.port)" }.joined(separator: " "))"
            ])
        try await gracefulShutdown()
        ServiceManager.tell(.stopping)
        await parts.stopListening()
    }
}
