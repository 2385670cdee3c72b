import Delivery
import Foundation
import Glibc
import MailModel
import Storage
import Testing
import TestSupport

@testable import MailServer

struct HistoryTests {
    private let files: TemporaryDirectory
    private var folder: String { files.path + "/history" }

    init() throws { files = try TemporaryDirectory() }

    private func history(_ limits: HistoryFiles.Limits = .init()) throws -> HistoryFiles {
        try HistoryFiles(folder, limits: limits, logger: SampleQueue.logger)
    }

    private func recipient(_ text: String, _ route: Route = .remote(.foreign)) -> RoutedRecipient {
        let address = EmailAddress(text)!
        return RoutedRecipient(
            address: address, route: route, envelopeRecipient: EnvelopeRecipient(address: address))
    }

    @Test func aMessagesLife() throws {
        let history = MessageHistory(try history())
        let (id, other) = (QueueID(rawValue: 77), QueueID(rawValue: 78))
        history.accepted(
            id, from: .address(EmailAddress("a@example.org")!),
            recipients: [recipient("x@one.example"), recipient("y@two.example", .unresolved)], size: 1234,
            client: "192.0.2.1", login: "alice")
        history.accepted(other, from: .null, recipients: [], size: 0, client: "192.0.2.2", login: nil)
        history.attempted(
            DeliveryEvent(
                id: id, status: "deferred",
                recipient: QueueRecipient(
                    number: 0, routed: recipient("x@one.example"), attempts: 2, nextAttempt: .now),
                age: .seconds(90),
                error: MailError(451, .init(4, 4, 1), "say \"no\"\r\nforged", reportedBy: "mx.one.example")))
        history.delivered([DirectDelivery(id: id, recipients: [recipient("y@two.example")])])
        history.reported(id, as: QueueID(rawValue: 99), to: EmailAddress("a@example.org")!, recipients: 1)
        history.changed(id, "held", recipients: ["x@one.example"], of: 5)
        history.close()

        let events = HistoryReader(folder: folder).events(of: id)
        #expect(events.map(\.event) == ["accepted", "attempt", "delivered", "report", "operator"])
        #expect(events[0].client == "192.0.2.1" && events[0].login == "alice" && events[0].size == 1234)
        #expect(events[0].to == ["x@one.example", "y@two.example"] && events[0].routes == ["remote", "unresolved"])
        #expect(events[1].error == "451 4.4.1 say \"no\"\r\nforged" && events[1].relay == "mx.one.example")
        #expect(events[1].number == 3 && events[1].age == 90 && events[1].status == "deferred")
        #expect(events[3].report == QueueID(rawValue: 99).description && events[4].more == 4)
        #expect(events.allSatisfy { !$0.text.contains("\n") })
        #expect(events[1].text.contains("deferred: x@one.example, attempt 3, mx.one.example: 451 4.4.1"))
        #expect(HistoryReader(folder: folder).events(of: other).count == 1)
        #expect(HistoryReader(folder: folder).events(of: QueueID(rawValue: 99)).map(\.client) == ["report about \(id)"])
        #expect(HistoryReader(folder: folder).events(of: QueueID(rawValue: 7)).isEmpty)
        #expect(HistoryReader(folder: files.path + "/nowhere").events(of: id).isEmpty)
    }

    @Test(arguments: [
        "plain", "", "\"", "\\", "a\nb\rc\td", "\u{0}\u{1f}\u{7f}", "Grüße ☃ 🐦", "{\"id\":\"ZZ\",\"at\":1}",
        "\u{2028}", String(repeating: "x", count: 1000),
    ])
    func textsComeBack(text: String) throws {
        var line = HistoryLine(QueueID(rawValue: 1), "accepted", at: Timestamp(milliseconds: 5))
        line.add("client", text)
        line.add("to", [text, "b"])
        line.add("size", -3)
        line.add("login", nil)
        let octets = line.finished()
        #expect(octets.last == 0x0a && octets.count { $0 == 0x0a } == 1)
        let event = try JSONDecoder().decode(HistoryEvent.self, from: Data(octets))
        #expect(event.client == text && event.to == [text, "b"] && event.size == -3 && event.login == nil)
        #expect(event.id == "1" && event.at == 5)
    }

