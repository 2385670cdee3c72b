/// What the server must know of SCRAM's first message before libsasl2 sees it: who it is, so that
/// the secrets can be fetched, and which channel binding to set.
///
///     client-first-message      = gs2-header client-first-message-bare
///     gs2-header                = gs2-cbind-flag "," [ authzid ] ","
///     gs2-cbind-flag            = ("p=" cb-name) / "n" / "y"
///     authzid                   = "a=" saslname
///     client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
///     username                  = "n=" saslname
///     saslname                  = 1*(value-safe-char / "=2C" / "=3D")
///
/// (RFC 5802 section 7). The rest of the grammar is libsasl2's to check.
struct ScramClientFirst: Equatable, Sendable {
    enum BindingFlag: Equatable, Sendable {
        /// `n`: the client knows no channel binding.
        case unsupported
        /// `y`: the client does, and thinks that the server doesn't.
        case notOffered
        /// `p=`: this one is used.
        case used(String)
    }

    static let maximumLength = 2048

    let flag: BindingFlag
    let authorizationID: String?
    let login: String
    /// With its last comma: what the channel binding attribute of the next message begins with.
    let gs2Header: [UInt8]

    /// Nil when the message is not of that form.
    init?(_ message: [UInt8]) {
        let comma = UInt8(ascii: ",")
        guard message.count <= Self.maximumLength, !message.contains(0) else { return nil }
        let fields = message.split(
            separator: comma, maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let flag = Self.flag(fields[0]),
            let login = Self.saslname(fields[2], after: UInt8(ascii: "n")), !login.isEmpty
        else { return nil }
        if fields[1].isEmpty {
            authorizationID = nil
        } else {
            guard let name = Self.saslname(fields[1], after: UInt8(ascii: "a")), !name.isEmpty else { return nil }
            authorizationID = name
        }
        self.flag = flag
        self.login = login
        gs2Header = Array(message[..<fields[2].startIndex])
    }

    private static func flag(_ field: ArraySlice<UInt8>) -> BindingFlag? {
        switch field.first {
        case UInt8(ascii: "n") where field.count == 1: return .unsupported
        case UInt8(ascii: "y") where field.count == 1: return .notOffered
        case UInt8(ascii: "p"):
            let name = field.dropFirst()
            guard name.first == UInt8(ascii: "="), name.count > 1 else { return nil }
            return .used(String(decoding: name.dropFirst(), as: UTF8.self))
        default: return nil
        }
    }

    private static func saslname(_ field: ArraySlice<UInt8>, after letter: UInt8) -> String? {
        guard field.count >= 2, field[field.startIndex] == letter,
            field[field.startIndex + 1] == UInt8(ascii: "=")
        else { return nil }
        var name: [UInt8] = []
        var rest = field.dropFirst(2)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                name.append(byte)
                continue
            }
            switch (rest.popFirst(), rest.popFirst()) {
            case (UInt8(ascii: "2"), UInt8(ascii: "C")): name.append(UInt8(ascii: ","))
            case (UInt8(ascii: "3"), UInt8(ascii: "D")): name.append(UInt8(ascii: "="))
            default: return nil
            }
        }
        return String(validating: name, as: UTF8.self)
    }
}
