internal import IMAP
internal import NIOCore

/// What a FETCH needs in order to answer its items, and the names under which they are answered.
struct FetchPlan {
    let items: [(item: FetchItem, name: [UInt8])]
    /// Set when the mailbox's state alone answers it.
    let rows: [FetchRows.Item]?
    /// What is computed once for a message: structure, envelope, preview.
    let needsFacts: Bool
    let needsThreads: Bool
    /// PREVIEW (LAZY) wants them only if they are there.
    let takesFactsAtHand: Bool
    /// RFC 9051 section 6.4.5: BODY[...] without PEEK sets \Seen.
    let setsSeen: Bool
    let tellsUID: Bool
    let tellsFlags: Bool
    let tellsModSequence: Bool

    init(_ items: [FetchItem], withUID: Bool) {
        var items = items
        if withUID, !items.contains(.uid) { items.insert(.uid, at: 0) }
        var rows: [FetchRows.Item] = []
        var (needsFacts, takesFactsAtHand, setsSeen) = (false, false, false)
        for item in items {
            switch item {
            case .uid: rows.append(.uid)
            case .flags: rows.append(.flags)
            case .modSequence: rows.append(.modSequence)
            case .internalDate, .size, .emailID, .threadID, .saveDate, .rfc822Header: break
            case .preview(lazy: true): takesFactsAtHand = true
            case .envelope, .body, .bodyStructure, .preview: needsFacts = true
            case .section(let section):
                needsFacts = needsFacts || !section.part.isEmpty
                setsSeen = setsSeen || !section.peek
            case .binary(_, let peek, _):
                needsFacts = true
                setsSeen = setsSeen || !peek
            case .binarySize: needsFacts = true
            case .rfc822, .rfc822Text: setsSeen = true
            }
        }
        self.items = items.map { ($0, $0.responseName) }
        self.rows = rows.count == items.count ? rows : nil
        self.needsFacts = needsFacts
        needsThreads = items.contains(.threadID)
        self.takesFactsAtHand = takesFactsAtHand
        self.setsSeen = setsSeen
        tellsUID = items.contains(.uid)
        tellsFlags = items.contains(.flags)
        tellsModSequence = items.contains(.modSequence)
    }

    /// Messages looked up at a time.
    var portion: Int { needsFacts ? 64 : 256 }
}

extension FetchItem {
    /// With the space that follows, where the name is not the whole response.
    fileprivate var responseName: [UInt8] {
        let name =
            switch self {
            case .uid: "UID"
            case .flags: "FLAGS"
            case .internalDate: "INTERNALDATE"
            case .size: "RFC822.SIZE"
            case .envelope: "ENVELOPE"
            case .body: "BODY"
            case .bodyStructure: "BODYSTRUCTURE"
            case .modSequence: "MODSEQ"
            case .emailID: "EMAILID"
            case .threadID: "THREADID"
            case .saveDate: "SAVEDATE"
            case .preview: "PREVIEW"
            case .section(let section): section.responseName
            case .binary(let part, _, let partial):
                "BINARY[\(BodySection.text(of: part))]\(partial.map { "<\($0.offset)>" } ?? "")"
            case .binarySize(let part): "BINARY.SIZE[\(BodySection.text(of: part))]"
            case .rfc822: "RFC822"
            case .rfc822Header: "RFC822.HEADER"
            case .rfc822Text: "RFC822.TEXT"
            }
        return Array((name + " ").utf8)
    }
}

extension BodySection {
    /// ```
    /// "BODY" section ["<" number ">"]
    /// section-spec = section-msgtext / (section-part ["." section-text])
    /// ```
    fileprivate var responseName: String {
        var name = "BODY[" + Self.text(of: part)
        if text != .all, !part.isEmpty { name += "." }
        switch text {
        case .all: break
        case .header: name += "HEADER"
        case .text: name += "TEXT"
        case .mime: name += "MIME"
        case .headerFields(let names): name += "HEADER.FIELDS \(Self.list(names))"
        case .headerFieldsNot(let names): name += "HEADER.FIELDS.NOT \(Self.list(names))"
        }
        return name + "]" + (partial.map { "<\($0.offset)>" } ?? "")
    }

    fileprivate static func text(of part: [Int]) -> String {
        part.map(String.init).joined(separator: ".")
    }

    /// header-list = "(" header-fld-name *(SP header-fld-name) ")", names being astrings
    private static func list(_ names: [String]) -> String {
        var text = ByteBuffer()
        for (index, name) in names.enumerated() {
            if index > 0 { text.writeStaticString(" ") }
            text.writeIMAPAString(name)
        }
        return "(" + String(buffer: text) + ")"
    }
}
