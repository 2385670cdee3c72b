/// `DecompositionData`, read once.
struct Decompositions: Sendable {
    static let shared = Decompositions()

    private var characters: [UInt32] = []
    /// Where the parts of each character begin.
    private var starts: [Int] = []
    private var parts: [UInt32] = []

    private init() {
        var character: UInt32 = 0
        for entry in DecompositionData.text.utf8.split(whereSeparator: { $0 <= Octet.space }) {
            guard let equal = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            character += Self.number(entry[..<equal])
            characters.append(character)
            starts.append(parts.count)
            for part in entry[entry.index(after: equal)...].split(separator: Octet.dot) {
                parts.append(Self.number(part))
            }
        }
        starts.append(parts.count)
    }

    subscript(character: UInt32) -> ArraySlice<UInt32>? {
        var low = 0
        var high = characters.count
        while low < high {
            let middle = (low + high) / 2
            if characters[middle] < character { low = middle + 1 } else { high = middle }
        }
        guard low < characters.count, characters[low] == character else { return nil }
        return parts[starts[low]..<starts[low + 1]]
    }

    private static func number(_ digits: Substring.UTF8View) -> UInt32 {
        digits.reduce(0) { $0 * 36 + UInt32($1 <= 0x39 ? $1 - 0x30 : $1 - 0x57) }
    }
}
