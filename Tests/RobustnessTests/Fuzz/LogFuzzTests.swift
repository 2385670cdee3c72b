import FuzzSupport
import Glibc
import Logging
import MailModel
import NIOCore
import TestSupport
import Testing

@testable import Storage

/// The message log's decoders over damaged records, and recovery over damaged segments.
@Suite struct LogFuzzTests {
    /// Metadata whose checksum is right but whose octets are not: an error, not a crash.
    @Test func metadata() async throws {
        var whole = ByteBuffer()
        let recipient = RoutedRecipient(
            address: EmailAddress(localPart: "u", domain: "example.org"),
            route: .mailbox(AccountID(high: 1, low: 2), Quota(bytes: 1, messages: 2)),
            envelopeRecipient: EnvelopeRecipient(
                address: EmailAddress(localPart: "a", domain: "example.org"), notify: .success,
                originalRecipient: OriginalRecipient(addressType: "rfc822", address: "x")))
        AcceptedMessage(
            id: QueueID(rawValue: 7), size: 9, isLarge: false, arrival: .now,
            envelope: Envelope(
                reversePath: .address(EmailAddress(localPart: "s", domain: "b.test")),
                body: .eightBitMIME, smtpUTF8: true, returnContent: .full, envelopeID: "e"),
            recipients: [recipient, recipient]
        ).encodeMetadata(into: &whole)
        let octets = Array(whole.readableBytesView)
        try await FuzzRun.run("log metadata", cases: 3000) { dice in
            var damaged = dice.chance(80) ? octets : dice.octets(upTo: 300)
            dice.mutate(&damaged)
            let metadata = ByteBuffer(bytes: damaged)
            _ = try? AcceptedMessage(
                id: QueueID(rawValue: 1), size: 1, isLarge: false, metadata: metadata)
            _ = RecordHeader(metadata)
            var errors = metadata
            _ = try? errors.decodeMailError()
        }
    }

    /// A log without its index, damaged in one place: every record that is whole is delivered, once
    /// and unchanged.
    @Test func segments() async throws {
        let source = try TemporaryDirectory()
        let sizes = (0..<40).map { 10 + $0 * 97 % 5000 }
        let engine = try open(source.path)
        for (number, size) in sizes.enumerated() {
            let draft = try engine.makeDraft(sizeHint: nil)
            try await draft.append(Self.body(number, size))
            try await engine.accept(
                draft, envelope: Envelope(reversePath: .null),
                recipients: [
                    RoutedRecipient(
                        address: Self.address,
                        route: .mailbox(Self.account, Quota(bytes: nil, messages: nil)),
                        envelopeRecipient: EnvelopeRecipient(
                            address: Self.address, notify: nil, originalRecipient: nil))
                ])
        }
        await engine.close()
        let log = try #require(
            SystemFileSystem().list("\(source.path)/spool").filter { $0.hasSuffix(".log") }.sorted().first)
        let segment = try Self.read("\(source.path)/spool/\(log)")

        try await FuzzRun.run("log segments", cases: 10) { dice in
            let copy = try TemporaryDirectory()
            mkdir("\(copy.path)/spool", 0o700)
            var damaged = segment
            let at = Int.random(in: 0..<damaged.count, using: &dice)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: damaged.removeSubrange(at...)
            case 1: damaged[at] ^= UInt8.random(in: 1...255, using: &dice)
            case 2:
                let end = min(damaged.count, at + Int.random(in: 1...9000, using: &dice))
                damaged.replaceSubrange(at..<end, with: repeatElement(0, count: end - at))
            default: damaged += dice.octets(upTo: 5000)
            }
            try Self.write(damaged, to: "\(copy.path)/spool/\(log)")
            let engine = try open(copy.path)
            let messages = try await engine.listInbox(of: Self.account).messages
            // Without the key in its header a segment has no records; it stays for whoever can mend it.
            let isReadable = damaged.starts(with: segment.prefix(SegmentHeader.length))
            #expect(messages.count >= (isReadable && damaged.count >= segment.count ? 30 : 0), "\(at)")
            if !isReadable, damaged.count > SegmentHeader.length {
                #expect(try Self.read("\(copy.path)/spool/\(log)") == damaged, "\(at)")
            }
            #expect(Set(messages.map(\.message.id)).count == messages.count)
            for message in messages {
                let octets = try await engine.read(message.message, 0..<message.message.size)
                #expect(sizes.contains(message.message.size))
                #expect(octets.readableBytesView.first.map { first in
                    octets.readableBytesView.allSatisfy { $0 == first }
                } == true)
            }
            await engine.close()
        }
    }

    private static let address = EmailAddress(localPart: "u", domain: "example.org")
    private static let account = AccountID(high: 1, low: 2)

    private static func body(_ number: Int, _ size: Int) -> ByteBuffer {
        ByteBuffer(repeating: UInt8(truncatingIfNeeded: 65 + number), count: size)
    }

    private func open(_ path: String) throws -> StorageEngine {
        var configuration = StorageConfiguration()
        configuration.minimumFreeBytes = 0
        return try StorageEngine.open(
            at: path, configuration: configuration,
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try SystemFileSystem().open(path, .existing)
        return Array(try file.readBuffer(at: 0, count: Int(file.size())).readableBytesView)
    }

    private static func write(_ octets: [UInt8], to path: String) throws {
        let file = try SystemFileSystem().open(path, .create)
        try octets.withUnsafeBytes { try file.write([$0], at: 0) }
    }
}
