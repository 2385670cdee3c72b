internal import IMAP
internal import MailModel
internal import NIOCore

/// GETMETADATA (RFC 5464 section 4.2), and the entries in LIST (RFC 9590).
extension IMAPSession {
    func getMetadata(_ command: GetMetadataCommand) async throws(CommandFailure) -> Completion {
        let names = try metadataNames(command.entries)
        let mailbox =
            command.mailbox.isEmpty
            ? nil : try await mailbox(named: command.mailbox, needing: .toReadMetadata)
        let values = try await metadata(of: mailbox)
        var found = Self.entries(names, depth: command.depth, in: values)
        var longest = 0
        if let limit = command.maximumSize {
            found.removeAll { entry in
                guard let value = entry.value, UInt64(value.count) > limit else { return false }
                longest = max(longest, value.count)
                return true
            }
        }
        writeMetadata(found, of: mailbox?.name ?? "")
        return .ok(
            "GETMETADATA completed", code: longest > 0 ? "METADATA LONGENTRIES \(longest)" : nil)
    }

    func writeMetadata(_ entries: [String], of mailbox: ResolvedMailbox)
        async throws(CommandFailure)
    {
        let names = try metadataNames(entries)
        let values = try await metadata(of: mailbox)
        writeMetadata(Self.entries(names, depth: .zero, in: values), of: mailbox.name)
    }

    func metadataNames(_ entries: [String]) throws(CommandFailure) -> [MetadataName] {
        var names: [MetadataName] = []
        for entry in entries {
            guard let name = MetadataName(entry) else { throw .bad("Not the name of an entry") }
            names.append(name)
        }
        return names
    }

    /// Each once. What was asked for by its own name and is not there has no value.
    private static func entries(
        _ names: [MetadataName], depth: GetMetadataCommand.Depth, in values: [String: [UInt8]]
    ) -> [MetadataEntry] {
        let stored = values.keys.sorted()
        var seen: Set<String> = []
        var found: [MetadataEntry] = []
        for name in names {
            for entry in stored where name.covers(entry, depth: depth) && seen.insert(entry).inserted {
                found.append(MetadataEntry(name: entry, value: values[entry]))
            }
            if depth == .zero, !name.isRoot, seen.insert(name.text).inserted {
                found.append(MetadataEntry(name: name.text, value: nil))
            }
        }
        return found
    }

    // metadata-resp = "METADATA" SP mailbox SP "(" entry-value *(SP entry-value) ")"
    // entry-value   = entry-name SP value; value = nstring / literal8
    private func writeMetadata(_ entries: [MetadataEntry], of mailbox: String) {
        guard !entries.isEmpty else { return }
        output.writeStaticString("* METADATA ")
        output.writeIMAPMailbox(mailbox, utf8: writesUTF8)
        var separator: StaticString = " ("
        for entry in entries {
            output.writeStaticString(separator)
            separator = " "
            output.writeIMAPAString(entry.name)
            output.writeStaticString(" ")
            if let value = entry.value, value.contains(0) {
                output.writeIMAPLiteralHead(value.count, binary: true)
                output.writeBytes(value)
            } else {
                output.writeIMAPNString(entry.value)
            }
        }
        output.writeStaticString(")\r\n")
    }
}
