import InternetMessage
import Testing

@testable import IMAP

private func facts(_ message: String) -> MessageFacts {
    let bytes = Array(message.utf8)
    var parser = MIMEParser()
    bytes.withUnsafeBytes { parser.append($0) }
    return MessageFacts(describing: parser.finish(), preview: nil)
}

private func envelope(_ header: String) -> String {
    String(decoding: facts(header).envelope, as: UTF8.self)
}

@Suite struct MessageWireTests {
    @Test func showsAnEnvelope() {
        #expect(envelope("") == "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)")
        let message = """
            Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r
            From: Terry Gray <gray@cac.washington.edu>\r
            Subject: IMAP4rev2  WG mtg\r
            \tsummary and "minutes"\r
            To: imap@cac.washington.edu\r
            Cc: minutes@CNRI.Reston.VA.US, "J. \\"K\\" L" <@a,@b:KLENSIN@MIT.EDU>\r
            Bcc: Friends: a@b, c@d;, undisclosed:;, bare\r
            In-Reply-To: <x@y>\r
             <z@w>\r
            Message-ID: <B27397-0100000@cac.washington.edu>\r
            \r\n
            """
        let gray = #"(("Terry Gray" NIL "gray" "cac.washington.edu"))"#
        #expect(
            envelope(message) == """
                ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" \
                "IMAP4rev2 WG mtg summary and \\"minutes\\"" \
                \(gray) \(gray) \(gray) ((NIL NIL "imap" "cac.washington.edu")) \
                ((NIL NIL "minutes" "CNRI.Reston.VA.US")\
                ("J. \\"K\\" L" "@a,@b" "KLENSIN" "MIT.EDU")) \
                ((NIL NIL "Friends" NIL)(NIL NIL "a" "b")(NIL NIL "c" "d")(NIL NIL NIL NIL)\
                (NIL NIL "undisclosed" NIL)(NIL NIL NIL NIL)(NIL NIL "bare" "MISSING_DOMAIN")) \
                "<x@y> <z@w>" "<B27397-0100000@cac.washington.edu>")
                """)
    }

    @Test(arguments: [
        ("Subject:", #""""#), ("Subject:  \t", #""""#), ("Subject: a", #""a""#),
        ("Subject: =?utf-8?q?=C3=A9?=", #""=?utf-8?q?=C3=A9?=""#),
        ("Subject: caf\u{e9}", "{5}\r\ncaf\u{e9}"), ("Subject: a\0b", "{5}\r\na\u{fffd}b"),
        ("Subject: \"\"\"\"\"\"", "{6}\r\n\"\"\"\"\"\""), ("Subject: \\", #""\\""#),
        ("Subject: a \r\n b \r\n", #""a b""#), ("Other: x", "NIL"),
    ])
    func writesStrings(_ field: String, _ expected: String) {
        #expect(envelope(field + "\r\n\r\n") == "(NIL \(expected) NIL NIL NIL NIL NIL NIL NIL NIL)")
    }

    @Test func senderAndReplyToDefault() {
        #expect(
            envelope("From: a@b\nSender:\nReply-To: c@d\n\n")
                == #"(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) NIL NIL NIL NIL NIL)"#)
    }

    private static let ascii = #"("charset" "us-ascii")"#

    @Test(arguments: [
        ("\r\nab\r\n", #"("text" "plain" \#(ascii) NIL NIL "7bit" 4 1 NIL NIL NIL NIL)"#),
        (
            "Content-Type: Text/HTML; charset=x; a*0=b\r\nContent-Transfer-Encoding: BASE64\r\n\r\n",
            #"("Text" "HTML" ("charset" "x" "a*0" "b") NIL NIL "BASE64" 0 0 NIL NIL NIL NIL)"#
        ),
        (
            """
            Content-Type: image/png\r
            Content-ID: <i@d>\r
            Content-Description: a  b\r
            Content-MD5: Q2hlY2s=\r
            Content-Disposition: attachment; filename="x y"\r
            Content-Language: de, en\r
            Content-Location: http://x/\r
            \r
            1234\n5
            """,
            #"("image" "png" NIL "<i@d>" "a  b" "7bit" 6 "Q2hlY2s=" ("attachment" ("filename" "x y")) ("de" "en") "http://x/")"#
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\r\nContent-Disposition: inline\r\n\r\n--b\r\n\r\nx\r\n--b--",
            #"(("text" "plain" \#(ascii) NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") ("inline" NIL) NIL NIL)"#
        ),
        (
            "Content-Type: multipart/mixed\r\n\r\n",
            #"(("text" "plain" \#(ascii) NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "mixed" NIL NIL NIL NIL)"#
        ),
        (
            "Content-Type: Message/RFC822\r\n\r\nSubject: s\r\n\r\nb\r\n",
            #"("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" \#(ascii) NIL NIL "7bit" 3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)"#
        ),
    ])
    func showsAStructure(_ message: String, _ expected: String) {
        #expect(String(decoding: facts(message).bodyStructure, as: UTF8.self) == expected)
    }

    @Test func bodyHasNoExtensions() {
        #expect(
            String(
                decoding: facts(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--").body,
                as: UTF8.self)
                == #"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) "mixed")"#)
    }
}
