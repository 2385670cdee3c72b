/// RFC 5464.
extension CommandParser {
    // getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
    /// The options are taken behind the mailbox too, where many clients put them.
    mutating func getMetadata() throws(ParseFailure) -> GetMetadataCommand {
        var command = GetMetadataCommand(mailbox: "", entries: [])
        let hasOptions = peek == UInt8(ascii: "(")
        if hasOptions {
            try metadataOptions(&command)
            try space()
        }
        command.mailbox = try mailbox()
        try space()
        if !hasOptions, isAtMetadataOptions {
            try metadataOptions(&command)
            try space()
        }
        command.entries = try metadataEntryNames()
        return command
    }

    /// Names of entries begin with a slash.
    private var isAtMetadataOptions: Bool {
        var ahead = self
        guard ahead.skip(UInt8(ascii: "(")) else { return false }
        ahead.skipSpaces()
        return ahead.peek?.isASCIILetter ?? false
    }

    // getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    // getmetadata-option  = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
    private mutating func metadataOptions(
        _ command: inout GetMetadataCommand
    ) throws(ParseFailure) {
        var size = command.maximumSize
        var depth = command.depth
        _ = try list("a list of options") { parser throws(ParseFailure) in
            if parser.skip(word: "MAXSIZE") {
                try parser.space()
                size = try parser.number64("a size")
            } else if parser.skip(word: "DEPTH") {
                try parser.space()
                depth = try parser.word(in: Self.depths, "0, 1 or infinity")
            } else {
                throw parser.expected("MAXSIZE or DEPTH")
            }
        }
        command.maximumSize = size
        command.depth = depth
    }

    private static let depths: [Keyword: GetMetadataCommand.Depth] = Keyword.table([
        "0": .zero, "1": .one, "INFINITY": .infinity,
    ])

    // entries = entry / "(" entry *(SP entry) ")"
    mutating func metadataEntryNames() throws(ParseFailure) -> [String] {
        guard peek == UInt8(ascii: "(") else { return [try metadataEntryName()] }
        return try list("a list of entries") {
            parser throws(ParseFailure) in try parser.metadataEntryName()
        }
    }

    // entry = astring            ; slash-separated path, MUST NOT contain "*" or "%"
    private mutating func metadataEntryName() throws(ParseFailure) -> String {
        let start = position
        let name = try astringText("the name of an entry, like /private/comment")
        let isValid =
            name.utf8.first == UInt8(ascii: "/") && name.utf8.last != UInt8(ascii: "/")
            && !name.contains("//")
            && name.utf8.allSatisfy {
                $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "%")
            }
        guard isValid else {
            position = start
            throw expected("the name of an entry, like /private/comment")
        }
        return name
    }

    // setmetadata  = "SETMETADATA" SP mailbox SP entry-values
    // entry-values = "(" entry-value *(SP entry-value) ")"
    // entry-value  = entry SP value
    // value        = nstring / literal8
    mutating func setMetadata() throws(ParseFailure) -> IMAPCommand {
        let name = try mailbox()
        try space()
        let entries = try list("a list of entries and values") { parser throws(ParseFailure) in
            let entry = try parser.metadataEntryName()
            try parser.space()
            let value =
                parser.peek == UInt8(ascii: "~")
                ? try parser.literal8() : try parser.nstring("a string or NIL")
            return MetadataEntry(name: entry, value: value)
        }
        return .setMetadata(mailbox: name, entries: entries)
    }
}
