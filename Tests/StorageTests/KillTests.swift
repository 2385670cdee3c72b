import Glibc
import MailModel
import Testing

@testable import Storage

/// A server killed under load; what it had accepted is there when the next one starts.
@Suite struct KillTests {
    @Test func nothingAcceptedIsLost() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path
        let result = await #expect(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) { [path = path as String] in
            var configuration = StorageConfiguration()
            configuration.segmentSize = 100_000
            let engine = try StorageEngine.open(
                at: path, configuration: configuration, logger: silent)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        for number in 0..<1000 {
                            guard
                                let id = try? await engine.accept(
                                    body(number), to: local(UInt64(task)))
                            else { return }
                            // One write each: whole lines, in spite of the kill.
                            let line = "\(id) \(task)\n"
                            _ = write(STDOUT_FILENO, line, line.utf8.count)
                            if task == 7, number == 50 { kill(getpid(), SIGKILL) }
                        }
                    }
                }
            }
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.count > 50)
        let report = try StateCheck(offline: path).run()
        #expect(report.findings.filter { $0.severity != .note } == [])
        let engine = try StorageEngine.open(directory)
        var found: [UInt64: [QueueID]] = [:]
        for user: UInt64 in 0..<16 {
            let messages = try await engine.inbox(user)
            #expect(messages.map(\.uid) == (0..<UInt32(messages.count)).map { $0 + 1 })
            found[user] = messages.map(\.message.id)
        }
        let all = found.values.flatMap { $0 }
        #expect(Set(all).count == all.count)
        for line in lines {
            guard line.count == 2, let id = QueueID(line[0]), let user = UInt64(line[1]) else {
                continue
            }
            #expect(found[user]?.contains(id) == true, "\(id) lost")
        }
        await engine.close()
        #expect(try StateCheck(offline: path).run().findings == [])
    }
}
