/// Reads the bytes of one command line in place, and never past their end.
///
/// Valid only while the bytes that it was made from are.
struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// What has not been read yet.
    var rest: UnsafeRawBufferPointer { slice(position, bytes.count) }

    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// Passes over `byte` when it stands here.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") { position += 1 }
    }

    /// Passes over `word` (upper-case ASCII) when it stands here in any case.
    mutating func skip(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for offset in 0..<count
        where bytes[position + offset].asciiUppercased != word.utf8Start[offset] { return false }
        position += count
        return true
    }

    /// The bytes from here as long as they satisfy `condition`; perhaps none.
    mutating func take(while condition: (UInt8) -> Bool) -> UnsafeRawBufferPointer {
        let start = position
        while position < bytes.count, condition(bytes[position]) { position += 1 }
        return slice(start, position)
    }

    /// The bytes from `start` to here.
    func taken(from start: Int) -> UnsafeRawBufferPointer { slice(start, position) }

    private func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}

extension UInt8 {
    var asciiUppercased: UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self & 0xdf : self
    }

    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// The value of a hexadecimal digit in either case.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the letters of `word` (upper-case ASCII), in any case.
    func equals(word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index].asciiUppercased != word.utf8Start[index] {
            return false
        }
        return true
    }

    /// The text, or nil when it is not valid UTF-8.
    var text: String? { String(validating: self, as: UTF8.self) }
}
