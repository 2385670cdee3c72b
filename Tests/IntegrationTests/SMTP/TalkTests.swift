import Testing

/// Whole conversations, as their RFCs describe them.
@Suite(.ownThreads) struct SMTPTalkTests {
    @Test(arguments: [
        Talk("EHLO in clear (RFC 1870, 2034, 2920, 3030, 3207, 3461, 6152, 6531, 9422)", """
            < 220 mail.example.org ESMTP
            > EHLO client.example
            < 250-mail.example.org*250-PIPELINING*250-SIZE 20971520*250-8BITMIME*250-SMTPUTF8*250-BINARYMIME*250-CHUNKING*250-DSN*250-ENHANCEDSTATUSCODES*250-LIMITS MAILMAX=1000 RCPTMAX=1000*250-STARTTLS*250 HELP$
            """),
        Talk("HELO has no extensions", """
            < 220
            > HELO client.example
            < 250 mail.example.org$
            """),
        Talk("mail before EHLO", """
            < 220
            > MAIL FROM:<a@elsewhere.example>
            < 503 5.5.1
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250
            """),
        Talk("what needs no EHLO", """
            < 220
            > NOOP
            < 250
            > RSET
            < 250
            > HELP
            < 214
            > VRFY alice@example.org
            < 252
            > QUIT
            < 221
            #
            """),
        Talk("one transaction at a time", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250 2.1.0
            > MAIL FROM:<b@elsewhere.example>
            < 503 5.5.1
            > RSET
            < 250
            > RCPT TO:<alice@example.org>
            < 503 5.5.1
            """),
        Talk("EHLO ends the transaction (RFC 5321 section 4.1.4)", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250
            > EHLO client.example
            < 250
            > RCPT TO:<alice@example.org>
            < 503
            """),
        Talk("DATA without a recipient", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250
            > RCPT TO:<nobody@example.org>
            < 550 5.1.1
            > DATA
            < 554 5.5.1
            """),
        Talk("a group with a refused recipient (RFC 2920)", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<nobody@example.org>
            > RCPT TO:<grace@example.net>
            > DATA
            < 250 2.1.0
            < 550 5.1.1
            < 250 2.1.5
            < 354
            > Subject: pipelined
            >
            > .
            > MAIL FROM:<a@elsewhere.example>
            > RSET
            > QUIT
            < 250 2.0.0 OK queued as
            < 250 2.1.0
            < 250 2.0.0
            < 221
            #
            """),
        Talk("everything before the reply to EHLO", """
            < 220
            > EHLO client.example
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            > NOOP
            > QUIT
            < 250
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0
            < 221
            #
            """),
        Talk("commands byte by byte in segments", """
            < 220
            >> EH
            >> LO client.exam
            >> ple\\r
            >> \\nNO
            >> OP\\r\\n
            < 250
            < 250
            """),
        Talk("chunks (RFC 3030)", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            >> BDAT 14\\r\\nSubject: bdat\\r
            >> BDAT 8\\r\\n\\n\\r\\nbody\\r
            >> BDAT 1 LAST\\r\\n\\n
            < 250 2.1.0
            < 250 2.1.5
            < 250 2.0.0 14 octets
            < 250 2.0.0 8 octets
            < 250 2.0.0 OK queued as
            """),
        Talk("a bare LF ends the transaction with its chunk", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            >> BDAT 11\\r\\nSubject: x\\nBDAT 0 LAST\\r\\n
            < 250
            < 250
            < 550 5.6.11
            < 503 5.5.1
            """),
        Talk("an empty last chunk", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            >> BDAT 12\\r\\nSubject: x\\r\\nBDAT 0 LAST\\r\\n
            < 250
            < 250
            < 250 2.0.0 12 octets
            < 250 2.0.0 OK queued as
            """),
        Talk("DATA after BDAT", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            >> BDAT 2\\r\\n\\r\\n
            < 250
            < 250
            < 250
            > DATA
            < 503 5.5.1
            > RCPT TO:<alice@example.org>
            < 503 5.5.1
            > RSET
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250
            """),
        Talk("a refused chunk's octets are no commands", """
            < 220
            > EHLO client.example
            < 250
            >> BDAT 6\\r\\nQUIT\\r\\nNOOP\\r\\n
            < 503 5.5.1
            < 250 2.0.0
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<nobody@example.org>
            >> BDAT 6 LAST\\r\\nQUIT\\r\\nNOOP\\r\\n
            < 250
            < 550
            < 554 5.5.1
            < 250 2.0.0
            """),
        Talk("BINARYMIME needs BDAT (RFC 3030 section 3)", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example> BODY=BINARYMIME
            < 250
            > RCPT TO:<grace@example.net>
            < 250
            > DATA
            < 503 5.5.1
            """),
        Talk("nothing known before STARTTLS is known after it (RFC 3207 section 4.2)", """
            < 220
            > EHLO client.example
            < 250-*STARTTLS
            > STARTTLS
            < 220 2.0.0
            !TLS
            > MAIL FROM:<a@elsewhere.example>
            < 503 5.5.1
            > EHLO client.example
            < 250-mail.example.org
            > STARTTLS
            < 503 5.5.1
            """),
        Talk("no STARTTLS within a transaction", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            < 250
            > STARTTLS
            < 503 5.5.1
            """),
        Talk("a long line is skipped", """
            < 220
            > NOOP \(String(repeating: "x", count: 600))
            > NOOP
            < 500 5.5.2
            < 250
            """),
        Talk("lines that end in LF alone", """
            < 220
            >> NOOP\\nRSET\\n
            < 500 5.5.2
            < 500 5.5.2
            """),
        Talk("a message that is all header", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<a@elsewhere.example>
            > RCPT TO:<grace@example.net>
            > DATA
            < 250
            < 250
            < 354
            > Subject: no body
            > .
            < 250 2.0.0
            """),
        Talk("an empty message", """
            < 220
            > EHLO client.example
            < 250
            > MAIL FROM:<>
            > RCPT TO:<grace@example.net>
            > DATA
            < 250
            < 250
            < 354
            > .
            < 250 2.0.0
            """),
    ])
    func mailExchanger(_ talk: Talk) throws {
        try talk.run(on: try RunningMartlet.shared.get().smtp(.mxConnected), .smtp)
    }

    /// RFC 4954 and the mechanisms' own RFCs.
    @Test(arguments: [
        Talk("mechanisms under TLS", """
            > EHLO client.example
            < 250-*250-AUTH *SCRAM-SHA-256-PLUS*SCRAM-SHA-256 *PLAIN
            """),
        Talk("initial response", """
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 235 2.7.0
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 503 5.5.1
            > EHLO client.example
            < 250
            > MAIL FROM:<alice@example.org>
            < 250
            """),
        Talk("SASLprep (RFC 4013, 4616)", """
            > AUTH PLAIN \(LineClient.plain("rene", "p\u{E4}ss\u{F8}\u{7}"))
            < 535 5.7.8
            > AUTH PLAIN \(LineClient.plain("re\u{AD}ne", "pa\u{308}ss\u{F8}"))
            < 235 2.7.0
            """),
        Talk("SASLprep of whom to act as (RFC 4954)", """
            > AUTH PLAIN \(LineClient.plain("rene", "p\u{E4}ss\u{F8}", as: "ren\u{FF45}"))
            < 235 2.7.0
            """),
        Talk("challenge", """
            > auth plain
            < 334 $
            > AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 235 2.7.0
            """),
        Talk("LOGIN", """
            > AUTH LOGIN
            < 334 VXNlcm5hbWU6$
            > YWxpY2U=
            < 334 UGFzc3dvcmQ6$
            > YWxpY2Utc2VjcmV0
            < 235 2.7.0
            """),
        Talk("cancelled", """
            > AUTH PLAIN
            < 334
            > *
            < 501 5.7.0
            > NOOP
            < 250
            """),
        Talk("not base64", """
            > AUTH PLAIN
            < 334
            > !!!!
            < 501 5.5.2
            > AUTH PLAIN ====
            < 501 5.5.2
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA=
            < 501 5.5.2
            """),
        Talk("an empty response is none", """
            > AUTH PLAIN =
            < 501 5.5.2
            """),
        Talk("no such mechanism", """
            > AUTH CRAM-MD5
            < 504 5.5.4
            > AUTH DIGEST-MD5
            < 504 5.5.4
            > AUTH GSSAPI
            < 504 5.5.4
            > AUTH
            < 501 5.5.4
            > AUTH PLAIN AA== x
            < 501 5.5.4
            """),
        Talk("a wrong password", """
            > AUTH PLAIN AGFsaWNlAHdyb25n
            < 535 5.7.8
            > MAIL FROM:<alice@example.org>
            < 530 5.7.0
            """),
        Talk("a password of no octets is never tried", """
            > AUTH PLAIN AGFsaWNlAA==
            < 5
            > MAIL FROM:<alice@example.org>
            < 530 5.7.0
            """),
        Talk("bob may act as alice", """
            > AUTH PLAIN \(LineClient.plain("bob", "bob-secret", as: "alice"))
            < 235 2.7.0
            > MAIL FROM:<alice@example.org>
            < 250
            """),
        Talk("alice may not act as bob", """
            > AUTH PLAIN \(LineClient.plain("alice", "alice-secret", as: "bob"))
            < 535 5.7.8
            """),
        Talk("a disabled user", """
            > AUTH PLAIN \(LineClient.plain("dave", "dave-secret"))
            < 535 5.7.8
            """),
        Talk("no login within a transaction (RFC 4954 section 4)", """
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 235
            > MAIL FROM:<alice@example.org>
            < 250
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 503 5.5.1
            """),
    ])
    func logins(_ talk: Talk) throws {
        let client = try RunningMartlet.shared.get().smtp(.submissions, source: Sources.next())
        try talk.run(on: client, .smtp)
    }

    @Test func submissionOverStartTLSOffersLoginOnlyUnderTLS() throws {
        let talk = Talk("", """
            < 220
            > EHLO client.example
            < 250-*250-STARTTLS\n250 HELP$
            > STARTTLS
            < 220
            !TLS
            > EHLO client.example
            < 250-*250-AUTH *PLAIN*250 HELP$
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < 235
            """)
        try talk.run(
            on: LineClient(port: try RunningMartlet.shared.get().port("submission")), .smtp)
    }
}
