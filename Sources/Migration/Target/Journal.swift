internal import Glibc

/// What an import has copied already and whereto, in a file: lines are appended, so that an import which was cut
/// short goes on where it stopped, and a second one copies only what is new.
///
/// A message is noted before it is sent and again when the server has it. One that is only noted
/// before may be there or not: the importer looks.
package final class Journal {
    /// Ends a line that counts for nothing.
    private static let void: UInt8 = 0x18

    private let descriptor: Int32
    private let path: String
    private(set) var done: Set<String> = []
    private(set) var begun: Set<String> = []
    private var pending: [UInt8] = []

    /// Makes its folder when it is not there.
    init(_ path: String) throws(MigrationError) {
        self.path = path
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Files.makeDirectory(String(path[..<slash]))
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw MigrationError("\(path): another import uses it")
        }
        let file = try FileReader(path, ofOneMessage: false)
        var line: [UInt8] = []
        try file.read(0..<file.size) { part throws(MigrationError) in
            for byte in part {
                if byte == 0x0A {
                    note(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                }
            }
        }
        // A last line that was cut short counts for nothing.
        if !line.isEmpty { pending += [Self.void, 0x0A] }
    }

    deinit {
        // Ends the lock also where a process that is just being started has the descriptor as well.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private func note(_ line: String) {
        guard let mark = line.first, line.utf8.last != Self.void else { return }
        let entry = String(line.dropFirst())
        switch mark {
        case "<": begun.insert(entry)
        case "=":
            begun.remove(entry)
            done.insert(entry)
        case "!": begun.remove(entry)
        default: break
        }
    }

    /// A journal's file for one source and one account.
    package static func path(in folder: String, source: String, account: String) -> String {
        // FNV-1a; two sources of one account that met would share a file, whose lines name both.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for octet in "\(account)\n\(source)".utf8 { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3 }
        return "\(folder)/\(String(hash, radix: 16)).journal"
    }

    /// - Parameter mailbox: where it goes: the same message may go to several places.
    static func entry(_ folder: String, _ mailbox: String, _ key: String) -> String {
        "\(folder)\t\(mailbox)\t\(key)"
    }

    func begin(_ entry: String) {
        note("<\(entry)")
        pending += "<\(entry)\n".utf8
    }

    func finish(_ entry: String) {
        note("=\(entry)")
        pending += "=\(entry)\n".utf8
    }

    /// The server has refused it: it is not there.
    func refuse(_ entry: String) {
        note("!\(entry)")
        pending += "!\(entry)\n".utf8
    }

    /// Writes what was noted, before anything is sent that depends on it.
    func flush() throws(MigrationError) {
        var rest = pending[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .system(path) }
            rest = rest.dropFirst(count)
        }
        pending.removeAll(keepingCapacity: true)
    }
}
