package import MailModel

/// What the peer offered in its reply to EHLO (RFC 5321 section 4.1.1.1). Nothing after HELO.
package struct ServerCapabilities: Sendable, Equatable {
    /// SIZE's limit in octets (RFC 1870); 0 when it has none. Nil: SIZE is not offered.
    package var size: Int?
    package var pipelining = false
    package var eightBitMIME = false
    package var binaryMIME = false
    package var chunking = false
    package var smtpUTF8 = false
    package var dsn = false
    package var enhancedStatusCodes = false
    package var startTLS = false
    package var requireTLS = false
    /// FUTURERELEASE (RFC 4865).
    package var futureRelease = false
    /// MT-PRIORITY (RFC 6710).
    package var priority = false
    /// DELIVERBY's least number of seconds (RFC 2852), 0 when it has none. Nil: not offered.
    package var deliverBy: Int?
    /// AUTH's mechanisms in upper case, in the peer's order.
    package var mechanisms: [String] = []
    /// LIMITS (RFC 9422): recipients of a transaction, and transactions of a connection.
    package var recipientLimit: Int?
    package var transactionLimit: Int?

    package init() {}

    /// - Parameter reply: to EHLO; its first line is the peer's name.
    package init(_ reply: ServerReply) {
        for line in reply.lines.dropFirst() {
            let words = line.split(separator: " ")
            guard let keyword = words.first else { continue }
            take(keyword.uppercased(), words.dropFirst())
        }
    }

    /// Whether a message of this kind can be given to the peer as it is.
    package func carries(_ body: BodyType) -> Bool {
        switch body {
        case .sevenBit: true
        case .eightBitMIME: eightBitMIME
        case .binaryMIME: binaryMIME && chunking
        }
    }

    private mutating func take(_ keyword: String, _ parameters: ArraySlice<Substring>) {
        switch keyword {
        case "SIZE": size = Self.number(parameters.first) ?? 0
        case "PIPELINING": pipelining = true
        case "8BITMIME": eightBitMIME = true
        case "BINARYMIME": binaryMIME = true
        case "CHUNKING": chunking = true
        case "SMTPUTF8": smtpUTF8 = true
        case "DSN": dsn = true
        case "ENHANCEDSTATUSCODES": enhancedStatusCodes = true
        case "STARTTLS": startTLS = true
        case "REQUIRETLS": requireTLS = true
        case "FUTURERELEASE": futureRelease = true
        case "MT-PRIORITY": priority = true
        case "DELIVERBY": deliverBy = Self.number(parameters.first) ?? 0
        case "AUTH": add(parameters.map { $0.uppercased() })
        case "LIMITS": takeLimits(parameters)
        // The form of servers before RFC 2554.
        case _ where keyword.hasPrefix("AUTH="):
            add([String(keyword.dropFirst(5))] + parameters.map { $0.uppercased() })
        default: break
        }
    }

    private mutating func add(_ names: [String]) {
        for name in names where !name.isEmpty && !mechanisms.contains(name) && mechanisms.count < 100 {
            mechanisms.append(name)
        }
    }

    private mutating func takeLimits(_ parameters: ArraySlice<Substring>) {
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let value = Self.number(parts[1]), value > 0 else { continue }
            switch parts[0].uppercased() {
            case "RCPTMAX": recipientLimit = value
            case "MAILMAX": transactionLimit = value
            default: break
            }
        }
    }

    private static func number(_ text: Substring?) -> Int? {
        guard let text, text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int(text)
    }
}
