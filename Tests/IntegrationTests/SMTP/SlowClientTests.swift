import Glibc
import Testing
import TestSupport

/// Clients that say little, or nothing, for as long as they can: each wait has a deadline that no
/// single octet moves.
@Suite(.ownThreads) struct SlowClientTests {
    /// Longer than any deadline here, in steps of a tenth of a second.
    private static let steps = 400

    private let server: RunningMartlet

    init() throws {
        server = try RunningMartlet(
            .init(
                sections: """
                    smtp: {command_timeout: 5s, data_timeout: 5s}
                    pop3: {login_timeout: 10s}
                    imap: {login_timeout: 10s}
                    limits: {handshake_timeout: 5s}
                    """))
    }

    @Test(arguments: [
        ("mx", "EHLO ", "421 4.4.2"), ("submission", "EHLO ", "421 4.4.2"),
        // RFC 1939 section 3: without a word.
        ("pop3", "USER ", nil),
        ("imap", "a LOGIN ", "* BYE"),
    ])
    func anOctetNowAndThenIsNoCommand(_ listener: String, _ start: String, _ end: String?) throws {
        let slow = try LineClient(port: server.port(listener))
        _ = try slow.line()
        try slow.send(start)
        try othersAreServed()
        var isOpen = true
        for _ in 0..<Self.steps where isOpen {
            usleep(100_000)
            isOpen = (try? slow.send("x")) != nil
        }
        #expect(!isOpen)
        let last = try LineClient(port: server.port(listener))
        _ = try last.line()
        try last.send(start)
        let goodbye = try last.rest()
        #expect(end.map { goodbye.contains($0) } ?? goodbye.isEmpty, "\(goodbye)")
    }

    @Test(arguments: ["submissions", "pop3s", "imaps"])
    func silenceIsNoHandshake(_ listener: String) throws {
        let silent = try (0..<50).map { _ in try LineClient(port: server.port(listener)) }
        try othersAreServed()
        for client in silent { #expect(try client.line() == nil) }
    }

    @Test func aMessageThatDoesNotGoOnIsDropped() throws {
        let user = server.newUser()
        let slow = try server.smtp(.mx)
        try slow.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try slow.expect("RCPT TO:<\(user.address)>", "250")
        try slow.expect("DATA", "354")
        try slow.send("Subject: half\r\n\r\nof a mess")
        #expect(try slow.rest().hasPrefix("421 4.4.2"))
        try server.deliver(to: [user.address], "Subject: whole\r\n\r\n")
        #expect(try server.messages(of: user).count == 1)
    }

    private func othersAreServed() throws {
        let other = try server.smtp(.mx)
        try other.expect("NOOP", "250")
    }
}
