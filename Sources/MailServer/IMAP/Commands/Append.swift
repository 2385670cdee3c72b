internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// APPEND (RFC 9051 section 6.3.12) with MULTIAPPEND, CATENATE, literal8 and UTF8; REPLACE goes the
/// same way. All messages are stored, or none.
///
/// Whatever can be known is checked before the client is asked for a literal. Octets stream into a
/// draft; a client that goes away leaves nothing.
extension IMAPSession {
    /// Takes the reader's events of this command, up to its last one.
    func append(_ start: AppendStart, tag: String) async throws(CommandFailure) -> Completion {
        var isOver = false
        do throws(CommandFailure) {
            try await renewRights()
            let target = try await targetMailbox(named: start.mailbox)
            let replaced = try start.replacing.map { set throws(CommandFailure) in
                try replacedMessage(set, isUID: start.isUID)
            }
            let appending = Appending(self, target, replacing: replaced)
            while !isOver { isOver = try await receive(into: appending) }
            if let failure = appending.failure { throw failure }
            let result = try await appending.store()
            noteOwn(result.uids, in: target.id)
            // RFC 9051 section 6.3.12.
            await writeName(
                target.name, isOwn: target.isOwn,
                specialUses: target.isOwn ? target.status.specialUses : [],
                oldName: oldName(start.mailbox, now: target.name))
            return try await completion(of: result, in: target, replacing: replaced?.uid)
        } catch {
            if !isOver, case .refused = error { try await skipAppend() }
            throw error
        }
    }

    /// Passes over what belongs to a command that is refused.
    private func skipAppend() async throws(CommandFailure) {
        reader.refuseAppend()
        while true {
            switch try await nextReaderEvent() {
            case .appending(.abandoned), .appending(.finished), .appending(.failed): return
            case .fatal(let error): return sayBye(.refused, error.text)
            default: continue
            }
        }
    }

    /// - Returns: whether the command is at its end.
    private func receive(into appending: Appending) async throws(CommandFailure) -> Bool {
        let event: AppendEvent
        switch try await nextReaderEvent() {
        case .appending(let next): event = next
        case .sendContinuation:
            // A URL may come as a literal.
            output.writeContinuation("OK")
            return false
        case .fatal(let error):
            sayBye(.refused, error.text)
            appending.failure = .bad(error.text)
            return true
        default:
            appending.failure = .bad("Command abandoned")
            return true
        }
        switch event {
        case .message(let options, let size): try await appending.begin(options, size: size)
        case .literal(let size, let isSynchronizing, let isBinary):
            try await appending.expect(size, isBinary: isBinary)
            if isSynchronizing { output.writeContinuation("OK") }
        case .data(let octets): try await appending.take(octets)
        case .url(let url): try await appending.take(url: url)
        case .messageEnd: try appending.end()
        case .finished: return true
        case .failed(let error):
            appending.failure =
                error.kind == .tooBig ? .no(error.text, code: "TOOBIG") : .bad(error.text)
            return true
        case .abandoned:
            appending.failure = .bad("Command abandoned")
            return true
        }
        return false
    }

    private func completion(
        of result: AppendResult, in target: ResolvedMailbox, replacing replaced: UInt32?
    ) async throws(CommandFailure) -> Completion {
        // RFC 4315 section 5: nothing is told of a mailbox that the user may not select.
        let code = target.rights.contains(.read)
            ? "APPENDUID \(result.uidValidity) \(UIDSet(ascending: result.uids).imapText)" : nil
        guard let replaced else { return .ok("APPEND completed", code: code) }
        // RFC 8508 section 3.2: the new message before the old one goes.
        if let code { output.writeUntagged(.ok, code: code, "Replacement message ready") }
        try await announce(expunged: [replaced])
        return .ok("REPLACE completed", code: enabled.contains(.qresync) ? toldModSequence : nil)
    }
}
