import Directory
import MailModel
import Spool
import Storage
import Testing

@testable import Delivery

@Suite struct QueueManagerTests {
    private static let full = Quota(bytes: nil, messages: 0)
    private static let refused = MailError(550, .init(5, 1, 1), "User unknown")
    private let alice = Harness.alice
    private let account = Harness.account

    private func state(_ harness: Harness, _ id: UInt64 = 1) -> QueueRecipient? {
        harness.queue.stored(QueueID(rawValue: id))?.recipients.first
    }

    @Test func deliversIntoAMailbox() async {
        let harness = Harness()
        let id = harness.put([.to(.mailbox(account, .unlimited))])
        await harness.settle()
        #expect(harness.queue.inbox(account) == [id])
        #expect(harness.queue.stored(id) == nil)
        #expect(harness.spool.counts == (0, 0))
        #expect(harness.reports.submitted.isEmpty)
    }

    @Test func aFullMailboxGetsItsMailWhenThereIsRoom() async {
        let harness = Harness()
        let id = harness.put([.to(.mailbox(account, Self.full))])
        await harness.settle()
        #expect(state(harness)?.state == .deferred)
        #expect(state(harness)?.lastError?.status == EnhancedStatusCode(4, 2, 2))
        #expect(state(harness)?.nextAttempt == harness.clock.now + .seconds(10))
        await harness.advance(.seconds(9))
        #expect(state(harness)?.attempts == 1)
        await harness.advance(.seconds(1))
        #expect(state(harness)?.attempts == 2)
        #expect(state(harness)?.nextAttempt == harness.clock.now + .seconds(20))

        // Later the directory is asked again, and the quota of now counts.
        harness.directory.answer(account, .found(alice))
        harness.directory.answer(
            alice, .deliver([RoutedAddress(address: alice, route: .mailbox(account, .unlimited))]))
        await harness.advance(.seconds(600))
        #expect(harness.queue.inbox(account) == [id])
        #expect(harness.queue.stored(id) == nil)
        #expect(harness.reports.submitted.isEmpty)
    }

    /// BY=15;N (RFC 2852): the sender is told at the time, between two attempts.
    @Test func whoWantsToKnowByATimeIsToldThen() async throws {
        let harness = Harness()
        harness.put([.to(.mailbox(account, Self.full))]) { entry in
            entry.envelope.deliverBy = DeliverBy(
                deadline: entry.arrival + .seconds(15), mode: .notify, isTraced: false)
        }
        await harness.settle()
        await harness.advance(.seconds(10))
        #expect(harness.reports.submitted.isEmpty && state(harness)?.attempts == 2)
        #expect(state(harness)?.nextAttempt == harness.clock.now + .seconds(5))
        await harness.advance(.seconds(5))
        let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
        #expect(report.recipient("action") == "delayed" && report.recipient("status") == "4.4.7")
        #expect(state(harness)?.delayReported == true)
        #expect(state(harness)?.lastError?.status == EnhancedStatusCode(4, 2, 2))
        #expect((state(harness)?.nextAttempt ?? harness.clock.now) > harness.clock.now)
    }

    /// Between two attempts that are an hour apart. Nobody is tried for the sake of a warning that
    /// nobody wants.
    @Test(arguments: [nil, .failure, .never] as [DeliveryNotify?])
    func aDelayIsToldAtItsTime(_ notify: DeliveryNotify?) async throws {
        let warning = Duration.seconds(4 * 3600)
        let harness = Harness { $0.delayWarning = warning }
        harness.put([.to(.remote(.foreign), notify: notify)])
        let start = harness.clock.now
        await harness.settle()
        while let next = state(harness)?.nextAttempt, next < start + warning {
            await harness.advance(next.since(harness.clock.now))
        }
        #expect(harness.reports.submitted.isEmpty)
        let due = try #require(state(harness)?.nextAttempt)
        #expect((due == start + warning) == (notify == nil))
        await harness.advance(due.since(harness.clock.now))
        #expect(harness.reports.submitted.count == (notify == nil ? 1 : 0))
        #expect(state(harness)?.delayReported == (notify == nil))
        guard notify == nil else { return }
        let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
        #expect(report.recipient("action") == "delayed" && report.recipient("status") == "4.4.0")
        #expect(state(harness)?.nextAttempt == due + .seconds(3600), "once only")
    }

