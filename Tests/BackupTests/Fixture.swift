import Foundation
import GRDB
import Glibc
import Logging
import MailModel
import NIOCore
import Storage
import TestSupport
import Testing

@testable import Backup

/// A state directory with mail, and what can be done with its backups.
struct Fixture {
    let files: TemporaryDirectory
    var state: String { files.path + "/state" }
    var backups: String { files.path + "/backups" }

    /// Where restores go, unless a test says otherwise.
    var target: String { files.path + "/target" }

    init() throws {
        files = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: backups, withIntermediateDirectories: true)
    }

    /// A state directory that nobody uses, with so many messages. The index has them all when `isIndexed`;
    /// some may only be in the log otherwise.
    init(messages count: Int, isIndexed: Bool = false) async throws {
        try self.init()
        let engine = try open()
        try await fill(engine, 0..<count)
        if isIndexed { _ = try await bodies(engine, count: count) }
        await engine.close()
    }

    static let account = AccountID(high: 1, low: 2)

    func open(_ state: String? = nil) throws -> StorageEngine {
        var configuration = StorageConfiguration()
        configuration.minimumFreeBytes = 1 << 20
        configuration.segmentSize = 20_000
        configuration.largeMessageThreshold = 5_000
        return try StorageEngine.open(
            at: state ?? self.state, configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Messages `first..<last`, each tenth of them large.
    func fill(_ engine: StorageEngine, _ range: Range<Int>) async throws {
        let address = EmailAddress("alice@example.org")!
        let recipient = RoutedRecipient(
            address: address, route: .mailbox(Self.account, .unlimited),
            envelopeRecipient: EnvelopeRecipient(address: address))
        for number in range {
            let draft = try engine.makeDraft(sizeHint: nil)
            try await draft.append(Self.body(number))
            try await engine.accept(
                draft, envelope: Envelope(reversePath: .null), recipients: [recipient])
        }
    }

    static func body(_ number: Int) -> ByteBuffer {
        ByteBuffer(
            string: "Subject: \(number)\r\n\r\n"
                + String(repeating: "\(number)\r\n", count: number % 10 == 0 ? 2_000 : 150))
    }

    /// The bodies in the account's INBOX, once there are so many.
    func bodies(_ engine: StorageEngine, count: Int) async throws -> [ByteBuffer] {
        while true {
            let inbox = try await engine.listInbox(of: Self.account)
            guard inbox.messages.count >= count else {
                try await Task.sleep(for: .milliseconds(5))
                continue
            }
            var bodies: [ByteBuffer] = []
            for message in inbox.messages {
                bodies.append(try await engine.read(message.message, 0..<message.message.size))
            }
            return bodies
        }
    }

    @discardableResult
    func backup(_ name: String, base: String? = nil) throws -> Backup.Report {
        try Backup(
            of: state, host: "mail.example.org", version: "1",
            base: base.map { "\(backups)/\($0)" }
        ).run(to: .directory("\(backups)/\(name)")) { _, _, _ in }
    }

    /// - Returns: where it is.
    func archive(_ name: String) throws -> String {
        _ = try Backup(of: state, host: "mail.example.org", version: "1", base: nil)
            .run(to: .archive("\(backups)/\(name)")) { _, _, _ in }
        return "\(backups)/\(name)"
    }

    /// Of a state with so many messages, and a key, "0123456789", beside them.
    func archiveWithKey(_ name: String, messages count: Int) async throws -> String {
        let engine = try open()
        try await fill(engine, 0..<count)
        try TextFile.write("0123456789", to: state + "/scram.key")
        let archive = try archive(name)
        await engine.close()
        return archive
    }

    func restore(_ name: String, to target: String, replacing: Bool = false) throws
        -> Restore.Report
    {
        try Restore(of: "\(backups)/\(name)", to: target)
            .run(replacing: replacing) { _, _, _ in }
    }

    func verify(_ name: String) throws -> Restore.Report {
        try Restore(of: "\(backups)/\(name)", to: files.path + "/nowhere").verify { _, _, _ in }
    }

    /// The state's index as something else has left it.
    func changeIndex(_ statements: String...) async throws {
        let index = try DatabaseQueue(path: state + "/index.sqlite")
        try await index.write { db in
            for sql in statements { try db.execute(sql: sql) }
        }
        try index.close()
    }

    /// A state directory is whole: its messages are those that `fill` has made, and no more.
    func expectMessages(_ count: Int, in state: String) async throws {
        let engine = try open(state)
        #expect(try await bodies(engine, count: count) == (0..<count).map { Self.body($0) })
        await engine.close()
    }

    // MARK: An archive as it comes in

    func restore(stream name: String, to target: String, replacing: Bool = false) throws -> Restore.Report {
        try withStream(name) { source in
            try Restore(from: source, to: target).run(replacing: replacing) { _, _, _ in }
        }
    }

    func verify(stream name: String) throws -> Restore.Report {
        try withStream(name) { source in
            try Restore(from: source, to: files.path + "/nowhere").verify { _, _, _ in }
        }
    }

    private func withStream<Value>(_ name: String, _ body: (ArchiveStream) throws -> Value) throws -> Value {
        let descriptor = Glibc.open("\(backups)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try body(ArchiveStream(descriptor))
    }
}
