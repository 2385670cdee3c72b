import MailModel
import NIOCore
import Testing

@testable import SMTP

/// A conversation: `>` lines are sent with CRLF, each `<` line begins the last line of a reply,
/// `#` closes. Pipelined lines stand above the replies to all of them.
struct Transcript: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
    var testDescription: String { name }
}

func play(_ transcript: Transcript, _ start: SessionDriver, splitEverywhere: Bool = false) {
    let driver = start
    var replies = driver.takeReplies()
    #expect(replies.first?.hasPrefix("220 ") == true)
    replies = []
    var pending: [UInt8] = []
    func flush() {
        if splitEverywhere {
            for octet in pending { driver.receive([octet]) }
        } else {
            driver.receive(pending)
        }
        pending = []
        replies += driver.takeReplies()
        if driver.awaitsTLS {
            driver.awaitsTLS = false
            driver.session.tlsStarted(mechanisms: ["PLAIN", "LOGIN", "FINAL"])
        }
    }
    for line in transcript.text.split(separator: "\n") {
        switch line.first {
        case ">":
            if !replies.isEmpty {
                Issue.record("\(transcript.name): unexpected \(replies) before \(line)")
                replies = []
            }
            pending += line.dropFirst(2).utf8
            pending += [13, 10]
        case "<":
            if !pending.isEmpty { flush() }
            guard !replies.isEmpty else {
                Issue.record("\(transcript.name): no reply for \(line)")
                return
            }
            let last = replies.removeFirst().split(separator: "\n").last ?? ""
            #expect(last.hasPrefix(line.dropFirst(2)), "\(transcript.name): \(last) for \(line)")
        default:
            if !pending.isEmpty { flush() }
            #expect(driver.isClosed, "\(transcript.name): should be closed")
        }
    }
    if !pending.isEmpty { flush() }
    #expect(replies.isEmpty, "\(transcript.name): \(replies)")
    #expect(transcript.text.contains("\n#") == driver.isClosed, "\(transcript.name)")
}

