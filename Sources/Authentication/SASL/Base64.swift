import CSASL

/// Base64 through libsasl2, which brings it for the protocols that carry exchanges.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        var output = [CChar](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        var length: UInt32 = 0
        let status = bytes.withUnsafeBytes { input in
            sasl_encode64(
                input.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) },
                UInt32(input.count), &output, UInt32(output.count), &length)
        }
        guard status == SASL_OK else { return "" }
        return String(decoding: output.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Nil for what is not base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let input = text.utf8.map(CChar.init(bitPattern:))
        guard !input.isEmpty, input.count.isMultiple(of: 4) else { return nil }
        var output = [CChar](repeating: 0, count: input.count + 1)
        var length: UInt32 = 0
        let status = sasl_decode64(
            input, UInt32(input.count), &output, UInt32(output.count), &length)
        return status == SASL_OK ? output.prefix(Int(length)).map(UInt8.init(bitPattern:)) : nil
    }
}
