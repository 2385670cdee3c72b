internal import Delivery
internal import Logging
internal import MailModel
internal import NIOCore
internal import Spool
internal import Transport

internal import struct Foundation.Data
internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder

/// Does what `martlet queue` asks for, over the control socket. Who may connect is up to the
/// permissions of the socket's folder.
///
/// A request that has begun goes on until it is done, its client is gone, or the server stops; what
/// was answered as done is durable.
final class ControlService: Sendable {
    /// Octets of a request, and patterns and ids in it.
    static let maximumRequest = 256 << 10
    static let maximumNames = 10_000
    /// How long a client may take to send a request.
    private static let requestTimeout = Duration.seconds(30)
    static let limits = ConnectionLimits(
        total: 16, perAddress: 16, writeTimeout: .seconds(60))

    let spool: Spool
    /// Hosts that failed are tried anew.
    let forgetFailures: @Sendable () -> Void
    /// How far a message is.
    let underWay: @Sendable (QueueID) -> [DeliveryUnderWay]
    let history: MessageHistory?
    let logger: Logger
    private let requestTimeout: Duration

    init(
        spool: Spool, history: MessageHistory? = nil,
        requestTimeout: Duration = ControlService.requestTimeout, logger: Logger,
        underWay: @escaping @Sendable (QueueID) -> [DeliveryUnderWay] = { _ in [] },
        forgetFailures: @escaping @Sendable () -> Void
    ) {
        self.underWay = underWay
        self.spool = spool
        self.history = history
        self.requestTimeout = requestTimeout
        self.forgetFailures = forgetFailures
        self.logger = logger
    }

    func serve(_ connection: Connection) async {
        var lines = LineBuffer(limit: Self.maximumRequest)
        do {
            while let line = try await nextLine(&lines, connection) {
                try await answer(line, connection)
            }
        } catch is LineBuffer.TooLong {
            await refuse("the request is longer than \(Self.maximumRequest) octets", connection)
        } catch {
            logger.debug("control connection ended", metadata: ["cause": "\(error)"])
        }
        await connection.close()
    }

    private func nextLine(
        _ lines: inout LineBuffer, _ connection: Connection
    ) async throws -> ByteBuffer? {
        connection.setReadDeadline(requestTimeout)
        while true {
            if let line = try lines.next() { return line }
            guard let octets = try await connection.read() else { return nil }
            lines.append(octets)
        }
    }

    private func answer(_ line: ByteBuffer, _ connection: Connection) async throws {
        let request: ControlRequest
        do {
            request = try Self.decode(line)
        } catch {
            return try await send(ControlReply(end: .init(error: "\(error)")), connection)
        }
        let end = try await perform(request) { try await self.send($0, connection) }
        if request.action.isChange {
            var metadata: Logger.Metadata = [
                "action": "\(request.action.rawValue)", "messages": "\(end.messages)",
                "selection": "\(String(decoding: line.readableBytesView, as: UTF8.self).prefix(1000))",
            ]
            if let error = end.error { metadata["cause"] = "\(error)" }
            logger.notice("queue changed by an operator", metadata: metadata)
        }
        try await send(ControlReply(end: end), connection)
    }

    /// What of these messages is on its way to other hosts.
    func deliveries(_ ids: [String]) -> [ControlReply.Delivery] {
        ids.compactMap(QueueID.init).flatMap { id in
            underWay(id).map { delivery in
                ControlReply.Delivery(
                    id: "\(id)", destination: "\(delivery.destination)", host: delivery.host,
                    address: delivery.address, stage: delivery.stage.name,
                    words: delivery.stage.words, seconds: delivery.age.components.seconds)
            }
        }.sorted { $0.destination < $1.destination }
    }

    /// - Throws: `SelectionError` with what is wrong.
    private static func decode(_ line: ByteBuffer) throws -> ControlRequest {
        let octets = Data(line.readableBytesView)
        guard let version = try? JSONDecoder().decode(Version.self, from: octets) else {
            throw SelectionError(description: "not a request")
        }
        guard version.version == ControlRequest.currentVersion else {
            throw SelectionError(
                description: "the server speaks version \(ControlRequest.currentVersion) of the "
                    + "control protocol, not \(version.version): both are to be of one release")
        }
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: octets) else {
            throw SelectionError(description: "not a request that the server knows")
        }
        guard request.selection.count <= maximumNames else {
            throw SelectionError(
                description: "more than \(maximumNames) ids and patterns in one request")
        }
        return request
    }

    private struct Version: Decodable { var version: Int }

    private func send(_ reply: ControlReply, _ connection: Connection) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        var line = ByteBuffer(bytes: try encoder.encode(reply))
        line.writeInteger(UInt8(ascii: "\n"))
        try await connection.write(line)
    }

    private func refuse(_ cause: String, _ connection: Connection) async {
        // A client that is gone needs no answer.
        try? await send(ControlReply(end: .init(error: cause)), connection)
    }
}
