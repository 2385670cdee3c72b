internal import IMAP
internal import MailModel

/// An IMAP URL that names a message or a part of one, as CATENATE uses them (RFC 4469, RFC 5092
/// section 11). URLAUTH is not offered.
///
/// ```
/// url      = ["imap://" iserver] "/" [enc-mailbox [";UIDVALIDITY=" nz-number]] ipath
/// ipath    = "/;UID=" nz-number ["/;SECTION=" enc-section] ["/;PARTIAL=" number ["." nz-number]]
/// ```
///
/// Without a mailbox it is relative to the selected one.
struct AppendURL {
    private(set) var mailbox: String?
    private(set) var uidValidity: UInt32?
    private(set) var uid: UInt32
    private(set) var section = BodySection(part: [], text: .all, peek: true)

    /// - Parameter isServer: whether `iserver` (`user@host:port`) is this server and user.
    init?(_ url: String, isServer: (Substring) -> Bool) {
        var path = url[...]
        if path.lowercased().hasPrefix("imap://") {
            path = path.dropFirst(7)
            guard let slash = path.firstIndex(of: "/"), isServer(path[..<slash]) else { return nil }
            path = path[slash...]
        }
        guard let place = path.lowercasedRange(of: ";uid=") else { return nil }
        var mailbox = path[..<place.lowerBound]
        if mailbox.last == "/" { mailbox.removeLast() }
        if mailbox.first == "/" { mailbox.removeFirst() }
        if let place = mailbox.lowercasedRange(of: ";uidvalidity=") {
            guard let number = UInt32(mailbox[place.upperBound...]), number > 0 else { return nil }
            uidValidity = number
            mailbox = mailbox[..<place.lowerBound]
        }
        if !mailbox.isEmpty {
            guard let name = mailbox.percentDecoded else { return nil }
            self.mailbox = name
        }
        let parts = path[place.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
        guard let uid = UInt32(parts[0]), uid > 0 else { return nil }
        self.uid = uid
        for part in Self.joined(parts.dropFirst()) {
            if let text = part.after(";section=") {
                guard section.text == .all, section.part.isEmpty, section.partial == nil,
                    let decoded = text.percentDecoded, let parsed = BodySection(url: decoded)
                else { return nil }
                section = parsed
            } else if let text = part.after(";partial="), section.partial == nil {
                guard let range = BodyPartial(url: text) else { return nil }
                section.partial = range
            } else {
                return nil
            }
        }
    }

    /// A section may hold "/" in header field names.
    private static func joined(_ parts: ArraySlice<Substring>) -> [String] {
        parts.reduce(into: []) { result, part in
            if part.first == ";" || result.isEmpty {
                result.append(String(part))
            } else {
                result[result.count - 1] += "/" + part
            }
        }
    }
}

extension BodyPartial {
    fileprivate init?(url text: Substring) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count <= 2, let offset = UInt64(numbers[0]) else { return nil }
        guard numbers.count == 2 else {
            self.init(offset: offset, count: .max)
            return
        }
        guard let count = UInt64(numbers[1]), count > 0 else { return nil }
        self.init(offset: offset, count: count)
    }
}

extension BodySection {
    /// ```
    /// section-spec = section-msgtext / (section-part ["." section-text])
    /// ```
    fileprivate init?(url text: String) {
        var rest = text[...]
        var part: [Int] = []
        while let first = rest.first, first.isASCII, first.isNumber {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), number > 0 else { return nil }
            part.append(number)
            rest = rest.dropFirst(digits.count)
            if rest.isEmpty { break }
            guard rest.first == "." else { return nil }
            rest = rest.dropFirst()
        }
        guard part.count <= 100 else { return nil }
        let kind: Text
        switch rest.uppercased() {
        case "" where text.last != ".": kind = .all
        case "HEADER": kind = .header
        case "TEXT": kind = .text
        case "MIME" where !part.isEmpty: kind = .mime
        default:
            if let names = rest.after("header.fields.not "), let list = Self.names(names) {
                kind = .headerFieldsNot(list)
            } else if let names = rest.after("header.fields "), let list = Self.names(names) {
                kind = .headerFields(list)
            } else {
                return nil
            }
        }
        self.init(part: part, text: kind, peek: true)
    }

    private static func names(_ text: Substring) -> [String]? {
        guard text.first == "(", text.last == ")" else { return nil }
        let names = text.dropFirst().dropLast().split(separator: " ").map(String.init)
        return names.isEmpty ? nil : names
    }
}

extension StringProtocol {
    /// What follows this prefix, given in lower case and compared without regard to case.
    fileprivate func after(_ prefix: String) -> Substring? {
        self.prefix(prefix.count).lowercased() == prefix ? Substring(dropFirst(prefix.count)) : nil
    }
}

extension Substring {
    /// - Parameter text: ASCII in lower case.
    fileprivate func lowercasedRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start] == ";", let rest = self[start...].after(text) {
                return start..<rest.startIndex
            }
            start = index(after: start)
        }
        return nil
    }

    /// Nil when it is no UTF-8, or holds NUL.
    fileprivate var percentDecoded: String? {
        var octets: [UInt8] = []
        var rest = utf8[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else {
                return nil
            }
            octets.append(high << 4 | low)
        }
        return octets.contains(0) ? nil : String(validating: octets, as: UTF8.self)
    }
}

extension String {
    fileprivate var percentDecoded: String? { self[...].percentDecoded }
}

extension UInt8 {
    fileprivate var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}
