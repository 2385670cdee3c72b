import Dispatch
import FuzzSupport
import Glibc
import TestSupport
import Testing

/// The server killed in the middle of its work, again and again.
@Suite struct ServerCrashTests {
    /// Every message that was answered with 250 is in the mailbox of each of its recipients exactly
    /// once; one without an answer at most once; nothing else is there.
    @Test(.timeLimit(.minutes(20))) func everyAcceptedMessageIsInItsMailboxOnce() async throws {
        try await withTaskExecutorPreference(OwnThread()) { try await crashAgainAndAgain() }
    }

    @concurrent private func crashAgainAndAgain() async throws {
        let seed = UInt64(1)
        var dice = Dice(seed: seed)
        let server = try CrashingServer()
        defer { server.end() }
        let load = MessageLoad(port: server.mx, sessions: 64, seed: seed)
        for _ in 0..<8 {
            try server.start()
            load.run(milliseconds: Int.random(in: 300...1500, using: &dice), end: server.kill)
        }
        try server.start()
        load.run(milliseconds: 300, accepting: 101, end: {})
        try server.restart()

        #expect(load.refusals == [])
        #expect(load.accepted.count > 100)
        for user in CrashingServer.users {
            let found = try MaildropReader(port: server.pop3).identifiers(of: user)
            var counts: [Int: Int] = [:]
            for identifier in found { counts[identifier, default: 0] += 1 }
            for (identifier, recipients) in load.accepted where recipients.contains(user) {
                #expect(counts.removeValue(forKey: identifier) == 1, "\(identifier) for \(user)")
            }
            for (identifier, count) in counts {
                #expect(load.unanswered[identifier]?.contains(user) == true, "\(identifier) in \(user)")
                #expect(count == 1, "\(identifier) for \(user)")
            }
        }
    }
}

/// It waits for sockets: nobody else's tasks are to wait for it.
private final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "crashing server")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
