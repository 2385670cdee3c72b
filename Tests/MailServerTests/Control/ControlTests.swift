import Delivery
import Foundation
import Glibc
import MailModel
import NIOCore
import Storage
import Testing
import Transport

@testable import MailServer
@testable import Spool

struct ControlTests {
    @Test func holdReleaseDelete() async throws {
        let control = try await RunningControl()
        let queue = control.queue
        let a = try await queue.add(to: "x@one.example", "y@two.example")
        let b = try await queue.add(to: "x@one.example")

        let held = try await control.ask(.hold) { $0.domains = ["one.example"] }
        #expect(held.end.messages == 2 && held.end.recipients == 2 && held.end.error == nil)
        #expect(held.changes.map(\.id) == ["\(a)", "\(b)"])
        #expect(held.changes.map(\.recipients) == [["x@one.example"], ["x@one.example"]])
        #expect(held.changes.allSatisfy { $0.outcome == .done && $0.sender == "sender@example.org" })
        #expect(try await queue.engine.entry(a)?.recipients.map(\.state) == [.hold, .active])

        // Nothing is left to be held.
        #expect(try await control.ask(.hold) { $0.domains = ["one.example"] }.end.messages == 0)

        let released = try await control.ask(.release) { $0.ids = ["\(a)"] }
        #expect(released.end.messages == 1 && released.end.recipients == 1)
        #expect(try await queue.engine.entry(a)?.recipients.map(\.state) == [.active, .active])

        // Only what fits is deleted; its message stays for the others.
        let deleted = try await control.ask(.delete) { $0.recipients = ["x@*"] }
        #expect(deleted.end.messages == 2 && deleted.end.recipients == 2)
        #expect(try await queue.engine.entry(a)?.recipients.map(\.number) == [1])
        #expect(try await queue.engine.entry(b) == nil)

        let bounced = try await control.ask(.bounce, all: true)
        #expect(bounced.end.messages == 1)
        #expect(try await queue.engine.entry(a)?.recipients.map(\.state) == [.failed])

        let events = HistoryReader(configuration: control.configuration)
        #expect(try await until { events.events(of: a).map(\.action) == ["held", "released", "deleted", "returned"] })
        try await control.stop()
    }

    /// More than a page, and more than goes into a line of the answer.
    @Test func manyMessages() async throws {
        let control = try await RunningControl()
        var ids: [QueueID] = []
        for _ in 0..<560 { ids.append(try await control.queue.engine.quickly(to: "x@one.example")) }
        while try await control.queue.engine.entry(ids.last!) == nil { try await Task.sleep(for: .milliseconds(1)) }
        let held = try await control.ask(.hold, all: true)
        #expect(held.end.messages == 560)
        #expect(held.changes.map(\.id) == ids.map(\.description))
        let some = try await control.ask(.release) { $0.ids = ids.prefix(520).map(\.description) }
        #expect(some.end.messages == 520)
        #expect(try await control.ask(.release, all: true).end.messages == 40)
        try await control.stop()
    }