@Suite struct TranscriptTests {
    static let mx: [Transcript] = [
        Transcript("a message", """
            > EHLO client.example
            < 250 HELP
            > MAIL FROM:<a@x.example>
            < 250 2.1.0
            > RCPT TO:<b@example.org>
            < 250 2.1.5
            > DATA
            < 354
            > Subject: x
            > 
            > ..body
            > .
            < 250 2.0.0 OK queued as 1
            > QUIT
            < 221 2.0.0
            #
            """),
        Transcript("HELO", """
            > HELO client
            < 250 mx.example.org
            > MAIL FROM:<>
            < 250 2.1.0
            > RCPT TO:<postmaster>
            < 250 2.1.5
            """),
        Transcript("pipelining", """
            > EHLO client
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > RCPT TO:<unknown@x>
            > RCPT TO:<later@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 550 5.1.1
            < 451 4.4.3
            < 354
            > .
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > DATA
            < 250 2.0.0
            < 250 2.1.0
            < 250 2.1.5
            < 354
            > .
            < 250 2.0.0 OK queued as 2
            """),
        Transcript("no recipient left", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<unknown@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 550 5.1.1
            < 554 5.5.1
            > RSET
            < 250 2.0.0
            """),
        Transcript("order", """
            > MAIL FROM:<a@x>
            < 503 5.5.1
            > RCPT TO:<a@x>
            < 503 5.5.1
            > DATA
            < 503 5.5.1
            > EHLO c
            < 250 HELP
            > RCPT TO:<a@x>
            < 503 5.5.1
            > DATA
            < 503 5.5.1
            > MAIL FROM:<a@x>
            < 250 2.1.0
            > MAIL FROM:<a@x>
            < 503 5.5.1
            > DATA
            < 554 5.5.1
            > RCPT TO:<b@x>
            < 250 2.1.5
            """),
        Transcript("before EHLO", """
            > NOOP
            < 250 2.0.0
            > RSET
            < 250 2.0.0
            > HELP
            < 214 2.0.0
            > VRFY alice
            < 252 2.5.1
            > EXPN staff
            < 252 2.5.1
            > STARTTLS
            < 503 5.5.1
            > AUTH PLAIN
            < 503 5.5.1
            > QUIT
            < 221
            #
            """),
        Transcript("RSET and EHLO end a transaction", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > RSET
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0
            < 503 5.5.1
            > MAIL FROM:<a@x>
            > EHLO c
            > RCPT TO:<b@x>
            < 250 2.1.0
            < 250 HELP
            < 503 5.5.1
            > MAIL FROM:<a@x>
            > HELO c
            > RCPT TO:<b@x>
            < 250 2.1.0
            < 250 mx.example.org
            < 503 5.5.1
            """),
        Transcript("sender refused", """
            > EHLO c
            > MAIL FROM:<unknown@x>
            > RCPT TO:<b@x>
            < 250 HELP
            < 550 5.1.1
            < 503 5.5.1
            > MAIL FROM:<later@x>
            < 451 4.4.3
            > MAIL FROM:<b@x>
            < 250 2.1.0
            """),
        Transcript("declared size", """
            > EHLO c
            > MAIL FROM:<a@x> SIZE=1001
            > MAIL FROM:<a@x> SIZE=99999999999999999999
            > MAIL FROM:<a@x> SIZE=1000
            < 250 HELP
            < 552 5.3.4
            < 552 5.3.4
            < 250 2.1.0
            """),
        Transcript("real size", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 354
            > \(String(repeating: "x", count: 999))
            > .
            < 552 5.3.4
            > MAIL FROM:<a@x>
            < 250 2.1.0
            """),
        Transcript("refused content", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 354
            > VIRUS
            > more
            > .
            < 550 5.7.1 Refused content
            > RCPT TO:<b@x>
            < 503
            """),
        Transcript("storage full", """
            > EHLO c
            > MAIL FROM:<a@x> ENVID=full
            > RCPT TO:<b@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 452 4.3.1
            > MAIL FROM:<a@x>
            < 250 2.1.0
            """),
        Transcript("chunks", """
            > EHLO c
            > MAIL FROM:<a@x> BODY=BINARYMIME
            > RCPT TO:<b@x>
            > BDAT 6
            > abcd
            > BDAT 0 LAST
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 6 octets
            < 250 2.0.0 OK queued as 1
            > BDAT 2 LAST
            > 
            < 503 5.5.1
            """),
        Transcript("last chunk at once", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 7 LAST
            > .
            > .
            > Q
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 OK queued as 1
            < 500
            """.replacing("> Q", with: ">  ")),
        Transcript("chunks and DATA", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 2
            > 
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 2 octets
            < 503 5.5.1
            """),
        Transcript("chunks and other commands", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 2
            > 
            > RCPT TO:<c@x>
            > MAIL FROM:<c@x>
            > NOOP
            > RSET
            > BDAT 2
            > 
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 2 octets
            < 503 5.5.1
            < 503 5.5.1
            < 250 2.0.0 OK
            < 250 2.0.0 OK
            < 503 5.5.1
            """),
        Transcript("DATA of binary mail", """
            > EHLO c
            > MAIL FROM:<a@x> BODY=BINARYMIME
            > RCPT TO:<b@x>
            > DATA
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 503 5.5.1
            """),
        Transcript("chunks without a transaction", """
            > BDAT 6 LAST
            > abcd
            < 503 5.5.1
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<unknown@x>
            > BDAT 12 LAST
            > RSET
            > NOOP
            > NOOP
            < 250 HELP
            < 250 2.1.0
            < 550 5.1.1
            < 554 5.5.1
            < 250 2.0.0
            """),
        Transcript("chunks too large", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 1002 LAST
            > \(String(repeating: "x", count: 1000))
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 552 5.3.4
            > NOOP
            < 250
            """),
        Transcript("chunk with a NUL", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 3
            > \u{0}
            > BDAT 2 LAST
            > 
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 550 5.6.0
            < 503 5.5.1
            """),
        Transcript("storage full at a chunk", """
            > EHLO c
            > MAIL FROM:<a@x> ENVID=full
            > RCPT TO:<b@x>
            > BDAT 6
            > abcd
            > BDAT 6 LAST
            > abcd
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 452 4.3.1
            < 503 5.5.1
            """),
        Transcript("chunk with a syntax error, the first", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 6 LAST foo
            > RSET
            > BDAT 2 LAST
            > 
            > DATA
            > NOOP
            > MAIL FROM:<a@x>
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 501 5.5.4
            < 503 5.5.1
            < 503 5.5.1
            < 250 2.0.0 OK
            < 250 2.1.0
            """),
        Transcript("chunk with a syntax error behind a good one", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 6
            > abcd
            > BDAT 6 LATE
            > QUIT
            > BDAT 6 LAST
            > abcd
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > BDAT 6 LAST
            > abcd
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 6 octets
            < 501 5.5.4
            < 503 5.5.1
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 OK queued as 1
            """),
        Transcript("chunk with a syntax error, without a transaction and without octets", """
            > BDAT 0 LAST foo
            < 501 5.5.4
            > NOOP
            < 250
            """),
        Transcript("chunk size unreadable", """
            > EHLO c
            > BDAT 99999999999999999999
            > QUIT
            < 250 HELP
            < 501 5.5.4
            #
            """),
        Transcript("not a command", """
            > FOO
            < 500 5.5.1
            > TURN
            < 502 5.5.1
            > EHLO
            < 501 5.5.4
            > \u{1}
            < 500 5.5.2
            > \(String(repeating: "x", count: 511))
            < 500 5.5.2
            > NOOP \(String(repeating: "x", count: 505))
            < 250
            > NOOP \(String(repeating: "x", count: 506))
            < 500 5.5.2
            > MAIL FROM:<\(String(repeating: "x", count: 2034))>
            < 503
            > MAIL FROM:<\(String(repeating: "x", count: 2036))>
            < 500 5.5.2
            """.replacing("> MAIL FROM:<\(String(repeating: "x", count: 2034))>\n< 503",
                with: "> EHLO c\n< 250\n> MAIL FROM:<a@x> ENVID=\(String(repeating: "x", count: 2021))\n< 501 5.5.4")),
        Transcript("others' privileges", """
            > XCLIENT ADDR=127.0.0.1 LOGIN=admin
            > NOOP
            < 554 5.5.1
            #
            """),
        Transcript("another protocol", """
            > POST / HTTP/1.1
            > Host: x
            > 
            > MAIL FROM:<a@x>
            < 554 5.5.1
            #
            """),
        Transcript("body before 354", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > DATA
            > Subject: early
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 503 5.5.1
            #
            """),
        Transcript("STARTTLS", """
            > EHLO c
            < 250 HELP
            > STARTTLS
            < 220 2.0.0
            > MAIL FROM:<a@x>
            < 503 5.5.1
            > EHLO c
            < 250 HELP
            > STARTTLS
            < 503 5.5.1
            > MAIL FROM:<a@x>
            < 250 2.1.0
            """),
        Transcript("STARTTLS in a transaction", """
            > EHLO c
            > MAIL FROM:<a@x>
            > STARTTLS
            < 250 HELP
            < 250 2.1.0
            < 503 5.5.1
            """),
        Transcript("octets behind STARTTLS", """
            > EHLO c
            > STARTTLS
            > EHLO x
            < 250 HELP
            < 503 5.5.1
            #
            """),
        Transcript("errors", """
            > A
            > B
            > C
            > D
            > E
            > F
            > G
            > H
            > I
            > J
            > K
            < 500
            < 500
            < 500
            < 500
            < 500
            < 500
            < 500
            < 500
            < 500
            < 500
            < 421 4.7.0
            #
            """),
        Transcript("AUTH where it is not offered", """
            > EHLO c
            < 250 HELP
            > AUTH PLAIN AGFsaWNlAHNlY3JldA==
            < 538 5.7.11
            > STARTTLS
            < 220
            > EHLO c
            < 250 HELP
            """),
        Transcript("duplicate recipients", """
            > EHLO c
            > MAIL FROM:<a@x>
            > RCPT TO:<b@x>
            > RCPT TO:<b@X>
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.1.5
            """),
        Transcript("SMTPUTF8", """
            > EHLO c
            > MAIL FROM:<ä@x> SMTPUTF8
            > RCPT TO:<ö@x>
            > RSET
            > MAIL FROM:<a@x>
            > RCPT TO:<ö@x>
            < 250 HELP
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0
            < 250 2.1.0
            < 553 5.6.7
            """),
    ]

