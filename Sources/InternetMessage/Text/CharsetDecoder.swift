#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Converts octets of a charset to UTF-8 as they come: UTF-8, ASCII and Latin-1 here, the others by
/// iconv. Octets that are no character become U+FFFD. Memory does not grow with the text.
///
/// `@unchecked`: used by one task at a time.
package final class CharsetDecoder: @unchecked Sendable {
    private enum Kind {
        case utf8, latin1
        case iconv(iconv_t)
    }

    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]
    /// A character's octets, or an escape sequence's, that may wait for the rest.
    private static let maximumPending = 16
    private static let blockOctets = 4096

    private let kind: Kind
    /// An incomplete character at the end of what came.
    private var pending: [UInt8] = []

    /// - Parameter name: in lower case; nil when the charset is unknown.
    package init?(named name: String) {
        switch Self.aliases[name] ?? name {
        case "utf-8", "utf8", "us-ascii", "ascii": kind = .utf8
        case "iso-8859-1", "latin1": kind = .latin1
        case let name:
            // A slash would pass options to iconv.
            let isName = name.utf8.allSatisfy {
                Octet.isLetter($0) || Octet.isDigit($0) || "-_.:+".utf8.contains($0)
            }
            guard isName, !name.isEmpty, let converter = iconv_open("UTF-8", name),
                converter != iconv_t(bitPattern: -1)
            else { return nil }
            kind = .iconv(converter)
        }
    }

    /// For texts of a charset that is unknown or not stated: ASCII, in which UTF-8 is let pass.
    package init() { kind = .utf8 }

    deinit {
        if case .iconv(let converter) = kind { iconv_close(converter) }
    }

    /// Names that iconv does not know, or for which mail means a larger set.
    private static let aliases: [String: String] = [
        "ansi_x3.4-1968": "us-ascii", "646": "us-ascii", "unknown-8bit": "us-ascii",
        "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8",
        "utf-8-mac": "utf-8", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8",
        "iso-8859-6-i": "iso-8859-6", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
        "gb_2312-80": "gb18030", "cn-gb": "gb18030", "ks_c_5601-1987": "cp949",
        "ks_c_5601": "cp949", "euc-kr": "cp949", "shift_jis": "cp932", "shift-jis": "cp932",
        "x-sjis": "cp932", "windows-31j": "cp932", "x-euc-jp": "euc-jp", "big5": "big5-hkscs",
        "cn-big5": "big5-hkscs", "x-mac-roman": "macintosh", "x-cp1250": "windows-1250",
        "x-cp1251": "windows-1251", "x-cp1252": "windows-1252", "cp-850": "cp850",
        "cp-1252": "windows-1252", "windows-874": "cp874",
    ]

    package func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        switch kind {
        case .latin1:
            for octet in bytes {
                if octet < 0x80 {
                    output.append(octet)
                } else {
                    output.append(0xc0 | octet >> 6)
                    output.append(0x80 | octet & 0x3f)
                }
            }
        case .utf8:
            withPending(bytes) { bytes in
                let whole = bytes.count - Self.incompleteTail(bytes)
                appendRepaired(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), to: &output)
                return whole
            }
        case .iconv(let converter):
            withPending(bytes) { convert($0, converter, into: &output) }
        }
    }

    package func finish(into output: inout [UInt8]) {
        if !pending.isEmpty { output += Self.replacement }
        pending = []
    }

    /// Gives `body` what waits and `bytes`; it answers how many octets it has used, and the rest waits.
    private func withPending(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Int) {
        guard !pending.isEmpty else {
            let used = body(bytes)
            pending.append(contentsOf: bytes[used...])
            return
        }
        pending.append(contentsOf: bytes)
        let used = pending.withUnsafeBytes(body)
        pending.removeFirst(used)
    }

    private func appendRepaired(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            output.append(contentsOf: bytes)
        } else {
            output.append(contentsOf: String(decoding: bytes, as: UTF8.self).utf8)
        }
    }

    /// Octets at the end that begin a character without ending it.
    private static func incompleteTail(_ bytes: UnsafeRawBufferPointer) -> Int {
        for length in 1...3 where length <= bytes.count {
            let octet = bytes[bytes.count - length]
            if octet & 0xc0 == 0x80 { continue }
            let needed = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1
            return needed > length ? length : 0
        }
        return 0
    }

    /// How many octets were used.
    private func convert(
        _ bytes: UnsafeRawBufferPointer, _ converter: iconv_t, into output: inout [UInt8]
    ) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var source: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
            mutating: base.assumingMemoryBound(to: CChar.self))
        var left = bytes.count
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.blockOctets) { block in
            while left > 0 {
                var target = block.baseAddress
                var room = block.count
                let status = iconv(converter, &source, &left, &target, &room)
                let code = errno
                output.append(
                    contentsOf: UnsafeRawBufferPointer(start: block.baseAddress, count: block.count - room))
                guard status == Int(-1), left > 0 else { continue }
                if code == E2BIG, room < block.count { continue }
                if code == EINVAL, left <= Self.maximumPending { return }
                output += Self.replacement
                source = source.map { $0 + 1 }
                left -= 1
            }
        }
        return bytes.count - left
    }
}
