/// A part of a server's response (RFC 9051 section 4).
indirect enum ResponseValue: Equatable {
    case atom(String)
    case string([UInt8])
    case list([ResponseValue])

    /// Of an atom or a string; NIL has none.
    var text: String? {
        switch self {
        case .atom(let text): text.uppercased() == "NIL" ? nil : text
        case .string(let octets): String(decoding: octets, as: UTF8.self)
        case .list: nil
        }
    }

    var items: [ResponseValue]? {
        if case .list(let items) = self { items } else { nil }
    }
}

/// One response line with its literals.
struct ServerResponse {
    /// "*", "+" or a command's tag.
    var tag: String
    /// What follows it; text behind a condition (OK, NO, BAD …) is one atom at the end.
    var values: [ResponseValue]

    /// OK, NO, BAD, BYE, PREAUTH, or the name of the data; in upper case.
    var keyword: String { values.first?.text?.uppercased() ?? "" }

    var humanText: String { values.dropFirst().compactMap(\.text).joined(separator: " ") }
}
