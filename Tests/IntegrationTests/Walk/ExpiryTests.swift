import Testing
import TestSupport

/// Mail that can't be delivered in time goes back to its sender, if it has one.
@Suite(.ownThreads) struct ExpiryTests {
    @Test func returnedToSenderButNeverToNobody() throws {
        let server = try RunningMartlet(.init(sections: """
            queue: {expiry: 20s, first_remote_delay: 1s, first_local_delay: 1s, maximum_delay: 10s}
            """))
        let user = server.newUser()
        for sender in ["<\(user.address)>", "<>"] {
            let client = try server.smtp(.user, as: user)
            try client.expect("MAIL FROM:\(sender)", "250")
            try client.expect("RCPT TO:<gone@elsewhere.example>", "250")
            try client.expect("DATA", "354")
            try client.expect("From: \(user.address)\r\nSubject: far away\r\n\r\n.", "250")
        }
        #expect(try eventually { try server.queue().count == 2 })
        #expect(try eventually { try server.queue().isEmpty })
        let messages = try server.messages(of: user)
        #expect(messages.count == 1)
        #expect(messages[0].contains("Return-Path: <>"))
        #expect(messages[0].contains("Action: failed"))
        #expect(messages[0].contains { $0.contains("gone@elsewhere.example") })
    }
}
