import CChecksum
import MailModel
import NIOCore
import Testing

@testable import Storage

@Suite struct RecordTests {
    static let checksums: [(bytes: [UInt8], sum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
        ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
        ([UInt8](0..<32), 0x46dd_794e),
        ([UInt8]((0..<32).reversed()), 0x113f_db5c),
        ([UInt8]("123456789".utf8), 0xe306_9283),
        ([], 0),
    ]

    /// RFC 3720 appendix B.4, and the check value of the CRC catalogues.
    @Test(arguments: checksums)
    func checksumsAreThoseOfTheStandard(bytes: [UInt8], sum: UInt32) {
        #expect(martlet_crc32c(0, bytes, bytes.count) == sum)
        for split in 0...bytes.count {
            let first = martlet_crc32c(0, Array(bytes[..<split]), split)
            #expect(martlet_crc32c(first, Array(bytes[split...]), bytes.count - split) == sum)
        }
    }

    static let recipients: [RoutedRecipient] = [
        local(1),
        local(2, quota: Quota(bytes: 1 << 40, messages: nil), notify: [.success, .delay]),
        local(3, quota: Quota(bytes: nil, messages: 7), notify: .never),
        remote(1),
        RoutedRecipient(
            address: EmailAddress("ü.\"x\"@bücher.example") ?? EmailAddress("u@b.example")!,
            route: .unresolved,
            envelopeRecipient: EnvelopeRecipient(
                address: EmailAddress("alias@example.org")!,
                originalRecipient: OriginalRecipient(addressType: "rfc822", address: "a+b@c"))),
    ]

    static let envelopes: [Envelope] = [
        sender,
        Envelope(reversePath: .null),
        Envelope(
            reversePath: sender.reversePath, body: .binaryMIME, smtpUTF8: true,
            returnContent: .headers, envelopeID: "QQ314159"),
    ]

    @Test(arguments: envelopes)
    func metadataIsReadAsWritten(envelope: Envelope) throws {
        let message = AcceptedMessage(
            id: QueueID(rawValue: 77), size: 12, isLarge: false,
            arrival: Timestamp(milliseconds: 1_700_000_000_123), envelope: envelope,
            recipients: Self.recipients)
        var metadata = ByteBuffer()
        message.encodeMetadata(into: &metadata)
        let read = try AcceptedMessage(id: message.id, size: 12, isLarge: false, metadata: metadata)
        #expect(read.envelope == envelope)
        #expect(read.recipients == Self.recipients)
        #expect(read.arrival == message.arrival)
        for length in 0..<metadata.readableBytes {
            let cut = metadata.getSlice(at: 0, length: length)!
            #expect(throws: DecodingFault.self) {
                try AcceptedMessage(id: message.id, size: 12, isLarge: false, metadata: cut)
            }
        }
    }

    private func segment() async -> (bytes: [UInt8], ends: [Int64]) {
        await TestSegment.make(number: 5, (1...3).map { body($0, size: 40) })
    }

    private func scan(_ bytes: [UInt8], number: UInt64 = 5) throws -> (ids: [UInt64], end: Int64) {
        let (ids, end, _) = try TestSegment.scan(bytes, number: number)
        return (ids, end)
    }

    @Test func recordsAreFoundAgain() async throws {
        let (bytes, ends) = await segment()
        let (ids, end) = try scan(bytes)
        #expect(ids == [1, 2, 3])
        #expect(end == ends[2])
        // The same octets in a file of another number are none of its records.
        #expect(try scan(bytes, number: 6).ids == [])
    }

    @Test func noCorruptOctetGoesUnnoticed() async throws {
        let (bytes, ends) = await segment()
        for index in Int(ends[0])..<Int(ends[1]) {
            var corrupt = bytes
            corrupt[index] ^= 1 << UInt8(index % 8)
            let (ids, end) = try scan(corrupt)
            #expect(ids == [1, 3], "octet \(index)")
            #expect(end == ends[2])
        }
    }

    @Test func aSegmentWithoutItsHeaderHasNoRecords() async throws {
        let (bytes, _) = await segment()
        for index in 0..<SegmentHeader.length {
            var corrupt = bytes
            corrupt[index] ^= 1 << UInt8(index % 8)
            #expect(try scan(corrupt).ids == [])
            #expect(try scan(Array(bytes[..<index])).ids == [])
        }
    }

    @Test func headersOfTooLongRecordsAreRefused() {
        let most = RecordHeader.maximumRecordLength - RecordHeader.length
        for (metadata, size, isRecord) in [
            (0, most, true), (0, most + 1, false), (1, most, false), (most, 0, true),
            (Int(UInt32.max), 0, false), (0, Int.max >> 1, false),
        ] {
            var bytes = ByteBuffer(repeating: 0, count: RecordHeader.length)
            RecordHeader(
                kind: .accepted, id: QueueID(rawValue: 1), messageSize: size, key: 1,
                metadataLength: metadata
            ).write(over: &bytes, contentSum: 0)
            #expect((RecordHeader(bytes) != nil) == isRecord, "\(metadata) + \(size)")
        }
    }

    @Test func aTornTailEndsTheLog() async throws {
        let (bytes, ends) = await segment()
        for length in Int(ends[1])..<Int(ends[2]) {
            let (ids, end) = try scan(Array(bytes[..<length]))
            #expect(ids == [1, 2])
            #expect(end == ends[1])
            let zeros = [UInt8](repeating: 0, count: bytes.count - length)
            #expect(try scan(bytes[..<length] + zeros).ids == [1, 2])
        }
    }
}
