#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A message's text as it is searched: decoded, in the form of i;unicode-casemap (RFC 5051), UTF-8
/// without control characters other than line ends.
struct SearchableText: Sendable {
    /// The values of these fields; several fields of one name are separate lines.
    var from: [UInt8] = []
    var to: [UInt8] = []
    var cc: [UInt8] = []
    var bcc: [UInt8] = []
    var subject: [UInt8] = []
    /// All fields, each "\nNAME: value". No value holds a line end.
    var headers: [UInt8] = []
    var body: [UInt8] = []
    /// False when limits have cut something off: what is not found here may still be in the message.
    var isComplete = true

    var octets: Int {
        from.count + to.count + cc.count + bcc.count + subject.count + headers.count + body.count
    }

    func matches(_ condition: TextCondition) -> Bool {
        let needle = condition.needle
        switch condition.field {
        case .from: return from.contains(octets: needle)
        case .to: return to.contains(octets: needle)
        case .cc: return cc.contains(octets: needle)
        case .bcc: return bcc.contains(octets: needle)
        case .subject: return subject.contains(octets: needle)
        case .body: return body.contains(octets: needle)
        case .text: return headers.contains(octets: needle) || body.contains(octets: needle)
        case .header(let name): return Self.hasField(name, with: needle, in: headers)
        }
    }

    /// Whether a field of this name holds the needle.
    /// - Parameter headers: in the form of `headers`.
    static func hasField(_ name: [UInt8], with needle: [UInt8], in headers: [UInt8]) -> Bool {
        let start = [UInt8(ascii: "\n")] + name + [UInt8(ascii: ":")]
        return headers.withUnsafeBytes { headers in
            var position = 0
            while let found = headers.firstRange(of: start, from: position) {
                let value = found + start.count
                let end = headers.index(of: UInt8(ascii: "\n"), from: value) ?? headers.count
                let field = UnsafeRawBufferPointer(rebasing: headers[value..<end])
                if needle.isEmpty || field.firstRange(of: needle, from: 0) != nil { return true }
                position = end
            }
            return false
        }
    }
}

extension Array where Element == UInt8 {
    func contains(octets needle: [UInt8]) -> Bool {
        withUnsafeBytes { $0.firstRange(of: needle, from: 0) != nil }
    }
}

extension UnsafeRawBufferPointer {
    /// Where `needle` begins, at or after `start`. Linear whatever the two are (Knuth, Morris, Pratt);
    /// memchr skips what can't be a beginning.
    func firstRange(of needle: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first else { return start }
        var fallback: [Int] = []
        var position = start
        var matched = 0
        while position < count {
            if matched == 0 {
                guard let found = index(of: first, from: position) else { return nil }
                position = found + 1
                matched = 1
            } else if self[position] == needle[matched] {
                position += 1
                matched += 1
            } else {
                if fallback.isEmpty { fallback = Self.fallback(of: needle) }
                matched = fallback[matched - 1]
                continue
            }
            if matched == needle.count { return position - matched }
        }
        return nil
    }

    /// For each prefix, the length of the longest shorter prefix that ends it.
    private static func fallback(of needle: [UInt8]) -> [Int] {
        var fallback = Array(repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[index] != needle[matched] { matched = fallback[matched - 1] }
            if needle[index] == needle[matched] { matched += 1 }
            fallback[index] = matched
        }
        return fallback
    }

    func index(of octet: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress,
            let found = memchr(base + start, Int32(octet), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
