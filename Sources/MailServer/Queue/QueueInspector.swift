internal import InternetMessage
package import MailModel
internal import NIOCore
internal import Spool
internal import Storage

/// What `martlet queue` shows, read from the state directory: the server need not run.
package struct QueueInspector: Sendable {
    /// Octets of a message that are searched for its header.
    private static let maximumHeader = 64 << 10
    private let view: QueueView

    /// - Throws: `ServerStartError` when the state directory can't be read.
    package init(configuration: ServerConfiguration) throws(ServerStartError) {
        do {
            view = try QueueView(directory: configuration.stateDirectory)
        } catch {
            throw ServerStartError(
                "the queue can't be read: \(StateAdvice.explain(error, configuration))", exitStatus: 75)
        }
    }

    /// Calls `show` for each waiting message with recipients that are meant, oldest first: with
    /// these recipients only.
    /// - Throws: `SelectionError`, `MailError`, and what `show` throws.
    package func forEachEntry(
        _ selection: QueueSelection, limit: Int, _ show: (QueueListing) throws -> Void
    ) async throws {
        let matcher = try QueueMatcher(selection)
        var pages = QueuePages(view, ids: matcher.ids)
        var left = limit
        while left > 0, let page = try await pages.next() {
            for var entry in page where left > 0 {
                entry.recipients = matcher.matches(in: entry)
                guard !entry.recipients.isEmpty else { continue }
                left -= 1
                try show(QueueListing(entry))
            }
        }
    }

    package func entry(_ id: QueueID) async throws -> QueueListing? {
        try await view.entry(id).map { QueueListing($0) }
    }

    /// The message's header section, as much of it as its first 64 KiB hold.
    package func header(of listing: QueueListing) async throws -> String {
        let entry = listing.entry
        let size = min(entry.message.size, Self.maximumHeader)
        let octets = Array(try await view.read(entry.message, 0..<size).readableBytesView)
        let section = try? HeaderSection(octets)
        let header = section.map { Array($0.bytes[..<$0.fieldsEnd]) } ?? []
        return String(decoding: header, as: UTF8.self)
    }

    /// How old the waiting mail is, by the recipients' domains or the senders'.
    /// - Parameter states: those that count; none: all but settled ones.
    package func summary(
        bySender: Bool, states: [QueueSelection.State] = [], now: Timestamp = .now
    ) async throws(MailError) -> QueueSummary {
        let counted = Set(states.isEmpty ? [.active, .deferred, .hold] : states)
        return try await view.reduce(bySender ? .sender : .recipient, into: QueueSummary()) {
            if counted.contains($1.state.listed) { $0.add($1.domain, age: now.since($1.arrival)) }
        }
    }
}
