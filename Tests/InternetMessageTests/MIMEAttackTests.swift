#if canImport(Glibc)
import Glibc
#endif
import Testing

@testable import InternetMessage

/// What an attacker sends must cost no more than its length. The bound is far above what is needed, and
/// far below what a quadratic cost would be; processor time is taken, which others' load does not change.
@Suite(.serialized) struct MIMEAttackTests {
    private static let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

    /// Known by its name: a failure does not print megabytes.
    struct Attack: CustomTestStringConvertible {
        let testDescription: String
        let message: String

        init(_ name: String, _ message: String) {
            testDescription = name
            self.message = message
        }
    }

    private func cpuSeconds(_ body: () -> Void) -> Double {
        var start = timespec()
        var end = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        body()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
    }

    @Test(arguments: [
        Attack("empty parts", head + String(repeating: "--b\r\n", count: 1_000_000)),
        Attack("delimiters of no part", head + String(repeating: "--x\r\n", count: 1_000_000)),
        Attack("header fields", String(repeating: "A: b\r\n", count: 1_000_000)),
        Attack("senders", String(repeating: "From: a@b\r\n", count: 300_000)),
        Attack("content types", String(repeating: "Content-Type: multipart/mixed; boundary=b\r\n", count: 100_000)),
        Attack("encoded words", "Subject: " + String(repeating: "=?utf-8?q?a?= ", count: 200_000) + "\r\n\r\n"),
        Attack("subject tags", "Subject: " + String(repeating: "[a]", count: 1_000_000) + "\r\n\r\n"),
        Attack("folded lines", "Subject: x\r\n" + String(repeating: " x\r\n", count: 1_000_000)),
        Attack("recipients", "To: " + String(repeating: "a@b,", count: 1_000_000) + "\r\n\r\n"),
        Attack("references", "References: " + String(repeating: "<a@b> ", count: 500_000) + "\r\n\r\n"),
        Attack("parameter sections", "Content-Type: text/plain" + (0..<100_000).map { ";name*\($0)=x" }.joined() + "\r\n\r\n"),
        Attack("content types inside one another's headers", String(repeating: "Content-Type: message/rfc822\r\n\r\n", count: 100_000)),
        Attack("multiparts inside multiparts", (0..<50_000).map { "Content-Type: multipart/mixed; boundary=b\($0)\r\n\r\n--b\($0)\r\n" }.joined()),
        Attack("parentheses", String(repeating: "(", count: 2_000_000)),
        Attack("comments in a content type", "Content-Type: " + String(repeating: "(", count: 200_000) + "\r\n\r\n"),
        Attack("carriage returns", String(repeating: "\r", count: 3_000_000)),
        Attack("line feeds", String(repeating: "\n", count: 3_000_000)),
    ])
    func costIsLinear(_ attack: Attack) {
        let bytes = Array(attack.message.utf8)
        let seconds = cpuSeconds {
            let message = parsed(bytes)
            _ = MessageKeys(message)
            _ = message.tree
            var preview = PreviewReader(message.tree)
            while let range = preview.wanted(atMost: 65536) {
                bytes.withUnsafeBytes { preview.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
            }
            var reader = MessageTextReader(message.tree, scope: .all)
            while let range = reader.wanted(atMost: 65536) {
                bytes.withUnsafeBytes { reader.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
                _ = reader.takeText()
            }
        }
        // Without optimization too.
        #expect(seconds < 30)
    }
}
