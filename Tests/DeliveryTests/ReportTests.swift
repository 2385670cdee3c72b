import Directory
import MailModel
import Spool
import Storage
import Testing

@testable import Delivery

/// Reports as they are handed in, read again.
@Suite struct ReportTests {
    private static let refused = MailError(
        550, .init(5, 1, 1), "User unknown", cause: "no entry under dc=example")
    private let alice = Harness.alice
    private let account = Harness.account

    /// What a failing unresolved recipient leads to.
    private func fail(
        _ recipients: [RoutedRecipient] = [.to(.unresolved)], on harness: Harness = Harness(),
        from reversePath: ReversePath = .address(Harness.sender), content: String = Harness.content,
        edit: (inout QueueEntry) -> Void = { _ in }
    ) async -> Harness {
        for recipient in recipients {
            harness.directory.answer(recipient.address, .rejected(Self.refused))
        }
        harness.put(recipients, from: reversePath, content: content, edit: edit)
        await harness.settle()
        return harness
    }

    private func report(_ harness: Harness) throws -> ParsedReport {
        try #require(harness.reports.submitted.count == 1)
        return try ParsedReport(harness.reports.submitted[0].bytes)
    }

    @Test func namesEverythingThatTheSenderNeeds() async throws {
        let group = EmailAddress(localPart: "team", domain: "example.org")
        let original = OriginalRecipient(addressType: "rfc822", address: "team@old.example")
        let harness = await fail([.to(.unresolved, original: original, for: group)]) {
            $0.envelope.envelopeID = "QQ314159"
        }
        let report = try report(harness)
        #expect(report.header("from") == "Mail Delivery System <MAILER-DAEMON@mx.example.org>")
        #expect(report.header("to") == "<sender@elsewhere.example>")
        #expect(report.header("auto-submitted") == "auto-replied")
        #expect(report.header("in-reply-to") == "<1@elsewhere.example>")
        #expect(report.header("date") == "Tue, 14 Nov 2023 22:13:20 +0000")
        #expect(report.header("message-id")?.hasSuffix("@mx.example.org>") == true)
        #expect(
            report.parts.map(\.contentType) == [
                "text/plain; charset=us-ascii", "message/delivery-status", "message/rfc822",
            ])
        #expect(report.perMessage("original-envelope-id") == "QQ314159")
        #expect(report.perMessage("reporting-mta") == "dns; mx.example.org")
        #expect(report.perMessage("arrival-date") == "Tue, 14 Nov 2023 22:13:20 +0000")
        #expect(report.recipient("original-recipient") == "rfc822; team@old.example")
        #expect(report.recipient("final-recipient") == "rfc822; team@example.org")
        #expect(report.recipient("action") == "failed")
        #expect(report.recipient("status") == "5.1.1")
        #expect(report.recipient("diagnostic-code") == "x-martlet; 550 5.1.1 User unknown")
        #expect(report.recipient("last-attempt-date") != nil)
        #expect(report.recipient("will-retry-until") == nil)
        #expect(report.parts[2].body == Harness.content)
        #expect(report.parts[0].body.contains("<team@example.org>"))
        #expect(report.parts[0].body.contains("Check its spelling"))
        #expect(report.parts[0].body.contains("Subject: Lunch"))
        #expect(!report.text.contains("alice@"), "who is behind a group is not told")
        #expect(!report.text.contains("dc=example"))
        let submitted = harness.reports.submitted[0]
        #expect(submitted.envelope.reversePath == .null)
        #expect(submitted.recipients.map(\.route) == [.remote(.foreign)])
        #expect(submitted.recipients[0].envelopeRecipient.notify == .never)
        #expect(harness.queue.isEmpty)
    }

    /// RFC 4865.
    @Test func namesTheMomentUntilWhichItWasHeld() async throws {
        let harness = Harness()
        let release = harness.clock.now
        let report = try report(await fail(on: harness) { $0.envelope.releaseAt = release })
        #expect(report.perMessage("future-release-request") == "until; 2023-11-14T22:13:20Z")
        #expect(try self.report(await fail()).perMessage("future-release-request") == nil)
    }

    @Test func oneReportForOneMessageAndMoment() async throws {
        let recipients = (0..<3).map { number in
            RoutedRecipient.to(
                .unresolved, at: EmailAddress(localPart: "r\(number)", domain: "d\(number).example")
            )
        }
        let harness = await fail(recipients)
        #expect(try report(harness).perRecipient.count == 3)
        let parts = Harness { $0.reports.maximumRecipients = 2 }
        _ = await fail(recipients, on: parts)
        #expect(parts.reports.submitted.count == 2)
    }

    enum Event: Sendable { case failure, delay, delivery, relay }

    private static let words: [DeliveryNotify?] = [
        nil, .never, .success, .failure, .delay, [.success, .failure], [.failure, .delay],
        [.success, .failure, .delay],
    ]

    @Test(arguments: words, [Event.failure, .delay, .delivery, .relay])
    func notifyIsHonoured(notify: DeliveryNotify?, event: Event) async throws {
        let harness = Harness(remote: event == .relay ? RelayingAgent() : nil)
        switch event {
        case .failure:
            _ = await fail([.to(.unresolved, notify: notify)], on: harness)
        case .delay:
            harness.put([.to(.remote(.foreign), notify: notify)])
            await harness.settle()
            await harness.advance(.seconds(4 * 3600))
        case .delivery:
            harness.put([.to(.mailbox(account, .unlimited), notify: notify)])
            await harness.settle()
        case .relay:
            harness.put([.to(.remote(.foreign), notify: notify)])
            await harness.settle()
        }
        let word: (DeliveryNotify, String) =
            switch event {
            case .failure: (.failure, "failed")
            case .delay: (.delay, "delayed")
            case .delivery: (.success, "delivered")
            case .relay: (.success, "relayed")
            }
        let isWanted = notify.map { $0.contains(word.0) } ?? (word.0 != .success)
        #expect(harness.reports.submitted.count == (isWanted ? 1 : 0))
        if isWanted { #expect(try report(harness).recipient("action") == word.1) }
        #expect((harness.queue.stored(QueueID(rawValue: 1)) != nil) == (event == .delay))
    }

    @Test func aDelayIsReportedOnce() async throws {
        let harness = Harness()
        harness.put([.to(.remote(.foreign))])
        await harness.settle()
        for _ in 0..<30 { await harness.advance(.seconds(3600)) }
        let report = try report(harness)
        #expect(report.header("subject") == "Your message is delayed")
        #expect(report.recipient("status") == "4.4.0")
        #expect(report.recipient("will-retry-until") == "Sun, 19 Nov 2023 22:13:20 +0000")
        #expect(report.parts[2].contentType == "text/rfc822-headers")
        #expect(report.parts[0].body.contains("You need not"))
    }

    @Test func nothingGoesToTheNullReversePath() async {
        for notify in Self.words {
            let harness = Harness()
            harness.put([.to(.mailbox(account, .unlimited), notify: notify)], id: 7, from: .null)
            harness.put([.to(.remote(.foreign), at: Harness.sender, notify: notify)], id: 8, from: .null)
            _ = await fail([.to(.unresolved, notify: notify)], on: harness, from: .null)
            await harness.advance(.seconds(5 * 3600))
            await harness.advance(.seconds(5 * 86_400))
            #expect(harness.reports.submitted.isEmpty)
            #expect(harness.queue.isEmpty)
        }
    }

    @Test func thePostmasterMayHaveDoubleBouncesButNotHisOwn() async throws {
        let postmaster = EmailAddress(localPart: "postmaster", domain: "example.org")
        let first = Harness { $0.reports.doubleBounce = .postmaster(postmaster) }
        _ = await fail(on: first, from: .null)
        #expect(try report(first).header("to") == "<postmaster@example.org>")
        let second = Harness { $0.reports.doubleBounce = .postmaster(postmaster) }
        _ = await fail([.to(.unresolved, at: postmaster)], on: second, from: .null)
        #expect(second.reports.submitted.isEmpty)
        // A sender who does not exist is a double bounce at once.
        let third = Harness { $0.reports.doubleBounce = .postmaster(postmaster) }
        third.directory.answer(Harness.sender, .rejected(Self.refused))
        _ = await fail(on: third)
        #expect(try report(third).header("to") == "<postmaster@example.org>")
        let fourth = Harness()
        fourth.directory.answer(Harness.sender, .rejected(Self.refused))
        #expect(await fail(on: fourth).reports.submitted.isEmpty)
        #expect(fourth.queue.isEmpty)
    }

    @Test func aLocalSendersReportGoesIntoTheirMailbox() async throws {
        let harness = Harness()
        let route = Route.mailbox(account, .unlimited)
        harness.directory.answer(
            Harness.sender, .deliver([RoutedAddress(address: Harness.sender, route: route)]))
        #expect(await fail(on: harness).reports.submitted.first?.recipients.map(\.route) == [route])
        let unsure = Harness()
        unsure.directory.answer(Harness.sender, .rejected(.directoryUnavailable("slow")))
        #expect(
            await fail(on: unsure).reports.submitted.first?.recipients.map(\.route) == [.unresolved]
        )
    }

    @Test func aReportThatCannotBeStoredIsStillOwed() async throws {
        let harness = Harness()
        harness.reports.fail(with: .storageFull("full"))
        _ = await fail(on: harness)
        let stored = harness.queue.stored(QueueID(rawValue: 1))
        #expect(stored?.recipients.map(\.state) == [.failed])
        harness.reports.fail(with: nil)
        await harness.advance(.seconds(10))
        #expect(try report(harness).recipient("status") == "5.1.1")
        #expect(harness.queue.updates.filter { $0.contains("fail") }.count == 1)
    }

    @Test(arguments: [
        (ReturnContent?.none, BodyType.sevenBit, 100, "message/rfc822"),
        (.full, .sevenBit, 100, "message/rfc822"),
        (.headers, .sevenBit, 100, "text/rfc822-headers"),
        (.full, .sevenBit, 70_000, "text/rfc822-headers"),
        (.full, .binaryMIME, 100, "text/rfc822-headers"),
    ])
    func returnsWhatWasAskedFor(
        asked: ReturnContent?, body: BodyType, size: Int, type: String
    ) async throws {
        let lines = Array(
            repeating: String(repeating: "x", count: 68) + "\r\n", count: size / 70 + 1)
        let content = "Subject: Hi\r\nX-Last: 1\r\n\r\n" + lines.joined()
        let report = try report(
            await fail(content: content) {
                $0.envelope.returnContent = asked
                $0.envelope.body = body
            })
        #expect(report.parts[2].contentType == type)
        #expect(
            report.parts[2].body
                == (type == "message/rfc822" ? content : "Subject: Hi\r\nX-Last: 1\r\n"))
    }

    @Test func aHeaderThatIsCutLosesTheCutField() async throws {
        let harness = Harness { $0.reports.maximumReturnedSize = 30 }
        let content = "Subject: Hi\r\nX-Long: \(String(repeating: "y", count: 60))\r\n\r\nbody\r\n"
        #expect(
            try report(await fail(on: harness, content: content)).parts[2].body == "Subject: Hi\r\n"
        )
    }

    @Test(arguments: [
        "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\r\n\r\n--x\r\nX-Evil: 1",
        "\u{0}\u{85}\u{2028}X-Evil: 1",
    ])
    func nothingFromElsewhereBeginsALine(evil: String) async throws {
        let harness = Harness()
        let error = MailError(550, .init(5, 7, 1), evil, cause: evil)
        let address = EmailAddress(localPart: evil, domain: "example.org")
        harness.directory.answer(address, .rejected(error))
        harness.put(
            [
                .to(
                    .unresolved, at: address,
                    original: OriginalRecipient(addressType: evil, address: evil))
            ],
            content: "Subject: =?utf-8?q?a=0D=0AX-Evil:_1?=\r\nMessage-ID: <a b>\r\n\r\n"
        ) {
            $0.envelope.envelopeID = evil
            $0.envelope.returnContent = .headers
        }
        await harness.settle()
        let report = try report(harness)
        let names = (report.header + report.perMessage + report.perRecipient.flatMap { $0 }).map(
            \.name)
        #expect(!names.contains("x-evil"))
        #expect(report.perRecipient.count == 1)
        #expect(!report.parts[0].body.contains("\nX-Evil"))
    }

    @Test func xtextThatIsNotPrintableStaysEncoded() {
        #expect(ReportText.printable("a\r\nb é") == "a+0D+0Ab +C3+A9")
        #expect(
            ReportText.internationalized("é+=\\ \u{7f}") == "é\\x{2B}\\x{3D}\\x{5C}\\x{20}\\x{7F}")
        let long = ReportText.field(
            "X", Array(repeating: "word", count: 100).joined(separator: " "))
        #expect(long.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func internationalisedMailIsReportedAsSuch() async throws {
        let josé = EmailAddress(localPart: "josé", domain: "example.org")
        let harness = await fail([.to(.unresolved, at: josé)], content: "Subject: Olá\r\n\r\nx\r\n")
        {
            $0.envelope.smtpUTF8 = true
        }
        let report = try report(harness)
        #expect(
            report.parts.map(\.contentType) == [
                "text/plain; charset=utf-8", "message/global-delivery-status", "message/global",
            ])
        #expect(report.parts.allSatisfy { $0.encoding == "8bit" })
        #expect(report.recipient("final-recipient") == "utf-8; josé@example.org")
        #expect(harness.reports.submitted[0].envelope.smtpUTF8)
        #expect(harness.reports.submitted[0].envelope.body == .eightBitMIME)
    }

    @Test func plainMailWithEightBitsNeedsNoSMTPUTF8() async throws {
        let harness = await fail(content: "Subject: x\r\n\r\nOlá\r\n") {
            $0.envelope.body = .eightBitMIME
        }
        let report = try report(harness)
        #expect(report.parts.map(\.encoding) == ["7bit", "7bit", "8bit"])
        #expect(report.parts[2].contentType == "message/rfc822")
        #expect(!harness.reports.submitted[0].envelope.smtpUTF8)
        #expect(harness.reports.submitted[0].envelope.body == .eightBitMIME)
    }

    @Test func anExpandedAddressIsReportedOnce() async throws {
        let harness = Harness()
        harness.directory.answer(
            alice,
            .deliver(
                (1...3).map {
                    RoutedAddress(
                        address: EmailAddress(localPart: "m\($0)", domain: "example.org"),
                        route: .mailbox(AccountID(high: 2, low: $0), .unlimited))
                }))
        harness.put([.to(.unresolved, notify: [.success, .failure])])
        await harness.settle()
        #expect(try report(harness).recipient("action") == "expanded")
        #expect((1...3).allSatisfy { harness.queue.inbox(AccountID(high: 2, low: $0)).count == 1 })
    }

    @Test func anOperatorsDeletionIsReported() async throws {
        let harness = Harness()
        let id = harness.put([.to(.remote(.foreign))])
        await harness.settle()
        #expect(try await harness.spool.delete(id, bounce: true) == .done)
        await harness.settle()
        #expect(try report(harness).recipient("status") == "5.7.1")
        #expect(harness.queue.stored(id) == nil)
    }
}

private struct RelayingAgent: DeliveryAgent {
    func deliver(_ attempt: DeliveryAttempt, _ progress: any DeliveryProgress) async
        -> DeliveryResult
    {
        let handover = Handover(
            host: "mx.elsewhere.example", address: "192.0.2.1:25", tls: nil, reply: "250 2.0.0 Ok",
            reportsSuccess: false)
        return DeliveryResult(
            attempt.recipients.map { _ in .relayed(handover) }, hosts: .answer)
    }
}
