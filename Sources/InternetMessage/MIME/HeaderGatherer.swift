/// Header fields that the structure of a message depends on, or that are shown with it.
enum StructureField: UInt8, Sendable {
    case type, encoding, id, description, md5, disposition, language, location, mimeVersion
    case date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageID, references

    var isEnvelope: Bool { rawValue >= Self.date.rawValue }

    init?(_ name: UnsafeRawBufferPointer) {
        func matched(_ field: StructureField, _ text: StaticString) -> StructureField? {
            name.isASCIIEqual(text) ? field : nil
        }
        let found: StructureField? =
            switch name.count {
            case 2: matched(.to, "to") ?? matched(.cc, "cc")
            case 3: matched(.bcc, "bcc")
            case 4: matched(.from, "from") ?? matched(.date, "date")
            case 6: matched(.sender, "sender")
            case 7: matched(.subject, "subject")
            case 8: matched(.replyTo, "reply-to")
            case 10:
                matched(.messageID, "message-id") ?? matched(.id, "content-id")
                    ?? matched(.references, "references")
            case 11: matched(.inReplyTo, "in-reply-to") ?? matched(.md5, "content-md5")
            case 12: matched(.type, "content-type") ?? matched(.mimeVersion, "mime-version")
            case 16:
                matched(.language, "content-language") ?? matched(.location, "content-location")
            case 19:
                matched(.disposition, "content-disposition")
                    ?? matched(.description, "content-description")
            case 25: matched(.encoding, "content-transfer-encoding")
            default: nil
            }
        guard let found else { return nil }
        self = found
    }
}

/// Keeps the values of the structure's fields while a header goes by, line by line.
struct HeaderGatherer: Sendable {
    private struct Kept {
        let field: StructureField
        var value: Range<Int>
    }

    private let limits: MIMELimits
    private var wantsEnvelope: Bool
    private var kept: [Kept] = []
    /// The kept values, one after the other, folds with a bare LF.
    private var values: [UInt8] = []
    /// Octets kept for the parts before.
    private var keptBefore = 0
    private var isContinuing = false
    private var hasLine = false
    private var hasType = false
    private var hasVersion = false

    init(limits: MIMELimits, wantsEnvelope: Bool) {
        self.limits = limits
        self.wantsEnvelope = wantsEnvelope
    }

    mutating func begin(wantsEnvelope: Bool) {
        self.wantsEnvelope = wantsEnvelope
        keptBefore += values.count
        kept.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        isContinuing = false
        hasLine = false
        hasType = false
        hasVersion = false
    }

    /// A line of the header, without its line end.
    mutating func take(_ line: UnsafeRawBufferPointer) {
        defer { hasLine = true }
        if hasLine, let first = line.first, Octet.isWhitespace(first) {
            guard isContinuing else { return }
            values.append(Octet.lf)
            append(line)
            return
        }
        isContinuing = false
        guard let colon = line.index(of: Octet.colon, from: 0) else { return }
        var nameEnd = colon
        while nameEnd > 0, Octet.isWhitespace(line[nameEnd - 1]) { nameEnd -= 1 }
        guard let field = StructureField(UnsafeRawBufferPointer(rebasing: line[..<nameEnd])) else {
            return
        }
        switch field {
        case .mimeVersion:
            hasVersion = true
            return
        case .type: hasType = true
        default: break
        }
        guard wantsEnvelope || !field.isEnvelope else { return }
        var start = colon + 1
        while start < line.count, Octet.isWhitespace(line[start]) { start += 1 }
        kept.append(Kept(field: field, value: values.count..<values.count))
        isContinuing = true
        append(UnsafeRawBufferPointer(rebasing: line[start...]))
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let start = kept[kept.count - 1].value.lowerBound
        let room = min(
            limits.fieldOctets - (values.count - start), limits.keptOctets - keptBefore - values.count)
        values.append(contentsOf: bytes.prefix(max(room, 0)))
        kept[kept.count - 1].value = start..<values.count
    }

    /// Writes what the fields say into the part.
    func finish(_ part: inout MIMEPart, isInMultipart: Bool) {
        if isInMultipart || hasType || hasVersion {
            for entry in kept where !entry.field.isEnvelope {
                part.content.set(entry.field, values[entry.value], limits)
            }
        }
        guard wantsEnvelope else { return }
        var envelope = EnvelopeFields()
        for entry in kept where entry.field.isEnvelope { envelope.set(entry.field, values[entry.value]) }
        part.envelope = envelope
    }
}

extension ContentFields {
    /// The first field of each name counts.
    fileprivate mutating func set(
        _ field: StructureField, _ value: ArraySlice<UInt8>, _ limits: MIMELimits
    ) {
        var reader = ContentReader(value)
        switch field {
        case .type:
            guard !hasReadType else { return }
            hasReadType = true
            guard let (type, subtype) = reader.mediaType() else { return }
            hasType = true
            self.type = type
            self.subtype = subtype
            parameters = reader.parameters(limit: limits.parameters)
        case .encoding: if encoding == nil { encoding = reader.onlyToken() }
        case .id: if id == nil { id = Array(value) }
        case .description: if description == nil { description = Array(value) }
        case .md5: if md5 == nil { md5 = Array(value) }
        case .disposition:
            guard disposition == nil, let token = reader.token() else { return }
            disposition = token
            dispositionParameters = reader.parameters(limit: limits.parameters)
        case .language: if languages.isEmpty { languages = reader.languages(limit: limits.parameters) }
        case .location: if location == nil { location = Array(value) }
        default: break
        }
    }
}

extension EnvelopeFields {
    /// Of texts the last field counts; addresses of several fields are joined, so that nobody can hide
    /// a From behind another.
    fileprivate mutating func set(_ field: StructureField, _ value: ArraySlice<UInt8>) {
        switch field {
        case .date: date = Array(value)
        case .subject: subject = Array(value)
        case .from: from.join(value)
        case .sender: sender.join(value)
        case .replyTo: replyTo.join(value)
        case .to: to.join(value)
        case .cc: cc.join(value)
        case .bcc: bcc.join(value)
        case .inReplyTo: inReplyTo = Array(value)
        case .messageID: messageID = Array(value)
        case .references: references = Array(value)
        default: break
        }
    }
}

extension AddressList? {
    fileprivate mutating func join(_ value: ArraySlice<UInt8>) {
        let list = AddressList(value)
        if self == nil {
            self = list
        } else if let count = self?.members.count, count < AddressList.maximumMailboxes {
            self?.members += list.members.prefix(AddressList.maximumMailboxes - count)
        }
    }
}
