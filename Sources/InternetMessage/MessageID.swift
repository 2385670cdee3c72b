package import MailModel

/// Makes Message-ID values (RFC 5322 section 3.6.4).
package enum MessageID {
    /// `<time.random@host>`, unique by the millisecond and 64 random bits.
    /// - Parameter host: a domain from the configuration.
    package static func generate(host: String, now: Timestamp = .now) -> String {
        let random = UInt64.random(in: .min ... .max)
        let time = UInt64(bitPattern: now.milliseconds)
        return "<\(String(time, radix: 36)).\(String(random, radix: 36))@\(host)>"
    }
}
