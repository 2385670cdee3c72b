/// A word of the protocol, without regard to ASCII case, in a form that is quick to look up.
struct Keyword: Hashable, Sendable {
    static let maximumLength = 24

    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0

    /// Nil when it is longer than any word of the protocol.
    init?(_ octets: some Collection<UInt8>) {
        guard octets.count <= Self.maximumLength else { return nil }
        var index = 0
        for octet in octets {
            let bits = UInt64(octet.asciiUppercased) << UInt64((index & 7) * 8)
            switch index >> 3 {
            case 0: first |= bits
            case 1: second |= bits
            default: third |= bits
            }
            index += 1
        }
    }

    /// The values of an enumeration by the words that they stand for.
    static func table<Value: CaseIterable & RawRepresentable<String>>(
        of type: Value.Type
    ) -> [Keyword: Value] {
        Dictionary(
            uniqueKeysWithValues: Value.allCases.map { (Keyword($0.rawValue.utf8)!, $0) })
    }

    static func table<Value>(_ values: KeyValuePairs<StaticString, Value>) -> [Keyword: Value] {
        Dictionary(
            uniqueKeysWithValues: values.map { word, value in
                (word.withUTF8Buffer { Keyword($0)! }, value)
            })
    }
}