    /// What its sender has held counts from then on.
    @Test func aDelayCountsFromTheRelease() async throws {
        let harness = Harness { $0.delayWarning = .seconds(3600) }
        let release = harness.clock.now + .seconds(86_400)
        harness.put([.to(.remote(.foreign))]) { entry in
            entry.envelope.releaseAt = release
            entry.recipients[0].nextAttempt = release
        }
        await harness.advance(.seconds(86_400))
        #expect(state(harness)?.attempts == 1)
        while let next = state(harness)?.nextAttempt, next < release + .seconds(3600) {
            await harness.advance(next.since(harness.clock.now))
        }
        #expect(harness.reports.submitted.isEmpty)
        #expect(state(harness)?.nextAttempt == release + .seconds(3600))
    }

    @Test func aMailboxThatStaysFullIsReported() async throws {
        let harness = Harness { $0.retry.overQuotaGrace = .seconds(15) }
        harness.put([.to(.mailbox(account, Self.full))])
        await harness.settle()
        await harness.advance(.seconds(10))
        #expect(harness.reports.submitted.isEmpty)
        await harness.advance(.seconds(5))
        let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
        #expect(report.recipient("status") == "5.2.2")
        #expect(report.recipient("diagnostic-code") == "x-martlet; 552 5.2.2 Mailbox full")
        #expect(harness.queue.isEmpty)
    }

    private struct Hosts: HostAsking {
        let answer: HostAnswer
        func ask(
            _ address: EmailAddress, _ hosts: [NextHop], for client: String?
        ) async -> HostAnswer { answer }
    }

    @Test(arguments: [
        (HostAnswer.nobody, EnhancedStatusCode(5, 1, 1)),
        (.unavailable(cause: "refused"), EnhancedStatusCode(4, 4, 1)),
    ])
    func hostsOfTheDomainAreAsked(_ answer: HostAnswer, _ status: EnhancedStatusCode) async throws {
        let harness = Harness(hosts: Hosts(answer: answer))
        harness.directory.answer(
            alice, .askHosts(alice, [NextHop(host: "north.example"), NextHop(host: "south.example")]))
        harness.put([.to(.unresolved)])
        await harness.settle()
        if status.statusClass == 4 {
            #expect(state(harness)?.lastError?.status == status)
            #expect(harness.reports.submitted.isEmpty)
        } else {
            let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
            #expect(report.recipient("status") == "\(status)")
        }
    }

    @Test func theHostThatKnowsGetsTheMail() async {
        let host = NextHop(host: "south.example")
        let harness = Harness(hosts: Hosts(answer: .knows(host)))
        harness.directory.answer(alice, .askHosts(alice, [NextHop(host: "north.example"), host]))
        harness.put([.to(.unresolved)])
        await harness.settle()
        let entry = harness.queue.stored(QueueID(rawValue: 1))
        #expect(entry?.recipients.last?.routed.route == .remote(.host(host)))
    }

