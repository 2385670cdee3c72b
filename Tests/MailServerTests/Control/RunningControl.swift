import Delivery
import MailModel
import NIOCore
import Spool
import Storage
import Synchronization
import TestSupport
import Transport

@testable import MailServer

/// The control service on its socket, over an engine of its own.
final class RunningControl: Sendable {
    let queue: SampleQueue
    let spool: Spool
    let configuration: ServerConfiguration
    let history: MessageHistory
    private let group = TransportGroup(threads: 1)
    private let listener: Listener
    private let forgetting = Forgetting()

    /// How often what is known of failed hosts was to be forgotten.
    var timesForgotten: Int { forgetting.count.load(ordering: .relaxed) }

    private final class Forgetting: Sendable {
        let count = Atomic(0)
    }

    init(
        requestTimeout: Duration = .seconds(20),
        underWay: @escaping @Sendable (QueueID) -> [DeliveryUnderWay] = { _ in [] }
    ) async throws {
        queue = try SampleQueue()
        configuration = try queue.configuration
        spool = Spool(storage: queue.engine, logger: SampleQueue.logger)
        history = MessageHistory(
            try HistoryFiles(configuration.historyFolder, logger: SampleQueue.logger))
        let service = ControlService(
            spool: spool, history: history, requestTimeout: requestTimeout, logger: SampleQueue.logger,
            underWay: underWay
        ) { [forgetting] in forgetting.count.add(1, ordering: .relaxed) }
        try LocalSocketFolder.make(for: configuration.controlSocket)
        listener = try await Listener.bind(
            path: configuration.controlSocket, group: group,
            limiter: ConnectionLimiter(ControlService.limits), logger: SampleQueue.logger
        ) { await service.serve($0) }
    }

    func stop() async throws {
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
        history.close()
        await queue.engine.close()
    }

    /// What the command does: its request, and the messages that were told of.
    func ask(
        _ action: ControlRequest.Action, all: Bool = false, _ change: (inout QueueSelection) -> Void = { _ in }
    ) async throws -> (end: ControlReply.End, changes: [ControlReply.Change]) {
        var selection = QueueSelection()
        change(&selection)
        let changes = Mutex<[ControlReply.Change]>([])
        let end = try await ControlClient(configuration: configuration).ask(
            ControlRequest(action, selection, all: all)
        ) { reply in changes.withLock { $0 += reply.changes } }
        return (end, changes.withLock { $0 })
    }

    /// Sends octets and returns all that comes: so many lines, or until the connection is closed.
    func say(_ octets: ByteBuffer, lines: Int = .max) async throws -> String {
        let connector = Connector(group: group)
        return try await connector.run(to: .path(configuration.controlSocket), timeout: .seconds(5)) {
            connection in
            var answer = ""
            do {
                try await connection.write(octets)
                connection.setReadDeadline(.seconds(20))
                while answer.count(where: { $0 == "\n" }) < lines, let more = try await connection.read() {
                    answer += String(buffer: more)
                }
            } catch {
                answer += "(\(error))"
            }
            return answer
        }
    }
}
