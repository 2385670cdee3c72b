#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Conversion of texts to Unicode: UTF-8, ASCII and Latin-1 here, the others by iconv.
package enum Charset {
    /// - Parameter name: in lower case.
    /// - Returns: nil when the charset is unknown. Bytes that are no character of it become U+FFFD.
    package static func decode(_ bytes: [UInt8], named name: String) -> String? {
        switch name {
        case "utf-8", "utf8", "us-ascii", "ascii":
            return String(decoding: bytes, as: UTF8.self)
        case "iso-8859-1", "latin1":
            return String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
        default:
            return convert(bytes, from: name)
        }
    }

    private static func convert(_ bytes: [UInt8], from name: String) -> String? {
        // A slash would pass options to iconv.
        let isName = name.utf8.allSatisfy {
            Octet.isLetter($0) || Octet.isDigit($0) || "-_.:".utf8.contains($0)
        }
        guard isName, !name.isEmpty, let converter = iconv_open("UTF-8", name),
            converter != iconv_t(bitPattern: -1)
        else { return nil }
        defer { iconv_close(converter) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: bytes.count * 4 + 16)
        var result: [UInt8] = []
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var source = input.baseAddress
                var left = input.count
                while left > 0 {
                    var target = output.baseAddress
                    var room = output.count
                    let status = iconv(converter, &source, &left, &target, &room)
                    result += output.prefix(output.count - room).map { UInt8(bitPattern: $0) }
                    guard status == Int(-1), left > 0 else { continue }
                    if errno == E2BIG, room < output.count { continue }
                    result += [0xef, 0xbf, 0xbd]
                    source = source.map { $0 + 1 }
                    left -= 1
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