    @Test func mailForOtherHostsWaitsThenExpires() async throws {
        let harness = Harness { $0.delayWarning = nil }
        harness.put([.to(.remote(.foreign))])
        var moments: [Duration] = []
        let start = harness.clock.now
        await harness.settle()
        while let next = state(harness)?.nextAttempt {
            moments.append(next.since(start))
            await harness.advance(next.since(harness.clock.now))
        }
        #expect(
            moments.prefix(6)
                == [300, 900, 2100, 4500, 8100, 11700].map { Duration.seconds($0) }[...])
        #expect(moments.last == .seconds(5 * 86_400), "the last attempt is at the end")
        let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
        #expect(report.recipient("status") == "5.4.7")
        #expect(harness.reports.submitted.count == 1)
    }

    @Test func resolvesWhatCouldNotBeTold() async {
        let harness = Harness()
        let bob = EmailAddress(localPart: "bob", domain: "example.org")
        harness.directory.answer(alice, .rejected(.directoryUnavailable("no answer")))
        let id = harness.put([.to(.unresolved), .to(.unresolved, at: bob)])
        await harness.settle()
        #expect(state(harness)?.lastError?.status == EnhancedStatusCode(4, 4, 3))
        #expect(harness.queue.stored(id)?.recipients.count == 2)
        #expect(harness.directory.questions == 1, "one outage is noticed once a lease")
        harness.directory.answer(bob, .rejected(Self.refused))
        harness.directory.answer(
            alice,
            .deliver([
                RoutedAddress(address: alice, route: .mailbox(account, .unlimited)),
                RoutedAddress(address: Harness.sender, route: .remote(.foreign)),
            ]))
        await harness.advance(.seconds(10))
        #expect(harness.queue.inbox(account) == [id])
        #expect(harness.queue.stored(id)?.recipients.map(\.routed.route) == [.remote(.foreign)])
        #expect(harness.reports.submitted.count == 1, "bob is unknown")
    }

    @Test(arguments: [
        (MailError(450, .init(4, 2, 1), "inactive"), "deferred"), (refused, "bounced"),
    ])
    func theDirectorysRefusalDecides(error: MailError, fate: String) async {
        let harness = Harness()
        harness.directory.answer(alice, .rejected(error))
        harness.put([.to(.unresolved)])
        await harness.settle()
        #expect((state(harness) == nil ? "bounced" : "deferred") == fate)
        #expect(harness.reports.submitted.count == (fate == "bounced" ? 1 : 0))
    }

    @Test func anUnknownDomainIsRemoteAndWhatStaysUnresolvedWaits() async {
        let harness = Harness()
        harness.put([.to(.unresolved)], id: 1)
        await harness.settle()
        #expect(state(harness)?.routed.route == .remote(.foreign))
        harness.directory.answer(
            alice, .deliver([RoutedAddress(address: alice, route: .unresolved)]))
        harness.put([.to(.unresolved)], id: 2)
        await harness.settle()
        #expect(state(harness, 2)?.state == .deferred)
    }

    /// A held address stays itself in its own resolution; that is no outage of the directory.
    @Test func aHeldAddressWaitsWhole() async {
        let harness = Harness()
        let bob = EmailAddress(localPart: "bob", domain: "example.org")
        let other = AccountID(high: 5, low: 5)
        harness.directory.answer(
            alice,
            .deliver([
                RoutedAddress(address: alice, route: .unresolved),
                RoutedAddress(address: bob, route: .mailbox(other, .unlimited)),
            ]))
        harness.directory.answer(
            bob, .deliver([RoutedAddress(address: bob, route: .mailbox(account, .unlimited))]))
        let id = harness.put([.to(.unresolved), .to(.unresolved, at: bob)])
        await harness.settle()
        await harness.advance(.seconds(3600))
        #expect(harness.queue.inbox(account) == [id])
        #expect(harness.queue.inbox(other).isEmpty)
        #expect(state(harness)?.lastError?.status == EnhancedStatusCode(4, 2, 1))
        harness.directory.answer(
            alice, .deliver([RoutedAddress(address: alice, route: .mailbox(other, .unlimited))]))
        await harness.advance(.seconds(3600))
        #expect(harness.queue.inbox(other) == [id])
        #expect(harness.queue.isEmpty)
    }

    @Test func aRenamedAccountKeepsItsMail() async {
        let harness = Harness()
        let married = EmailAddress(localPart: "alice.m", domain: "example.org")
        let id = harness.put([.to(.mailbox(account, Self.full))])
        await harness.settle()
        harness.directory.answer(alice, .rejected(Self.refused))
        harness.directory.answer(account, .found(married))
        harness.directory.answer(
            married,
            .deliver([
                RoutedAddress(address: Harness.sender, route: .remote(.foreign)),
                RoutedAddress(address: married, route: .mailbox(account, .unlimited)),
            ]))
        await harness.advance(.seconds(3600))
        #expect(harness.queue.inbox(account) == [id])
        #expect(harness.queue.stored(id) == nil, "the forward had its copy at first")
    }

    @Test(arguments: [true, false]) func anAccountThatIsGoneOrDisabledIsReported(gone: Bool)
        async throws
    {
        let harness = Harness()
        harness.put([.to(.mailbox(account, Self.full))])
        await harness.settle()
        if !gone { harness.directory.answer(account, .found(alice)) }
        let disabled = MailError(550, .init(5, 2, 1), "Mailbox disabled", cause: "cn=alice")
        harness.directory.answer(alice, .rejected(gone ? Self.refused : disabled))
        await harness.advance(.seconds(3600))
        let report = try ParsedReport(#require(harness.reports.submitted.first).bytes)
        #expect(report.recipient("status") == (gone ? "5.1.1" : "5.2.1"))
        #expect(!report.text.contains("cn=alice"), "causes are for the log")
    }

    @Test func anOutageDuringReviewWaits() async {
        let harness = Harness()
        harness.put([.to(.mailbox(account, Self.full))])
        await harness.settle()
        harness.directory.answer(account, .unavailable(DirectoryFault(.timeout, "slow")))
        await harness.advance(.seconds(3600))
        #expect(state(harness)?.lastError?.status == EnhancedStatusCode(4, 4, 3))
    }

    @Test func storageTroubleLosesNothing() async {
        let harness = Harness()
        let id = harness.put([.to(.mailbox(account, .unlimited)), .to(.remote(.foreign))])
        harness.queue.fail(with: .localProblem("disk"))
        await harness.settle()
        #expect(harness.queue.inbox(account).isEmpty)
        harness.queue.fail(with: nil)
        await harness.advance(.seconds(9))
        #expect(harness.queue.inbox(account).isEmpty)
        await harness.advance(.seconds(1))
        #expect(harness.queue.inbox(account) == [id])
    }

    /// Stops the store after each number of updates, as a crash would, then starts over.
    @Test(arguments: 0..<6) func aCrashAnywhereDeliversOnceAndReports(after updates: Int) async {
        let first = Harness()
        let id = first.put([
            .to(.mailbox(account, .unlimited)),
            .to(.unresolved, at: Harness.sender, notify: .failure),
            .to(.mailbox(AccountID(high: 7, low: 7), Self.full)),
        ])
        first.directory.answer(Harness.sender, .rejected(Self.refused))
        first.queue.fail(after: updates, with: .localProblem("crash"))
        await first.settle()
        first.queue.fail(with: nil)

        let second = Harness(queue: first.queue, clock: first.clock)
        second.directory.answer(Harness.sender, .rejected(Self.refused))
        await second.settle()
        #expect(second.queue.inbox(account) == [id])
        #expect(second.queue.stored(id)?.recipients.map(\.number) == [2])
        let reported = first.reports.submitted.count + second.reports.submitted.count
        #expect((0...2).contains(reported))
    }

    @Test func runWakesForNewWorkAndEndsWithItsTask() async {
        let harness = Harness()
        let running = Task { await harness.manager.run() }
        var progress = harness.queue.progress.makeAsyncIterator()
        for id in 1...3 as ClosedRange<UInt64> {
            harness.put([.to(.mailbox(account, .unlimited))], id: id, isRunning: true)
            #expect(await progress.next() == QueueID(rawValue: id))
        }
        running.cancel()
        await running.value
        #expect(harness.queue.inbox(account).count == 3)
    }

    /// A domain with three turns, beside one with the usual one.
    @Test func domainsHaveTheTurnsOfTheirEntries() async {
        var limits = SpoolConfiguration()
        limits.weightLifetime = .milliseconds(1)
        let harness = Harness(limits: limits)
        harness.directory.answer(MailDomain(name: "a.example", dn: "dc=a"))
        var domain = MailDomain(name: "b.example", dn: "dc=b")
        domain.queueWeight = 3
        harness.directory.answer(domain)
        let running = Task { await harness.manager.run() }
        for id in 1...8 as ClosedRange<UInt64> {
            for (id, name) in [(id, "a.example"), (10 + id, "b.example")] {
                let address = EmailAddress(localPart: "x", domain: name)
                harness.put([.to(.mailbox(account, .unlimited), at: address)], id: id) {
                    $0.recipients[0].nextAttempt = harness.clock.now + .seconds(60)
                }
            }
        }
        // Asked for the second time, what was answered first counts.
        while ["a.example", "b.example"].contains(where: { name in
            harness.directory.domainQuestions.count { $0 == name } < 2
        }) {
            try? await Task.sleep(for: .milliseconds(1))
        }
        running.cancel()
        await running.value
        await harness.advance(.seconds(60))
        let order = harness.queue.inbox(account).prefix(8).map(\.rawValue)
        #expect(order == [1, 11, 12, 13, 2, 14, 15, 16] || order == [11, 12, 13, 1, 14, 15, 16, 2])
    }

    @Test func manyHostsAreServedConcurrentlyAndOnce() async {
        let harness = Harness()
        let running = Task { await harness.manager.run() }
        var progress = harness.queue.progress.makeAsyncIterator()
        for id in 1...500 as ClosedRange<UInt64> {
            let address = EmailAddress(localPart: "x", domain: "d\(id % 7).example")
            harness.put([.to(.mailbox(account, .unlimited), at: address)], id: id, isRunning: true)
        }
        for _ in 1...500 { _ = await progress.next() }
        running.cancel()
        await running.value
        #expect(harness.queue.inbox(account).count == 500)
        #expect(Set(harness.queue.inbox(account)).count == 500)
    }
}