    @Test func longTextsAreCut() throws {
        var line = HistoryLine(QueueID(rawValue: 1), "attempt")
        line.add("error", String(repeating: "ü\"", count: 10_000))
        let event = try JSONDecoder().decode(HistoryEvent.self, from: Data(line.finished()))
        #expect(event.error?.hasSuffix("…") == true && event.error!.utf8.count < 1010)
    }

    /// What is in a text is never taken for a line of its own.
    @Test func onlyWholeLinesAreFound() {
        let text = "{\"id\":\"1\",\"a\":0}\nx{\"id\":\"2\",\"a\":0}\n{\"id\":\"2\",\"a\":1}\n{\"id\":\"22\",\"a\":0}\n{\"id\":\"2\",\"a\":2}"
        let found = Array(text.utf8).withUnsafeBytes { HistoryReader.lines(of: QueueID(rawValue: 2), in: $0) }
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == ["{\"id\":\"2\",\"a\":1}", "{\"id\":\"2\",\"a\":2}"])
    }

    @Test func aTornLineIsEnded() throws {
        let day = Timestamp.now.internetDateTime.prefix(10).filter { $0 != "-" }
        mkdir(folder, 0o700)
        try TextFile.write("{\"id\":\"5\",\"at\":1,\"event\":\"accepted\"}\n{\"id\":\"6\",\"at", to: "\(folder)/\(day)-0003.log")
        let history = MessageHistory(try history())
        history.changed(QueueID(rawValue: 6), "held", recipients: [], of: 0)
        history.close()
        #expect(HistoryFiles.names(in: folder).count == 1)
        #expect(HistoryReader(folder: folder).events(of: QueueID(rawValue: 6)).map(\.event) == ["operator"])
        #expect(HistoryReader(folder: folder).events(of: QueueID(rawValue: 5)).map(\.event) == ["accepted"])
    }

    /// Old days go, and the oldest files when there is too much; foreign files stay.
    @Test func spaceIsBounded() throws {
        mkdir(folder, 0o700)
        for name in ["20200101-0000.log", "20991231-0000.log"] { try TextFile.write("x\n", to: "\(folder)/\(name)") }
        for name in ["notes.txt", "20200101-000.log", "2020010a-0000.log"] { try TextFile.write("x\n", to: "\(folder)/\(name)") }
        var tail = HistoryTail(folder, limits: .init(days: 2, size: 16_000))
        let line = Array(repeating: UInt8(ascii: "a"), count: 499) + [0x0a]
        var now = Timestamp(milliseconds: 4_102_444_800_000 - 86_400_000)  // 2099-12-31
        for _ in 0..<100 { #expect(tail.write(line, at: now) == nil) }
        let names = HistoryFiles.names(in: folder)
        #expect(names.allSatisfy { $0.hasPrefix("20991231-") } && (10...16).contains(names.count), "\(names)")
        now = now + .seconds(86_400)
        #expect(tail.write(line, at: now) == nil)
        #expect(HistoryFiles.names(in: folder).last == "21000101-0000.log")
        #expect(try TextFile.read("\(folder)/notes.txt") == "x\n" && TextFile.read("\(folder)/20200101-000.log") == "x\n")
    }

    /// Only the files since the message was accepted are read.
    @Test func searchEndsWithTheAcceptance() throws {
        mkdir(folder, 0o700)
        let id = QueueID(rawValue: 40)
        try TextFile.write("{\"id\":\"\(id)\",\"at\":1,\"event\":\"impossible\"}\n", to: "\(folder)/20260101-0000.log")
        try TextFile.write("{\"id\":\"\(id)\",\"at\":2,\"event\":\"accepted\"}\n", to: "\(folder)/20260102-0000.log")
        try TextFile.write("{\"id\":\"\(id)\",\"at\":3,\"event\":\"attempt\"}\nnonsense\n", to: "\(folder)/20260103-0000.log")
        #expect(HistoryReader(folder: folder).events(of: id).map(\.event) == ["accepted", "attempt"])
    }

    @Test func aFolderThatCanNotBeMade() throws {
        try TextFile.write("a file", to: folder)
        #expect(throws: ServerStartError.self) {
            try HistoryFiles(folder + "/x", logger: SampleQueue.logger)
        }
    }
}
