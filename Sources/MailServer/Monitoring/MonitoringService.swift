internal import Logging
internal import NIOCore
internal import Transport

/// Three pages over HTTP, for Prometheus and for whoever watches whether the server is well:
/// `/metrics`, `/health` and `/ready`. One request a connection.
final class MonitoringService: Sendable {
    static let limits = ConnectionLimits(
        total: 32, perAddress: 32, writeTimeout: .seconds(30))
    private static let requestTimeout = Duration.seconds(10)

    private let pages: @Sendable (String) async -> MonitoringReply?
    private let logger: Logger
    private let requestTimeout: Duration

    /// - Parameter pages: the page at a path; nil: there is none.
    init(
        requestTimeout: Duration = MonitoringService.requestTimeout, logger: Logger,
        pages: @escaping @Sendable (String) async -> MonitoringReply?
    ) {
        self.requestTimeout = requestTimeout
        self.logger = logger
        self.pages = pages
    }

    func serve(_ connection: Connection) async {
        do throws(ConnectionError) {
            try await answer(connection)
        } catch {
            logger.debug("monitoring connection ended", metadata: ["cause": "\(error.reason)"])
        }
        await connection.close()
    }

    private func answer(_ connection: Connection) async throws(ConnectionError) {
        connection.setReadDeadline(requestTimeout)
        var octets = ByteBuffer()
        var request = MonitoringRequest.incomplete
        while request == .incomplete {
            guard let more = try await connection.read() else { return }
            octets.writeImmutableBuffer(more)
            request = MonitoringRequest(octets)
        }
        switch request {
        case .get(let path, let isHead):
            let reply = await pages(path) ?? .notFound
            try await connection.write(reply.bytes(isHead: isHead))
        case .otherMethod: try await connection.write(MonitoringReply.otherMethod.bytes(isHead: false))
        case .tooLong: try await connection.write(MonitoringReply.tooLong.bytes(isHead: false))
        case .malformed, .incomplete:
            try await connection.write(MonitoringReply.badRequest.bytes(isHead: false))
        }
    }
}
