internal import MailModel

/// Content-Type and Content-Disposition in ASCII. RFC 6858 section 2.2 lets a server leave such
/// parameters out; in the form of RFC 2231 section 4 every client can read them, and an attachment
/// keeps its name.
enum DowngradedParameters {
    private static let limits = MIMELimits()
    /// Octets of a value, encoded, in one parameter.
    private static let pieceLength = 60

    /// - Returns: nil when it can't be made ASCII.
    static func value(_ raw: ArraySlice<UInt8>) -> String? {
        var reader = ContentReader(raw)
        let type: [UInt8]
        if let media = reader.mediaType() {
            type = media.type + [UInt8(ascii: "/")] + media.subtype
        } else {
            reader = ContentReader(raw)
            guard let token = reader.token() else { return nil }
            type = token
        }
        guard isASCII(type) else { return nil }
        let parameters = reader.parameters(limit: limits.parameters)
        var text = String(decoding: type, as: UTF8.self)
        for parameter in parameters where isASCII(parameter.name) {
            let name = String(decoding: parameter.name, as: UTF8.self)
            if isASCII(parameter.value) {
                text += ";\r\n \(name)=\(quoted(parameter.value))"
            } else if !name.contains("*"), !hasExtended(name, parameters) {
                for piece in extended(name, parameter.value) { text += ";\r\n \(piece)" }
            }
        }
        return text
    }

    /// Many senders write a name in both forms.
    private static func hasExtended(_ name: String, _ parameters: [ContentParameter]) -> Bool {
        let prefix = "\(name)*".lowercased()
        return parameters.contains {
            String(decoding: $0.name, as: UTF8.self).lowercased().hasPrefix(prefix)
        }
    }

    private static func quoted(_ value: [UInt8]) -> String {
        let isToken = !value.isEmpty && value.allSatisfy {
            Octet.isLetter($0) || Octet.isDigit($0) || "!#$%&'*+-.^_`{|}~".utf8.contains($0)
        }
        var text = isToken ? "" : "\""
        for octet in value where octet >= 0x20 && octet != 0x7f || octet == Octet.tab {
            if octet == Octet.quote || octet == Octet.backslash { text += "\\" }
            text.unicodeScalars.append(UnicodeScalar(octet))
        }
        return isToken ? text : text + "\""
    }

    /// ```
    /// name*=utf-8''…   or   name*0*=utf-8''… ; name*1*=…            ; RFC 2231 sections 3 and 4
    /// ```
    private static func extended(_ name: String, _ value: [UInt8]) -> [String] {
        var pieces = [""]
        for octet in value {
            var encoded = String(UnicodeScalar(octet))
            if !(Octet.isLetter(octet) || Octet.isDigit(octet) || "-_.".utf8.contains(octet)) {
                let digits = String(octet, radix: 16, uppercase: true)
                encoded = "%\(digits.count < 2 ? "0" : "")\(digits)"
            }
            if pieces[pieces.count - 1].utf8.count + encoded.utf8.count > pieceLength { pieces.append("") }
            pieces[pieces.count - 1] += encoded
        }
        pieces[0] = "utf-8''\(pieces[0])"
        guard pieces.count > 1 else { return ["\(name)*=\(pieces[0])"] }
        return pieces.enumerated().map { "\(name)*\($0.offset)*=\($0.element)" }
    }

    private static func isASCII(_ octets: [UInt8]) -> Bool { octets.allSatisfy { $0 < 0x80 } }
}
