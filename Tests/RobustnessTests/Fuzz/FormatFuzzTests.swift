import Directory
import Glibc
import InternetMessage
import MailModel
import Testing
import TestSupport

/// Parsers of files and messages fed with damaged text: none may crash, and what they return keeps
/// the promises of its type.
@Suite struct FormatFuzzTests {
    private static let header = words([
        "From: ", "To: ", "Sender: ", "Bcc: ", "Date: ", "Message-ID: ", "Received: ", "Resent-Bcc:", "\r\n", "\r\n ", "\r\n\t",
        "\n", "\r", "a@b.test", "<a@b.test>", "\"a b\" <\"x y\"@[127.0.0.1]>", "Group: a@b, c@d;", ";", ",", ":", "(", ")", "((()",
        "\\", "\"", "=?utf-8?Q?=C3=BC?=", "=?iso-8859-1?B?/A==?=", "=?utf-8?b?!!?=", "=?x?", "@a,@b:u@c", "<", ">", "@",
        "Mon, 1 Jan 2024 00:00:00 +0100", "31 Feb 99999 99:99:99 -9999", "1 Jan 00 1:2 GMT", "\u{fc}\u{1f600}", "\r\n\r\n", "\0",
    ])

    @Test func headers() async throws {
        try await FuzzRun.run("headers", cases: 300) { dice in
            let text = dice.text(of: Self.header, upTo: 60)
            if let section = try? HeaderSection(text) {
                for field in section.fields {
                    #expect(field.whole.upperBound <= text.count)
                    #expect(!section.unfoldedValue(field).contains(UInt8(ascii: "\n")) || text.contains(10))
                    _ = section.lines(field)
                    let value = section.rawValue(field)
                    let addresses = AddressList(value)
                    #expect(addresses.mailboxes.count <= AddressList.maximumMailboxes)
                    _ = MessageDate(parsing: value)
                    _ = EncodedWord.decode(Array(value))
                }
            }
            if let fit = try? SubmissionHeaders(text, date: .utc(.now), messageIDHost: "h.test") {
                let again = try SubmissionHeaders(fit.bytes, date: .utc(.now), messageIDHost: "h.test")
                #expect(again.removedBlindCopies == 0, "\(text)")
                #expect(!again.addedDate && !again.addedMessageID, "\(text)")
                #expect(again.from == fit.from, "\(text)")
            }
            _ = AddressList(text[...])
            _ = MessageDate(parsing: text[...])
            _ = EncodedWord.decode(text)
            let string = String(decoding: text, as: UTF8.self)
            for encoded in [EncodedWord.text(string), EncodedWord.phrase(string)] {
                #expect(!encoded.utf8.contains(13) || encoded.contains("\r\n "))
            }
            if let address = EmailAddress(string) {
                #expect(EmailAddress(address.description) == address, "\(text)")
            }
            _ = DistinguishedName(string)
            _ = QueueID(string)
        }
    }

    /// The end of the header section does not depend on how the octets come.
    @Test func headerEnds() async throws {
        try await FuzzRun.run("header ends", cases: 800) { dice in
            let text = dice.text(of: Self.header, upTo: 30)
            let pieces = dice.split(text)
            func end(_ pieces: [[UInt8]]) throws -> Int? {
                var finder = HeaderEndFinder()
                var before = 0
                for piece in pieces {
                    if let end = try piece.withUnsafeBytes({ try finder.scan($0) }) { return before + end }
                    before += piece.count
                }
                return nil
            }
            let (whole, split) = (try end([text]), try end(pieces))
            #expect(whole == split, "\(text)")
        }
    }

    @Test func ldif() async throws {
        let words = words([
            "version: 1\n", "dn: uid=a,dc=b\n", "dn:: dWlkPWE=\n", "changetype: add\n", "changetype: modify\n", "changetype: delete\n",
            "changetype: modrdn\n", "newrdn: uid=b\n", "deleteoldrdn: 1\n", "add: mail\n", "replace: cn\n", "delete: sn\n", "-\n",
            "mail: a@b\n", "cn:: w7w=\n", "cn:: !!!\n", "cn:< file:///etc/passwd\n", "objectClass: person\n", "\n", "\r\n", "\n ", "# c\n",
            " ", ":", "\0", "include: file:///etc/passwd\n", "control: 1.2.3 true\n", "sn;lang-de: x\n", "version: 2\n",
        ])
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/fuzz.ldif"
        try await FuzzRun.run("LDIF", cases: 400) { dice in
            let text = dice.text(of: words, upTo: 40)
            let descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600)
            defer { close(descriptor) }
            _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            var reader = LDIFReader(descriptor: descriptor)
            var rounds = 0
            while rounds <= text.count + 1 {
                rounds += 1
                do throws(LDIFError) {
                    guard let record = try reader.next() else { break }
                    #expect(record.line >= 1 && record.line <= text.count + 1)
                } catch {
                    #expect(error.line >= 1, "\(text)")
                }
            }
            #expect(rounds <= text.count + 1, "does not end: \(text)")
        }
    }
}
