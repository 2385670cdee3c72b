import Delivery
import MailModel
import SMTP
import Storage
import Testing
import Transport

@testable import MailServer

/// Addresses that one of several hosts may have.
@Suite(.timeLimit(.minutes(20))) struct DistributedDomainTests {
    private struct Hosts: HostAsking {
        func ask(_ address: EmailAddress, _ hosts: [NextHop], for client: String?) async -> HostAnswer {
            switch address.localPart {
            case "carol": .knows(hosts[1])
            case "nobody": .nobody
            default: .unavailable(cause: "timed out")
            }
        }
    }

    @Test func goesToTheHostThatKnows() async throws {
        try await withService(.mailExchanger, hosts: Hosts()) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<>
                    < 250
                    < 250
                    > RCPT TO:<nobody@spread.example>
                    < 550 5.1.1 User unknown
                    > RCPT TO:<late@spread.example>
                    < 451 4.4.1
                    > RCPT TO:<carol%elsewhere.example@spread.example>
                    < 550 5.7.1 Relaying denied
                    > RCPT TO:<carol@spread.example>
                    < 250 2.1.5
                    > DATA
                    < 354
                    > x
                    > .
                    < 250
                    """)
            let recipients = try await service.queue(1).flatMap(\.entry.recipients)
            #expect(recipients.map(\.routed.route) == [.remote(.host(NextHop(host: "two.example", port: 2525)))])
            #expect(recipients.first?.routed.address == EmailAddress(localPart: "carol", domain: "spread.example"))
        }
    }

    @Test func isRefusedForNowWhileNobodyAsks() async throws {
        try await withService(.mailExchanger) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<>
                    > RCPT TO:<carol@spread.example>
                    < 250
                    < 250
                    < 451 4.4.1
                    """)
        }
    }

    @Test func isNotVerified() async throws {
        try await withService(
            .submission, { $0.allowsLoginWithoutTLS = true }, hosts: Hosts()
        ) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > AUTH PLAIN AGFsaWNlAHNlY3JldA==
                    < 250
                    < 235
                    > VRFY nobody@spread.example
                    < 252 2.5.1
                    """)
        }
    }
}
