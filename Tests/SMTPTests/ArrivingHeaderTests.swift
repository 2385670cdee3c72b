import NIOCore
import Testing

@testable import SMTP

@Suite struct ArrivingHeaderTests {
    @Test(arguments: [
        ("", 0), ("Received: x\r\n", 1), ("received:x\r\n\ty\r\nRECEIVED: y\r\n\r\n", 2),
        ("X-Received: x\r\nReceive: x\r\nReceivedx: y\r\n", 0),
        ("Subject: Received: x\r\n Received: y\r\n\r\nReceived: z\r\n", 0),
        ("a: b\r\nReceived: x\r\n\r\nReceived: y\r\n", 1), ("\r\nReceived: x\r\n", 0),
        // Obsolete (RFC 5322 section 4.5.7).
        ("Received : x\r\nReceived\t \t: x\r\nreceived :x\r\n\r\n", 3),
        ("Received x: y\r\nReceived\r\n : x\r\nReceived \r\n\r\nReceived : x\r\n", 0),
    ])
    func counts(_ text: String, _ count: Int) {
        for split in 0...text.utf8.count {
            var counter = ArrivingHeader()
            counter.read(ByteBuffer(bytes: Array(text.utf8)[..<split]))
            counter.read(ByteBuffer(bytes: Array(text.utf8)[split...]))
            #expect(counter.receivedCount == count)
        }
    }

    /// RFC 8689 section 5.
    @Test(arguments: [
        ("TLS-Required: No\r\n\r\n", true), ("a: b\r\ntls-required:no\r\n\r\n", true),
        ("TLS-REQUIRED: \t NO \r\nReceived: x\r\n\r\n", true), ("TLS-Required: No", false),
        ("TLS-Required: Yes\r\n\r\n", false), ("TLS-Required: Not\r\n\r\n", false),
        ("TLS-Required: N o\r\n\r\n", false), ("TLS-Required:\r\n\r\n", false),
        ("X-TLS-Required: No\r\n\r\n", false), ("a: b\r\n TLS-Required: No\r\n\r\n", false),
        ("TLS-Required : No\r\n\r\n", false), ("TLS\rRequired: No\r\n\r\n", false), ("a: b\r\n\r\nTLS-Required: No\r\n", false),
    ])
    func waivesTLSPolicies(_ text: String, _ expected: Bool) {
        for split in 0...text.utf8.count {
            var header = ArrivingHeader()
            header.read(ByteBuffer(bytes: Array(text.utf8)[..<split]))
            header.read(ByteBuffer(bytes: Array(text.utf8)[split...]))
            #expect(header.waivesTLSPolicies == expected)
        }
    }
}
