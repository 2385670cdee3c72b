import NIOCore
import Testing

@testable import SMTP

@Suite struct ReceivedFieldCounterTests {
    @Test(arguments: [
        ("", 0), ("Received: x\r\n", 1), ("received:x\r\n\ty\r\nRECEIVED: y\r\n\r\n", 2),
        ("X-Received: x\r\nReceive: x\r\nReceivedx: y\r\n", 0),
        ("Subject: Received: x\r\n Received: y\r\n\r\nReceived: z\r\n", 0),
        ("a: b\r\nReceived: x\r\n\r\nReceived: y\r\n", 1), ("\r\nReceived: x\r\n", 0),
    ])
    func counts(_ text: String, _ count: Int) {
        for split in 0...text.utf8.count {
            var counter = ReceivedFieldCounter()
            counter.read(ByteBuffer(bytes: Array(text.utf8)[..<split]))
            counter.read(ByteBuffer(bytes: Array(text.utf8)[split...]))
            #expect(counter.count == count)
        }
    }
}
