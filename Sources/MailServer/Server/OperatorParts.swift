internal import Authentication
internal import Delivery
internal import Directory
internal import Logging
internal import Spool
internal import Storage
internal import Transport

/// What operators have of a running server: commands for the queue, pages about its state, and
/// the history of messages.
struct OperatorParts: Sendable {
    let history: MessageHistory?
    /// Is to be told what becomes of messages.
    let deliveries: DeliveryMetrics

    /// Opens the history.
    /// - Throws: `ServerStartError` when it can't be kept where it belongs.
    init(_ configuration: ServerConfiguration, logger: Logger) throws(ServerStartError) {
        let settings = configuration.history
        if settings.isKept {
            let limits = HistoryFiles.Limits(days: settings.days, size: settings.size)
            history = MessageHistory(
                try HistoryFiles(configuration.historyFolder, limits: limits, logger: logger))
        } else {
            history = nil
        }
        deliveries = DeliveryMetrics(history: history)
    }

    func control(
        _ spool: Spool, _ queue: QueueManager, logger: Logger,
        forgetFailures: @escaping @Sendable () -> Void
    ) -> ControlService {
        ControlService(
            spool: spool, history: history, logger: logger,
            underWay: { queue.deliveries(of: $0) }, forgetFailures: forgetFailures)
    }

    /// When nothing happens any more. Blocks for what is still to be written.
    func stop() { history?.close() }
}
