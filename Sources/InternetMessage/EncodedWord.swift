import MailModel

/// Encoded words, `=?charset?encoding?text?=` (RFC 2047), for texts that come from the directory.
///
/// No control character of the text passes, so none can begin a header field of its own. Line ends
/// in a result are folds of ours, each with the space that makes it one.
package enum EncodedWord {
    /// Longest encoded word, and line with one, in octets (RFC 2047 section 2).
    private static let maximumLength = 75
    /// Plain text longer than this is encoded, for the folds (RFC 5322 section 2.1.1: 998).
    private static let maximumPlainLength = 900
    private static let prefix = "=?utf-8?"

    /// A text for an unstructured field such as Subject.
    /// - Parameter column: octets of the line before it.
    package static func text(_ text: String, column: Int = 0) -> String {
        let clean = withoutControls(text)
        return isPlain(clean) ? clean : encode(clean, column: column)
    }

    /// A display name: atoms, a quoted string or encoded words (RFC 2047 section 5 (3)).
    package static func phrase(_ name: String, column: Int = 0) -> String {
        let clean = withoutControls(name)
        guard isPlain(clean) else { return encode(clean, column: column) }
        let isPhrase = !clean.isEmpty
            && clean.utf8.split(separator: Octet.space, omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0.allSatisfy(isPhraseByte) }
        guard !isPhrase else { return clean }
        var quoted = "\""
        for scalar in clean.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    private static func withoutControls(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            clean.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
        }
        return String(clean)
    }

    private static func isPlain(_ text: String) -> Bool {
        var last: UInt8 = 0
        for octet in text.utf8 {
            // What looks like an encoded word must not be decoded as one.
            if octet >= 0x80 || last == UInt8(ascii: "=") && octet == UInt8(ascii: "?") {
                return false
            }
            last = octet
        }
        return text.utf8.count <= maximumPlainLength
    }

    private static func isPhraseByte(_ octet: UInt8) -> Bool {
        Octet.isLetter(octet) || Octet.isDigit(octet) || "!#$%&'*+-/=^_`{|}~".utf8.contains(octet)
    }

    /// Letters, digits and `!*+-/`: what the Q encoding may leave in a phrase.
    private static func isLiteral(_ octet: UInt8) -> Bool {
        Octet.isLetter(octet) || Octet.isDigit(octet) || "!*+-/".utf8.contains(octet)
    }

    private static func encode(_ text: String, column: Int) -> String {
        let quotedLength = text.utf8.reduce(0) { $0 + (isLiteral($1) || $1 == Octet.space ? 1 : 3) }
        let useQuoted = quotedLength <= text.utf8.count * 2  // nearer to readable, while not much longer
        let overhead = prefix.utf8.count + 2 + 2
        var result = ""
        var word: [UInt8] = []
        // A first word that would have no room begins with a fold.
        var room = maximumLength - column - overhead
        if room < 16 {
            result = "\r\n "
            room = maximumLength - 1 - overhead
        }
        var isFirst = true
        func flush() {
            if !isFirst { result += "\r\n " }
            isFirst = false
            result += prefix + (useQuoted ? "Q?" + quoted(word) : "B?" + Base64.encode(word)) + "?="
            word.removeAll(keepingCapacity: true)
            room = maximumLength - 1 - overhead
        }
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            let length = useQuoted
                ? quoted(word + octets).utf8.count : (word.count + octets.count + 2) / 3 * 4
            if length > room, !word.isEmpty { flush() }
            word.append(contentsOf: octets)
        }
        if !word.isEmpty { flush() }
        return result
    }

    private static func quoted(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for octet in octets {
            if octet == Octet.space {
                text.append(UInt8(ascii: "_"))
            } else if isLiteral(octet) {
                text.append(octet)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                text += [UInt8(ascii: "="), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
