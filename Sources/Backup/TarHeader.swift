/// A header of the ustar format (POSIX.1-1988), as every tar reads it; beyond 8 GiB with GNU's binary
/// size.
enum TarHeader {
    enum Kind { case file, folder, other }

    static let blockSize = 512

    /// - Parameters:
    ///   - name: at most 100 octets.
    ///   - isFolder: a directory, for its owner only; else a file, likewise.
    ///   - modified: seconds since 1970.
    static func make(_ name: String, size: Int64, isFolder: Bool = false, modified: Int64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        put(name, in: &block, at: 0)
        put(octal(isFolder ? 0o700 : 0o600, digits: 7), in: &block, at: 100)
        put(octal(0, digits: 7), in: &block, at: 108)
        put(octal(0, digits: 7), in: &block, at: 116)
        if size < 1 << 33 {
            put(octal(size, digits: 11), in: &block, at: 124)
        } else {
            block[124] = 0x80
            for place in 0..<8 { block[128 + place] = UInt8(truncatingIfNeeded: size >> (56 - 8 * place)) }
        }
        put(octal(max(modified, 0), digits: 11), in: &block, at: 136)
        put("        ", in: &block, at: 148)
        put(isFolder ? "5" : "0", in: &block, at: 156)
        put("ustar", in: &block, at: 257)
        put("00", in: &block, at: 263)
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(octal(sum, digits: 6) + "\0", in: &block, at: 148)
        return block
    }

    /// Nil when the block is no header, or its checksum is wrong. A name that is longer than ours may
    /// be is of another kind.
    static func read(_ block: [UInt8]) -> (name: String, size: Int64, kind: Kind)? {
        var sum = block.reduce(0) { $0 + Int64($1) }
        for octet in block[148..<156] { sum += Int64(UInt8(ascii: " ")) - Int64(octet) }
        guard text(block[257..<262]) == "ustar", number(block[148..<156]) == sum,
            let size = block[124] == 0x80
                ? block[128..<136].reduce(Int64(0), { $0 << 8 | Int64($1) }) : number(block[124..<136]),
            (0..<1 << 60).contains(size)
        else { return nil }
        let kind: Kind =
            switch block[156] {
            case _ where block[345] != 0: .other
            case UInt8(ascii: "0"): .file
            case UInt8(ascii: "5") where size == 0: .folder
            default: .other
            }
        return (text(block[0..<100]), size, kind)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        Int64(text(field).filter { $0 != " " }, radix: 8)
    }

    /// Octets behind contents of this size.
    static func padding(after size: Int64) -> Int {
        (blockSize - Int(size % Int64(blockSize))) % blockSize
    }

    private static func octal(_ number: Int64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func put(_ text: String, in block: inout [UInt8], at place: Int) {
        for (index, octet) in text.utf8.enumerated() { block[place + index] = octet }
    }
}
