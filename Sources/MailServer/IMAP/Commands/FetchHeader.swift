internal import NIOCore

/// Takes fields out of a header section by name (RFC 9051 section 6.4.5.1, HEADER.FIELDS).
struct FetchHeader {
    private let names: [[UInt8]]
    /// HEADER.FIELDS.NOT.
    private let excludes: Bool

    init(_ names: [String], excludes: Bool) {
        self.names = names.map { $0.utf8.map { $0.asciiLowercased } }
        self.excludes = excludes
    }

    /// The wanted fields, folds included, in their order and as they are, then an empty line.
    func fields(of header: ByteBuffer) -> ByteBuffer {
        var wanted = ByteBuffer()
        header.withUnsafeReadableBytes { bytes in
            var position = 0
            var isWanted = false
            var wantedStart = 0
            while position < bytes.count {
                let lineStart = position
                while position < bytes.count, bytes[position] != 0x0a { position += 1 }
                position = min(position + 1, bytes.count)
                let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart..<position])
                if line[0] == 0x0a || line[0] == 0x0d && line.count > 1 && line[1] == 0x0a {
                    position = lineStart
                    break
                }
                // A line that begins with a space belongs to the field before it.
                if line[0] == 0x20 || line[0] == 0x09, lineStart > 0 { continue }
                let nowWanted = isNamed(line) != excludes
                if nowWanted != isWanted {
                    if isWanted { wanted.writeBytes(bytes[wantedStart..<lineStart]) }
                    (isWanted, wantedStart) = (nowWanted, lineStart)
                }
            }
            if isWanted { wanted.writeBytes(bytes[wantedStart..<position]) }
        }
        wanted.writeStaticString("\r\n")
        return wanted
    }

    private func isNamed(_ line: UnsafeRawBufferPointer) -> Bool {
        names.contains { name in
            guard line.count > name.count else { return false }
            for index in name.indices where line[index].asciiLowercased != name[index] {
                return false
            }
            var end = name.count
            while end < line.count, line[end] == 0x20 || line[end] == 0x09 { end += 1 }
            return end < line.count && line[end] == UInt8(ascii: ":")
        }
    }
}

extension UInt8 {
    fileprivate var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
