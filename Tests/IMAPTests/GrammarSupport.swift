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

func drain(_ reader: inout CommandReader) -> [ReaderEvent] {
    var events: [ReaderEvent] = []
    while let event = reader.next() { events.append(event) }
    return events
}

/// Octets of messages in one piece each.
func joined(_ events: [ReaderEvent]) -> [ReaderEvent] {
    var result: [ReaderEvent] = []
    for event in events {
        if case .appending(.data(let more)) = event,
            case .appending(.data(var data)) = result.last
        {
            data.writeImmutableBuffer(more)
            result[result.count - 1] = .appending(.data(data))
        } else {
            result.append(event)
        }
    }
    return result
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

/// Commands of every kind, for tests that cut or damage them.
let sampleCommands = [
    "NOOP", "CAPABILITY", "ID (\"name\" \"x\" \"version\" NIL)", "ID NIL", "STARTTLS",
    "LOGIN alice \"se\\\"cret\"", "LOGIN {5}\r\nalice {6+}\r\nsecret", "AUTHENTICATE PLAIN AGEAYg==",
    "ENABLE CONDSTORE UTF8=ACCEPT", "SELECT \"INBOX\" (QRESYNC (67890007 20050715194045000 41,43:211 (1,3 5,9)))",
    "CREATE Sent (USE (\\Sent \\Drafts))", "RENAME &AOk-t&AOk- b", "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"a%\" {2+}\r\n** c) RETURN (CHILDREN STATUS (MESSAGES UNSEEN) METADATA (/private/comment))",
    "LSUB \"\" *", "STATUS INBOX (MESSAGES SIZE DELETED-STORAGE)", "SETQUOTA \"\" (STORAGE 512 MESSAGE 10)",
    "SETACL a/b bob +lrs", "GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" (/shared/a /private/b)",
    "SETMETADATA a (/private/x NIL /shared/y ~{4+}\r\n\u{0}\r\n\u{1} /private/z {3}\r\nabc)",
    "NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge)) (subtree (a b) NONE)",
    "ESEARCH IN (mailboxes (a b) subtree-one c) RETURN (COUNT PARTIAL -1:-10) UNSEEN",
    "UID FETCH 1:*,5 (FLAGS)", "FETCH $ ALL", "UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[1.2.HEADER.FIELDS.NOT (A B)]<0.100> BINARY[1]<1.2> PREVIEW (LAZY)) (CHANGEDSINCE 12345 VANISHED)",
    "STORE 1,2:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $Forwarded)", "STORE 1 -FLAGS \\Deleted a b",
    "UID COPY 1:* \"Sent Items\"", "UID EXPUNGE 1:5", "MOVE 1 {7+}\r\nArchive",
    "SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (SUBJECT {4+}\r\nabcd NOT SEEN) FUZZY BODY \"x y\" 1:5 SINCE 1-Feb-1994",
    "UID SORT RETURN (ALL) (REVERSE DATE SUBJECT) UTF-8 MODSEQ \"/flags/\\\\Seen\" all 5", "THREAD REFERENCES UTF-8 ALL",
    "CANCELUPDATE \"A1\" \"A2\"",
    "APPEND INBOX {3}\r\nabc", "APPEND {5+}\r\nSaved (\\Seen x) \" 1-Feb-1994 01:02:03 -0500\" ~{4+}\r\n\u{0}\r\nb {0+}\r\n",
    "APPEND a CATENATE (URL \"/b;UID=1\" TEXT {3+}\r\nabc URL {2+}\r\nxy UTF8 (~{1+}\r\nz))",
    "APPEND a UTF8 (~{4+}\r\nabcd)", "UID REPLACE 7 INBOX () {4}\r\nabcd", "REPLACE * b {1+}\r\n\r",
]
