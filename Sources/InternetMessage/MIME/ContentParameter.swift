/// A parameter of Content-Type or Content-Disposition, as it stands: the pieces of RFC 2231 are
/// parameters of their own here (`filename*0*`).
package struct ContentParameter: Sendable, Equatable {
    package var name: [UInt8]
    /// Unquoted.
    package var value: [UInt8]
}

extension [ContentParameter] {
    /// The value of the parameter with this name, given in lower case: as it stands, or its pieces joined
    /// (RFC 2231 section 3) where they carry no charset.
    func value(of name: StaticString) -> [UInt8]? {
        if let parameter = first(where: { $0.name.withUnsafeBytes { $0.isASCIIEqual(name) } }) {
            return parameter.value
        }
        let pieces = pieces(of: name)
        guard !pieces.isEmpty else { return nil }
        guard pieces.contains(where: \.isExtended) else { return pieces.flatMap(\.value) }
        return ExtendedValue(pieces).octets
    }

    /// A text such as a file name, decoded: RFC 2231's form, or else encoded words, which many senders
    /// use here against the rules.
    package func text(of name: StaticString) -> String? {
        let pieces = pieces(of: name)
        if pieces.contains(where: \.isExtended) {
            let value = ExtendedValue(pieces)
            return value.charset.flatMap { Charset.decode(value.octets, named: $0) }
                ?? String(decoding: value.octets, as: UTF8.self)
        }
        return value(of: name).map { EncodedWord.decode($0) }
    }

    /// ```
    /// parameter-name = attribute ["*" 1*DIGIT] ["*"]
    /// ```
    /// In the order of their numbers, from 0 on as far as none is missing.
    private func pieces(of name: StaticString) -> [ParameterPiece] {
        let found = compactMap { ParameterPiece($0, of: name) }.sorted { $0.number < $1.number }
        var pieces: [ParameterPiece] = []
        for piece in found where piece.number == pieces.count { pieces.append(piece) }
        return pieces
    }
}

/// One `name*N*=value`.
private struct ParameterPiece {
    var number = 0
    var isExtended = false
    var value: [UInt8]

    init?(_ parameter: ContentParameter, of name: StaticString) {
        let length = name.utf8CodeUnitCount
        guard parameter.name.count > length, parameter.name[length] == UInt8(ascii: "*"),
            parameter.name.withUnsafeBytes({ UnsafeRawBufferPointer(rebasing: $0[..<length]).isASCIIEqual(name) })
        else { return nil }
        var rest = parameter.name[(length + 1)...]
        isExtended = rest.isEmpty || rest.last == UInt8(ascii: "*")
        if rest.last == UInt8(ascii: "*") { rest.removeLast() }
        guard rest.count <= 4, rest.allSatisfy(Octet.isDigit) else { return nil }
        number = rest.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        value = parameter.value
    }
}

/// ```
/// extended-initial-value = [charset] "'" [language] "'" extended-other-values
/// ext-octet              = "%" 2HEXDIG
/// ```
private struct ExtendedValue {
    var charset: String?
    var octets: [UInt8] = []

    init(_ pieces: [ParameterPiece]) {
        for (index, piece) in pieces.enumerated() {
            var value = piece.value[...]
            if index == 0, piece.isExtended,
                let charsetEnd = value.firstIndex(of: UInt8(ascii: "'")),
                let languageEnd = value[(charsetEnd + 1)...].firstIndex(of: UInt8(ascii: "'"))
            {
                charset = String(decoding: value[..<charsetEnd].map(Octet.lowercased), as: UTF8.self)
                value = value[(languageEnd + 1)...]
            }
            octets += piece.isExtended ? HexEscapes.decode(value, escape: UInt8(ascii: "%")) : Array(value)
        }
    }
}
