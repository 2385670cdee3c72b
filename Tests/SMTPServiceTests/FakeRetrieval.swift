import Directory
import MailModel
import NIOCore
import Synchronization
import Transport

@testable import MailServer

/// Waiting mail, by the first labels of domains; speaks one line to a host that takes it.
final class FakeRetrieval: MailRetrieval {
    /// What was asked for, in order.
    let calls = Mutex<[String]>([])

    private func waiting(_ domain: String) -> WaitingMail {
        switch domain {
        case "empty.example": .none
        case "busy.example": .underWay
        case "broken.example": .unavailable(cause: "test")
        default: .messages(3)
        }
    }

    func start(_ domain: String, includingSubdomains: Bool) async -> WaitingMail {
        calls.withLock { $0.append("start \(includingSubdomains ? "@" : "")\(domain)") }
        return waiting(domain)
    }

    func waiting(for domains: [String]) async -> WaitingMail { waiting(domains[0]) }

    func deliver(over connection: Connection, domains: [String], account: Account) async {
        calls.withLock { $0.append("deliver \(domains.joined(separator: " ")) to \(account.login)") }
        do throws(ConnectionError) {
            let greeting = try await connection.read().map { String(buffer: $0) } ?? ""
            calls.withLock { $0.append("greeted \(greeting.prefix { $0 != "\r\n" })") }
            try await connection.write(ByteBuffer(string: "EHLO mail.example.org\r\n"))
        } catch {
            calls.withLock { $0.append("\(error)") }
        }
    }
}
