import InternetMessage
import MailModel
import NIOCore
import Testing

@testable import IMAP

/// A message's facts and bytes, as a session has them.
private struct Stored {
    let bytes: [UInt8]
    let facts: MessageFacts

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var parser = MIMEParser()
        bytes.withUnsafeBytes { parser.append($0) }
        facts = MessageFacts(describing: parser.finish(), preview: nil)
    }

    func content(_ part: [Int], _ text: BodySection.Text, _ deliveryHeader: String = "")
        async throws(MailError) -> SectionContent?
    {
        // Answers of any length will do.
        try await facts.content(
            of: BodySection(part: part, text: text, peek: true), size: bytes.count,
            deliveryHeader: Array(deliveryHeader.utf8),
            read: { range throws(MailError) in ByteBuffer(bytes: bytes[range].prefix(7)) })
    }

    func octets(_ content: SectionContent) -> [UInt8] {
        let octets = content.pieces.flatMap { piece in
            switch piece {
            case .bytes(let buffer): Array(buffer.readableBytesView)
            case .stored(let range): Array(bytes[range])
            }
        }
        #expect(octets.count == content.count)
        return octets
    }

    func text(_ part: [Int], _ text: BodySection.Text, _ deliveryHeader: String = "") async throws
        -> String?
    {
        try await content(part, text, deliveryHeader).map { String(decoding: octets($0), as: UTF8.self) }
    }
}

@Suite struct MessageSectionTests {
    private static let header =
        "Subject: s\r\nTo : a@b,\r\n c@d\r\nX-Long-Name: x\r\nno field\r\nto: e\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    private static let inner = "Subject: inner\r\nFrom: f\r\n\r\ntext\r\n"
    private static let body =
        "--b\r\nX: 1\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--b--\r\n"
    private let stored = Stored(Array((header + body).utf8))
    private let delivery = "Return-Path: <>\r\nDelivered-To: a@b\r\n"

    @Test func findsSections() async throws {
        #expect(try await stored.text([], .all) == Self.header + Self.body)
        #expect(try await stored.text([], .header) == Self.header)
        #expect(try await stored.text([], .text) == Self.body)
        #expect(try await stored.text([1], .all) == "one")
        #expect(try await stored.text([1], .mime) == "X: 1\r\n\r\n")
        #expect(try await stored.text([1], .header) == nil)
        #expect(try await stored.text([2], .all) == Self.inner)
        #expect(try await stored.text([2], .mime) == "Content-Type: message/rfc822\r\n\r\n")
        #expect(try await stored.text([2], .header) == "Subject: inner\r\nFrom: f\r\n\r\n")
        #expect(try await stored.text([2], .text) == "text\r\n")
        #expect(try await stored.text([2, 1], .all) == "text\r\n")
        #expect(try await stored.text([2], .headerFields(["FROM"])) == "From: f\r\n\r\n")
        #expect(try await stored.text([3], .all) == nil)
        #expect(try await stored.text([1], .headerFields(["x"])) == nil)
    }

