internal import MailModel

/// The grammar behind `AddressList`: one pass, always forward, no recursion.
///
/// ```
/// address-list = (address *("," address)) / obs-addr-list      ; empty members allowed
/// address      = mailbox / group
/// mailbox      = name-addr / addr-spec
/// name-addr    = [display-name] angle-addr
/// angle-addr   = [CFWS] "<" [obs-route] addr-spec ">" [CFWS]
/// group        = display-name ":" [group-list] ";" [CFWS]
/// ```
struct AddressListParser {
    /// A piece of a phrase or of a local part.
    private struct Piece {
        enum Kind { case atom, quoted, dot }
        let kind: Kind
        let range: Range<Int>
        let spaceBefore: Bool
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var list = AddressList()
    private var mailboxCount = 0
    /// What may become a display name, a local part or a group's name.
    private var pieces: [Piece] = []
    /// A mailbox that is complete and waits for its comma.
    private var complete: Mailbox?
    private var lastComment: Range<Int>?
    private var group: (name: [UInt8], mailboxes: [Mailbox])?

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func parse() -> AddressList {
        while mailboxCount < AddressList.maximumMailboxes {
            let space = skipSpace()
            guard let octet = current else { break }
            switch octet {
            case Octet.comma:
                position += 1
                finishMailbox()
            case UInt8(ascii: ";"):
                position += 1
                finishMailbox()
                finishGroup()
            case Octet.colon:
                position += 1
                beginGroup()
            case UInt8(ascii: "<"):
                position += 1
                finishComplete()
                readAngle()
            case Octet.at where !pieces.isEmpty:
                position += 1
                let domain = readDomain()
                complete = Mailbox(localPart: localPart(), domain: domain)
                pieces.removeAll(keepingCapacity: true)
            default:
                finishComplete()
                if !readPiece(spaceBefore: space) { skipInvalid() }
            }
        }
        finishMailbox()
        if group != nil {
            note(.syntax)
            finishGroup()
        }
        _ = skipSpace()
        if position < bytes.count { note(.tooManyMailboxes) }
        return list
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func note(_ problem: AddressList.Problem) {
        if list.problem == nil { list.problem = problem }
    }

    private mutating func skipInvalid() {
        note(.syntax)
        position += 1
    }

    // MARK: Members

    /// Something follows a mailbox without a comma between: it is one of its own, wrongly.
    private mutating func finishComplete() {
        guard complete != nil else { return }
        note(.syntax)
        finishMailbox()
    }

    private mutating func finishMailbox() {
        defer {
            pieces.removeAll(keepingCapacity: true)
            complete = nil
            lastComment = nil
        }
        if complete == nil, !pieces.isEmpty {
            note(.syntax)
            complete = Mailbox(localPart: phrase(), domain: nil)
        }
        guard var mailbox = complete else { return }
        if mailbox.name == nil, let lastComment { mailbox.name = unescaped(lastComment) }
        mailboxCount += 1
        if group != nil {
            group?.mailboxes.append(mailbox)
        } else {
            list.members.append(.mailbox(mailbox))
        }
    }

    private mutating func beginGroup() {
        guard group == nil, complete == nil, !pieces.isEmpty else {
            note(.syntax)
            return
        }
        group = (phrase(), [])
        pieces.removeAll(keepingCapacity: true)
        lastComment = nil
    }

    private mutating func finishGroup() {
        guard let group else {
            note(.syntax)
            return
        }
        list.members.append(.group(name: group.name, group.mailboxes))
        self.group = nil
    }

    // MARK: Parts

    /// After "<".
    private mutating func readAngle() {
        let name = pieces.isEmpty ? nil : phrase()
        pieces.removeAll(keepingCapacity: true)
        _ = skipSpace()
        var route: [UInt8]?
        if current == Octet.at || current == Octet.comma {
            let start = position
            while let octet = current, octet != Octet.colon, octet != UInt8(ascii: ">") { position += 1 }
            route = bytes[start..<position].filter { $0 > Octet.space }
            if current == Octet.colon { position += 1 }
        }
        while true {
            let space = skipSpace()
            guard readPiece(spaceBefore: space) else { break }
        }
        var mailbox = Mailbox(name: name, localPart: localPart(), domain: nil)
        mailbox.route = route
        pieces.removeAll(keepingCapacity: true)
        if current == Octet.at, !mailbox.localPart.isEmpty {
            position += 1
            mailbox.domain = readDomain()
            _ = skipSpace()
        } else {
            note(.syntax)
        }
        complete = mailbox
        if current == UInt8(ascii: ">") {
            position += 1
            return
        }
        note(.syntax)
        while let octet = current, octet != UInt8(ascii: ">"), octet != Octet.comma,
            octet != UInt8(ascii: ";")
        {
            position += 1
        }
        if current == UInt8(ascii: ">") { position += 1 }
    }

    /// `domain = dot-atom / domain-literal / obs-domain`, with its comments.
    private mutating func readDomain() -> [UInt8] {
        _ = skipSpace()
        if current == UInt8(ascii: "[") { return readDomainLiteral() }
        var domain: [UInt8] = []
        while let atom = readAtom() {
            domain.append(contentsOf: bytes[atom])
            _ = skipSpace()
            guard current == Octet.dot else { return domain }
            position += 1
            domain.append(Octet.dot)
            _ = skipSpace()
        }
        note(.syntax)
        if domain.last == Octet.dot { domain.removeLast() }
        return domain
    }

    private mutating func readDomainLiteral() -> [UInt8] {
        guard let end = bytes.index(of: UInt8(ascii: "]"), from: position) else {
            note(.syntax)
            position = bytes.count
            return []
        }
        defer { position = end + 1 }
        return bytes[position...end].filter { $0 > Octet.space }
    }

    /// Reads an atom, a quoted string or a dot; false when something else stands there.
    private mutating func readPiece(spaceBefore: Bool) -> Bool {
        guard let octet = current else { return false }
        if octet == Octet.quote {
            let range = readQuoted()
            pieces.append(Piece(kind: .quoted, range: range, spaceBefore: spaceBefore))
        } else if octet == Octet.dot {
            pieces.append(
                Piece(kind: .dot, range: position..<position + 1, spaceBefore: spaceBefore))
            position += 1
        } else if let atom = readAtom() {
            pieces.append(Piece(kind: .atom, range: atom, spaceBefore: spaceBefore))
        } else {
            return false
        }
        return true
    }

    private mutating func readAtom() -> Range<Int>? {
        let start = position
        while position < bytes.count, EmailAddress.isAtomByte(bytes[position]) { position += 1 }
        return start == position ? nil : start..<position
    }

    /// The content of a quoted string, without its quotes.
    private mutating func readQuoted() -> Range<Int> {
        let start = position + 1
        position = start
        while let octet = current {
            if octet == Octet.quote {
                position += 1
                return start..<position - 1
            }
            position += octet == Octet.backslash ? 2 : 1
        }
        note(.syntax)
        position = bytes.count
        return min(start, bytes.count)..<bytes.count
    }

    /// `[CFWS]`; true when there was any.
    private mutating func skipSpace() -> Bool {
        let start = position
        while let octet = current {
            switch octet {
            case Octet.space, Octet.tab, Octet.cr, Octet.lf: position += 1
            case UInt8(ascii: "("): skipComment()
            default: return position > start
            }
        }
        return position > start
    }

    private mutating func skipComment() {
        let start = position + 1
        var depth = 0
        while let octet = current {
            position += octet == Octet.backslash ? 2 : 1
            if octet == UInt8(ascii: "(") {
                depth += 1
                if depth > AddressList.maximumCommentDepth { note(.commentsTooDeep) }
            } else if octet == UInt8(ascii: ")") {
                depth -= 1
                if depth == 0 {
                    lastComment = start..<position - 1
                    return
                }
            }
        }
        note(.syntax)
        position = bytes.count
    }

    // MARK: Texts

    private func phrase() -> [UInt8] {
        var text: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            if index > 0, piece.spaceBefore { text.append(Octet.space) }
            append(piece, to: &text)
        }
        return text
    }

    /// `local-part = dot-atom / quoted-string / obs-local-part`. Dots at odd places are let pass:
    /// there are real addresses with them.
    private mutating func localPart() -> [UInt8] {
        var text: [UInt8] = []
        var lastIsWord = false
        for piece in pieces {
            let isWord = piece.kind != .dot
            if isWord, lastIsWord {
                note(.syntax)
                text.append(Octet.space)
            }
            append(piece, to: &text)
            lastIsWord = isWord
        }
        return text
    }

    private func append(_ piece: Piece, to text: inout [UInt8]) {
        if piece.kind == .quoted {
            text.append(contentsOf: unescaped(piece.range))
        } else {
            text.append(contentsOf: bytes[piece.range])
        }
    }

    /// Quoted pairs resolved, line ends of folds removed.
    private func unescaped(_ range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var escaped = false
        for octet in bytes[range] {
            if octet == Octet.backslash, !escaped {
                escaped = true
            } else {
                if octet != Octet.cr && octet != Octet.lf { text.append(octet) }
                escaped = false
            }
        }
        return text
    }
}
