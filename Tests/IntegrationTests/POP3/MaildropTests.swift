import Testing
import TestSupport

/// What a maildrop promises over sessions.
@Suite(.ownThreads) struct POP3MaildropTests {
    @Test func deletionsCountAtQuitOnly() throws {
        let (server, user) = try Self.filled(3)
        let client = try server.pop3(user)
        try client.ask("DELE 2", "+OK")
        try client.ask("DELE 2", "-ERR")
        try client.ask("RETR 2", "-ERR")
        try client.ask("LIST 2", "-ERR")
        try client.ask("UIDL 2", "-ERR")
        try client.ask("TOP 2 0", "-ERR")
        try client.ask("STAT", "+OK 2 ")
        try client.ask("LIST", "+OK 2")
        #expect(try client.multiline().map { $0.prefix(2) } == ["1 ", "3 "])
        try client.ask("RSET", "+OK")
        try client.ask("STAT", "+OK 3 ")
        try client.ask("DELE 1", "+OK")
        // The connection is lost: nothing is deleted.
        client.halfClose()
        #expect(try client.rest() == "")
        let again = try Self.reopened(server, user)
        try again.ask("STAT", "+OK 3 ")
        try again.ask("DELE 1", "+OK")
        try again.ask("DELE 3", "+OK")
        try again.ask("QUIT", "+OK")
        let last = try server.pop3(user)
        try last.ask("STAT", "+OK 1 ")
        try last.ask("RETR 1", "+OK")
        #expect(try last.multiline().contains("Subject: 2"))
    }

    @Test func oneSessionAtATime() throws {
        let (server, user) = try Self.filled(1)
        let first = try server.pop3(user)
        let second = try LineClient(port: server.port("pop3s"))
        try second.startTLS()
        _ = try second.line()
        try second.ask("USER \(user.address)", "+OK")
        try second.ask("PASS \(user.password)", "-ERR [IN-USE]")
        try first.ask("QUIT", "+OK")
        try second.ask("USER \(user.address)", "+OK")
        try second.ask("PASS \(user.password)", "+OK")
    }

    @Test func mailThatComesMeanwhileIsSeenNextTime() throws {
        let (server, user) = try Self.filled(1)
        let client = try server.pop3(user)
        try client.ask("STAT", "+OK 1 ")
        try server.deliver(to: [user.address], "Subject: later\r\n\r\n")
        try client.ask("STAT", "+OK 1 ")
        try client.ask("RETR 2", "-ERR")
        try client.ask("QUIT", "+OK")
        #expect(try server.messages(of: user, count: 2).count == 2)
    }

    @Test func sizesAndTopAreExact() throws {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        try server.deliver(to: [user.address], "Subject: s\r\nX: y\r\n\r\n1\r\n...2\r\n\r\n.3\r\n4".replacing("\r\n.", with: "\r\n.."))
        let whole = try server.messages(of: user)[0]
        let client = try server.pop3(user)
        let octets = whole.reduce(0) { $0 + $1.utf8.count + 2 }
        try client.ask("LIST 1", "+OK 1 \(octets)$")
        try client.ask("STAT", "+OK 1 \(octets)$")
        try client.ask("RETR 1", "+OK \(octets) octets")
        #expect(try client.multiline() == whole)
        #expect(whole.suffix(5) == ["1", "...2", "", ".3", "4"])
        let header = Array(whole.prefix(through: try #require(whole.firstIndex(of: ""))))
        for lines in 0...7 {
            try client.ask("TOP 1 \(lines)", "+OK")
            #expect(try client.multiline() == Array(whole.prefix(header.count + lines)))
        }
    }

    @Test func aBigMessageComesWhole() throws {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        let lines = (0..<100_000).map { "\($0 % 7 == 0 ? "." : "")line \($0) \(String(repeating: "x", count: $0 % 90))" }
        let client = try server.smtp(.mxTLS)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        let stuffed = lines.map { ($0.hasPrefix(".") ? "." : "") + $0 }.joined(separator: "\r\n")
        try client.expect("Subject: big\r\n\r\n" + stuffed + "\r\n.", "250 2.0.0")
        let message = try server.messages(of: user)[0]
        #expect(message.suffix(lines.count).elementsEqual(lines))
    }

    @Test func uniqueIDsOutliveARestart() throws {
        let server = try RunningMartlet()
        let user = server.newUser()
        for number in 1...3 { try server.deliver(to: [user.address], "Subject: \(number)\r\n\r\n") }
        _ = try server.messages(of: user, count: 3)
        let before = try Self.uniqueIDs(server, user)
        #expect(Set(before).count == 3)
        #expect(server.stop() == 0)
        try server.start()
        #expect(try Self.uniqueIDs(server, user) == before)
        let client = try server.pop3(user)
        try client.ask("DELE 1", "+OK")
        try client.ask("QUIT", "+OK")
        try server.deliver(to: [user.address], "Subject: 4\r\n\r\n")
        _ = try server.messages(of: user, count: 3)
        server.kill9()
        try server.start()
        let after = try Self.uniqueIDs(server, user)
        #expect(Array(after.prefix(2)) == Array(before.suffix(2)))
        #expect(after.count == 3 && !before.contains(after[2]), "no identifier is used twice")
    }

    @Test func pipelinedRetrieval() throws {
        let (server, user) = try Self.filled(20)
        let client = try server.pop3(user)
        try client.send((1...20).map { "RETR \($0)\r\nDELE \($0)\r\n" }.joined() + "STAT\r\nQUIT\r\n")
        for number in 1...20 {
            #expect(try client.line()?.hasPrefix("+OK") == true)
            #expect(try client.multiline().contains("Subject: \(number)"))
            #expect(try client.line()?.hasPrefix("+OK") == true)
        }
        #expect(try client.line() == "+OK 0 0")
        #expect(try client.rest().hasPrefix("+OK"))
        let again = try server.pop3(user)
        try again.ask("STAT", "+OK 0 0$")
    }

    @Test func loginInClearWhereAllowed() throws {
        let server = try LenientServer.shared.get()
        let user = server.newUser()
        let client = try LineClient(port: server.port("pop3-clear"))
        _ = try client.line()
        try client.ask("USER \(user.address)", "+OK")
        try client.ask("PASS \(user.password)", "+OK maildrop has 0")
    }

    @Test func failedLoginsEndTheConnection() throws {
        let server = try RunningMartlet.shared.get()
        let client = try LineClient(port: server.port("pop3s"), source: Sources.next())
        try client.startTLS()
        _ = try client.line()
        for _ in 1...4 {
            try client.ask("USER alice@example.net", "+OK")
            try client.ask("PASS wrong", "-ERR [AUTH]")
        }
        #expect(try client.rest() == "")
    }

    // MARK: -

    private static func filled(_ count: Int) throws -> (RunningMartlet, SampleUsers.User) {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        for number in 1...count { try server.deliver(to: [user.address], "Subject: \(number)\r\n\r\n") }
        _ = try server.messages(of: user, count: count)
        return (server, user)
    }

    /// Logs in once the lost session has let go of the maildrop.
    private static func reopened(
        _ server: RunningMartlet, _ user: SampleUsers.User
    ) throws -> LineClient {
        try eventually { try? server.pop3(user) }
    }

    private static func uniqueIDs(
        _ server: RunningMartlet, _ user: SampleUsers.User
    ) throws -> [String] {
        let client = try server.pop3(user)
        try client.ask("UIDL", "+OK")
        let lines = try client.multiline()
        try client.ask("QUIT", "+OK")
        return lines.map { String($0.split(separator: " ")[1]) }
    }
}
