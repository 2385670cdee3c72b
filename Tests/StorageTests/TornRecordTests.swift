import MailModel
import NIOCore
import Testing

@testable import Storage

/// Recovery where a crash has torn a record whose text a hostile client has chosen.
@Suite struct TornRecordTests {
    private static let number: UInt64 = 1

    enum Text: CaseIterable, Sendable {
        /// The first octet of a record's magic, and the whole of it, over and over.
        case magicOctets
        case magics
        /// Headers with the longest lengths, with nothing behind them.
        case headers
        /// Whole records, right but for the key, which had to be guessed.
        case records
        /// A segment's header, and records with the key it states.
        case segment
    }

    private func text(_ kind: Text, size: Int) async -> ByteBuffer {
        var part: [UInt8] = []
        switch kind {
        case .magicOctets: part = [0x4d]
        case .magics: part = Array("MLOG".utf8)
        case .headers:
            for length in [0, 1 << 20, RecordHeader.maximumRecordLength - 40, Int.max >> 2] {
                var bytes = ByteBuffer(repeating: 0, count: RecordHeader.length)
                RecordHeader(
                    kind: .accepted, id: QueueID(rawValue: 666), messageSize: length,
                    key: Self.number, metadataLength: 0
                ).write(over: &bytes, contentSum: 0)
                part += Array(bytes.readableBytesView)
            }
        case .records, .segment:
            let segment = SegmentHeader(number: Self.number)
            if kind == .segment { part = Array(segment.bytes.readableBytesView) }
            part += await TestSegment.record(id: 666, body(6, size: 50), to: local(6), in: segment)
            for key in [0, Self.number, UInt64.max] {
                part += await TestSegment.record(
                    id: 666, body(6, size: 50), to: local(6), in: segment.with(key: key))
            }
        }
        var buffer = ByteBuffer(string: "Subject: x\r\n\r\n")
        while buffer.readableBytes < size { buffer.writeBytes(part) }
        return buffer.getSlice(at: 0, length: size)!
    }

    /// Octets of the record's own header, its metadata and its text.
    private static let tears = [0, 3, 5, 8, 16, 24, 31, 32, 36, 39, 40, 60, 300]

    /// Several such messages in a batch longer than what is read at a time.
    @Test(arguments: Text.allCases)
    func nothingForgedIsFoundAndTheScanIsLinear(kind: Text) async throws {
        let hostile = await text(kind, size: 250_000)
        let (bytes, ends) = await TestSegment.make(
            number: Self.number,
            [body(1), hostile, hostile, body(4), hostile, body(6, size: 2_000_000), body(7)])
        for tear in Self.tears {
            var torn = bytes
            for start in [ends[0], ends[1], ends[3]] { torn[Int(start) + tear] ^= 0x55 }
            let (ids, end, read) = try TestSegment.scan(torn, number: Self.number)
            #expect(ids == [1, 4, 6, 7], "torn at \(tear)")
            #expect(end == ends[6])
            #expect(read < bytes.count * 3, "\(read) of \(bytes.count) octets")
        }
    }

    /// Nothing whole behind it: the tail is passed over once.
    @Test(arguments: Text.allCases)
    func aHostileTailIsReadOnce(kind: Text) async throws {
        let hostile = await text(kind, size: 2_500_000)
        let (bytes, ends) = await TestSegment.make(number: Self.number, [body(1), hostile])
        for tear in [0, 20, 39] {
            var torn = bytes
            torn[Int(ends[0]) + tear] ^= 0x55
            let (ids, end, read) = try TestSegment.scan(torn, number: Self.number)
            #expect(ids == [1])
            #expect(end == ends[0])
            #expect(read < bytes.count * 3, "\(read) of \(bytes.count) octets")
        }
    }

    /// The whole way: a log that an engine has written, torn, opened by the next.
    @Test(arguments: Text.allCases)
    func nothingForgedIsDelivered(kind: Text) async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        let hostile = await text(kind, size: 100_000)
        let engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        try await engine.accept(hostile, to: local(2))
        try await engine.accept(body(3), to: local(1))
        await engine.close()
        var (path, bytes) = try #require(disk.files.first)
        let first = try #require(bytes.firstRange(of: Array("Subject: x".utf8)))
        // The first octet of its own header: the last magic before its text.
        let header = try #require(
            bytes[..<first.lowerBound].ranges(of: Array("MLOG".utf8)).last)
        bytes[header.lowerBound] = 0

        // Without an index: everything is replayed.
        let fresh = TemporaryDirectory()
        path = fresh.path + path.dropFirst(directory.path.count)
        let found = FaultyFileSystem([path: bytes])
        let rebuilt = try StorageEngine.open(fresh, found)
        #expect(try await rebuilt.inbox(1).map(\.uid) == [1, 2])
        #expect(try await rebuilt.inbox(2).isEmpty)
        #expect(try await rebuilt.inbox(6).isEmpty)
        await rebuilt.close()
    }
}

/// What a crash, or a bad disk, makes of a segment's own header.
@Suite struct SegmentHeaderTests {
    private func files(_ disk: FaultyFileSystem, _ suffix: String) -> [(String, [UInt8])] {
        disk.files.filter { $0.key.hasSuffix(suffix) }.sorted { $0.key < $1.key }
    }

    @Test func keysDiffer() async throws {
        #expect(Set((0..<100).map { SegmentHeader(number: $0).key }).count == 100)
        let header = SegmentHeader(number: 7)
        #expect(SegmentHeader(header.bytes) == header)
        #expect(header.bytes.readableBytes == SegmentHeader.length)
    }

    /// Torn before its first record: a segment like one that was never made.
    @Test(arguments: [0, 10, 28])
    func aTornHeaderIsAnEmptySegment(size: Int) async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        await engine.close()
        var image = disk.files
        let next = directory.path + "/spool/0000000000000002.log"
        image[next] = [UInt8](repeating: 0, count: size)
        var found = FaultyFileSystem(image)
        for count in 2...4 {
            engine = try StorageEngine.open(directory, found)
            try await engine.accept(body(count), to: local(1))
            #expect(try await engine.inbox(1).count == count)
            for (index, message) in try await engine.inbox(1).enumerated() {
                #expect(try await engine.contents(message) == body(index + 1))
            }
            await engine.close()
            #expect(files(found, ".log").map(\.0).last == next)
            found = FaultyFileSystem(found.image)
        }
    }

    /// A bad disk: what the index knows is still read, nothing is written over, and the log goes on.
    @Test func aDamagedHeaderLosesNothingThatIsApplied() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        _ = try await engine.inbox(1)
        await engine.close()
        var (path, bytes) = try #require(disk.files.first)
        bytes[17] ^= 1
        var found = FaultyFileSystem([path: bytes])
        for count in 2...3 {
            engine = try StorageEngine.open(directory, found)
            try await engine.accept(body(count), to: local(1))
            for (index, message) in try await engine.inbox(1).enumerated() {
                #expect(try await engine.contents(message) == body(index + 1))
            }
            #expect(try await engine.inbox(1).count == count)
            await engine.close()
            #expect(files(found, ".log").map(\.1).first == bytes)
            #expect(files(found, ".log").count == 2)
            found = FaultyFileSystem(found.image)
        }
    }
}

extension SegmentHeader {
    /// As a forger would make it.
    fileprivate func with(key: UInt64) -> SegmentHeader {
        var octets = bytes
        octets.setInteger(key, at: 16)
        octets.setInteger(octets.getSlice(at: 0, length: 24)!.checksum(), at: 24)
        return SegmentHeader(octets)!
    }
}
