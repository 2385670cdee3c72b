/// The domain of an address in an encoded envelope or recipient, read without the rest: both begin
/// with the address, the envelope with a flag before it.
enum StoredDomain {
    static func ofRecipient(in bytes: UnsafeRawBufferPointer) throws(DecodingFault) -> String {
        try ofAddress(in: bytes, at: 0)
    }

    /// Empty for the null sender.
    static func ofSender(in bytes: UnsafeRawBufferPointer) throws(DecodingFault) -> String {
        guard let flag = bytes.first else { throw DecodingFault(description: "envelope missing") }
        return flag == 0 ? "" : try ofAddress(in: bytes, at: 1)
    }

    private static func ofAddress(
        in bytes: UnsafeRawBufferPointer, at start: Int
    ) throws(DecodingFault) -> String {
        let localPart = try text(in: bytes, at: start)
        let domain = try text(in: bytes, at: localPart.upperBound)
        return String(decoding: bytes[domain], as: UTF8.self)
    }

    private static func text(
        in bytes: UnsafeRawBufferPointer, at start: Int
    ) throws(DecodingFault) -> Range<Int> {
        guard start + 4 <= bytes.count else { throw DecodingFault(description: "text missing") }
        let length = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).bigEndian
        let first = start + 4
        guard Int(length) <= bytes.count - first else {
            throw DecodingFault(description: "text cut short")
        }
        return first..<first + Int(length)
    }
}
