/// An enhanced mail system status code, `class.subject.detail` (RFC 3463).
package struct EnhancedStatusCode: Hashable, Sendable, CustomStringConvertible {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    package let statusClass: UInt8
    package let subject: UInt16
    package let detail: UInt16

    package init(_ statusClass: UInt8, _ subject: UInt16, _ detail: UInt16) {
        self.statusClass = statusClass
        self.subject = subject
        self.detail = detail
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let c = UInt8(parts[0]), [2, 4, 5].contains(c),
            let s = UInt16(parts[1]), let d = UInt16(parts[2])
        else { return nil }
        self.init(c, s, d)
    }

    package var description: String { "\(statusClass).\(subject).\(detail)" }
}