    @Test(arguments: mx) func exchanger(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.mx()))
    }

    /// The same octet by octet, where no reply depends on what came in one segment.
    @Test(arguments: mx.filter { !["body before 354", "octets behind STARTTLS"].contains($0.name) })
    func exchangerSplit(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.mx()), splitEverywhere: true)
    }

    static let submission: [Transcript] = [
        Transcript("in the clear", """
            > EHLO c
            < 250 HELP
            > MAIL FROM:<a@x>
            < 530 5.7.0 Must issue a STARTTLS
            > AUTH PLAIN AGFsaWNlAHNlY3JldA==
            < 538 5.7.11
            > VRFY a
            < 530
            > STARTTLS
            < 220
            > EHLO c
            < 250 HELP
            > MAIL FROM:<a@x>
            < 530 5.7.0 Authentication required
            > RCPT TO:<a@x>
            < 530
            > DATA
            < 530
            > AUTH PLAIN AGFsaWNlAHNlY3JldA==
            < 235 2.7.0
            > AUTH PLAIN AGFsaWNlAHNlY3JldA==
            < 503 5.5.1
            > MAIL FROM:<a@x> AUTH=<>
            < 250
            > VRFY alice
            < 250 2.1.5 <alice@example.org>
            > EXPN staff
            < 550 5.1.1
            > RSET
            < 250
            > STARTTLS
            < 503
            """),
    ]

    @Test(arguments: submission) func submissionInTheClear(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.submission()))
        play(transcript, SessionDriver(SessionDriver.submission()), splitEverywhere: true)
    }

    static let authentication: [Transcript] = [
        Transcript("without initial response", """
            > EHLO c
            < 250 HELP
            > auth plain
            < 334 bW9yZT8=
            > AGFsaWNlAHNlY3JldA==
            < 235 2.7.0
            """),
        Transcript("failures", """
            > EHLO c
            < 250 HELP
            > AUTH PLAIN AGFsaWNlAHdyb25n
            < 535 5.7.8
            > AUTH PLAIN =
            < 535 5.7.8
            > AUTH PLAIN
            < 334
            > *
            < 501 5.7.0
            > AUTH PLAIN
            < 334
            > not base64
            < 501 5.5.2
            > AUTH PLAIN x
            < 501 5.5.2
            > AUTH CRAM-MD5
            < 504 5.5.4
            > NOOP
            < 250
            """),
        Transcript("final data", """
            > EHLO c
            < 250 HELP
            > AUTH FINAL AGFsaWNlAHNlY3JldA==
            < 334 dj1vaw==
            > 
            < 235 2.7.0
            > MAIL FROM:<a@x>
            < 250
            > AUTH PLAIN
            < 503
            """),
        Transcript("final data cancelled", """
            > EHLO c
            < 250 HELP
            > AUTH FINAL AGFsaWNlAHNlY3JldA==
            < 334 dj1vaw==
            > *
            < 501 5.7.0
            > MAIL FROM:<a@x>
            < 530
            > AUTH FINAL AGFsaWNlAHNlY3JldA==
            < 334 dj1vaw==
            > eHg=
            < 501 5.5.2
            > MAIL FROM:<a@x>
            < 530
            """),
        Transcript("too often", """
            > EHLO c
            < 250 HELP
            > AUTH PLAIN AGFsaWNlAGFnYWlu
            < 535 5.7.8
            < 421 4.7.0
            #
            """),
        Transcript("a long line", """
            > EHLO c
            < 250 HELP
            > AUTH PLAIN \(String(repeating: "QUFB", count: 3000))
            < 535
            > AUTH PLAIN \(String(repeating: "QUFB", count: 3070))
            < 500 5.5.2
            > AUTH PLAIN
            < 334
            > \(String(repeating: "QUFB", count: 3070))
            < 535
            > AUTH PLAIN
            < 334
            > \(String(repeating: "QUFB", count: 3080))
            < 500 5.5.6
            > NOOP
            < 250
            """),
    ]

    @Test(arguments: authentication) func auth(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.submission(), encrypted: true))
        play(transcript, SessionDriver(SessionDriver.submission(), encrypted: true), splitEverywhere: true)
    }
}
