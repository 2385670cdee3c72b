internal import IMAP
internal import MailModel
internal import NIOCore
internal import Storage

/// Identifiers of messages that never change (RFC 8474).
enum ObjectID {
    /// The same for all copies of a message.
    static func email(of message: QueueID) -> String { "M\(message)" }
}

/// One message's items.
extension IMAPSession {
    func writeItems(of message: FetchedMessage, _ plan: FetchPlan, _ rows: FetchRows)
        async throws(FetchFailure)
    {
        var isFirst = true
        for (item, name) in plan.items {
            if !isFirst { output.writeStaticString(" ") }
            isFirst = false
            output.writeBytes(name)
            switch item {
            case .section(let section):
                try await writeSection(
                    section.part, section.text, section.partial, of: message)
            case .rfc822: try await writeSection([], .all, nil, of: message)
            case .rfc822Header: try await writeSection([], .header, nil, of: message)
            case .rfc822Text: try await writeSection([], .text, nil, of: message)
            case .binary(let part, _, let partial):
                try await writeBinary(part, partial, of: message)
            case .binarySize(let part): try await writeBinarySize(part, of: message)
            default: writeValue(of: item, message, rows)
            }
        }
        guard message.isNewlySeen, !plan.tellsFlags else { return }
        // RFC 9051 section 6.4.5: the flags that this command changed are told.
        output.writeStaticString(" FLAGS ")
        writeFlags(of: message, rows)
        if enabled.contains(.condstore), !plan.tellsModSequence {
            output.writeStaticString(" MODSEQ ")
            writeValue(of: .modSequence, message, rows)
        }
    }

    private func writeValue(of item: FetchItem, _ message: FetchedMessage, _ rows: FetchRows) {
        switch item {
        case .uid: output.writeIMAPNumber(message.state.uid)
        case .flags: writeFlags(of: message, rows)
        case .internalDate: output.writeIMAPDateTime(message.stored.internalDate)
        case .saveDate: output.writeIMAPDateTime(message.stored.savedDate)
        case .size: output.writeIMAPNumber(message.stored.size)
        case .modSequence:
            output.writeStaticString("(")
            output.writeIMAPNumber(message.state.modSequence)
            output.writeStaticString(")")
        case .emailID:
            output.writeString("(\(ObjectID.email(of: message.stored.message.id)))")
        case .envelope: output.writeBytes(message.facts?.envelope ?? Self.noFacts)
        case .body: output.writeBytes(message.facts?.body ?? Self.noFacts)
        case .bodyStructure: output.writeBytes(message.facts?.bodyStructure ?? Self.noFacts)
        case .preview:
            output.writeIMAPString8(
                message.facts?.preview ?? [], utf8: enabled.contains(.utf8) || enabled.contains(.rev2))
        case .threadID: output.writeStaticString("NIL")
        case .section, .binary, .binarySize, .rfc822, .rfc822Header, .rfc822Text: break
        }
    }

    private static var noFacts: [UInt8] { Array("NIL".utf8) }

    private func writeFlags(of message: FetchedMessage, _ rows: FetchRows) {
        output.writeOctets(atMost: rows.texts.maximumLength) {
            rows.texts.write(message.state.flags, &$0)
        }
    }
}
