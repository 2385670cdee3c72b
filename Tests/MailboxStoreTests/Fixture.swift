import Logging
import MailModel
import NIOCore
import Storage
import TestSupport

@testable import MailboxStore

/// A store over a real engine in a directory of its own.
final class Fixture {
    let engine: StorageEngine
    let store: MailboxStore
    let account = AccountID(high: 1, low: 2)
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        engine = try StorageEngine.open(
            at: directory.path, configuration: StorageConfiguration(),
            logger: logger)
        store = MailboxStore(storage: engine)
    }

    var mailboxes: AccountMailboxes { store.mailboxes(of: account) }

    func mailbox(_ name: String) async throws -> MailboxStatus {
        if let known = try await mailboxes.mailbox(named: name) { return known }
        return try await mailboxes.create(NewMailbox(name: name))
    }

    @discardableResult
    func append(
        _ count: Int, to mailbox: Int64, flags: MessageFlags = [], keywords: [String] = [],
        text: String = "Subject: x\r\n\r\ntext\r\n"
    ) async throws -> [UInt32] {
        var messages: [AppendedMessage] = []
        for _ in 0..<count {
            let draft = try engine.makeDraft(sizeHint: nil)
            try await draft.append(ByteBuffer(string: text))
            messages.append(
                AppendedMessage(
                    draft: draft, flags: flags, keywords: keywords,
                    internalDate: Timestamp(milliseconds: 0)))
        }
        return try await engine.append(
            messages, to: mailbox, account: account, quota: .unlimited, replacing: nil
        ).uids
    }
}
