internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// The messages of one APPEND or REPLACE while they come. What is not stored goes with the object.
final class Appending {
    /// Messages of one command; each has a draft of its own.
    private static let maximumMessages = 1000

    private let session: IMAPSession
    private let target: ResolvedMailbox
    private let replaced: (mailbox: LiveMailbox, uid: UInt32)?
    private var messages: [AppendedMessage] = []
    private var current: AppendedMessage?
    private var text = AppendText()
    private var isBinary = false
    /// Octets of all messages so far.
    private var size = 0
    /// Why the command's end has come early.
    var failure: CommandFailure?

    init(
        _ session: IMAPSession, _ target: ResolvedMailbox,
        replacing replaced: (mailbox: LiveMailbox, uid: UInt32)?
    ) {
        self.session = session
        self.target = target
        self.replaced = replaced
    }

    private var storage: any MailboxStorage { session.service.mailboxes.storage }

    /// Octets of one message (RFC 7889).
    private var limit: Int { session.service.configuration.maximumMessageSize }

    // MARK: The course of a message

    /// - Parameter size: nil with CATENATE.
    func begin(_ options: AppendOptions, size: UInt64?) async throws(CommandFailure) {
        guard messages.count < Self.maximumMessages else {
            throw .no("Too many messages at once", code: "LIMIT")
        }
        if let size {
            // RFC 3502 section 6.3.11: how a client gives up in the midst.
            guard size > 0 else { throw .no("Message is empty") }
            try await check(size)
        }
        do throws(MailError) {
            current = AppendedMessage(
                draft: try storage.makeDraft(sizeHint: size.map { Int($0) }),
                // RFC 4314 section 4: flags without the right to them are left out.
                flags: options.flags.system.intersection(target.rights.permittedFlags),
                keywords: target.rights.contains(.write) ? options.flags.keywords : [],
                internalDate: options.internalDate.map { Timestamp(milliseconds: $0) } ?? .now)
        } catch { throw session.refusal(error) }
    }

    /// A literal is announced.
    func expect(_ size: UInt64, isBinary: Bool) async throws(CommandFailure) {
        self.isBinary = isBinary
        text = AppendText()
        try await check(UInt64(current?.draft.size ?? 0) + size)
    }

    /// Header fields with 8-bit octets are taken without ENABLE UTF8=ACCEPT, too, against RFC 6855
    /// section 4: mail of decades has them, and a client that moves it here must not leave it behind.
    func take(_ octets: ByteBuffer) async throws(CommandFailure) {
        guard !isBinary else { return try await add(octets) }
        guard !octets.containsNUL else {
            throw .bad("NUL needs a literal8")
        }
        try await add(text.normalized(octets))
    }

    func take(url: String) async throws(CommandFailure) {
        guard let text = AppendURL(url, isServer: session.isOwnServer) else {
            throw .badURL(url)
        }
        try await session.readURL(text, url) { octets async throws(CommandFailure) in
            try await self.add(octets)
        }
    }

    private func add(_ octets: ByteBuffer) async throws(CommandFailure) {
        guard let draft = current?.draft else { return }
        guard draft.size + octets.readableBytes <= limit else { throw tooBig }
        do throws(MailError) { try await draft.append(octets) } catch {
            throw session.refusal(error)
        }
    }

    func end() throws(CommandFailure) {
        guard let message = current else { return }
        guard message.draft.size > 0 else { throw .no("Message is empty") }
        size += message.draft.size
        messages.append(message)
        current = nil
    }

    func store() async throws(CommandFailure) -> AppendResult {
        do throws(MailboxError) {
            return try await storage.append(
                messages, to: target.id, account: target.owner, quota: target.quota,
                replacing: replaced.map { ($0.mailbox.id, $0.mailbox.account, $0.uid) })
        } catch {
            if case .nonexistent = error { throw session.refusal(MailboxError.targetNonexistent) }
            throw session.refusal(error)
        }
    }

    // MARK: Limits

    private var tooBig: CommandFailure {
        .no("Messages may have up to \(limit) octets", code: "TOOBIG")
    }

    private func check(_ size: UInt64) async throws(CommandFailure) {
        guard size <= UInt64(limit) else { throw tooBig }
        // With REPLACE the store knows best: what goes makes room.
        guard replaced == nil, target.quota != .unlimited else { return }
        do throws(MailError) {
            let isFull = try await session.service.mailboxes.isFull(
                target.owner, quota: target.quota, size: self.size + Int(size))
            guard isFull else { return }
        } catch { throw session.refusal(error) }
        throw session.refusal(MailboxError.overQuota)
    }
}
