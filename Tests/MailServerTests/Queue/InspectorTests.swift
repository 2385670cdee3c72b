import Foundation
import MailModel
import Storage
import Testing

@testable import MailServer

struct InspectorTests {
    private func ids(
        _ inspector: QueueInspector, limit: Int = 100, _ change: (inout QueueSelection) -> Void
    ) async throws -> [String] {
        var selection = QueueSelection()
        change(&selection)
        var found: [String] = []
        try await inspector.forEachEntry(selection, limit: limit) { listing in
            found += listing.entry.recipients.map { "\(listing.entry.id)/\($0.number)" }
        }
        return found
    }

    @Test func selections() async throws {
        let queue = try SampleQueue()
        let a = try await queue.add(from: "alice@example.org", to: "x@one.example", "y@two.example")
        let b = try await queue.add(from: "", to: "x@two.example")
        let c = try await queue.add(from: "bob@example.net", to: "Z@One.Example")
        try await queue.postpone(a, 1, "Connection refused", attempts: 2)
        _ = try await queue.engine.update(c, [.hold(number: 0)])
        let inspector = try QueueInspector(configuration: queue.configuration)

        #expect(try await ids(inspector) { _ in } == ["\(a)/0", "\(a)/1", "\(b)/0", "\(c)/0"])
        #expect(try await ids(inspector) { $0.senders = ["*@example.org"] } == ["\(a)/0", "\(a)/1"])
        #expect(try await ids(inspector) { $0.senders = ["<>"] } == ["\(b)/0"])
        #expect(try await ids(inspector) { $0.senders = ["<>", "bob@*"] } == ["\(b)/0", "\(c)/0"])
        #expect(try await ids(inspector) { $0.domains = ["one.example"] } == ["\(a)/0", "\(c)/0"])
        #expect(try await ids(inspector) { $0.recipients = ["x@*"] } == ["\(a)/0", "\(b)/0"])
        #expect(try await ids(inspector) { $0.recipients = ["z@one.example"] } == ["\(c)/0"])
        #expect(try await ids(inspector) { $0.destinations = ["t?o.example"] } == ["\(a)/1", "\(b)/0"])
        #expect(try await ids(inspector) { $0.states = [.deferred] } == ["\(a)/1"])
        #expect(try await ids(inspector) { $0.states = [.hold, .active] } == ["\(a)/0", "\(b)/0", "\(c)/0"])
        #expect(try await ids(inspector) { $0.reason = "connection REFUSED" } == ["\(a)/1"])
        #expect(try await ids(inspector) { $0.reason = "mx.example" } == ["\(a)/1"])
        #expect(try await ids(inspector) { $0.ids = ["\(c)", "\(a)", "ZZZZ"] } == ["\(a)/0", "\(a)/1", "\(c)/0"])
        #expect(try await ids(inspector) { $0.ids = ["\(a)"]; $0.states = [.hold] }.isEmpty)
        #expect(try await ids(inspector, limit: 2) { _ in } == ["\(a)/0", "\(a)/1", "\(b)/0"])
        #expect(try await ids(inspector) { $0.require(age: .seconds(36_000), orMore: true) }.isEmpty)
        #expect(try await ids(inspector) { $0.require(age: .seconds(36_000), orMore: false) }.count == 4)
        await #expect(throws: SelectionError.self) { try await ids(inspector) { $0.ids = ["no id"] } }
        await queue.engine.close()
    }

    @Test func tableAndDetails() async throws {
        let queue = try SampleQueue()
        let id = try await queue.add(
            from: "alice@example.org", to: "x@one.example", body: "Subject: secret\u{1b}[2J\r\n\r\nbody")
        try await queue.postpone(id, 0, "Connection refused")
        let inspector = try QueueInspector(configuration: queue.configuration)
        let listing = try #require(try await inspector.entry(id))
        let table = QueueTable(width: nil)
        let line = try #require(table.lines(listing).first)
        for text in ["\(id) ", " deferred ", " 59m ", " alice@example.org ", " x@one.example ", "mx.example: 451 4.4.1 Connection refused"] {
            #expect(line.contains(text), "\(text): \(line)")
        }
        #expect(QueueTable(width: 80).lines(listing).allSatisfy { $0.count == 80 && $0.hasSuffix("…") })
        #expect(listing.details.contains("x@one.example  deferred, 1 attempt"))
        #expect(try await inspector.header(of: listing) == "Subject: secret\u{1b}[2J\r\n")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(listing.json(header: "h").utf8)) as? [String: Any])
        #expect(json["id"] as? String == "\(id)" && json["header"] as? String == "h")
        let recipient = try #require((json["recipients"] as? [[String: Any]])?.first)
        #expect(recipient["destination"] as? String == "one.example")
        #expect(recipient["reportedBy"] as? String == "mx.example")
        #expect(try await inspector.entry(QueueID(rawValue: 99_999)) == nil)
        await queue.engine.close()
    }

    @Test func summaries() async throws {
        let queue = try SampleQueue()
        for _ in 0..<3 { try await queue.add(from: "a@example.org", to: "x@one.example", "y@two.example") }
        let held = try await queue.add(from: "", to: "z@one.example")
        _ = try await queue.engine.update(held, [.hold(number: 0)])
        let inspector = try QueueInspector(configuration: queue.configuration)
        let now = Timestamp.now + .seconds(30 * 60)
        let all = try await inspector.summary(bySender: false, now: now)
        #expect(all.total.total == 7 && all.total.ages == [0, 0, 0, 7, 0, 0, 0, 0, 0, 0])
        #expect(all.domains["one.example"]?.total == 4 && all.domains["two.example"]?.total == 3)
        let lines = all.table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["T", "5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"])
        #expect(lines[1] == ["TOTAL", "7", "0", "0", "0", "7", "0", "0", "0", "0", "0", "0"])
        #expect(lines[2].prefix(2) == ["one.example", "4"])
        let senders = try await inspector.summary(bySender: true, now: now)
        #expect(senders.domains.mapValues(\.total) == ["example.org": 6, "": 1])
        let holds = try await inspector.summary(bySender: false, states: [.hold], now: now)
        #expect(holds.domains.mapValues(\.total) == ["one.example": 1])
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(all.json.utf8)) as? [String: Any])
        let total = try #require(json["total"] as? [String: Any])
        #expect(total["total"] as? Int == 7 && (total["ages"] as? [String: Int])?["40"] == 7)
        await queue.engine.close()
    }

    @Test(arguments: [(0, 0), (299, 0), (300, 1), (4800, 5), (76_799, 8), (76_800, 9), (10_000_000, 9), (-9, 0)])
    func columns(seconds: Int, column: Int) {
        var summary = QueueSummary()
        summary.add("x", age: .seconds(seconds))
        #expect(summary.total.ages.firstIndex(of: 1) == column)
    }
}
