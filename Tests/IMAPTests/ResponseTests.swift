import MailModel
import NIOCore
import Testing

@testable import IMAP

@Suite struct ResponseTests {
    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return String(buffer: buffer)
    }

    @Test func numbers() {
        for number: UInt64 in [0, 9, 10, 99, 100, 4_294_967_295, .max] { #expect(text { $0.writeIMAPNumber(number) } == "\(number)") }
        #expect(text { $0.writeIMAPNumber(42) } == "42")
        #expect(text { $0.writeIMAPNumber(UInt32.max) } == "4294967295")
    }

    @Test(arguments: [
        ("", "\"\""), ("a b", "\"a b\""), ("a\"b\\", "\"a\\\"b\\\\\""), ("a\r\nb", "{4}\r\na\r\nb"), ("ü", "{2}\r\nü"), ("a\u{1}", "{2}\r\na\u{1}"),
        (String(repeating: "x", count: 1001), "{1001}\r\n" + String(repeating: "x", count: 1001)),
    ])
    func strings(_ value: String, _ wire: String) {
        #expect(text { $0.writeIMAPString(value) } == wire)
        #expect(text { $0.writeIMAPString(bytes(value)) } == wire)
        #expect(text { $0.writeIMAPNString(bytes(value)) } == wire)
    }

    @Test func otherStrings() {
        #expect(text { $0.writeIMAPNString([UInt8]?.none) } == "NIL")
        #expect(text { $0.writeIMAPString8("ü\"", utf8: true) } == "\"ü\\\"\"")
        #expect(text { $0.writeIMAPString8("ü", utf8: false) } == "{2}\r\nü")
        #expect(text { $0.writeIMAPString8([0xff], utf8: true) }.hasPrefix("{1}\r\n"))
        #expect(text { $0.writeIMAPString8("a\nb", utf8: true) } == "{3}\r\na\nb")
        for (value, wire) in [("INBOX", "INBOX"), ("", "\"\""), ("nil", "\"nil\""), ("a b", "\"a b\""), ("a]", "a]"), ("a*", "\"a*\""), ("ü", "{2}\r\nü")] {
            #expect(text { $0.writeIMAPAString(value) } == wire)
        }
        #expect(text { $0.writeIMAPLiteralHead(12) } == "{12}\r\n")
        #expect(text { $0.writeIMAPLiteralHead(12, binary: true) } == "~{12}\r\n")
    }

    @Test func mailboxes() {
        #expect(text { $0.writeIMAPMailbox("Entwürfe & mehr", utf8: false) } == "\"Entw&APw-rfe &- mehr\"")
        #expect(text { $0.writeIMAPMailbox("Entwürfe & mehr", utf8: true) } == "\"Entwürfe & mehr\"")
        #expect(text { $0.writeIMAPMailbox("a&b", utf8: true) } == "a&b")
        #expect(text { $0.writeIMAPMailbox("a&b", utf8: false) } == "a&-b")
        #expect(text { $0.writeIMAPMailbox("", utf8: false) } == "\"\"")
    }

    @Test func sets() {
        #expect(text { $0.writeUIDSet(UIDSet([1...1, 3...5, 7...8, 4_294_967_295...4_294_967_295])) } == "1,3:5,7:8,4294967295")
    }

    @Test func flags() {
        #expect(text { $0.writeIMAPFlags([]) } == "()")
        #expect(text { $0.writeIMAPFlags([], keywords: ["a", "$b"]) } == "(a $b)")
        let names: [(MessageFlags, Substring)] = [(.seen, "\\Seen"), (.answered, "\\Answered"), (.flagged, "\\Flagged"), (.deleted, "\\Deleted"), (.draft, "\\Draft")]
        for raw: UInt32 in 0..<32 {
            let flags = MessageFlags(rawValue: raw)
            let written = text { $0.writeIMAPFlags(flags, keywords: ["k"]) }
            #expect(written.hasSuffix("k)"))
            #expect(Set(written.dropFirst().dropLast().split(separator: " ")) == Set(names.filter { flags.contains($0.0) }.map(\.1) + ["k"]))
        }
    }

    @Test(arguments: [
        (0, "\" 1-Jan-1970 00:00:00 +0000\""), (837_571_465_999, "\"17-Jul-1996 02:44:25 +0000\""), (-1000, "\"31-Dec-1969 23:59:59 +0000\""),
        (1_709_210_096_000, "\"29-Feb-2024 12:34:56 +0000\""), (Int64.max, "\"31-Dec-9999 23:59:59 +0000\""), (Int64.min, "\" 1-Jan-0000 00:00:00 +0000\""),
    ])
    func dates(_ milliseconds: Int64, _ wire: String) throws {
        #expect(text { $0.writeIMAPDateTime(Timestamp(milliseconds: milliseconds)) } == wire)
        guard milliseconds < .max, milliseconds >= 0 else { return }
        let events = read("a APPEND x \(wire) {1+}\r\n")
        #expect(events.contains(.appending(.message(.init(internalDate: milliseconds / 1000 * 1000), size: 1))))
    }

    @Test func replies() {
        #expect(text { $0.writeTagged("a1", .ok, "done") } == "a1 OK done\r\n")
        #expect(text { $0.writeTagged("a1", .no, code: "TRYCREATE", "no such mailbox") } == "a1 NO [TRYCREATE] no such mailbox\r\n")
        #expect(text { $0.writeTagged("a1", .bad, "a\r\nb OK c") } == "a1 BAD a  b OK c\r\n")
        #expect(text { $0.writeUntagged(.bye, code: "UNAVAILABLE", "bye") } == "* BYE [UNAVAILABLE] bye\r\n")
        #expect(text { $0.writeUntagged(.preauth, "x") } == "* PREAUTH x\r\n")
        #expect(text { $0.writeUntagged("CAPABILITY IMAP4rev1") } == "* CAPABILITY IMAP4rev1\r\n")
        #expect(text { $0.writeContinuation("OK") } == "+ OK\r\n")
    }

    /// RFC 9051 appendix A.1, RFC 3501 section 5.1.3.
    @Test(arguments: [
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"), ("a&b", "a&-b"), ("&", "&-"), ("Hi Mom ☺!", "Hi Mom &Jjo-!"), ("😀", "&2D3eAA-"), ("", ""),
        ("\u{7f}\u{1}", "&AH8AAQ-"), ("ü&ü", "&APw-&-&APw-"), ("é-", "&AOk--"),
    ])
    func modifiedUTF7(_ name: String, _ wire: String) {
        #expect(ModifiedUTF7.encode(name) == wire)
        #expect(ModifiedUTF7.decode(wire.utf8) == name)
        #expect(ModifiedUTF7.isNeeded(name) == (name != wire))
    }

    @Test(arguments: [
        "&", "&Jjo", "a&b", "&Jjo!", "&Jj-", "&JjoA-", "&Jjp-", "&AGE-", "&AC8-", "&ACY-", "&2D0-", "&3gA-", "&2D0AYQ-", "&U,BTFw-&ZeVnLIqe-", "&Jjo-&Jjo-", "ü", "a\u{1}", "a\u{7f}",
        "&A-", "&AA-", "&AAA", "&Jjo/-", "&=-",
    ])
    func notModifiedUTF7(_ wire: String) { #expect(ModifiedUTF7.decode(wire.utf8) == nil) }
}
