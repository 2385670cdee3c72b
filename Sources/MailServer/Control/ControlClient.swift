internal import Glibc
package import MailModel
internal import NIOCore
internal import Synchronization
internal import Transport

internal import struct Foundation.Data
internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder

/// Why a running server could not be asked, in words for the one who did.
package struct ControlError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// No server runs, as far as can be seen.
    var isWithoutServer = false
}

/// Asks the running server: the other end of `ControlService`.
package struct ControlClient: Sendable {
    /// Octets of a line of the answer.
    private static let maximumReply = 4 << 20
    private static let connectTimeout = Duration.seconds(10)
    /// The longest silence within an answer.
    private static let replyTimeout = Duration.seconds(120)

    private let path: String

    package init(configuration: ServerConfiguration) { path = configuration.controlSocket }

    /// Sends the request and shows each line of the answer but the last, which is the value.
    package func ask(
        _ request: ControlRequest, _ show: @escaping @Sendable (ControlReply) -> Void
    ) async throws(ControlError) -> ControlReply.End {
        let group = TransportGroup(threads: 1)
        let connector = Connector(group: group)
        let answer: Result<ControlReply.End, ControlError>
        do throws(ConnectionError) {
            answer = try await connector.run(to: .path(path), timeout: Self.connectTimeout) {
                await self.converse($0, request, show)
            }
        } catch {
            answer = .failure(
                ControlError(
                    description: "\(path): \(error.reason). The server must run for this, and only "
                        + "root and the user it runs as may speak to it.",
                    isWithoutServer: error == .refused || isMissing))
        }
        await connector.shutDown()
        // The threads end with the process, if not now.
        try? await group.shutDown()
        return try answer.get()
    }

    /// What of a message is on its way to other hosts: nothing where no server runs.
    package func deliveries(of id: QueueID) async throws(ControlError) -> [ControlReply.Delivery] {
        var selection = QueueSelection()
        selection.ids = ["\(id)"]
        let found = Mutex<[ControlReply.Delivery]>([])
        do throws(ControlError) {
            let end = try await ask(ControlRequest(.show, selection)) { reply in
                found.withLock { $0 += reply.deliveries ?? [] }
            }
            if let error = end.error { throw ControlError(description: "the server: \(error)") }
        } catch where error.isWithoutServer {
            return []
        }
        return found.withLock { $0 }
    }

    private var isMissing: Bool { access(path, F_OK) != 0 && errno == ENOENT }

    private func converse(
        _ connection: Connection, _ request: ControlRequest, _ show: (ControlReply) -> Void
    ) async -> Result<ControlReply.End, ControlError> {
        do {
            var line = ByteBuffer(bytes: try JSONEncoder().encode(request))
            line.writeInteger(UInt8(ascii: "\n"))
            try await connection.write(line)
            var lines = LineBuffer(limit: Self.maximumReply)
            while true {
                while let line = try lines.next() {
                    let reply = try JSONDecoder().decode(
                        ControlReply.self, from: Data(line.readableBytesView))
                    if let end = reply.end { return .success(end) }
                    show(reply)
                }
                connection.setReadDeadline(Self.replyTimeout)
                guard let octets = try await connection.read() else { break }
                lines.append(octets)
            }
            return .failure(ControlError(description: "the server ended before its answer did"))
        } catch let error as ConnectionError {
            return .failure(ControlError(description: "the server: \(error.reason)"))
        } catch {
            return .failure(ControlError(description: "the server's answer: \(error)"))
        }
    }
}
