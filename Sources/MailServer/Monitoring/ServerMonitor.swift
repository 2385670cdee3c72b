internal import Authentication
internal import Directory
internal import MailModel
internal import Spool
internal import Storage
internal import Transport

/// What can be seen of a running server from outside.
final class ServerMonitor: Sendable {
    /// How long what is dear to find is shown again.
    private static let depthLifetime = Duration.seconds(5)
    private static let diskLifetime = Duration.seconds(30)
    private static let directoryLifetime = Duration.seconds(2)

    let directory: Directory
    let sasl: SASLService
    let storage: StorageEngine
    let spool: Spool
    let deliveries: DeliveryMetrics
    let listeners: ListenerTable
    let transport: TransportGroup
    let started = Timestamp.now
    /// Nil when it could not be found out.
    let depth: Remembered<QueueDepth?>
    let disk: Remembered<DiskUsage>
    /// Nil: the directory answers.
    let directoryFault: Remembered<DirectoryFault?>

    init(
        directory: Directory, sasl: SASLService, storage: StorageEngine, spool: Spool,
        deliveries: DeliveryMetrics, listeners: ListenerTable, transport: TransportGroup,
        stateDirectory: String
    ) {
        self.directory = directory
        self.sasl = sasl
        self.storage = storage
        self.spool = spool
        self.deliveries = deliveries
        self.listeners = listeners
        self.transport = transport
        depth = Remembered(for: Self.depthLifetime) { try? await storage.queueDepth() }
        disk = Remembered(for: Self.diskLifetime) { await DiskUsage.measure(stateDirectory) }
        directoryFault = Remembered(for: Self.directoryLifetime) { await directory.fault() }
    }

    func page(_ path: String) async -> MonitoringReply? {
        switch path {
        case "/metrics":
            MonitoringReply(contentType: MetricsText.contentType, body: await metrics())
        case "/health": await health().reply
        case "/ready": readiness
        default: nil
        }
    }

    /// Whether clients are served: from when every listener accepts until the server begins to stop.
    private var readiness: MonitoringReply {
        listeners.isAccepting
            ? MonitoringReply(body: "ready\n")
            : MonitoringReply(status: (503, "Service Unavailable"), body: "not ready\n")
    }
}
