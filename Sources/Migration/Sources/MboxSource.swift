internal import MailModel

/// mbox files: one file, or a directory of them (one a folder, subdirectories are levels). Messages
/// begin at a line "From " with a date behind an empty line; ">From " of the mboxrd form is undone. Status,
/// X-Status and X-Keywords lines are read as flags.
package final class MboxSource: MailSource {
    private static let separator = Array("From ".utf8)
    /// Octets of a line that decide whether it is one.
    private static let maximumSeparator = 512
    private static let maximumHeader = 256 * 1024

    private let path: String

    package init(path: String) throws(MigrationError) {
        let path = try Files.resolve(path)
        guard Files.isDirectory(path) || Files.isFile(path) else {
            throw MigrationError("\(path): it is neither a file nor a directory")
        }
        self.path = path
    }

    package var identity: String { "mbox:\(path)" }

    package func folders() throws(MigrationError) -> [SourceFolder] {
        guard Files.isDirectory(path) else { return [SourceFolder(name: "INBOX", location: path)] }
        var folders: [SourceFolder] = []
        try collect(path, prefix: "", &folders)
        return folders
    }

    private func collect(
        _ directory: String, prefix: String, _ folders: inout [SourceFolder]
    ) throws(MigrationError) {
        for name in try Files.names(in: directory) where !name.hasPrefix(".") {
            let location = "\(directory)/\(name)"
            let full = prefix + (name.hasSuffix(".sbd") ? String(name.dropLast(4)) : name)
            if Files.isDirectory(location) {
                try collect(location, prefix: full + "/", &folders)
            } else if Files.isFile(location), try beginsLikeMbox(location) {
                let isInbox = full.lowercased() == "inbox"
                folders.append(SourceFolder(name: isInbox ? "INBOX" : full, location: location))
            }
        }
    }

    private func beginsLikeMbox(_ file: String) throws(MigrationError) -> Bool {
        let reader = try FileReader(file, ofOneMessage: false)
        var start: [UInt8] = []
        try reader.read(0..<min(reader.size, Self.separator.count)) { start += $0 }
        return start.isEmpty || start == Self.separator
    }

    /// The messages' places: one pass over the file.
    package func messages(in folder: SourceFolder) throws(MigrationError) -> [SourceMessage] {
        let reader = try FileReader(folder.location, ofOneMessage: false)
        let size = reader.size
        var starts: [Int] = []
        var line: [UInt8] = []
        var lineStart = 0
        var offset = 0
        var previousIsEmpty = true
        try reader.read(0..<size) { part throws(MigrationError) in
            for byte in part {
                offset += 1
                if line.count < Self.maximumSeparator { line.append(byte) }
                guard byte == 0x0A else { continue }
                if previousIsEmpty, isSeparator(line) { starts.append(lineStart) }
                previousIsEmpty = line == [0x0A] || line == [0x0D, 0x0A]
                line.removeAll(keepingCapacity: true)
                lineStart = offset
            }
        }
        guard size == 0 || starts.first == 0 else {
            throw MigrationError("\(folder.location) is no mbox: it does not begin with “From ”")
        }
        var messages: [SourceMessage] = []
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : size
            messages.append(try describe(reader, start..<end))
        }
        return messages
    }

    private func isSeparator(_ line: [UInt8]) -> Bool {
        line.starts(with: Self.separator)
            && MboxDate.parse(String(decoding: line.dropLast(), as: UTF8.self)) != nil
    }

    private func describe(_ file: FileReader, _ range: Range<Int>) throws(MigrationError)
        -> SourceMessage
    {
        var head: [UInt8] = []
        try file.read(range.prefix(Self.maximumHeader)) { head += $0 }
        let lineEnd = head.firstIndex(of: 0x0A) ?? head.endIndex
        var message = SourceMessage(key: "", location: "\(range.lowerBound)-\(range.upperBound) \(file.path)")
        message.date = MboxDate.parse(String(decoding: head[..<lineEnd], as: UTF8.self))
        var messageID = ""
        for line in head[lineEnd...].split(separator: 0x0A) {
            if line.isEmpty || line.elementsEqual([0x0D]) { continue }
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { continue }
            let value = text[text.index(after: colon)...].drop { $0 == " " }
                .prefix { $0 != "\r" }
            switch text[..<colon].lowercased() {
            case "status": if value.contains("R") { message.flags.insert(.seen) }
            case "x-status":
                if value.contains("A") { message.flags.insert(.answered) }
                if value.contains("F") { message.flags.insert(.flagged) }
                if value.contains("D") { message.flags.insert(.deleted) }
                if value.contains("T") { message.flags.insert(.draft) }
            case "x-keywords": message.keywords += value.split(separator: " ").map(String.init)
            case "message-id": messageID = value.filter { $0 != "\t" }
            default: break
            }
        }
        // Offsets move when an earlier message goes; the identifier, the date and the size stay.
        message.key = "\(messageID) \(message.date?.milliseconds ?? 0) \(range.count)"
        return message
    }

    package func read(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        let place = message.location.split(separator: " ", maxSplits: 1)
        let range = place[0].split(separator: "-").compactMap { Int($0) }
        let file = try FileReader(String(place[1]))
        var filter = MboxFilter()
        var endings = LineEndings()
        try file.read(range[0]..<range[1]) { part throws(MigrationError) in
            try filter.feed(part) { kept throws(MigrationError) in try endings.convert(kept, body) }
        }
        try filter.finish { kept throws(MigrationError) in try endings.convert(kept, body) }
    }
}
