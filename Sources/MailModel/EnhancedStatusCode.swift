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
        // Three numbers of at most 65,535.
        var numbers: (UInt16, UInt16, UInt16) = (0, 0, 0)
        var part = 0
        var isEmpty = true
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                guard !isEmpty, part < 2 else { return nil }
                part += 1
                isEmpty = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = UInt16(byte - UInt8(ascii: "0"))
            switch part {
            case 0: guard Self.append(digit, to: &numbers.0) else { return nil }
            case 1: guard Self.append(digit, to: &numbers.1) else { return nil }
            default: guard Self.append(digit, to: &numbers.2) else { return nil }
            }
            isEmpty = false
        }
        guard part == 2, !isEmpty, numbers.0 == 2 || numbers.0 == 4 || numbers.0 == 5
        else { return nil }
        self.init(UInt8(numbers.0), numbers.1, numbers.2)
    }

    /// False when the number gets too large.
    private static func append(_ digit: UInt16, to number: inout UInt16) -> Bool {
        let (tens, isLarge) = number.multipliedReportingOverflow(by: 10)
        let (sum, isTooLarge) = tens.addingReportingOverflow(digit)
        number = sum
        return !isLarge && !isTooLarge
    }

    package var description: String { "\(statusClass).\(subject).\(detail)" }
}
