import NIOCore
import Testing

@testable import MailServer

/// Logins at home servers, line by line: what the server says, and what the client does about it.
@Suite struct HomeDialogueTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        /// `<` lines come from the server, `>` lines must be all that the client says to them.
        var talk: String
        var end: String
        var startsTLS = false

        var testDescription: String { name }
    }

    static let imap = [
        Row(
            name: "capabilities in greeting and reply",
            talk: """
                < * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello
                > A1 AUTHENTICATE PLAIN AGEAYg==
                < * OK still here
                < A1 OK [CAPABILITY IMAP4rev1 IDLE] in
                """, end: "in: IMAP4rev1 IDLE"),
        Row(
            name: "asks for what is not told",
            talk: """
                < * OK hello
                > A1 CAPABILITY
                < * CAPABILITY IMAP4rev1 AUTH=PLAIN
                < A1 OK
                > A1 AUTHENTICATE PLAIN
                < +
                > AGEAYg==
                < A1 OK in
                > A1 CAPABILITY
                < * CAPABILITY IMAP4rev1 MOVE
                < A1 OK
                """, end: "in: IMAP4rev1 MOVE"),
        Row(
            name: "STARTTLS, and nothing of before counts",
            talk: """
                < * OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN] hello
                > A1 STARTTLS
                < A1 OK
                = TLS
                > A1 CAPABILITY
                < * CAPABILITY IMAP4rev1 AUTH=PLAIN
                < A1 OK
                > A1 AUTHENTICATE PLAIN
                """, end: "waits", startsTLS: true),
        Row(
            name: "no STARTTLS",
            talk: """
                < * OK hello
                > A1 STARTTLS
                < A1 BAD what
                """, end: "unavailable", startsTLS: true),
        Row(
            name: "no PLAIN", talk: "< * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello",
            end: "unavailable"),
        Row(name: "BYE", talk: "< * BYE busy", end: "unavailable"),
        Row(name: "PREAUTH is somebody else", talk: "< * PREAUTH hello", end: "unavailable"),
        Row(
            name: "BYE instead of an answer",
            talk: """
                < * OK [CAPABILITY SASL-IR AUTH=PLAIN] hello
                > A1 AUTHENTICATE PLAIN AGEAYg==
                < * BYE going down
                """, end: "unavailable"),
    ]
    static let refusals = [
        ("A1 NO [AUTHENTICATIONFAILED] no", "refused"), ("A1 NO no", "refused"),
        ("A1 BAD what", "refused"), ("A1 NO [UNAVAILABLE] later", "unavailable"),
        ("A1 NO [LIMIT] too many", "inUse"), ("a1 no [inuse] x", "inUse"),
    ]

    @Test(arguments: imap) func imapLogin(_ row: Row) {
        play(row, IMAPHomeDialogue(startsTLS: row.startsTLS, message: Array("\0a\0b".utf8)))
    }

    @Test(arguments: refusals) func imapRefusal(_ line: String, _ end: String) {
        let talk = """
            < * OK [CAPABILITY SASL-IR AUTH=PLAIN] hello
            > A1 AUTHENTICATE PLAIN AGEAYg==
            < \(line)
            """
        play(
            Row(name: line, talk: talk, end: end),
            IMAPHomeDialogue(startsTLS: false, message: Array("\0a\0b".utf8)))
    }

    static let pop3 = [
        Row(
            name: "plain",
            talk: """
                < +OK hello
                > UTF8
                < +OK
                > AUTH PLAIN AGEAYg==
                < +OK 2 messages
                """, end: "in: 2 messages"),
        Row(
            name: "STLS",
            talk: """
                < +OK hello
                > STLS
                < +OK
                = TLS
                > UTF8
                < -ERR what
                > AUTH PLAIN AGEAYg==
                < -ERR [AUTH] no
                """, end: "refused", startsTLS: true),
        Row(name: "busy", talk: "< -ERR [SYS/TEMP] busy", end: "unavailable"),
        Row(
            name: "in use",
            talk: """
                < +OK hello
                > UTF8
                < +OK
                > AUTH PLAIN AGEAYg==
                < -ERR [IN-USE] locked
                """, end: "inUse"),
    ]

    @Test(arguments: pop3) func pop3Login(_ row: Row) {
        play(
            row,
            POP3HomeDialogue(startsTLS: row.startsTLS, isUTF8: true, message: Array("\0a\0b".utf8)))
    }

    @Test func aLongResponseHasALineOfItsOwn() {
        let message = [UInt8](repeating: 0x61, count: 300)
        let response = String(repeating: "YWFh", count: 100)
        play(
            Row(
                name: "long",
                talk: """
                    < +OK hello
                    > AUTH PLAIN
                    < + \("")
                    > \(response)
                    < +OK in
                    """, end: "in: in"),
            POP3HomeDialogue(startsTLS: false, isUTF8: false, message: message))
    }

    private func play(_ row: Row, _ dialogue: some HomeDialogue) {
        var dialogue = dialogue
        var output = ByteBuffer()
        var end = "waits"
        for line in row.talk.split(separator: "\n") {
            let rest = String(line.dropFirst(2))
            switch line.first {
            case "<":
                #expect(output.readableBytes == 0, "\(String(buffer: output)) before \(line)")
                switch dialogue.take(rest, &output) {
                case .read: end = "waits"
                case .startTLS: end = "TLS"
                case .loggedIn(let answer): end = "in: \(answer)"
                case .failed(let failure): end = "\(failure.kind)"
                }
            case "=":
                #expect(end == rest)
                dialogue.tlsEstablished(&output)
                end = "waits"
            default:
                #expect(String(buffer: output) == rest + "\r\n")
                output.clear()
            }
        }
        #expect(output.readableBytes == 0)
        #expect(end == row.end)
    }
}
