internal import InternetMessage
package import MailModel
internal import NIOCore
internal import Storage

/// What `martlet queue` shows, read from the state directory: the server need not run.
package struct QueueInspector: Sendable {
    private static let page = 500
    /// Octets of a message that are searched for its header.
    private static let maximumHeader = 64 << 10
    private let view: QueueView

    /// - Throws: `ServerStartError` when the state directory can't be read.
    package init(configuration: ServerConfiguration) throws(ServerStartError) {
        do {
            view = try QueueView(directory: configuration.stateDirectory)
        } catch {
            throw ServerStartError(
                "cannot read the queue in \(configuration.stateDirectory): \(error)"
                    + " (does it exist, and may you read it?)")
        }
    }

    /// Calls `show` for each waiting message, oldest first.
    package func forEachEntry(limit: Int, _ show: (QueueListing) throws -> Void) async throws {
        var last: QueueID?
        var left = limit
        while left > 0 {
            let entries = try await view.entries(after: last, limit: min(left, Self.page))
            guard let end = entries.last?.id else { return }
            for entry in entries { try show(QueueListing(entry)) }
            last = end
            left -= entries.count
        }
    }

    package func entry(_ id: QueueID) async throws -> QueueListing? {
        try await view.entry(id).map { QueueListing($0) }
    }

    /// Everything about one message, for a person.
    package func describe(_ listing: QueueListing) async throws -> String {
        let entry = listing.entry
        let size = min(entry.message.size, Self.maximumHeader)
        let octets = Array(try await view.read(entry.message, 0..<size).readableBytesView)
        let section = try? HeaderSection(octets)
        let header = section.map { Array($0.bytes[..<$0.fieldsEnd]) } ?? []
        return listing.details + "\n" + String(decoding: header, as: UTF8.self)
    }
}
