import Directory
import Foundation
import Logging
import MailModel
import NIOCore
import Spool
import Storage
import Synchronization
import Testing

@testable import Delivery

/// The queue manager over the real engine, on disk.
@Suite struct EngineTests {
    private let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("martlet-delivery-\(UUID().uuidString)").path
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let account = Harness.account
    private let alice = Harness.alice

    private func engine() throws -> StorageEngine {
        try StorageEngine.open(
            at: directory, configuration: StorageConfiguration(), logger: logger)
    }

    /// Runs a queue manager for as long as `body` does.
    private func manage(
        _ engine: StorageEngine, _ resolver: FakeDirectory, _ clock: any QueueClock,
        remote: (any DeliveryAgent)? = nil, _ body: (Spool) async throws -> Void
    ) async throws {
        let spool = Spool(storage: engine, clock: clock, logger: logger)
        let manager = QueueManager(
            spool: spool, resolver: resolver, remote: remote,
            configuration: QueueManagerConfiguration(
                reports: ReportConfiguration(hostName: "mx.example.org")),
            logger: logger)
        let running = Task { await manager.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(spool)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        try result.get()
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<6000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it never came")
    }

    private func accept(
        _ engine: StorageEngine, _ recipients: [RoutedRecipient], number: Int = 0
    ) async throws {
        let draft = try engine.makeDraft(sizeHint: nil)
        try await draft.append(ByteBuffer(string: "Subject: \(number)\r\n\r\nHello\r\n"))
        try await engine.accept(
            draft, envelope: Envelope(reversePath: .address(Harness.sender)),
            recipients: recipients)
    }

    @Test func aQueueOnDiskIsDeliveredExactlyOnceAfterARestart() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let count = 40
        let start = Timestamp.now
        let bob = EmailAddress(localPart: "bob", domain: "example.org")
        let small = Route.mailbox(AccountID(high: 3, low: 3), Quota(bytes: nil, messages: 5))
        let resolver = FakeDirectory()
        resolver.answer(alice, .rejected(.directoryUnavailable("stopped")))
        resolver.answer(AccountID(high: 3, low: 3), .found(bob))
        resolver.answer(bob, .deliver([RoutedAddress(address: bob, route: small)]))

        let first = try engine()
        try await manage(first, resolver, SystemQueueClock()) { _ in
            for number in 0..<count {
                try await accept(first, [.to(.unresolved), .to(small, at: bob)], number: number)
            }
            try await until {
                let entries = try await first.entries(after: nil, limit: 100)
                return entries.count == count
                    && entries.allSatisfy { $0.recipients.allSatisfy { $0.state == .deferred } }
            }
        }
        await first.close()

        // Twice more: the second start must find nothing left of what could be delivered.
        resolver.answer(
            alice, .deliver([RoutedAddress(address: alice, route: .mailbox(account, .unlimited))]))
        for round in 1...2 {
            let again = try engine()
            let clock = ManualClock(start + .seconds(400 * round))
            try await manage(again, resolver, clock) { _ in
                try await until {
                    let entries = try await again.entries(after: nil, limit: 100)
                    return entries.count == count - 5
                        && entries.allSatisfy { entry in
                            entry.recipients.count == 1
                                && entry.recipients.allSatisfy { $0.attempts > round }
                        }
                }
            }
            #expect(try await again.usage(of: account).messages == Int64(count))
            #expect(try await again.usage(of: AccountID(high: 3, low: 3)).messages == 5)
            let left = try await again.entries(after: nil, limit: 100)
            #expect(left.count == count - 5)
            #expect(left.allSatisfy { $0.recipients.count == 1 })
            await again.close()
        }
    }

