internal import InternetMessage
internal import MailModel
internal import NIOCore
internal import SMTP
internal import Spool
internal import Storage

/// Makes what is sent of a message for a host: converted where the host can't take it as it is, and
/// signed when it is ours.
struct ContentMaker: Sendable {
    let spool: Spool
    let signer: MessageSigner?

    /// Octets that are searched for the end of the header section.
    private static let maximumHeader = 256 << 10

    func content(
        for delivery: PlannedDelivery, _ capabilities: ServerCapabilities
    ) async -> Result<OutboundContent, MailError> {
        do throws(MailError) {
            return .success(try await make(delivery.attempt, capabilities))
        } catch {
            return .failure(error)
        }
    }

    private func make(
        _ attempt: DeliveryAttempt, _ capabilities: ServerCapabilities
    ) async throws(MailError) -> OutboundContent {
        let envelope = attempt.envelope
        var content = OutboundContent(
            source: .stored(attempt.message, spool), body: envelope.body)
        if envelope.smtpUTF8 {
            content.hasInternationalHeader = try await hasInternationalHeader(attempt.message)
        }
        if !capabilities.carries(envelope.body) {
            try await convert(&content, attempt.message)
        }
        if envelope.isSubmission, let signer {
            content.prefix = try await signer.signatures(
                for: content, id: attempt.message.id, isStoredForm: content.isStoredForm)
        }
        return content
    }

    /// For a host that takes 7 bits only (RFC 6152 section 3). A label that promised less than it
    /// had to leaves the message as it is.
    private func convert(
        _ content: inout OutboundContent, _ message: MessageReference
    ) async throws(MailError) {
        var survey = ConversionSurvey(size: message.size)
        while let range = try Self.wanted(&survey) {
            let octets = try await spool.read(message, range)
            octets.withUnsafeReadableBytes { survey.receive($0) }
        }
        let plan = survey.finish()
        content.body = .sevenBit
        if !plan.isEmpty { content.source = .sevenBit(plan, message, spool) }
    }

    private static func wanted(_ survey: inout ConversionSurvey) throws(MailError) -> Range<Int>? {
        do throws(ConversionFailure) {
            return try survey.wanted(atMost: OutboundContent.partSize)
        } catch {
            throw error.error
        }
    }

    /// Whether the header itself, not only an address of the envelope, needs SMTPUTF8.
    private func hasInternationalHeader(_ message: MessageReference) async throws(MailError) -> Bool {
        let start = Array(
            try await spool.read(message, 0..<min(message.size, Self.maximumHeader))
                .readableBytesView)
        let section = try? HeaderSection(start, limits: HeaderLimits(fields: .max))
        return start[..<(section?.fieldsEnd ?? start.count)].contains { $0 >= 0x80 }
    }
}
