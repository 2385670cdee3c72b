import FuzzSupport
import NIOCore
import POP3
import Testing

@Suite struct TextMeasureTests {
    private static let pieces = ["\r\n", "\n", "\r", ".", "..", "text", "", "\r\n.", "\r\r\n"].map { Array($0.utf8) }

    /// What is sent has so many octets, without the dots that are put in and the end.
    @Test func countsWhatIsSent() {
        var dice = Dice(seed: 1939)
        for _ in 0..<500 {
            var (measure, encoder) = (TextMeasure(), MultilineEncoder())
            var sent = ByteBuffer()
            for chunk in dice.split(dice.text(of: Self.pieces, upTo: 12, damage: 0)) {
                measure.count(ByteBuffer(bytes: chunk))
                sent.writeImmutableBuffer(encoder.encode(ByteBuffer(bytes: chunk)))
            }
            encoder.finish(&sent)
            let octets = Array(sent.readableBytesView)
            #expect(octets.suffix(3).elementsEqual(".\r\n".utf8))
            var dots = 0
            var last: UInt8 = 0x0a
            for octet in octets {
                if last == 0x0a, octet == 0x2e { dots += 1 }
                last = octet
            }
            // The last dot is the end itself.
            #expect(measure.total == octets.count - 3 - (dots - 1), "\(octets)")
        }
    }
}