    @Test func retryAndFlush() async throws {
        let control = try await RunningControl()
        let id = try await control.queue.add(to: "x@one.example", "y@two.example")
        try await control.queue.postpone(id, 0, "No answer")
        try await control.queue.postpone(id, 1, "No answer")
        control.spool.add(try #require(await control.queue.engine.entry(id)))
        #expect(await control.spool.leaseIfDue() == nil)
        #expect(try await control.ask(.retry) { $0.domains = ["one.example"] }.end.recipients == 1)
        let lease = try #require(await control.spool.leaseIfDue())
        #expect(lease.due.map(\.number) == [0])
        #expect(await control.spool.leaseIfDue() == nil)
        await control.spool.end(lease)
        #expect(control.timesForgotten == 0)

        #expect(try await control.ask(.flush) { $0.domains = ["two.*"] }.end.recipients == 1)
        let other = try #require(await control.spool.leaseIfDue())
        #expect(other.due.map(\.number) == [1] && control.timesForgotten == 1)
        await control.spool.end(other)
        #expect(try await control.ask(.flush, all: true).end.messages == 2)
        #expect(control.timesForgotten == 2)
        try await control.stop()
    }

    @Test func whatIsInWorkIsDoneLater() async throws {
        let control = try await RunningControl()
        let id = try await control.queue.add(to: "x@one.example")
        control.spool.add(try #require(await control.queue.engine.entry(id)))
        let lease = try #require(await control.spool.leaseIfDue())
        let held = try await control.ask(.hold) { $0.ids = ["\(id)"] }
        #expect(held.changes.map(\.outcome) == [.afterAttempt] && held.end.messages == 1)
        await control.spool.end(lease)
        #expect(try await control.queue.engine.entry(id)?.recipients.map(\.state) == [.hold])
        try await control.stop()
    }

    @Test func whatIsUnderWayIsShown() async throws {
        let control = try await RunningControl { _ in
            ["b.example", "a.example"].map {
                DeliveryUnderWay(
                    destination: .domain($0), host: "mx.\($0)", stage: .connection, age: .seconds(3))
            }
        }
        let id = try await control.queue.add(to: "x@a.example", "x@b.example")
        let client = ControlClient(configuration: control.configuration)
        let deliveries = try await client.deliveries(of: id)
        #expect(deliveries.map(\.host) == ["mx.a.example", "mx.b.example"])
        #expect(deliveries.allSatisfy { $0.id == "\(id)" && $0.stage == "connect" && $0.seconds == 3 })
        // Nothing was changed, so nothing is in the message's history.
        #expect(HistoryReader(configuration: control.configuration).events(of: id).isEmpty)
        try await control.stop()
        #expect(try await client.deliveries(of: id).isEmpty, "without a server nothing is under way")
    }

    /// What is not known is not called nothing.
    @Test func anAnswerThatIsNone() async throws {
        let queue = try SampleQueue()
        let configuration = try queue.configuration
        let group = TransportGroup(threads: 1)
        try LocalSocketFolder.make(for: configuration.controlSocket)
        let listener = try await Listener.bind(
            path: configuration.controlSocket, group: group,
            limiter: ConnectionLimiter(ControlService.limits), logger: SampleQueue.logger
        ) { connection in
            try? await connection.write(ByteBuffer(string: "nonsense\n"))
            await connection.close()
        }
        let client = ControlClient(configuration: configuration)
        await #expect(throws: ControlError.self) { try await client.deliveries(of: QueueID(rawValue: 1)) }
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
        await queue.engine.close()
    }

    @Test func nothingAndNonsense() async throws {
        let control = try await RunningControl()
        #expect(try await control.ask(.delete).end.error == "nothing is selected")
        #expect(try await control.ask(.hold) { $0.ids = ["no id"] }.end.error?.contains("not a queue identifier") == true)
        #expect(try await control.ask(.hold) { $0.senders = [String(repeating: "a", count: 400)] }.end.error != nil)
        #expect(
            try await control.ask(.hold) { $0.domains = .init(repeating: "a", count: 10_001) }.end.error?
                .contains("10000") == true)
        try await control.stop()
    }

    @Test(arguments: [
        ("{}", "not a request"), ("hello", "not a request"), ("", "not a request"),
        ("{\"version\":1}", "not a request that the server knows"),
        ("{\"version\":2,\"action\":\"hold\"}", "version 1 of the control protocol, not 2"),
        ("{\"version\":1,\"action\":\"shutdown\",\"all\":true,\"selection\":{}}", "not a request that the server knows"),
        ("\u{0}\u{1}\u{ff}", "not a request"),
    ])
    func garbage(line: String, cause: String) async throws {
        let control = try await RunningControl()
        let answer = try await control.say(ByteBuffer(string: line + "\n" + line + "\n"), lines: 2)
        let lines = answer.split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains(cause) }, "\(answer)")
        try await control.stop()
    }

    @Test func aRequestThatIsTooLong() async throws {
        let control = try await RunningControl()
        let line = ByteBuffer(repeating: UInt8(ascii: "a"), count: ControlService.maximumRequest + 1)
        let answer = try await control.say(line)
        #expect(answer.contains("longer than 262144 octets"), "\(answer)")
        // Another client is served.
        #expect(try await control.ask(.delete, all: true).end.messages == 0)
        try await control.stop()
    }

    @Test func aRequestThatDoesNotCome() async throws {
        let control = try await RunningControl(requestTimeout: .milliseconds(50))
        #expect(try await control.say(ByteBuffer(string: "{\"version\":")) == "")
        try await control.stop()
    }

    @Test func onlyTheOwnerMayEnter() async throws {
        let control = try await RunningControl()
        let folder = control.configuration.controlSocket.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        var status = stat()
        #expect(stat(folder, &status) == 0 && status.st_mode & 0o777 == 0o700)
        try await control.stop()
        let failure = await #expect(throws: ControlError.self) { try await control.ask(.hold, all: true) }
        #expect(failure?.description.contains("The server must run") == true)
    }
}

func until(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

extension StorageEngine {
    /// Returns as soon as it is durable.
    fileprivate func quickly(to recipient: String) async throws -> QueueID {
        let draft = try makeDraft(sizeHint: nil)
        try await draft.append(ByteBuffer(string: "Subject: x\r\n\r\n"))
        let address = EmailAddress(recipient)!
        try await accept(
            draft, envelope: Envelope(reversePath: .null),
            recipients: [
                RoutedRecipient(
                    address: address, route: .remote(.foreign),
                    envelopeRecipient: EnvelopeRecipient(address: address))
            ])
        return draft.id
    }
}
