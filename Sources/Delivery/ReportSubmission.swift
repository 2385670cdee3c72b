package import MailModel
internal import NIOCore
package import Spool
internal import Storage

/// Where a composed report is handed in.
package protocol ReportSubmission: Sendable {
    /// Returns when the report is durable.
    func submit(
        _ report: [UInt8], envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) -> QueueID
}

extension Spool: ReportSubmission {
    package func submit(
        _ report: [UInt8], envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) -> QueueID {
        let draft = try makeDraft(sizeHint: report.count)
        do {
            try await draft.append(ByteBuffer(bytes: report))
            try await accept(draft, envelope: envelope, recipients: recipients)
        } catch {
            draft.discard()
            throw error
        }
        return draft.id
    }
}
