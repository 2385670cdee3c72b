import FuzzSupport
import InternetMessage
import Testing

@Suite struct HeaderEndFinderTests {
    @Test(arguments: [
        ("A: b\r\n\r\nbody", 8), ("\r\nbody", 2), ("\nbody", 1), ("A: b\n\nbody", 6),
        ("A: b\r\n \r\n\r\nbody", 11), ("A: b\r\n\n", 7), ("A\r\n\rB\r\n\r\n", 9),
    ])
    func findsTheEmptyLineHoweverItIsSplit(message: String, end: Int) throws {
        let bytes = Array(message.utf8)
        for split in 0...bytes.count {
            var finder = HeaderEndFinder()
            let first = try bytes[..<split].withUnsafeBytes { try finder.scan($0) }
            if split >= end {
                #expect(first == end)
            } else {
                #expect(first == nil)
                #expect(try bytes[split...].withUnsafeBytes { try finder.scan($0) } == end - split)
            }
        }
    }

    @Test(arguments: ["", "A: b", "A: b\r\n", "A: b\r\n\r", "A\r\r\n\r\r\n"])
    func goesOnWithoutAnEmptyLine(message: String) throws {
        for size in 1...3 {
            var finder = HeaderEndFinder()
            let bytes = Array(message.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let chunk = bytes[start..<min(start + size, bytes.count)]
                #expect(try chunk.withUnsafeBytes { try finder.scan($0) } == nil)
            }
        }
    }

    @Test func refusesWhatIsTooLong() throws {
        var finder = HeaderEndFinder(limits: HeaderLimits(octets: 100))
        let line = [UInt8](repeating: 0x61, count: 60)
        #expect(try line.withUnsafeBytes { try finder.scan($0) } == nil)
        #expect(throws: HeaderError.tooLong(limit: 100)) {
            try line.withUnsafeBytes { try finder.scan($0) }
        }
    }
}

@Suite struct HeaderSectionTests {
    @Test func dividesFields() throws {
        let section = try HeaderSection(
            Array("From: a@b\r\nSubject : one\r\n\ttwo \r\nX:\r\nY: \n  z\n\r\nbody: no\r\n".utf8))
        #expect(section.fields.map { text(section.bytes[$0.name]) } == ["From", "Subject", "X", "Y"])
        #expect(
            section.fields.map { text(section.rawValue($0)) }
                == [" a@b", " one\r\n\ttwo ", "", " \n  z"])
        #expect(section.fields.map { text(section.unfoldedValue($0)) } == ["a@b", "one\ttwo", "", "z"])
        #expect(section.lines(section.fields[1]).map { text($0) } == [" one", "\ttwo "])
        #expect(section.ending == .emptyLine)
        #expect(text(section.bytes[section.fieldsEnd...]) == "\r\nbody: no\r\n")
        #expect(section.fields(named: "subject").count == 1)
        #expect(section.count(of: "sub") == 0)
    }

    @Test(arguments: [
        ("", HeaderSection.Ending.endOfBytes, 0), ("\r\n", .emptyLine, 0),
        ("A: b", .endOfBytes, 1), ("A: b\r\nhello\r\n\r\n", .notAField, 1),
        (" folded: x\r\n", .notAField, 0), ("From a@b Mon 00:00\r\n", .notAField, 0),
        (": x\r\n", .notAField, 0), ("N\u{e4}me: x\r\n", .notAField, 0), ("A:\r\n\r\n", .emptyLine, 1),
        ("A: b\r\n\r", .notAField, 1),
    ])
    func ends(header: String, ending: HeaderSection.Ending, fields: Int) throws {
        let section = try HeaderSection(Array(header.utf8))
        #expect(section.ending == ending)
        #expect(section.fields.count == fields)
    }

    @Test func limitsFieldsAndSize() throws {
        let fields = String(repeating: "A:\r\n", count: 10_001)
        #expect(throws: HeaderError.tooManyFields(limit: 10_000)) {
            try HeaderSection(Array(fields.utf8))
        }
        #expect(try HeaderSection(Array(fields.utf8.dropLast(4))).fields.count == 10_000)
        #expect(throws: HeaderError.tooLong(limit: 8)) {
            try HeaderSection(Array("A: 345678\r\n".utf8), limits: HeaderLimits(octets: 8))
        }
    }

    @Test func countsReceived() throws {
        let header = String(repeating: "RECEIVED: x\r\nReceived : y\r\nReceived-SPF: z\r\n", count: 50)
        #expect(try HeaderSection(Array(header.utf8)).receivedCount == 100)
    }

    @Test func fieldsCoverTheSectionForAnyBytes() throws {
        var random = Dice(seed: 1)
        let alphabet = [
            "A", "From", ":", " ", "\t", "\r\n", "\n", "\r", "\r\n\r\n", "\u{0}", "\u{e9}", "x:y", ": v\r\n",
        ]
        for _ in 0..<20_000 {
            let bytes = random.bytes(from: alphabet, pieces: 30)
            let section = try HeaderSection(bytes)
            var position = 0
            for field in section.fields {
                #expect(field.whole.lowerBound == position)
                #expect(field.name.lowerBound == position)
                #expect(!field.name.isEmpty && field.value.lowerBound > field.name.upperBound)
                #expect(field.value.upperBound <= field.whole.upperBound)
                position = field.whole.upperBound
            }
            #expect(position == section.fieldsEnd)
        }
    }
}
