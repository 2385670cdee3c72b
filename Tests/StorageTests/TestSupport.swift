import GRDB
import Glibc
import Logging
import MailModel
import NIOCore
import Testing

@testable import Storage

/// A directory of its own, removed with the object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/martlet-storage-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        guard let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { remove(path + "/" + name) }
        }
        closedir(stream)
        rmdir(path)
    }

    func names(in folder: String) throws -> [String] {
        try SystemFileSystem().list(path + "/" + folder).sorted()
    }

    /// The index beside the engine that has it open: the engine's transactions are waited for.
    func meddler() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(60)
        return try DatabaseQueue(path: path + "/index.sqlite", configuration: configuration)
    }
}

/// Without a word, so that expected failures don't litter the test log.
let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

func account(_ number: UInt64) -> AccountID { AccountID(high: 0x1111_2222_3333_4444, low: number) }

func local(
    _ number: UInt64, quota: Quota = .unlimited, notify: DeliveryNotify? = nil
) -> RoutedRecipient {
    recipient("user\(number)@example.org", .mailbox(account(number), quota), notify)
}

func remote(_ number: Int) -> RoutedRecipient { recipient("user\(number)@example.net", .remote(.foreign)) }

func recipient(_ text: String, _ route: Route, _ notify: DeliveryNotify? = nil) -> RoutedRecipient {
    let address = EmailAddress(text)!
    return RoutedRecipient(
        address: address, route: route,
        envelopeRecipient: EnvelopeRecipient(address: address, notify: notify))
}

let sender = Envelope(reversePath: .address(EmailAddress("sender@example.com")!))

/// Octets that tell one message and one place in it from another; the last line of all but short ones
/// is ended.
func body(_ number: Int, size: Int = 500) -> ByteBuffer {
    var buffer = ByteBuffer(string: "Subject: message \(number)\r\n\r\n")
    var line = 0
    while buffer.readableBytes < size {
        buffer.writeString("message \(number) line \(line)\r\n")
        line += 1
    }
    if size > 100 { buffer.setString("\r\n", at: size - 2) }
    return buffer.getSlice(at: 0, length: max(size, 0))!
}

extension IndexReader {
    fileprivate func appliedPosition() async throws -> LogPosition {
        try await read { db in
            let statement = try PreparedStatement(db, "SELECT segment, offset FROM meta")
            return try statement.first { row in
                LogPosition(segment: UInt64(row.integer(0)), offset: row.integer(1))
            }!
        }
    }
}

extension StorageEngine {
    static func open(
        _ directory: TemporaryDirectory, _ fileSystem: any FileSystem = SystemFileSystem(),
        _ adjust: (inout StorageConfiguration) -> Void = { _ in }
    ) throws -> StorageEngine {
        var configuration = StorageConfiguration()
        configuration.minimumFreeBytes = 1 << 20
        adjust(&configuration)
        return try open(
            at: directory.path, configuration: configuration, fileSystem: fileSystem,
            logger: silent)
    }

    @discardableResult
    func accept(
        _ bytes: ByteBuffer, _ envelope: Envelope = sender, to recipients: RoutedRecipient...
    ) async throws(MailError) -> QueueID {
        let draft = try makeDraft(sizeHint: nil)
        try await draft.append(bytes)
        try await accept(draft, envelope: envelope, recipients: recipients)
        return draft.id
    }

    /// Waits until the index has everything that was accepted before: it follows the log after a
    /// moment, and a record that means nothing tells how far it is. A disk that takes none is left
    /// as it is.
    func settle() async throws {
        let marker = StoredBody(id: QueueID(rawValue: 0), size: 0)
        do {
            try await core.log.append(.stored(marker), body: ByteBuffer())
        } catch {
            _ = try await update(QueueID(rawValue: 0), [])
            return
        }
        let position = try #require(marker.position)
        while try await core.reader.appliedPosition() < position {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func inbox(_ number: UInt64) async throws -> [MailboxMessage] {
        try await settle()
        return try await messages(in: openMailbox(account(number), name: "INBOX").id)
    }

    /// The mailbox, made when it does not exist.
    func openMailbox(_ account: AccountID, name: String) async throws -> MailboxStatus {
        if let known = try await mailbox(named: name, of: account) { return known }
        return try await createMailboxes([NewMailbox(name: name)], of: account)[0]
    }

    func messages(in mailbox: Int64) async throws -> [MailboxMessage] {
        try await messages(UIDSet([1...UInt32.max]), in: mailbox, limit: .max)
    }

    @discardableResult
    func expunge(_ uids: [UInt32], from mailbox: Int64, account: AccountID)
        async throws(MailboxError) -> [UInt32]
    {
        try await expunge(uids, onlyDeleted: false, from: mailbox, account: account)
    }

    /// Appends one message without a limit of quota.
    @discardableResult
    func append(
        _ bytes: ByteBuffer, to mailbox: Int64, of account: AccountID, flags: MessageFlags = [],
        keywords: [String] = [], quota: Quota = .unlimited
    ) async throws -> UInt32 {
        let draft = try await draft(bytes)
        return try await append(
            [
                AppendedMessage(
                    draft: draft, flags: flags, keywords: keywords,
                    internalDate: Timestamp(milliseconds: 1_000_000))
            ], to: mailbox, account: account, quota: quota, replacing: nil
        ).uids[0]
    }

    func draft(_ bytes: ByteBuffer) async throws -> MessageDraft {
        let draft = try makeDraft(sizeHint: nil)
        var rest = bytes
        while let part = rest.readSlice(length: min(1500, rest.readableBytes)),
            part.readableBytes > 0
        {
            try await draft.append(part)
        }
        return draft
    }

    /// Every change from now on, one by one.
    func changes() -> AsyncStream<MailboxChange> {
        let (stream, continuation) = AsyncStream<MailboxChange>.makeStream()
        setObserver { changes in
            for change in changes { continuation.yield(change) }
        }
        return stream
    }

    func contents(_ message: MailboxMessage) async throws -> ByteBuffer {
        try await read(message.message, 0..<message.message.size)
    }
}