    @Test func aReportArrivesInTheSendersMailbox() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let resolver = FakeDirectory()
        let refused = MailError(550, .init(5, 1, 1), "User unknown")
        resolver.answer(alice, .rejected(refused))
        resolver.answer(
            Harness.sender,
            .deliver([RoutedAddress(address: Harness.sender, route: .mailbox(account, .unlimited))])
        )
        let engine = try engine()
        try await manage(engine, resolver, SystemQueueClock()) { spool in
            try await accept(engine, [.to(.unresolved)])
            try await until {
                let delivered = try await engine.usage(of: account).messages == 1
                return try await engine.entries(after: nil, limit: 1).isEmpty && delivered
            }
            try await until { spool.counts == (0, 0) }
        }
        let message = try #require(try await engine.listInbox(of: account).messages.first)
        let bytes = try await engine.read(message.message, 0..<message.message.size)
        let report = try ParsedReport(Array(bytes.readableBytesView))
        #expect(report.recipient("status") == "5.1.1")
        #expect(String(decoding: message.deliveryHeader, as: UTF8.self).contains("Return-Path: <>"))
        await engine.close()
    }

    /// RFC 3461 section 5.2.7.3: the list is expanded, its member that is named as well has its own
    /// report, and one copy; whichever of the two is looked up by the queue.
    @Test(arguments: [true, false]) func aListAndItsMember(_ isMemberUnresolved: Bool) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let resolver = FakeDirectory()
        let sender = AccountID(high: 9, low: 9)
        let list = EmailAddress(localPart: "list", domain: "example.org")
        let members = (1...3).map { number in
            RoutedAddress(
                address: EmailAddress(localPart: "m\(number)", domain: "example.org"),
                route: .mailbox(AccountID(high: 2, low: number), .unlimited))
        }
        resolver.answer(list, .deliver(members))
        resolver.answer(members[0].address, .deliver([members[0]]))
        resolver.answer(
            Harness.sender,
            .deliver([RoutedAddress(address: Harness.sender, route: .mailbox(sender, .unlimited))]))
        let engine = try engine()
        try await manage(engine, resolver, SystemQueueClock()) { _ in
            try await accept(
                engine,
                [
                    .to(.unresolved, at: list, notify: .success),
                    .to(
                        isMemberUnresolved ? .unresolved : members[0].route, at: members[0].address,
                        notify: .success),
                ])
            // Both are reported by then, at once or one after the other.
            try await until { try await told(engine, sender).count >= 2 }
            try await until { try await engine.entries(after: nil, limit: 1).isEmpty }
        }
        for number: UInt64 in 1...3 {
            #expect(try await engine.usage(of: AccountID(high: 2, low: number)).messages == 1)
        }
        let all = try await told(engine, sender)
        #expect(
            all.sorted() == ["rfc822; list@example.org expanded", "rfc822; m1@example.org delivered"])
        await engine.close()
    }

    /// The same with members at other hosts: whether the one that is named as well has its copy already
    /// when the list is expanded, or waits for it.
    @Test(arguments: [true, false]) func aListAndItsMemberElsewhere(_ isFirst: Bool) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let resolver = FakeDirectory()
        let sender = AccountID(high: 9, low: 9)
        let list = EmailAddress(localPart: "list", domain: "example.org")
        let members = (1...2).map { number in
            RoutedAddress(
                address: EmailAddress(localPart: "m\(number)", domain: "elsewhere.example"),
                route: .remote(.foreign))
        }
        let agent = CountingAgent()
        resolver.answer(list, .rejected(.directoryUnavailable("not yet")))
        resolver.answer(
            Harness.sender,
            .deliver([RoutedAddress(address: Harness.sender, route: .mailbox(sender, .unlimited))]))
        if isFirst {
            agent.isReady.withLock { $0 = true }
        } else {
            resolver.answer(list, .deliver(members))
        }
        var engine = try engine()
        let start = Timestamp.now
        try await manage(engine, resolver, SystemQueueClock(), remote: agent) { _ in
            try await accept(
                engine,
                [
                    .to(.unresolved, at: list, notify: .success),
                    .to(.remote(.foreign), at: members[0].address, notify: .success),
                ])
            if isFirst {
                try await until {
                    let entry = try await engine.entries(after: nil, limit: 1).first
                    return entry?.recipients.map(\.number) == [0] && entry?.recipients[0].state == .deferred
                }
            } else {
                try await until { try await told(engine, sender) == ["rfc822; list@example.org expanded"] }
                try await until {
                    let first = try await engine.entries(after: nil, limit: 1).first
                    return first?.recipients.allSatisfy { $0.attempts > 0 } == true
                }
            }
        }
        await engine.close()
        engine = try self.engine()
        agent.isReady.withLock { $0 = true }
        resolver.answer(list, .deliver(members))
        try await manage(engine, resolver, ManualClock(start + .seconds(4000)), remote: agent) { _ in
            try await until { try await told(engine, sender).count >= 2 }
            try await until { try await engine.entries(after: nil, limit: 1).isEmpty }
        }
        #expect(agent.sent.withLock { $0.sorted() } == ["m1@elsewhere.example", "m2@elsewhere.example"])
        #expect(
            try await told(engine, sender).sorted()
                == ["rfc822; list@example.org expanded", "rfc822; m1@elsewhere.example relayed"])
        await engine.close()
    }

    /// Address and action of all that the reports in a mailbox tell of.
    private func told(_ engine: StorageEngine, _ account: AccountID) async throws -> [String] {
        var told: [String] = []
        for message in try await engine.listInbox(of: account).messages {
            let bytes = try await engine.read(message.message, 0..<message.message.size)
            let report = try ParsedReport(Array(bytes.readableBytesView))
            for recipient in report.perRecipient {
                let fields = Dictionary(recipient) { first, _ in first }
                told.append("\(fields["final-recipient"] ?? "") \(fields["action"] ?? "")")
            }
        }
        return told
    }

    /// Success asked for: the engine delivers at once and leaves only the report to be sent.
    @Test func anImmediateDeliveryIsReportedWhenAskedFor() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let engine = try engine()
        let collected = FakeDirectory()
        let sender = AccountID(high: 9, low: 9)
        collected.answer(
            Harness.sender,
            .deliver([RoutedAddress(address: Harness.sender, route: .mailbox(sender, .unlimited))]))
        try await manage(engine, collected, SystemQueueClock()) { _ in
            try await accept(engine, [.to(.mailbox(account, .unlimited), notify: .success)])
            try await until {
                let reported = try await engine.usage(of: sender).messages == 1
                return try await engine.entries(after: nil, limit: 1).isEmpty && reported
            }
        }
        #expect(try await engine.usage(of: account).messages == 1)
        await engine.close()
    }
}

/// Takes all mail once it is ready, and knows nothing of reports.
private final class CountingAgent: DeliveryAgent {
    let isReady = Mutex(false)
    let sent = Mutex<[String]>([])

    func deliver(_ attempt: DeliveryAttempt, _ progress: any DeliveryProgress) async -> DeliveryResult {
        guard isReady.withLock({ $0 }) else {
            let silence = MailError(451, .init(4, 4, 1), "No answer")
            return DeliveryResult(attempt.recipients.map { _ in .deferred(silence) })
        }
        sent.withLock { $0 += attempt.recipients.map { "\($0.routed.address)" } }
        let handover = Handover(host: "mx", address: "192.0.2.1", tls: nil, reply: "250", reportsSuccess: false)
        return DeliveryResult(attempt.recipients.map { _ in .relayed(handover) })
    }
}
