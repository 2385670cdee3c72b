/// A message's size, its Message-ID, and whether it has NULs, as its octets go by.
struct MessageMeasure {
    private static let maximumHeader = 64 * 1024

    private(set) var size = 0
    private(set) var hasNUL = false
    private var head: [UInt8] = []

    mutating func add(_ part: UnsafeRawBufferPointer) {
        size += part.count
        hasNUL = hasNUL || part.contains(0)
        if head.count < Self.maximumHeader { head += part.prefix(Self.maximumHeader - head.count) }
    }

    /// With its angle brackets; nil when the header has none on one line.
    var messageID: String? {
        for line in head.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.isEmpty || line.elementsEqual([0x0D]) { return nil }
            let text = String(decoding: line, as: UTF8.self)
            guard text.lowercased().hasPrefix("message-id:") else { continue }
            let value = text.dropFirst("message-id:".utf8.count)
                .filter { $0 != " " && $0 != "\t" && $0 != "\r" }
            return value.isEmpty ? nil : value
        }
        return nil
    }
}
