import FuzzSupport
import NIOCore
import Testing

@testable import SMTP

/// What a reader made of its input.
struct ReadMessage: Equatable {
    var content: [UInt8] = []
    var defect: MessageDefect?
    var ended = false
    var rest: [UInt8] = []
}

func readMessage(
    _ octets: [UInt8], splitAt splits: [Int] = [], _ framing: MessageDataReader.Framing = .dotStuffed,
    _ limits: MessageLimits = .init()
) -> ReadMessage {
    var reader = MessageDataReader(framing, limits)
    var result = ReadMessage()
    var input = ByteBuffer()
    var position = 0
    for end in splits + [octets.count] {
        input.writeBytes(octets[position..<end])
        position = end
        loop: while !result.ended {
            switch reader.next(&input) {
            case .content(let buffer): result.content += buffer.readableBytesView
            case .needsMore: break loop
            case .end: result.ended = true
            }
        }
    }
    if framing != .dotStuffed, let rest = reader.finishChunks() {
        result.content += rest.readableBytesView
    }
    if reader.defect == nil { #expect(reader.size == result.content.count) }
    result.defect = reader.defect
    result.rest = Array(input.readableBytesView)
    return result
}

@Suite struct MessageDataReaderTests {
    static let smuggling = [
        "\n.\n", "\n.\r\n", "\r.\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\0.\r\n",
        "\r\n.\r\r\n", "\r\r\n.\r", "\n\n.\r\n", "\r\n..\r\n", "\r\n.\0\r\n",
    ]

    @Test(arguments: [
        (".\r\n", ""), ("\r\n.\r\n", "\r\n"), ("a\r\n.\r\n", "a\r\n"),
        ("a\r\n..\r\n.\r\n", "a\r\n.\r\n"), ("..a\r\n.b\r\n...\r\n.\r\n", ".a\r\nb\r\n..\r\n"),
        ("a.b\r\n.\r\n", "a.b\r\n"), ("a\r\n\r\n.\r\n", "a\r\n\r\n"),
        ("x: y\r\n\r\nbody\r\nbody.\r\n.\r\n", "x: y\r\n\r\nbody\r\nbody.\r\n"),
    ])
    func clean(_ wire: String, _ content: String) {
        let octets = wire.octets + "QUIT\r\n".octets
        let expected = ReadMessage(
            content: content.octets, ended: true, rest: "QUIT\r\n".octets)
        #expect(readMessage(octets) == expected)
        for split in 0...wire.utf8.count {
            let read = readMessage(octets, splitAt: [split])
            #expect(read == expected, "split at \(split)")
        }
        #expect(readMessage(octets, splitAt: Array(0..<octets.count)) == expected)
    }

    /// None of these ends the message; each makes it refused.
    @Test(arguments: smuggling)
    func smugglingIsRefused(_ trick: String) {
        let octets = "a: b\r\n\r\nbody\(trick)MAIL FROM:<x@y>\r\n.\r\nQUIT\r\n".octets
        let defect: MessageDefect? = trick == "\r\n..\r\n" ? nil
            : trick.contains("\0") ? .nul : .bareLineEnd
        for split in 0...octets.count {
            let read = readMessage(octets, splitAt: [split])
            #expect(read.ended)
            #expect(read.defect == defect)
            #expect(read.rest == "QUIT\r\n".octets)
        }
    }

    @Test(arguments: smuggling)
    func smugglingIsNormalised(_ trick: String) {
        guard !trick.contains("\0") else { return }
        let octets = "a: b\r\n\r\nbody\(trick)MAIL FROM:<x@y>\r\n.\r\nQUIT\r\n".octets
        let limits = MessageLimits(bareLineEnds: .normalise)
        let whole = readMessage(octets, .dotStuffed, limits)
        #expect(whole.defect == nil)
        #expect(whole.rest == "QUIT\r\n".octets)
        #expect(hasOnlyWholeLineEnds(whole.content))
        for split in 0...octets.count {
            #expect(readMessage(octets, splitAt: [split], .dotStuffed, limits) == whole)
        }
        #expect(readMessage(octets, splitAt: Array(0..<octets.count), .dotStuffed, limits) == whole)
    }

    @Test func normalisedText() {
        let limits = MessageLimits(bareLineEnds: .normalise)
        let read = readMessage("a\nb\rc\r\r\n\n.\n.\r\n..\r\n.\r\n".octets, .dotStuffed, limits)
        #expect(String(decoding: read.content, as: UTF8.self)
            == "a\r\nb c \r\n\r\n.\r\n.\r\n.\r\n")
        #expect(read.ended)
    }

    @Test func sizeLimit() {
        let limits = MessageLimits(maximumSize: 10)
        #expect(readMessage("12345678\r\n.\r\n".octets, .dotStuffed, limits).defect == nil)
        let over = readMessage("123456789\r\n.\r\nX".octets, .dotStuffed, limits)
        #expect(over.defect == .tooLarge)
        #expect(over.ended)
        #expect(over.rest == "X".octets)
    }

    @Test(arguments: [MessageDataReader.Framing.dotStuffed, .chunkedText])
    func lineLimit(_ framing: MessageDataReader.Framing) {
        let limits = MessageLimits(maximumLineLength: 10)
        for split in 0...8 {
            let fits = "12345678\r\n12345678\r\n.\r\n".octets
            #expect(readMessage(fits, splitAt: [split], framing, limits).defect == nil)
            let over = "123456789\r\n.\r\n".octets
            #expect(readMessage(over, splitAt: [split], framing, limits).defect == .lineTooLong)
        }
    }

    @Test func chunks() {
        #expect(readMessage("a\r\n.\r\nb".octets, .chunkedText).content == "a\r\n.\r\nb\r\n".octets)
        #expect(readMessage("a\r\n.\r\nb\r\n".octets, splitAt: [2], .chunkedText).content
            == "a\r\n.\r\nb\r\n".octets)
        #expect(readMessage([], .chunkedText) == ReadMessage())
        #expect(readMessage("a\nb".octets, .chunkedText).defect == .bareLineEnd)
        #expect(readMessage("a\r".octets, .chunkedText).defect == .bareLineEnd)
        #expect(readMessage([0, 10, 13, 46, 255], .chunkedBinary).content == [0, 10, 13, 46, 255])
        let normalise = MessageLimits(bareLineEnds: .normalise)
        #expect(readMessage("a\nb\n".octets, .chunkedText, normalise).content == "a\r\nb\r\n".octets)
    }

    /// However random text is split, the outcome is the same as of a plain reading of the rules.
    @Test(arguments: [BareLineEnds.reject, .normalise])
    func randomText(_ policy: BareLineEnds) {
        var random = Dice(seed: 7)
        let alphabet: [UInt8] = [13, 10, 13, 10, 46, 97, 98, 0x80]
        for _ in 0..<4000 {
            var octets: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: octets += [13, 10]
                case 1: octets += [13, 10, 46]
                default: octets.append(alphabet.randomElement(using: &random) ?? 97)
                }
            }
            octets += "\r\n.\r\n".octets
            let limits = MessageLimits(maximumLineLength: 30, bareLineEnds: policy)
            let splits = (0..<3).map { _ in Int.random(in: 0...octets.count, using: &random) }.sorted()
            let read = readMessage(octets, splitAt: splits, .dotStuffed, limits)
            #expect(read.ended)
            let end = endOfMessage(octets)
            #expect(read.rest == Array(octets[end...]), "\(octets)")
            #expect(read.defect == readMessage(octets, .dotStuffed, limits).defect)
            if read.defect == nil { #expect(hasOnlyWholeLineEnds(read.content)) }
        }
    }

    /// Behind the first CRLF.CRLF, the CRLF of the DATA command counting as the first.
    private func endOfMessage(_ octets: [UInt8]) -> Int {
        let whole = [13, 10] + octets
        let end: [UInt8] = [13, 10, 46, 13, 10]
        for start in 0...(whole.count - 5) where Array(whole[start..<start + 5]) == end {
            return start + 3
        }
        return octets.count
    }

    private func hasOnlyWholeLineEnds(_ octets: [UInt8]) -> Bool {
        for (index, octet) in octets.enumerated() {
            if octet == 13, index + 1 == octets.count || octets[index + 1] != 10 { return false }
            if octet == 10, index == 0 || octets[index - 1] != 13 { return false }
        }
        return true
    }
}
