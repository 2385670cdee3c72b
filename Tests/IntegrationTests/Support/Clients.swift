import Foundation
import Synchronization
import Testing
import TestSupport

/// Addresses of 127.0.0.0/8 that no test has used: failed logins are counted by address.
enum Sources {
    private static let used = Atomic(0)

    static func next() -> String {
        let number = used.add(1, ordering: .relaxed).newValue
        return "127.7.\(number / 250 % 250).\(number % 250 + 1)"
    }
}

extension LineClient {
    /// Expects an SMTP reply that begins like this.
    @discardableResult
    func expect(
        _ command: String, _ pattern: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let reply = try self.command(command)
        guard Talk.matches(reply, pattern[...]) else {
            throw Failure(description: "\(command): \(reply), not \(pattern) (\(sourceLocation))")
        }
        return reply
    }

    static func plain(_ login: String, _ password: String, as identity: String = "") -> String {
        Data("\(identity)\0\(login)\0\(password)".utf8).base64EncodedString()
    }
}

extension RunningMartlet {
    /// How far an SMTP client has come when a test begins.
    enum Stage: String, Sendable {
        /// To the mail exchanger: connected, greeted, said EHLO, the same under STARTTLS.
        case mxConnected, mx, mxTLS
        /// For submission: greeted in clear, after STARTTLS and EHLO, with implicit TLS, logged in.
        case submissionClear, submissionTLS, submissions, user
        /// To the on-demand mail relay: greeted in clear, after STARTTLS and EHLO, logged in.
        case relayClear, relayTLS, relayUser
    }

    func smtp(
        _ stage: Stage, as user: SampleUsers.User = SampleUsers.alice, source: String? = nil
    ) throws -> LineClient {
        switch stage {
        case .mxConnected:
            return try LineClient(port: port("mx"), source: source)
        case .mx, .mxTLS:
            let client = try LineClient(port: port("mx"), source: source)
            try client.greeted()
            if stage == .mxTLS { try client.secured() }
            return client
        case .submissionClear, .submissionTLS:
            let client = try LineClient(port: port("submission"), source: source)
            try client.greeted()
            if stage == .submissionTLS { try client.secured() }
            return client
        case .relayClear, .relayTLS, .relayUser:
            let client = try LineClient(port: port("odmr"), source: source)
            try client.greeted()
            if stage != .relayClear { try client.secured() }
            if stage == .relayUser {
                try client.expect("AUTH PLAIN \(LineClient.plain(user.address, user.password))", "235 2.7.0")
            }
            return client
        case .submissions, .user:
            let client = try LineClient(port: port("submissions"), source: source)
            try client.startTLS()
            try client.greeted()
            if stage == .user {
                try client.expect("AUTH PLAIN \(LineClient.plain(user.address, user.password))", "235 2.7.0")
            }
            return client
        }
    }

    /// A POP3 client with TLS that has logged in.
    func pop3(
        _ user: SampleUsers.User, source: String? = nil, utf8: Bool = false
    ) throws -> LineClient {
        let client = try LineClient(port: port("pop3s"), source: source)
        try client.startTLS()
        _ = try client.line()
        if utf8 { try client.ask("UTF8", "+OK") }
        try client.ask("USER \(user.address)", "+OK")
        try client.ask("PASS \(user.password)", "+OK")
        return client
    }

    /// Delivers to the mail exchanger and expects 250.
    @discardableResult
    func deliver(
        to recipients: [String], from sender: String = "sender@elsewhere.example",
        parameters: String = "", _ message: String
    ) throws -> String {
        let client = try smtp(.mx)
        let id = try client.deliver(to: recipients, from: sender, parameters: parameters, message)
        try client.expect("QUIT", "221")
        return id
    }

    /// The messages in a mailbox once there are so many, each as its lines; with headers in UTF-8.
    func messages(of user: SampleUsers.User, count: Int = 1) throws -> [[String]] {
        try eventually {
            let client = try pop3(user, utf8: true)
            guard let line = try client.ask("STAT", "+OK").split(separator: " ").dropFirst().first,
                let there = Int(line), there >= count
            else {
                _ = try client.ask("QUIT", "+OK")
                return nil
            }
            let messages = try (1...there).map { number in
                try client.ask("RETR \(number)", "+OK")
                return try client.multiline()
            }
            _ = try client.ask("QUIT", "+OK")
            return messages
        }
    }
}

extension LineClient {
    /// One transaction. Returns the queue id.
    @discardableResult
    func deliver(
        to recipients: [String], from sender: String = "sender@elsewhere.example",
        parameters: String = "", _ message: String
    ) throws -> String {
        try expect("MAIL FROM:<\(sender)>", "250")
        for recipient in recipients { try expect("RCPT TO:<\(recipient)>\(parameters)", "250") }
        try expect("DATA", "354")
        let reply = try expect(message + "\r\n.", "250 2.0.0")
        return String(reply.split(separator: " ").last ?? "")
    }

    func greeted() throws {
        guard try reply().hasPrefix("220 ") else { throw Failure(description: "no greeting") }
        try expect("EHLO client.example", "250")
    }

    func secured() throws {
        try expect("STARTTLS", "220 2.0.0")
        try startTLS()
        try expect("EHLO client.example", "250")
    }

    /// Sends a POP3 command and expects a status line that begins like this.
    @discardableResult
    func ask(_ command: String, _ pattern: String) throws -> String {
        try send(command + "\r\n")
        let reply = try line() ?? "closed"
        guard Talk.matches(reply, pattern[...]) else {
            throw Failure(description: "\(command): \(reply), not \(pattern)")
        }
        return reply
    }
}
