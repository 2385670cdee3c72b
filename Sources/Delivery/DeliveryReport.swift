internal import MailModel
internal import Storage

/// What a report says of one recipient (RFC 3464 section 2.3).
struct ReportedRecipient: Sendable {
    enum Action: String, Sendable { case failed, delayed, delivered, relayed, expanded }

    var number: Int
    var routed: RoutedRecipient
    var action: Action
    var error: MailError?
    /// Who has it now, when it is relayed.
    var handover: Handover?
    var lastAttempt: Timestamp
    /// Of a delayed one: when it will be given up.
    var willRetryUntil: Timestamp?

    /// The address that the report names. It is the one that the sender wrote, so that a report
    /// does not give away where a person's mail is forwarded to or who is in a group (RFC 3464
    /// section 4.2).
    var address: EmailAddress { routed.envelopeRecipient.address }

    var status: EnhancedStatusCode { error?.status ?? EnhancedStatusCode(2, 0, 0) }
}

/// A report about one message, before it is put into words.
struct DeliveryReport: Sendable {
    var id: QueueID
    var envelope: Envelope
    var arrival: Timestamp
    var recipients: [ReportedRecipient]
    var target: EmailAddress
    var returned: ReturnedContent

    func recipients(with action: ReportedRecipient.Action) -> [ReportedRecipient] {
        recipients.filter { $0.action == action }
    }

    /// RFC 6533 section 4: an address outside ASCII needs the internationalised status part.
    var isStatusGlobal: Bool {
        recipients.contains {
            $0.address.needsSMTPUTF8
                || !isASCII($0.routed.envelopeRecipient.originalRecipient?.address)
        }
    }

    private func isASCII(_ text: String?) -> Bool { text?.utf8.allSatisfy { $0 < 0x80 } ?? true }
}

/// What of the message goes back with the report.
enum ReturnedContent: Sendable {
    case full([UInt8])
    case header([UInt8])

    var bytes: [UInt8] {
        switch self {
        case .full(let bytes), .header(let bytes): bytes
        }
    }
}
