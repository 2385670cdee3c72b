internal import class Foundation.JSONEncoder

/// A report as it would be sent: the JSON of RFC 8460 section 4.4, keys in order.
struct TLSReport: Encodable {
    private struct DateRange: Encodable {
        let start: String
        let end: String

        enum CodingKeys: String, CodingKey {
            case start = "start-datetime"
            case end = "end-datetime"
        }
    }

    private struct Item: Encodable {
        let policy: Policy
        let summary: Summary
        let failures: [Failure]?

        enum CodingKeys: String, CodingKey {
            case policy
            case summary
            case failures = "failure-details"
        }
    }

    private struct Policy: Encodable {
        let kind: String
        let strings: [String]?
        let domain: String
        let hosts: [String]?

        enum CodingKeys: String, CodingKey {
            case kind = "policy-type"
            case strings = "policy-string"
            case domain = "policy-domain"
            case hosts = "mx-host"
        }
    }

    private struct Summary: Encodable {
        let successful: Int
        let failed: Int

        enum CodingKeys: String, CodingKey {
            case successful = "total-successful-session-count"
            case failed = "total-failure-session-count"
        }
    }

    private struct Failure: Encodable {
        let resultType: String
        let sendingAddress: String?
        let receivingHost: String?
        let receivingAddress: String?
        let sessions: Int
        let reason: String?

        enum CodingKeys: String, CodingKey {
            case resultType = "result-type"
            case sendingAddress = "sending-mta-ip"
            case receivingHost = "receiving-mx-hostname"
            case receivingAddress = "receiving-ip"
            case sessions = "failed-session-count"
            case reason = "failure-reason-code"
        }
    }

    private let organization: String
    private let range: DateRange
    private let contact: String
    private let id: String
    private let items: [Item]

    enum CodingKeys: String, CodingKey {
        case organization = "organization-name"
        case range = "date-range"
        case contact = "contact-info"
        case id = "report-id"
        case items = "policies"
    }

    init(
        organization: String, contact: String, host: String, day: UTCDay, domain: String,
        tallies: [TLSReportPolicy: TLSTally]
    ) {
        self.organization = organization
        self.contact = contact
        range = DateRange(start: "\(day)T00:00:00Z", end: "\(day)T23:59:59Z")
        id = "\(day).\(domain)@\(host)"
        items = tallies.sorted { Self.order($0.key) < Self.order($1.key) }.map(Self.item)
    }

    func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    private static func order(_ policy: TLSReportPolicy) -> String {
        ([policy.kind.rawValue] + policy.strings).joined(separator: "\n")
    }

    private static func item(_ policy: TLSReportPolicy, _ tally: TLSTally) -> Item {
        let failures = tally.failures.map { failure, sessions in
            Failure(
                resultType: failure.resultType.rawValue, sendingAddress: failure.sendingAddress,
                receivingHost: failure.receivingHost, receivingAddress: failure.receivingAddress,
                sessions: sessions, reason: failure.reason)
        }
        return Item(
            policy: Policy(
                kind: policy.kind.rawValue, strings: policy.strings.isEmpty ? nil : policy.strings,
                domain: policy.domain, hosts: policy.hosts.isEmpty ? nil : policy.hosts),
            summary: Summary(successful: tally.successful, failed: tally.failed),
            failures: failures.isEmpty
                ? nil
                : failures.sorted { ($1.sessions, $0.resultType) < ($0.sessions, $1.resultType) })
    }
}
