import Synchronization
import Testing

/// Messages that not every client can take as they are stored (RFC 6856 section 2.1).
@Suite struct FormTests {
    private static let header = FakeMailboxes.deliveryHeader
    private static let utf8 = "From: Jos\u{e9} <jos\u{e9}@example.org>\r\nSubject: caf\u{e9}\r\n\r\nna\u{ef}ve\r\n.x\r\n"
    private static let downgraded =
        "From: =?utf-8?Q?Jos=C3=A9_=3Cjos=C3=A9=40example=2Eorg=3E?=\r\n <invalid@internationalized-address.invalid>\r\n"
        + "Subject: =?utf-8?Q?caf=C3=A9?=\r\n\r\n"

    private static func binary(_ label: String, _ content: String) -> String {
        "MIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: \(label)\r\n\r\n\(content)"
    }

    @Test func headersInASCII() async throws {
        let server = try await TestServer([Self.utf8])
        let (header, size) = (Self.header, Self.header.utf8.count + Self.utf8.utf8.count)
        try await server.talk { client in
            try await client.logIn()
            let sent = (header + Self.downgraded + "na\u{ef}ve\r\n.x\r\n").utf8.count
            try await client.say("LIST 1", "+OK 1 \(sent)")
            try await client.say("STAT", "+OK 1 \(sent)")
            try await client.say("RETR 1", "+OK message follows\r\n\(header)\(Self.downgraded)na\u{ef}ve\r\n..x\r\n.")
            try await client.say("TOP 1 1", "+OK top of message follows\r\n\(header)\(Self.downgraded)na\u{ef}ve\r\n.")
            try await client.say("QUIT", "+OK goodbye")
        }
        try await server.talk { client in
            try await client.say("UTF8", "+OK UTF8 mode")
            try await client.logIn()
            try await client.say("STAT", "+OK 1 \(size)")
            try await client.say("RETR 1", "+OK \(size) octets\r\n\(header)\(Self.utf8.replacing("\r\n.", with: "\r\n..")).")
            try await client.say("QUIT", "+OK goodbye")
        }
        try await server.stop()
    }

    @Test(arguments: [false, true]) func binaryContentIsEncoded(isUTF8: Bool) async throws {
        let content = String(repeating: "\0\n\r\u{ff}", count: 15)
        let server = try await TestServer([Self.binary("binary", content)])
        let line = String(repeating: "AAoNw78ACg3DvwAKDcO/", count: 3) + "AAoNw78ACg3DvwAK"
        let rest = "DcO/AAoNw78ACg3DvwAKDcO/"
        let head = "\(Self.header)\(Self.binary("base64", ""))"
        try await server.talk { client in
            if isUTF8 { try await client.say("UTF8", "+OK UTF8 mode") }
            try await client.logIn()
            let size = (head + line + rest).utf8.count + 4
            try await client.say("LIST", "+OK 1 messages\r\n1 \(size)\r\n.")
            try await client.say("RETR 1", "+OK message follows\r\n\(head)\(line)\r\n\(rest)\r\n.")
            // Lines of the form that is sent.
            try await client.say("TOP 1 1", "+OK top of message follows\r\n\(head)\(line)\r\n.")
            try await client.say("TOP 1 0", "+OK top of message follows\r\n\(head).")
        }
        try await server.stop()
    }

    /// The label of a part stands far behind the first octets that are read.
    @Test func aLateBinaryPart() async throws {
        let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        let text = String(repeating: "text\r\n", count: 50_000)
        let part = { (label: String, content: String) in
            "\r\n--b\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: \(label)\r\n\r\n\(content)\r\n--b--\r\n"
        }
        let server = try await TestServer([head + text + part("binary", "\0\n\u{ff}"), head + text])
        try await server.talk { client in
            try await client.logIn()
            let answer = Self.header + head + text + part("base64", "AArDvw==")
            try await client.say("RETR 1", "+OK message follows\r\n\(answer).")
            try await client.say("TOP 1 3", "+OK top of message follows\r\n\(Self.header)\(head)text\r\n.")
            let size = (Self.header + head + text).utf8.count
            try await client.say("RETR 2", "+OK \(size) octets\r\n\(Self.header)\(head)\(text).")
        }
        try await server.stop()
    }

    /// Of a maildrop only what needs it is read, and that once; nothing of most maildrops.
    @Test func sizesAreFoundOutOnce() async throws {
        let plain = "Subject: x\r\n\r\ny\r\n"
        let server = try await TestServer([plain, Self.utf8, plain])
        let header = Self.header.utf8.count
        let sent = header + (Self.downgraded + "na\u{ef}ve\r\n.x\r\n").utf8.count
        let all = sent + 2 * (header + plain.utf8.count)
        let reads = { server.mailboxes.state.withLock { $0.reads } }
        var counts: [Int] = []
        for _ in 1...2 {
            try await server.talk { client in
                try await client.logIn()
                try await client.say("LIST 1", "+OK 1 \(header + plain.utf8.count)")
                counts.append(reads())
                try await client.send("STAT\r\nDELE 2\r\nSTAT\r\nRSET\r\nLIST 2\r\n")
                try await client.expect(
                    "+OK 3 \(all)\r\n+OK marked as deleted\r\n+OK 2 \(all - sent)\r\n"
                        + "+OK nothing is marked as deleted\r\n+OK 2 \(sent)\r\n")
                counts.append(reads())
                try await client.say("QUIT", "+OK goodbye")
            }
        }
        #expect(counts[0] == 0 && counts[1] > 0)
        #expect(counts[2...].allSatisfy { $0 == counts[1] })
        try await server.stop()
    }

    /// RETR says why; until then it has the size of what is stored.
    @Test func whatCantBeReadIsListed() async throws {
        let server = try await TestServer([Self.utf8])
        server.mailboxes.state.withLock { $0.readableOctets = 3 }
        try await server.talk { client in
            try await client.logIn()
            try await client.say("LIST 1", "+OK 1 \((Self.header + Self.utf8).utf8.count)")
            try await client.say("QUIT", "+OK goodbye")
        }
        try await server.stop()
    }

    @Test func whatCantBeConvertedStays() async throws {
        let broken = "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\na\nb"
        let server = try await TestServer([broken, "Subject: x\r\n\r\ny\r\n"])
        try await server.talk { client in
            try await client.logIn()
            try await client.say("RETR 1", "-ERR [SYS/PERM] the message can't be converted for this client")
            try await client.say("TOP 1 0", "-ERR [SYS/PERM] the message can't be converted for this client")
            try await client.say("TOP 2 0", "+OK top of message follows\r\n\(Self.header)Subject: x\r\n\r\n.")
            try await client.say("QUIT", "+OK goodbye")
        }
        #expect(server.mailboxes.uids == [1, 2])
        try await server.stop()
    }
}
