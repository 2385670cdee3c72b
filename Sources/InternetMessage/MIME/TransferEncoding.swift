/// A part's Content-Transfer-Encoding (RFC 2045 section 6).
package enum TransferEncoding: UInt8, Sendable {
    /// 7bit, 8bit, binary, or none stated.
    case identity
    case quotedPrintable
    case base64
    /// Anything else: RFC 3516 section 4.3 answers UNKNOWN-CTE.
    case unknown

    init(_ token: [UInt8]?) {
        guard let token else {
            self = .identity
            return
        }
        self = token.withUnsafeBytes { name in
            if name.isASCIIEqual("7bit") || name.isASCIIEqual("8bit") || name.isASCIIEqual("binary") {
                return .identity
            }
            if name.isASCIIEqual("base64") { return .base64 }
            return name.isASCIIEqual("quoted-printable") ? .quotedPrintable : .unknown
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the octets are this text, given in lower case, without regard to ASCII case.
    func isASCIIEqual(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where Octet.lowercased(self[index]) != text.utf8Start[index] {
            return false
        }
        return true
    }
}
