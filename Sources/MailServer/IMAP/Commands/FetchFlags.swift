internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// The keywords that the client knows of in the selected mailbox: a client takes a keyword that no
/// FLAGS response has named for an error.
struct ToldKeywords {
    fileprivate var sets: Set<UInt32> = [0]
    /// In lower case.
    fileprivate var known: Set<String> = []
    fileprivate var names: [String] = []
}

extension IMAPSession {
    /// FLAGS and PERMANENTFLAGS (RFC 9051 sections 7.2.6, 7.1), when one of these sets holds a
    /// keyword that they have not named yet, or when they are wanted anyway.
    func introduceKeywords(_ sets: some Sequence<UInt32>, always: Bool = false) {
        guard let selected else { return }
        var hasNew = always
        for set in sets where selected.toldKeywords.sets.insert(set).inserted {
            for keyword in service.mailboxes.storage.keywords.keywords(of: set)
            where selected.toldKeywords.known.insert(keyword.lowercased()).inserted {
                selected.toldKeywords.names.append(keyword)
                hasNew = true
            }
        }
        guard hasNew else { return }
        let keywords = selected.toldKeywords.names.map { " " + $0 }.joined()
        output.writeString("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft\(keywords))\r\n")
        output.writeString("* OK [PERMANENTFLAGS (")
        output.writeString(permanentFlags(selected, keywords))
        output.writeString(")] Flags permitted\r\n")
    }

    /// What the client may change (RFC 4314 section 5.1.1).
    private func permanentFlags(_ selected: SelectedMailbox, _ keywords: String) -> String {
        guard !selected.isReadOnly else { return "" }
        var flags: [String] = []
        if selected.rights.contains(.write) { flags += ["\\Answered", "\\Flagged", "\\Draft"] }
        if selected.rights.contains(.deleteMessages) { flags.append("\\Deleted") }
        if selected.rights.contains(.seen) { flags.append("\\Seen") }
        let text = flags.joined(separator: " ")
        return selected.rights.contains(.write) ? text + keywords + " \\*" : text
    }

    /// An untagged FETCH for each message (UIDFETCH under UIDONLY): with MODSEQ when CONDSTORE is
    /// on, without FLAGS when they are not to be told (STORE's .SILENT). Messages that have no
    /// sequence number in this session are passed over.
    func writeFlagUpdates(_ messages: [FlaggedMessage], withUID: Bool, flags: Bool = true)
        async throws(CommandFailure)
    {
        var items: [FetchRows.Item] = []
        let isUIDOnly = enabled.contains(.uidOnly)
        // RFC 7162 section 3.2.4: with QRESYNC they name the UID always.
        if !isUIDOnly, withUID || enabled.contains(.qresync) { items.append(.uid) }
        if flags { items.append(.flags) }
        if enabled.contains(.condstore) { items.append(.modSequence) }
        var rows = FetchRows(
            items, isUIDOnly: isUIDOnly, keywords: service.mailboxes.storage.keywords,
            recent: shownRecent)
        var rest = messages[...]
        while !rest.isEmpty {
            writePortion(rest.prefix(256), &rows)
            rest = rest.dropFirst(256)
            try await breathe()
        }
    }

    private func writePortion(_ messages: ArraySlice<FlaggedMessage>, _ rows: inout FetchRows) {
        guard let selected else { return }
        introduceKeywords(messages.lazy.map(\.flags.keywords))
        for message in messages { rows.texts.prepare(message.flags.keywords) }
        output.writeOctets(atMost: messages.count * rows.maximumLength) { octets in
            for message in messages {
                if rows.isUIDOnly {
                    rows.write(number: message.uid, message, &octets)
                } else if let number = selected.view.sequenceNumber(of: message.uid) {
                    rows.write(number: UInt32(number), message, &octets)
                }
            }
        }
    }
}
