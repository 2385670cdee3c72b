import FuzzSupport
import MailModel
import NIOCore

@testable import IMAP

/// A reader as a session has it after login, fed in pieces of at most `size` octets.
func read(
    _ octets: [UInt8], pieces size: Int = .max, loggedIn: Bool = true, utf8: Bool = false,
    limits: CommandLimits = CommandLimits()
) -> [ReaderEvent] {
    var reader = CommandReader(limits: limits)
    reader.isLoggedIn = loggedIn
    reader.acceptsUTF8 = utf8
    var start = 0
    var events: [ReaderEvent] = []
    while start < octets.count {
        let end = size < octets.count - start ? start + size : octets.count
        reader.receive(ByteBuffer(bytes: octets[start..<end]))
        start = end
        events += drain(&reader)
    }
    return joined(events)
}

func read(
    _ text: String, loggedIn: Bool = true, utf8: Bool = false,
    limits: CommandLimits = CommandLimits()
) -> [ReaderEvent] {
    read(Array(text.utf8), loggedIn: loggedIn, utf8: utf8, limits: limits)
}

/// The command of one line (or more, with literals).
func parse(_ text: String, utf8: Bool = false) throws -> IMAPCommand {
    let events = read("a \(text)\r\n", utf8: utf8).filter { $0 != .sendContinuation }
    switch events.first {
    case .command("a", let command) where events.count == 1: return command
    case .invalid("a", let error): throw error
    default: throw SyntaxError(.syntax, "events: \(events)")
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension SequenceSet {
    /// Pairs of ends; nil is "*".
    static func of(_ ranges: (UInt32?, UInt32?)...) -> SequenceSet {
        SequenceSet(ranges: ranges.map { Range(first: $0.0, last: $0.1) })
    }
}