    @Test func theDeliveryHeaderBelongsToTheMessage() async throws {
        #expect(try await stored.text([], .all, delivery) == delivery + Self.header + Self.body)
        #expect(try await stored.text([], .header, delivery) == delivery + Self.header)
        #expect(try await stored.text([], .text, delivery) == Self.body)
        #expect(
            try await stored.text([], .headerFields(["delivered-to", "Subject"]), delivery)
                == "Delivered-To: a@b\r\nSubject: s\r\n\r\n")
        #expect(try await stored.text([2], .header, delivery) == "Subject: inner\r\nFrom: f\r\n\r\n")
        #expect(try await Stored(Array("A: b\r\n\r\nx".utf8)).text([1], .mime, delivery) == delivery + "A: b\r\n\r\n")
    }

    @Test func picksFields() async throws {
        #expect(
            try await stored.text([], .headerFields(["TO", "nothing"]))
                == "To : a@b,\r\n c@d\r\nto: e\r\n\r\n")
        #expect(
            try await stored.text([], .headerFieldsNot(["to", "content-type"]))
                == "Subject: s\r\nX-Long-Name: x\r\nno field\r\n\r\n")
        #expect(try await Stored(Array("A: b\nC: d".utf8)).text([], .headerFields(["c"])) == "C: d\r\n\r\n")
        #expect(try await Stored([]).text([], .headerFields(["c"])) == "\r\n")
        #expect(try await Stored(Array("\nx".utf8)).text([], .headerFieldsNot(["c"])) == "\n")
    }

    @Test func aLargeHeaderIsReadInPieces() async throws {
        let long = String(repeating: "X: \(String(repeating: "y", count: 70))\r\n", count: 5000)
        let stored = Stored(Array(("A: 1\r\n" + long + "A: 2\r\n\r\nbody").utf8))
        let content = try #require(try await stored.content([], .headerFields(["a"]), delivery))
        #expect(content.pieces.count == 2)
        #expect(String(decoding: stored.octets(content), as: UTF8.self) == "A: 1\r\nA: 2\r\n\r\n")
        #expect(
            try await stored.text([], .headerFields(["delivered-to", "a"]), delivery)
                == "Delivered-To: a@b\r\nA: 1\r\nA: 2\r\n\r\n")
    }

    @Test func partials() async throws {
        let content = try #require(try await stored.content([], .all, delivery))
        let whole = stored.octets(content)
        for (offset, count) in [(0, 5), (3, 1000), (30, 20), (35, 1), (0, 0), (9999, 5), (36, 4)] {
            let part = content.partial(BodyPartial(offset: UInt64(offset), count: UInt64(count)))
            #expect(stored.octets(part) == Array(whole.dropFirst(offset).prefix(count)))
        }
        #expect(content.partial(BodyPartial(offset: .max, count: .max)).count == 0)
        #expect(content.partial(BodyPartial(offset: 1, count: .max)).count == whole.count - 1)
    }

    /// BODYSTRUCTURE's octets and lines are those of BODY[n], whatever the message.
    @Test(arguments: 0..<300)
    func structureAgreesWithSections(_ seed: UInt64) async throws {
        var mail = BrokenMail(seed: seed)
        let stored = Stored(mail.message())
        var parser = WireParser(bytes: Array(stored.facts.bodyStructure))
        try await expectAgreement(parser.value(), [], stored)
    }

    private func expectAgreement(_ structure: WireValue, _ part: [Int], _ stored: Stored) async throws {
        guard case .list(let fields) = structure else {
            Issue.record("no list at \(part)")
            return
        }
        if case .list = fields[0] {
            for (index, child) in fields.prefix(while: { if case .list = $0 { true } else { false } })
                .enumerated()
            {
                try await expectAgreement(child, part + [index + 1], stored)
            }
            return
        }
        let number = part.isEmpty ? [1] : part
        let content = try #require(try await stored.content(number, .all), "\(number)")
        let octets = stored.octets(content)
        #expect(fields[6] == .atom("\(octets.count)"), "\(number)")
        let lines = WireValue.atom("\(octets.count { $0 == 0x0a })")
        let type = (fields[0].text, fields[1].text)
        if type.0 == "text" { #expect(fields[7] == lines) }
        guard type.0 == "message", type.1 == "rfc822" || type.1 == "global" else { return }
        #expect(fields[9] == lines)
        let enclosed = try #require(try await stored.content(number, .header))
        let rest = try #require(try await stored.content(number, .text))
        // A boundary in the header of the message leaves it the line end before, as in Dovecot.
        let both = stored.octets(enclosed) + stored.octets(rest)
        #expect(octets.starts(with: both))
        #expect(["", "\n", "\r\n"].contains(String(decoding: octets.dropFirst(both.count), as: UTF8.self)))
        // A multipart in a message has no number of its own; its parts follow the message's.
        let inner = fields[8]
        if case .list(let list) = inner, case .list = list[0] {
            try await expectAgreement(inner, number, stored)
        } else {
            try await expectAgreement(inner, number + [1], stored)
        }
    }
}

private enum WireValue: Equatable {
    case atom(String), string(String)
    indirect case list([WireValue])

    /// In lower case.
    var text: String {
        switch self {
        case .atom(let text), .string(let text): text.lowercased()
        case .list: ""
        }
    }
}

/// Reads what a client would read.
private struct WireParser {
    let bytes: [UInt8]
    var position = 0

    mutating func value() -> WireValue {
        switch bytes[position] {
        case UInt8(ascii: "("):
            position += 1
            var values: [WireValue] = []
            while bytes[position] != UInt8(ascii: ")") {
                if bytes[position] == UInt8(ascii: " ") { position += 1 } else { values.append(value()) }
            }
            position += 1
            return .list(values)
        case UInt8(ascii: "\""):
            var text: [UInt8] = []
            position += 1
            while bytes[position] != UInt8(ascii: "\"") {
                if bytes[position] == UInt8(ascii: "\\") { position += 1 }
                #expect((0x01...0x7f).contains(bytes[position]) && bytes[position] != 0x0a)
                text.append(bytes[position])
                position += 1
            }
            position += 1
            return .string(String(decoding: text, as: UTF8.self))
        case UInt8(ascii: "{"):
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "}"))!
            let count = Int(String(decoding: bytes[(position + 1)..<end], as: UTF8.self))!
            position = end + 3 + count
            return .string(String(decoding: bytes[(end + 3)..<position], as: UTF8.self))
        default:
            let start = position
            while !" ()".utf8.contains(bytes[position]) { position += 1 }
            return .atom(String(decoding: bytes[start..<position], as: UTF8.self))
        }
    }
}
