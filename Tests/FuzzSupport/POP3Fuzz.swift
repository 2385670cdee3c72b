package import NIOCore
internal import POP3

/// Answers a POP3 session's actions as a server would, keeping what comes out of it.
package struct POP3Fuzz {
    private var session: POP3Session
    package private(set) var output = ByteBuffer()
    package private(set) var deleted: [[Int]] = []
    package private(set) var hasEnded = false
    package private(set) var isStuck = false

    package static let messages = 6

    package init(allowsPassword: Bool) {
        session = POP3Session(
            configuration: POP3SessionConfiguration(hostName: "mail.example.org"),
            offer: Self.offer(allowsPassword))
        session.writeGreeting(&output)
    }

    private static func offer(_ allowsPassword: Bool) -> LoginOffer {
        LoginOffer(allowsPassword: allowsPassword, offersTLS: true, mechanisms: { ["PLAIN", "LOGIN"] })
    }

    package mutating func receive(_ octets: [UInt8]) {
        guard !hasEnded else { return }
        session.receive(ByteBuffer(bytes: octets))
        var actions = 0
        // `advance` hands over at a threshold of unsent replies, so they are taken out each time.
        var replies = ByteBuffer()
        while let action = session.advance(&replies) {
            perform(action, &replies)
            output.writeBuffer(&replies)
            replies.clear()
            actions += 1
            if actions > 10_000 + 10 * octets.count {
                isStuck = true
                hasEnded = true
            }
            if hasEnded { return }
        }
        output.writeBuffer(&replies)
    }

    private mutating func perform(_ action: POP3Action, _ replies: inout ByteBuffer) {
        switch action {
        case .flush, .abandonAuthentication: break
        case .close: hasEnded = true
        case .startTLS: session.tlsEstablished(Self.offer(true))
        case .verifyPassword(let login, let password): logIn(login.utf8.count + password.count, &replies)
        case .beginAuthentication(_, nil): session.challenged(base64: "eA==", &replies)
        case .beginAuthentication(_, let response?), .continueAuthentication(let response):
            logIn(response.count, &replies)
        case .measure(let indices):
            precondition(indices.allSatisfy { (0..<Self.messages).contains($0) })
            session.measured(Dictionary(uniqueKeysWithValues: indices.map { ($0, $0 + 1) }), &replies)
        case .retrieve(let index, let bodyLines):
            precondition((0..<Self.messages).contains(index) && bodyLines ?? 0 >= 0)
            session.beginText(index: index, bodyLines: bodyLines, &replies)
            write(bodyLines, &replies)
        case .update(let indices):
            deleted.append(indices)
            session.updated(succeeded: indices.count < 4, &replies)
        }
    }

    private func write(_ bodyLines: Int?, _ replies: inout ByteBuffer) {
        var encoder = MultilineEncoder()
        var chunk = ByteBuffer(string: "Subject: a\r\n\r\n.dot\r\n..\r\nno end")
        if let bodyLines {
            var limiter = TopLimiter(bodyLines: bodyLines)
            chunk = limiter.take(chunk)
        }
        var encoded = encoder.encode(chunk)
        replies.writeBuffer(&encoded)
        encoder.finish(&replies)
    }

    private mutating func logIn(_ number: Int, _ replies: inout ByteBuffer) {
        guard number % 4 > 0 else { return session.loginFailed(.credentials, &replies) }
        session.loggedIn(
            Maildrop(
                uidValidity: 7,
                messages: (0..<Self.messages).map { .init(uid: UInt32($0 * 3 + 1), size: $0 * 100) }),
            &replies)
    }

    package static let words = FuzzSupport.words([
        "USER alice\r\n", "PASS secret\r\n", "USER a b\r\n", "PASS \r\n", "AUTH\r\n", "AUTH PLAIN\r\n",
        "AUTH PLAIN AGEAYg==\r\n", "AUTH LOGIN =\r\n", "AGEAYg==\r\n", "*\r\n", "CAPA\r\n", "STLS\r\n", "UTF8\r\n",
        "LANG\r\n", "LANG *\r\n", "STAT\r\n", "LIST\r\n", "LIST 1\r\n", "LIST 7\r\n", "UIDL\r\n", "UIDL 2\r\n",
        "RETR 1\r\n", "RETR 6\r\n", "RETR 0\r\n", "RETR 18446744073709551616\r\n", "TOP 1 0\r\n", "TOP 2 1\r\n",
        "TOP 3 99999999999999999999\r\n", "TOP 4 -1\r\n", "DELE 1\r\n", "DELE 2\r\n", "DELE 2\r\n", "RSET\r\n",
        "NOOP\r\n", "QUIT\r\n", "\r\n", "\n", "\r", "\0", "retr 00000000001\r\n", "DELE", " ", "XXXX\r\n",
        String(repeating: "y", count: 300),
    ])
}
