internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// One message while it is being answered. The beginning of its octets, which most items want, is
/// read once.
final class FetchedMessage {
    /// Octets read at first: whole small messages, the header of most others.
    private static let beginning = 8 * 1024

    let stored: MailboxMessage
    let facts: MessageFacts?
    /// Nil when it was not asked for, or the message can't be read.
    var threadID: String?
    /// Flags and mod-sequence as the mailbox has them now.
    var state: FlaggedMessage
    /// \Seen was set by this command.
    var isNewlySeen = false
    /// Part of the response has been sent.
    var hasBegun = false

    private let storage: any MailboxStorage
    private var start: ByteBuffer?
    private var hold: MessageHold?
    private var knownHeaderEnd: Int?

    init(_ stored: MailboxMessage, facts: MessageFacts?, storage: any MailboxStorage) {
        self.stored = stored
        self.facts = facts
        self.storage = storage
        state = FlaggedMessage(
            uid: stored.uid, flags: stored.flags, modSequence: stored.modSequence)
    }

    func update(from mailbox: LiveState) {
        guard let index = mailbox.index(of: state.uid),
            mailbox.modSequences[index] >= state.modSequence
        else { return }
        state.flags = mailbox.flags[index]
        state.modSequence = mailbox.modSequences[index]
    }

    /// Octets of the stored bytes.
    func octets(_ range: Range<Int>) async throws(MailError) -> ByteBuffer {
        guard !range.isEmpty else { return ByteBuffer() }
        if start == nil, range.upperBound <= Self.beginning {
            start = try await read(0..<min(stored.message.size, Self.beginning))
        }
        if let start, range.upperBound <= start.readableBytes,
            let slice = start.getSlice(
                at: start.readerIndex + range.lowerBound, length: range.count)
        {
            return slice
        }
        // What has begun is to be whole, though another session expunges the message meanwhile.
        if hold == nil, range.count < stored.message.size { hold = try await storage.hold(stored.message) }
        return try await read(range)
    }

    private func read(_ range: Range<Int>) async throws(MailError) -> ByteBuffer {
        let bytes = try await storage.read(stored.message, range)
        guard bytes.readableBytes == range.count else {
            throw .localProblem("message \(stored.message.id) ends before its size")
        }
        return bytes
    }

    /// Where the stored header section ends, its empty line included.
    func headerEnd() async throws(MailError) -> Int {
        if let end = facts?.section([])?.enclosed?.header.upperBound ?? knownHeaderEnd { return end }
        var finder = HeaderEndFinder(limits: HeaderLimits(octets: .max))
        var offset = 0
        while offset < stored.message.size {
            let next = min(stored.message.size, offset == 0 ? Self.beginning : offset + 64 * 1024)
            let chunk = try await octets(offset..<next)
            if let found = finder.end(in: chunk) {
                knownHeaderEnd = offset + found
                return offset + found
            }
            offset = next
        }
        knownHeaderEnd = stored.message.size
        return stored.message.size
    }
}

extension HeaderEndFinder {
    /// A finder without limit has no errors.
    fileprivate mutating func end(in chunk: ByteBuffer) -> Int? {
        chunk.withUnsafeReadableBytes { bytes in try? scan(bytes) }
    }
}

/// Why an item could not be answered.
enum FetchFailure: Error {
    case unreadable(MailError)
    /// RFC 3516 section 4.3.
    case unknownEncoding
    case connection(ConnectionError)
}
