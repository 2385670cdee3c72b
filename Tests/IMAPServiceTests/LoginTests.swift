import Directory
import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct LoginTests {
    @Test func offersWhatIsPossibleNow() async throws {
        let server = try await TestServer(loginWithoutTLS: false)
        try await server.talk { client in
            let capabilities = try await client.ok("CAPABILITY").untagged[0].split(separator: " ")
            #expect(capabilities.contains("LOGINDISABLED"))
            #expect(!capabilities.contains { $0.hasPrefix("AUTH=") })
            try await client.expect("LOGIN alice secret", "NO [PRIVACYREQUIRED]")
            try await client.expect("AUTHENTICATE PLAIN", "NO [PRIVACYREQUIRED]")
            try await client.expect("STARTTLS", "BAD")
        }
        try await server.stop()
        try await withServer { server in
            try await server.talk { client in
                let before = try await client.ok("CAPABILITY").untagged[0].split(separator: " ")
                #expect(before.contains("AUTH=PLAIN") && before.contains("SASL-IR"))
                #expect(!before.contains("IDLE") && !before.contains("LOGINDISABLED"))
                let login = try await client.ok("LOGIN alice secret")
                #expect(login.tagged.hasPrefix("OK [CAPABILITY IMAP4rev1 IMAP4rev2 "))
                let after = try await client.ok("CAPABILITY").untagged[0].split(separator: " ")
                #expect(after.contains("IDLE") && !after.contains { $0.hasPrefix("AUTH=") })
            }
        }
    }

    @Test func saysWhyALoginFailed() async throws {
        try await withServer { server in
            let rows = [
                ("alice", "wrong", "NO [AUTHENTICATIONFAILED]"),
                ("nobody", "secret", "NO [AUTHENTICATIONFAILED]"),
                ("mailonly", "secret", "NO [AUTHENTICATIONFAILED]"),
                ("down", "secret", "NO [UNAVAILABLE]"),
                ("away", "secret", "NO [REFERRAL imap://away;AUTH=*@other.example.org/]"),
            ]
            for (login, password, reply) in rows {
                try await server.talk { client in
                    try await client.expect("LOGIN \(login) \(password)", reply)
                    try await client.expect("SELECT INBOX", "BAD")
                }
            }
        }
    }

    @Test func speaksSASL() async throws {
        try await withServer { server in
            try await server.talk { client in
                let tag = try await client.begin("AUTHENTICATE PLAIN")
                #expect(try await client.line() == "+ ")
                try await client.send("*\r\n")
                #expect(try await client.reply(tag).tagged.hasPrefix("BAD"))
                let again = try await client.begin("AUTHENTICATE PLAIN")
                #expect(try await client.line() == "+ ")
                try await client.send("!\r\n")
                #expect(try await client.reply(again).tagged.hasPrefix("BAD"))
                try await client.expect("AUTHENTICATE X-NONE", "NO [CANNOT]")
                // \0alice\0secret
                try await client.ok("AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==")
                try await client.expect("AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", "BAD")
                try await client.expect("LOGIN alice secret", "BAD")
            }
            // bob\0alice\0secret: alice may act as bob, not as carol.
            try await server.talk { client in
                try await client.ok("AUTHENTICATE PLAIN Ym9iAGFsaWNlAHNlY3JldA==")
            }
            try await server.talk { client in
                try await client.expect(
                    "AUTHENTICATE PLAIN Y2Fyb2wAYWxpY2UAc2VjcmV0", "NO [AUTHENTICATIONFAILED]")
            }
        }
    }

    @Test func forgetsTheUser() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("ENABLE QRESYNC UIDONLY")
                try await client.ok("SELECT INBOX")
                try await client.expect("UNAUTHENTICATE", "OK [CAPABILITY ")
                try await client.expect("SELECT INBOX", "BAD")
                try await client.ok("LOGIN bob secret")
                try await client.expect("FETCH 1 FLAGS", "BAD")
                try await client.append()
                try await client.ok("SELECT INBOX")
                let reply = try await client.ok("FETCH 1 FLAGS")
                #expect(reply.untagged == ["1 FETCH (FLAGS ())"])
            }
        }
    }

    @Test func limitsTheSessionsOfAnAccount() async throws {
        try await withServer({ $0.maximumSessionsPerAccount = 1 }) { server in
            try await server.session { _ in
                try await server.talk { second in
                    try await second.expect("LOGIN alice secret", "NO [LIMIT]")
                    try await second.ok("LOGIN bob secret")
                }
            }
            try await server.session { client in
                try await client.ok("UNAUTHENTICATE")
                try await server.session { _ in }
            }
        }
    }

    @Test func endsTheSessionsOfADisabledAccount() async throws {
        try await withServer({ $0.accountCheckInterval = .milliseconds(20) }) { server in
            try await server.session("bob") { other in
                try await server.session { idling in
                    let tag = try await idling.begin("IDLE")
                    #expect(try await idling.line() == "+ idling")
                    server.directory.setSilent(true)
                    try await Task.sleep(for: .milliseconds(100))
                    server.directory.setSilent(false)
                    server.directory.change("alice") { $0.status = .disabled }
                    let rest = try await idling.line()
                    #expect(rest?.hasPrefix("* BYE ") == true, "\(tag)")
                    #expect(try await idling.line() == nil)
                }
                server.directory.remove("bob")
                #expect(try await other.line()?.hasPrefix("* BYE ") == true)
            }
        }
    }
}
