import Directory
import InternetMessage
import MailModel
import NIOCore
import Testing

@testable import MailServer

@Suite struct PartsTests {
    @Test func aMessageHasToKeepMoving() {
        let start = ContinuousClock.now
        var pace = DataPace(started: start, minimumRate: 256)
        #expect(!pace.isTooSlow(at: start + .seconds(59)))
        #expect(pace.isTooSlow(at: start + .seconds(61)))
        pace.octets = 256 * 100
        #expect(!pace.isTooSlow(at: start + .seconds(100)))
        #expect(pace.isTooSlow(at: start + .seconds(102)))
    }

    @Test func recipientsAreKeptOnce() {
        var list = RecipientList()
        let routed = ["a", "b"].map {
            RoutedAddress(address: EmailAddress(localPart: $0, domain: "x"), route: .remote(.foreign))
        }
        let first = EnvelopeRecipient(address: EmailAddress(localPart: "list", domain: "x"))
        list.add(routed, for: first)
        list.add([routed[1]], for: EnvelopeRecipient(address: routed[1].address))
        #expect(list.routed.map(\.address.localPart) == ["a", "b"])
        #expect(list.routed.allSatisfy { $0.envelopeRecipient == first })
    }

    /// Who asked for a report of success gets it, whatever else led to the mailbox, and in either order.
    @Test func whoAskedForAReportIsKept() {
        func envelope(_ name: String, _ notify: DeliveryNotify? = nil) -> EnvelopeRecipient {
            EnvelopeRecipient(address: EmailAddress(localPart: name, domain: "x"), notify: notify)
        }
        func target(_ name: String, _ route: Route) -> RoutedAddress {
            RoutedAddress(address: EmailAddress(localPart: name, domain: "x"), route: route)
        }
        let mailbox = target("a", .mailbox(AccountID(high: 1, low: 1), .unlimited))
        let elsewhere = target("b", .remote(.foreign))
        let (list, a, b) = (
            envelope("list"), envelope("a", [.success]), envelope("b", [.success, .failure])
        )
        var recipients = RecipientList()
        recipients.add([mailbox, elsewhere], for: list)
        recipients.add([mailbox], for: a)
        recipients.add([mailbox], for: a)
        recipients.add([elsewhere], for: b)
        #expect(recipients.routed.map(\.envelopeRecipient.address.localPart) == ["list", "b", "a"])
        #expect(recipients.routed.map(\.envelopeRecipient.notify) == [nil, [.success, .failure, .delay], [.success]])

        recipients = RecipientList()
        recipients.add([mailbox], for: a)
        recipients.add([mailbox], for: envelope("alias", [.success]))
        recipients.add([mailbox, elsewhere], for: list)
        recipients.add([mailbox, elsewhere], for: envelope("list", [.success]))
        recipients.add([mailbox, elsewhere], for: envelope("list", [.success]))
        #expect(
            recipients.routed.map(\.envelopeRecipient.address.localPart) == ["a", "alias", "list", "list"])
        #expect(recipients.routed.map(\.route.isRemote) == [false, false, true, false])
        #expect(recipients.routed.last?.route == .unresolved, "the queue expands it")
    }

    @Test(arguments: [
        (false, false, false, false, "SMTP"), (true, false, false, false, "ESMTP"),
        (true, true, false, false, "ESMTPS"), (true, false, true, false, "ESMTPA"),
        (true, true, true, false, "ESMTPSA"), (true, false, false, true, "UTF8SMTP"),
        (true, true, true, true, "UTF8SMTPSA"),
    ])
    func receivedLine(
        _ extended: Bool, _ encrypted: Bool, _ authenticated: Bool, _ utf8: Bool, _ keyword: String
    ) {
        var buffer = ByteBuffer()
        ReceivedLine(
            clientName: "[IPv6:2001:db8::1]", clientAddress: "2001:db8::1", hostname: "mx.example.org",
            isExtended: extended, isEncrypted: encrypted, isAuthenticated: authenticated,
            smtpUTF8: utf8, tls: encrypted ? "TLSv1.3 X" : nil, id: QueueID(rawValue: 33),
            recipient: EmailAddress(localPart: "a b", domain: "x"), priority: utf8 ? -3 : 0
        ).write(into: &buffer, at: .utc(Timestamp(milliseconds: 0)))
        #expect(
            String(buffer: buffer) == """
                Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r
                \tby mx.example.org with \(keyword)\(encrypted ? " (TLSv1.3 X)" : "") id 11\r
                \tfor <"a b"@x>\(utf8 ? " priority -3" : "");\r
                \t\(MessageDate.utc(Timestamp(milliseconds: 0)))\r\n
                """)
    }
}
