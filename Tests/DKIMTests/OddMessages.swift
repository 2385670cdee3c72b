/// Messages whose canonical form is easy to get wrong.
enum OddMessages {
    static let small = Array(
        "From: a@example.org\r\nSubject:  two\r\n\t lines \r\n\r\n a \t b \r\n\r\n\tc\r\n \r\n\r\n".utf8)

    static let all: [[UInt8]] = bodies.map { Array("\(plainHeader)\r\n".utf8) + $0 }
        + headers.map { Array("\($0)\r\nbody\r\n".utf8) } + [
            Array("From: a@example.org\r\nSubject: ".utf8) + [0xe4, 0xf6, 0xfc, 0x20, 0x20, 0xff]
                + Array("\r\n\r\n8-bit header\r\n".utf8),
            Array("From: a@example.org\r\nSubject: no body and no empty line\r\n".utf8),
            Array("From: a@example.org\r\n\r\n".utf8),
            Array("From: a@example.org\r\nSubject: no end of line".utf8),
        ]

    private static let plainHeader = """
        Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r
        From: Ann <ann@example.org>\r
        To: bob@example.net, carol@example.net\r
        Subject: =?utf-8?q?H=C3=A9llo?=\r
        Date: Thu, 1 Jan 2026 00:00:00 +0000\r
        Message-ID: <1@example.org>\r
        MIME-Version: 1.0\r
        Content-Type: text/plain; charset=utf-8\r

        """

    private static let bodies: [[UInt8]] = [
        "", "\r\n", "\r\n\r\n\r\n", " \r\n\t\r\n", "no end", "no end \t", "one\r\n", "one\r\n\r\n\r\n",
        "\r\n\r\none\r\n", " one\r\n  two\r\n\tthree\r\n", "trailing \r\n both \t \r\n",
        "a\r\n \r\nb\r\n\t\r\n\r\n", ".\r\n..\r\n", "From the start\r\n", "tab\tinside\t\tof  it\r\n",
        "controls \u{1} \u{7f}\0x\r\n", "Grüße aus Köln: 日本語\r\n",
        String(repeating: "x", count: 5000) + "\r\n", String(repeating: "x ", count: 5000),
        String(repeating: " ", count: 5000) + "x\r\n", String(repeating: "word  word\r\n", count: 2000),
        String(repeating: "\r\n", count: 5000) + "end", String(repeating: "a\r\n\r\n", count: 3000),
        String(repeating: "dGVzdCB0ZXN0", count: 6000),
    ].map { Array($0.utf8) } + [
        Array(0x20...0xff) + [0x0d, 0x0a], [UInt8](repeating: 0xff, count: 3000),
    ]

    private static let headers = [
        "From: a@example.org\r\nSubject:\r\n",
        "From: a@example.org\r\nSubject: \r\n\t\r\n folded twice\r\n",
        "From: a@example.org\r\nSubject:\t \ttabs\t and  spaces \t\r\n",
        "From:a@example.org\r\nTo:b@example.org,\r\n\tc@example.org,\r\n    d@example.org\r\n",
        "FROM: a@example.org\r\nsUbJeCt: Case Of Names\r\n",
        "From: a@example.org\r\nFrom: b@example.org\r\nSubject: one\r\nSubject: two\r\nTo: x@y\r\nTo: z@y\r\nTo: q@y\r\n",
        "Subject: s\r\nX: y\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nFrom: a@example.org\r\n",
        "From: a@example.org\r\nSubject: " + String(repeating: "long ", count: 3000) + "\r\n",
        "From: a@example.org\r\nReferences: "
            + (0..<200).map { "<\($0)@example.org>" }.joined(separator: "\r\n ") + "\r\n",
        "From: a@example.org\r\nSubject: a;b=c; bh=d; b=e\r\n",
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=from; bh=AAAA; b=AAAA\r\nFrom: a@example.org\r\n",
        "From: a@example.org\r\nSender: b@example.org\r\nReply-To: c@example.org\r\nCc: d@example.org\r\n"
            + "In-Reply-To: <1@x>\r\nReferences: <1@x>\r\nList-Id: <l.example.org>\r\n"
            + "List-Unsubscribe: <https://example.org/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            + "Resent-From: e@example.org\r\nContent-Transfer-Encoding: quoted-printable\r\n",
    ]
}
