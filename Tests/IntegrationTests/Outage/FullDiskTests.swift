import Foundation
import Testing
import TestSupport

/// Less room than is to stay free: what would need more is refused in words, all else goes on.
@Suite(.ownThreads) struct FullDiskTests {
    @Test func whatIsThereCanBeUsedAndDeleted() throws {
        let server = try RunningMartlet(.init(sections: "storage: {minimum_free: 1M}"))
        let user = server.newUser()
        for number in 1...2 { try server.deliver(to: [user.address], "Subject: \(number)\r\n\r\n") }
        _ = try server.messages(of: user, count: 2)
        #expect(server.stop() == 0)
        let text = try TextFile.read(server.configuration)
        try TextFile.write(
            text.replacing("minimum_free: 1M", with: "minimum_free: 500000G"), to: server.configuration)
        try server.start()

        let smtp = try server.smtp(.mx)
        // Before anything is sent for nothing.
        try smtp.expect("MAIL FROM:<sender@elsewhere.example>", "452 4.3.1")
        try smtp.expect("MAIL FROM:<sender@elsewhere.example> SIZE=100", "452 4.3.1")
        try smtp.expect("RCPT TO:<\(user.address)>", "503")
        let imap = try IMAPMessagesClient(server, user)
        try imap.no("APPEND INBOX {14+}\r\nSubject: a\r\n\r\n", "NO [LIMIT] Insufficient system storage")
        try imap.ok("STORE 1 +FLAGS (\\Flagged)")
        let pop3 = try server.pop3(user)
        try pop3.ask("DELE 1", "+OK")
        try pop3.ask("QUIT", "+OK")
        #expect(try server.messages(of: user).count == 1)
    }
}
