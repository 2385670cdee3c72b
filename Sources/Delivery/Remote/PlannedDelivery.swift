internal import DNS
internal import MailModel
internal import SMTP
internal import Storage

/// The recipients of an attempt that go one way, and what has become of them so far.
struct PlannedDelivery: Sendable {
    let plan: RoutePlan
    let attempt: DeliveryAttempt
    let recipients: [QueueRecipient]
    private var outcomes: [DeliveryOutcome?]
    private var hosts = DeliveryResult.Hosts.unknown
    /// Of the transaction under way: indices into `recipients`.
    private var current: [Int] = []

    init(plan: RoutePlan, attempt: DeliveryAttempt, recipients: [QueueRecipient]) {
        self.plan = plan
        self.attempt = attempt
        self.recipients = recipients
        outcomes = [DeliveryOutcome?](repeating: nil, count: recipients.count)
    }

    var sessionKey: SessionKey {
        SessionKey(way: plan.way, tls: plan.tls, wish: attempt.envelope.tlsWish)
    }

    var isDone: Bool { outcomes.allSatisfy { $0 != nil } }

    var result: DeliveryResult {
        DeliveryResult(
            outcomes.map { $0 ?? .deferred(.localProblem("no outcome")) }, hosts: hosts)
    }

    /// The next transaction, for those who have no outcome yet.
    mutating func transaction(_ content: OutboundContent, now: Timestamp = .now) -> ClientTransaction {
        current = outcomes.indices.filter { outcomes[$0] == nil }
        let envelope = attempt.envelope
        var transaction = ClientTransaction(
            reversePath: envelope.reversePath.forWire,
            recipients: current.map { index in
                let routed = recipients[index].routed
                return EnvelopeRecipient(
                    address: routed.address.forWire, notify: routed.envelopeRecipient.notify,
                    originalRecipient: routed.envelopeRecipient.originalRecipient)
            },
            size: content.size, body: content.body)
        transaction.hasInternationalHeader = content.hasInternationalHeader
        transaction.returnContent = envelope.returnContent
        transaction.envelopeID = envelope.envelopeID
        transaction.requiresTLS = envelope.requiresTLS
        transaction.priority = envelope.priority == 0 ? nil : Int(envelope.priority)
        transaction.deliverBy = envelope.deliverBy.map { by in
            ClientTransaction.DeliverBy(
                seconds: Int((by.deadline.milliseconds - now.milliseconds) / 1000),
                mode: by.mode == .return ? .return : .notify, isTraced: by.isTraced)
        }
        return transaction
    }

    /// Why the message must not be given to a host of these capabilities; nil when it may be.
    ///
    /// Mail that must arrive by a time or come back may only go to those who promise the same
    /// (RFC 2852 section 4.1.4.1).
    func objection(to capabilities: ServerCapabilities, now: Timestamp = .now) -> MailError? {
        guard let by = attempt.envelope.deliverBy, by.mode == .return else { return nil }
        if by.deadline <= now { return .tooLate }
        guard let least = capabilities.deliverBy else { return .cannotPromise }
        return by.deadline < now + .seconds(least) ? .tooLate : nil
    }

    mutating func take(_ result: TransactionResult, over session: OutboundSession) {
        hosts = session.isRecovered ? .recover : .answer
        session.isRecovered = false
        for (index, outcome) in zip(current, result.outcomes) {
            switch outcome {
            case .accepted(let reply):
                outcomes[index] = .relayed(
                    Handover(
                        host: session.host.name, address: session.address.description,
                        tls: session.tlsDescription, reply: "\(reply)",
                        reportsSuccess: result.peerReportsSuccess))
            case .notTried: break
            case .broken where session.isGivenUp:
                outcomes[index] = .deferred(.givenUp(session.host))
                hosts = .unknown
            case .refused, .impossible, .broken:
                guard let error = outcome.error(with: session.host.name) else { continue }
                outcomes[index] = error.isTemporary ? .deferred(error) : .failed(error)
                if case .broken = outcome { hosts = .fail }
            }
        }
        current = []
    }

    /// The host ended the session before it was told of the message.
    mutating func fail(_ failure: SMTPClientFailure, over session: OutboundSession) {
        guard !session.isGivenUp else { return fail(.givenUp(session.host)) }
        fail(failure.error(with: session.host.name))
        hosts = .fail
    }

    /// The rest can't be sent as the message is.
    mutating func fail(_ error: MailError) {
        for index in outcomes.indices where outcomes[index] == nil {
            outcomes[index] = error.isTemporary ? .deferred(error) : .failed(error)
        }
    }

    /// No session came about.
    func result(failing error: MailError, isOfHosts: Bool) -> DeliveryResult {
        var result = self
        for index in outcomes.indices where outcomes[index] == nil {
            result.outcomes[index] =
                if !error.isTemporary {
                    .failed(error)
                } else if isOfHosts, let holdTime = plan.holdTime {
                    .waiting(error, atMost: holdTime)
                } else {
                    .deferred(error)
                }
        }
        if isOfHosts { result.hosts = .fail }
        return result.result
    }
}

extension EmailAddress {
    /// With the domain in A-labels, so that SMTPUTF8 is only needed for the local part (RFC 6531
    /// section 3.2).
    var forWire: EmailAddress {
        guard domain.utf8.contains(where: { $0 >= 0x80 }), let ascii = DomainName.ascii(domain)
        else { return self }
        return EmailAddress(localPart: localPart, domain: ascii)
    }
}

extension ReversePath {
    fileprivate var forWire: ReversePath {
        if case .address(let address) = self { .address(address.forWire) } else { self }
    }
}

extension MailError {
    /// RFC 3463 X.4.1: no answer from host. Our own patience was at its end.
    static func givenUp(_ host: MailHost) -> MailError {
        MailError(
            451, .init(4, 4, 1), "\(host.name) does not answer",
            cause: "given up: too many hosts do not answer, or the server stops")
    }

    /// RFC 3463 X.4.7: delivery time expired.
    fileprivate static let tooLate = MailError(
        550, .init(5, 4, 7), "The message could not be delivered by the time that was asked for")

    /// RFC 3463 X.3.3: system not capable of selected features.
    fileprivate static let cannotPromise = MailError(
        550, .init(5, 3, 3), "The receiving host does not promise to deliver by a time")
}

extension TransactionResult {
    /// The session was over before the host had the message: the connection was gone, or the host
    /// has had enough of it (421 to MAIL).
    var isUntouched: Bool {
        outcomes.allSatisfy {
            switch $0 {
            case .broken(_, mayBeDelivered: false), .impossible: true
            // A host that ends the session between two messages may do so while the next one, whole
            // behind its MAIL, is on its way. If it had taken it, it would have answered MAIL; and
            // the message is sent again in any case.
            case .broken(.lost(.reset, _), _), .broken(.lost(.mail, _), _): true
            case .refused(let reply, .reset), .refused(let reply, .mail): reply.endsConnection
            default: false
            }
        }
    }
}
