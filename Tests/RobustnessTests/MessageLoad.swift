import FuzzSupport
import Glibc

/// Many SMTP sessions that send bursts of small and large messages, each with an identifier, and
/// remember which were answered with 250. One thread drives them all.
final class MessageLoad {
    /// The users that each message goes to.
    private(set) var accepted: [Int: Set<String>] = [:]
    /// Sent, at least in part, without an answer.
    private(set) var unanswered: [Int: Set<String>] = [:]
    /// Replies that nobody expects.
    private(set) var refusals: [String] = []
    private let port: UInt16
    private let sessions: Int
    private var dice: Dice
    private var last = 0

    private static let line = [UInt8](repeating: UInt8(ascii: "x"), count: 70) + [13, 10]

    init(port: UInt16, sessions: Int, seed: UInt64) {
        self.port = port
        self.sessions = sessions
        dice = Dice(seed: seed)
    }

    /// Sends for this long, and until so many messages were accepted since the beginning; calls `end` in
    /// the middle of it, reads what was answered before, and drops the connections.
    func run(milliseconds: Int, accepting least: Int = 0, end: () -> Void) {
        var open = (0..<sessions).compactMap { _ in try? NonblockingSocket(port: port) }
        var waiting: [[Int]] = open.map { _ in [] }
        let finish = ContinuousClock.now + .milliseconds(milliseconds)
        // Also on a slow machine, but not for ever.
        let limit = finish + .seconds(120)
        while .now < finish || (accepted.count < least && ContinuousClock.now < limit) {
            NonblockingSocket.wait(for: open)
            for (index, socket) in open.enumerated() {
                read(socket, &waiting[index])
                if waiting[index].isEmpty, socket.isGreeted { send(socket, &waiting[index]) }
            }
        }
        end()
        for (index, socket) in open.enumerated() { while read(socket, &waiting[index]) {} }
        open = []
    }

    private func send(_ socket: NonblockingSocket, _ waiting: inout [Int]) {
        socket.send(Array("EHLO load.test\r\n".utf8))
        for _ in 0..<Int.random(in: 1...8, using: &dice) {
            last += 1
            let (addresses, users) = recipients()
            let lines = dice.chance(3) ? 4000 : Int.random(in: 0...120, using: &dice)
            let text = "Message-ID: <load-\(last)@load.test>\r\n\r\n"
            var burst = "MAIL FROM:<a@load.test>\r\n"
            for address in addresses { burst += "RCPT TO:<\(address)@example.org>\r\n" }
            burst += "BDAT \(text.utf8.count + lines * Self.line.count) LAST\r\n" + text
            unanswered[last] = users
            waiting.append(last)
            socket.send(Array(burst.utf8) + repeatElement(Self.line, count: lines).joined())
        }
    }

    private func recipients() -> (addresses: [String], users: Set<String>) {
        let user = CrashingServer.users.randomElement(using: &dice)!
        return switch Int.random(in: 0..<4, using: &dice) {
        case 0: (["all", user], Set(CrashingServer.users))
        case 1: (["alias-" + user], [user])
        case 2: (["u0", "u2"], ["u0", "u2"])
        default: ([user], [user])
        }
    }

    /// Notes the answers that have come. False when there are no more.
    @discardableResult
    private func read(_ socket: NonblockingSocket, _ waiting: inout [Int]) -> Bool {
        let lines = socket.lines()
        for line in lines {
            if line.hasPrefix("4") || line.hasPrefix("5") { refusals.append(line) }
            guard line.hasPrefix("250 2.0.0 OK queued"), !waiting.isEmpty else { continue }
            let identifier = waiting.removeFirst()
            accepted[identifier] = unanswered.removeValue(forKey: identifier)
        }
        return !lines.isEmpty
    }
}
