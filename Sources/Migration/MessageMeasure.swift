/// A message's size, and its Message-ID, as its octets go by.
struct MessageMeasure {
    private static let maximumHeader = 64 * 1024

    private(set) var size = 0
    private var head: [UInt8] = []

    mutating func add(_ part: UnsafeRawBufferPointer) {
        size += part.count
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
