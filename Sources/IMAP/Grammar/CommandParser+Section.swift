/// Which part of a message (RFC 9051 section 6.4.5.1).
extension CommandParser {
    // section      = "[" [section-spec] "]"
    // section-spec = section-msgtext / (section-part ["." section-text])
    mutating func bodySection(peek isPeek: Bool) throws(ParseFailure) -> BodySection {
        try expect(UInt8(ascii: "["), "a section, like [HEADER]")
        var section = BodySection(part: [], text: .all, peek: isPeek)
        if peek?.isASCIIDigit ?? false {
            section.part = try sectionPart()
            if skip(UInt8(ascii: ".")) { section.text = try sectionText(isInPart: true) }
        } else if peek != UInt8(ascii: "]") {
            section.text = try sectionText(isInPart: false)
        }
        try expect(UInt8(ascii: "]"), "\"]\"")
        section.partial = try bodyPartial()
        return section
    }

    // section-binary = "[" [section-part] "]"
    mutating func binarySection() throws(ParseFailure) -> [Int] {
        try expect(UInt8(ascii: "["), "the number of a part, like [1.2]")
        let part = peek == UInt8(ascii: "]") ? [] : try sectionPart()
        try expect(UInt8(ascii: "]"), "\"]\"")
        return part
    }

    // section-part = nz-number *("." nz-number)
    /// Leaves a dot that no digit follows.
    private mutating func sectionPart() throws(ParseFailure) -> [Int] {
        var part: [Int] = []
        while true {
            guard part.count < limits.maximumNesting else { throw tooMuch("part too deep") }
            part.append(Int(try nonzeroNumber("the number of a part, from 1")))
            guard peek == UInt8(ascii: "."), position + 1 < bytes.count,
                bytes[position + 1].isASCIIDigit
            else { return part }
            position += 1
        }
    }

    // section-text    = section-msgtext / "MIME"
    // section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
    // header-list     = "(" header-fld-name *(SP header-fld-name) ")"
    // header-fld-name = astring
    private mutating func sectionText(
        isInPart: Bool
    ) throws(ParseFailure) -> BodySection.Text {
        let start = position
        let text = try word(in: Self.sectionTexts, "a section, like HEADER, TEXT or 1.MIME")
        switch text {
        case .mime where !isInPart:
            position = start
            throw invalid("MIME needs the number of a part before it")
        case .headerFields: return .headerFields(try headerList())
        case .headerFieldsNot: return .headerFieldsNot(try headerList())
        default: return text
        }
    }

    private mutating func headerList() throws(ParseFailure) -> [String] {
        try space()
        return try list("a list of header fields' names") { parser throws(ParseFailure) in
            let name = try parser.astring("the name of a header field", lenient: true)
            guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x3a }) else {
                throw parser.expected("the name of a header field")
            }
            return String(decoding: name, as: UTF8.self)
        }
    }

    private static let sectionTexts: [Keyword: BodySection.Text] = Keyword.table([
        "HEADER": .header, "TEXT": .text, "MIME": .mime, "HEADER.FIELDS": .headerFields([]),
        "HEADER.FIELDS.NOT": .headerFieldsNot([]),
    ])

    // partial = "<" number64 "." nz-number64 ">"
    mutating func bodyPartial() throws(ParseFailure) -> BodyPartial? {
        guard skip(UInt8(ascii: "<")) else { return nil }
        let offset = try number64("an offset, like <0.1024>")
        try expect(UInt8(ascii: "."), "\".\"")
        let start = position
        let count = try number64("a count, like <0.1024>")
        guard count > 0 else {
            position = start
            throw expected("a count from 1")
        }
        try expect(UInt8(ascii: ">"), "\">\"")
        return BodyPartial(offset: offset, count: count)
    }
}
