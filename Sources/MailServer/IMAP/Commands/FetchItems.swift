internal import IMAP
internal import InternetMessage
internal import MailModel
internal import NIOCore
internal import Storage
internal import Transport

/// Identifiers of messages that never change (RFC 8474).
enum ObjectID {
    /// The same for all copies of a message.
    static func email(of message: QueueID) -> String { "M\(message)" }

    /// The same for all messages that name the same first message as their thread's. It follows from
    /// the message alone, so that it stays as it is, in every mailbox, whatever else comes or goes (RFC
    /// 8474 section 5.2). A reply that names nothing but the reply before it, without References,
    /// begins a thread of its own here, though THREAD can tell better.
    static func thread(of message: QueueID, _ keys: MessageKeys.Values) -> String {
        guard let first = keys.references.first ?? keys.messageID else { return "TM\(message)" }
        let digest = SHA256Digest.of(first).prefix(16)
        return "T" + digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// One message's items.
extension IMAPSession {
    private static let whole = BodySection(part: [], text: .all, peek: false)
    private static let header = BodySection(part: [], text: .header, peek: true)
    private static let text = BodySection(part: [], text: .text, peek: false)

    func writeItems(of message: FetchedMessage, _ plan: FetchPlan, _ rows: FetchRows)
        async throws(FetchFailure)
    {
        if plan.needsFacts, message.facts == nil {
            throw .unreadable(
                .localProblem("message \(message.stored.message.id): no structure"))
        }
        if plan.needsThreads, message.threadID == nil {
            // NIL would stand for a server that has no threads.
            throw .unreadable(.localProblem("message \(message.stored.message.id): no keys"))
        }
        var isFirst = true
        for (item, name) in plan.items {
            if !isFirst { output.writeStaticString(" ") }
            isFirst = false
            output.writeBytes(name)
            switch item {
            case .section(let section): try await writeSection(section, of: message)
            case .rfc822: try await writeSection(Self.whole, of: message)
            case .rfc822Header: try await writeSection(Self.header, of: message)
            case .rfc822Text: try await writeSection(Self.text, of: message)
            case .binary(let part, _, let partial):
                try await writeBinary(part, partial, of: message)
            case .binarySize(let part): try await writeBinarySize(part, of: message)
            default: writeValue(of: item, message, rows)
            }
        }
        if message.isNewlySeen { writeChange(of: message, plan, rows) }
    }

    /// RFC 9051 section 6.4.5: the flags that this command changed are told; RFC 7162 sections 3.1 and
    /// 3.2.4: with their mod-sequence, and the UID.
    private func writeChange(of message: FetchedMessage, _ plan: FetchPlan, _ rows: FetchRows) {
        if !plan.tellsFlags {
            output.writeStaticString(" FLAGS ")
            writeFlags(of: message, rows)
        }
        if enabled.contains(.condstore), !plan.tellsModSequence {
            output.writeStaticString(" MODSEQ ")
            writeValue(of: .modSequence, message, rows)
        }
        if enabled.contains(.qresync), !enabled.contains(.uidOnly), !plan.tellsUID {
            output.writeStaticString(" UID ")
            writeValue(of: .uid, message, rows)
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
        case .envelope: writeKept(message.facts?.envelope)
        case .body: writeKept(message.facts?.body)
        case .bodyStructure: writeKept(message.facts?.bodyStructure)
        case .preview(let lazy):
            // RFC 8970 section 4: without any text it is empty, NIL only when it is not at hand.
            guard message.facts != nil || !lazy else { return writeKept(nil) }
            output.writeIMAPString8(
                message.facts?.preview ?? [], utf8: !enabled.isDisjoint(with: [.utf8, .rev2]))
        case .threadID: output.writeString("(\(message.threadID ?? ""))")
        case .section, .binary, .binarySize, .rfc822, .rfc822Header, .rfc822Text: break
        }
    }

    private func writeKept(_ text: ArraySlice<UInt8>?) {
        if let text { output.writeBytes(text) } else { output.writeStaticString("NIL") }
    }

    private func writeFlags(of message: FetchedMessage, _ rows: FetchRows) {
        output.writeOctets(atMost: rows.texts.maximumLength) {
            rows.texts.write(message.state, &$0)
        }
    }
}
