/// Why there is no answer that can be relied on. Always a temporary failure.
package struct DNSFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The deadline passed.
        case timeout
        /// DNSSEC validation failed.
        case bogus
        /// No server answered, or with this code (RFC 6895 section 2.3) only: 2, SERVFAIL, for most
        /// of what goes wrong.
        case serverFailure(code: Int)
        /// Too many questions wait already.
        case overload
        /// libunbound can't work: no memory, no descriptors.
        case library
        /// The task that asked was cancelled.
        case cancelled
        /// The resolver is being shut down.
        case shutDown
    }

    package let kind: Kind
    /// One line of printable ASCII: the question and what became of it.
    package let cause: String

    package init(_ kind: Kind, _ cause: String) {
        self.kind = kind
        self.cause = cause.printable
    }

    package var description: String { cause }
}

extension String {
    /// For log lines: what is not printable ASCII is replaced, and the length bounded.
    var printable: String {
        String(
            decoding: utf8.prefix(512).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") },
            as: UTF8.self)
    }
}
