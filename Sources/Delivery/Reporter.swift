internal import Directory
internal import InternetMessage
internal import Logging
internal import MailModel
internal import NIOCore
internal import Spool
internal import Storage

/// Writes reports and hands them in.
///
/// When `send` has returned, the report is durable; a crash before that leaves its recipients in
/// the queue as they were, so that it may be sent twice but is never lost.
struct Reporter {
    let spool: Spool
    let submission: any ReportSubmission
    let resolver: any RecipientResolving
    let configuration: ReportConfiguration
    let observer: (any DeliveryObserver)?
    let logger: Logger

    /// - Throws: when the message could not be read or the report not stored: to be tried again.
    func send(
        _ recipients: [ReportedRecipient], about entry: QueueEntry, to target: EmailAddress
    ) async throws(MailError) {
        let route: [RoutedRecipient]
        var target = target
        switch await self.route(target) {
        case .success(let found): route = found
        case .failure(let error):
            logger.warning("\(entry.id): report to <\(target)> cannot be delivered: \(error)")
            guard case .postmaster(let postmaster) = configuration.doubleBounce,
                postmaster != target, case .success(let found) = await self.route(postmaster)
            else { return }
            target = postmaster
            route = found
        }
        let report = DeliveryReport(
            id: entry.id, envelope: entry.envelope, arrival: entry.arrival, recipients: recipients,
            target: target, returned: try await content(of: entry, recipients))
        let message = ReportComposer(configuration: configuration)
            .compose(report, now: spool.clock.now)
        let id = try await submission.submit(
            message.bytes, envelope: message.envelope, recipients: route)
        observer?.reported(entry.id, as: id, to: target, recipients: recipients.count)
        logger.info(
            "\(entry.id): report \(id) to <\(target)> about \(recipients.count) recipient(s)")
    }

    /// A report has no sender and asks for no report (RFC 3461 section 5.2.1 (h), RFC 3464
    /// section 2). A directory that does not answer now will be asked again by the queue.
    private func route(_ target: EmailAddress) async -> Result<[RoutedRecipient], MailError> {
        func routed(_ address: EmailAddress, _ route: Route) -> RoutedRecipient {
            RoutedRecipient(
                address: address, route: route,
                envelopeRecipient: EnvelopeRecipient(address: target, notify: .never))
        }
        switch await resolver.resolve(target) {
        case .deliver(let targets) where targets.isEmpty: return .failure(.nobody)
        case .deliver(let targets): return .success(targets.map { routed($0.address, $0.route) })
        case .notLocal: return .success([routed(target, .remote(.foreign))])
        case .askHosts: return .success([routed(target, .unresolved)])
        case .rejected(let error) where error.isTemporary:
            return .success([routed(target, .unresolved)])
        case .rejected(let error): return .failure(error)
        }
    }

    /// The whole message when something failed, it is small enough and the sender did not ask for
    /// less; else its header (RFC 3461 section 4.3). Binary content would need BINARYMIME to come
    /// back, which a report cannot count on.
    private func content(
        of entry: QueueEntry, _ recipients: [ReportedRecipient]
    ) async throws(MailError) -> ReturnedContent {
        let size = entry.message.size
        let isWhole =
            recipients.contains { $0.action == .failed }
            && entry.envelope.returnContent != .headers && entry.envelope.body != .binaryMIME
            && size <= configuration.maximumReturnedSize
        let length = isWhole ? size : min(size, configuration.maximumReturnedSize)
        let bytes = Array(try await spool.read(entry.message, 0..<length).readableBytesView)
        if isWhole { return .full(bytes) }
        guard let header = try? HeaderSection(bytes, limits: HeaderLimits(fields: .max)) else {
            return .header([])
        }
        // A header that goes on beyond what was read loses its last field, which may be cut.
        let isCut = header.ending == .endOfBytes && length < size
        let end = isCut ? header.fields.last?.whole.lowerBound ?? 0 : header.fieldsEnd
        return .header(Array(bytes[..<end]))
    }
}
