import FuzzSupport
import Testing

@testable import InternetMessage

@Suite struct DowngradedHeaderTests {
    private static let invalid = "invalid@internationalized-address.invalid"

    /// Each field, LF for CRLF and without the last one, and what becomes of it; "": it is left out.
    private static let fields: [(String, String)] = [
        // Text
        ("Subject: plain", "Subject: plain"),
        ("Subject: Gr\u{fc}\u{df}e", "Subject: =?utf-8?B?R3LDvMOfZQ==?="),
        ("SUBJECT:\n =?iso-8859-1?q?Gr=FC=DFe?=\n und caf\u{e9}", "SUBJECT: =?utf-8?Q?Gr=C3=BC=C3=9Fe_und_caf=C3=A9?="),
        ("X-Anything: na\u{ef}ve text", "X-Anything: =?utf-8?Q?na=C3=AFve_text?="),
        ("Content-Description: caf\u{e9} au lait", "Content-Description: =?utf-8?Q?caf=C3=A9_au_lait?="),
        // Addresses
        ("From: <jos\u{e9}@example.org>", "From: =?utf-8?Q?jos=C3=A9=40example=2Eorg?=\n <\(invalid)>"),
        ("From: jos\u{e9}@example.org", "From: =?utf-8?Q?jos=C3=A9=40example=2Eorg?=\n <\(invalid)>"),
        (
            "From: Jos\u{e9} <jose@ex\u{e4}mple.org>",
            "From: =?utf-8?Q?Jos=C3=A9_=3Cjose=40ex=C3=A4mple=2Eorg=3E?=\n <\(invalid)>"
        ),
        (
            "To: Zo\u{eb} <zoe@example.org>, plain@example.org, \"Doe, J.\" <j@example.org>",
            "To: =?utf-8?Q?Zo=C3=AB?=\n <zoe@example.org>,\n plain@example.org,\n \"Doe, J.\" <j@example.org>"
        ),
        (
            "Cc: a@example.org (Zo\u{eb}), =?utf-8?q?J=C3=BC?= <b@example.org>",
            "Cc: =?utf-8?Q?Zo=C3=AB?=\n <a@example.org>,\n =?utf-8?q?J=C3=BC?=\n <b@example.org>"
        ),
        (
            "To: Fr\u{e8}res: <x@example.org>, <\u{e9}@example.org>;",
            "To: =?utf-8?Q?Fr=C3=A8res?=:\n x@example.org,\n =?utf-8?Q?=C3=A9=40example=2Eorg?=\n <\(invalid)>;"
        ),
        // A local part that needs its quotes.
        ("To: \"a b\"@example.org, Zo\u{eb} <z@example.org>",
            "To: \"a b\"@example.org,\n =?utf-8?Q?Zo=C3=AB?=\n <z@example.org>"),
        ("To: \u{e9}t\u{e9}", "To: =?utf-8?B?w6l0w6k=?=\n <\(invalid)>"),
        ("Return-Path: <jos\u{e9}@example.org>", "Return-Path: <\(invalid)>"),
        // Parameters
        (
            "Content-Type: image/png; name=\"\u{e9}.png\"; x=y z",
            "Content-Type: image/png;\n name*=utf-8''%C3%A9.png;\n x=y"
        ),
        (
            "Content-Disposition: attachment; filename=\"\u{e9} a.txt\"; filename*=utf-8''%C3%A9%20a.txt; size=\"1 2\"",
            "Content-Disposition: attachment;\n filename*=utf-8''%C3%A9%20a.txt;\n size=\"1 2\""
        ),
        (
            "Content-Disposition: attachment; filename=\"\(String(repeating: "\u{e9}", count: 12))\"",
            "Content-Disposition: attachment;\n filename*0*=utf-8''\(String(repeating: "%C3%A9", count: 10));\n"
                + " filename*1*=\(String(repeating: "%C3%A9", count: 2))"
        ),
        ("Content-Type: t\u{e9}xt/plain", ""),
        // What can't be ASCII
        ("Message-ID: <\u{e9}@example.org>", ""), ("Received: by x for <\u{e9}@example.org>; now", ""),
        ("List-Id: \u{e9}", ""), ("Content-Type: ; \u{e9}", ""), ("ARC-Seal: \u{e9}", ""),
        // No field
        ("\u{e9}: x", "\u{e9}: x"),
    ]

    @Test(arguments: fields) func rewrites(field: String, expected: String) {
        let lines = { (text: String) in text.isEmpty ? "" : text.replacing("\n", with: "\r\n") + "\r\n" }
        let others = ["Date: x\r\n", "Subject: y\r\n"]
        let before = others[0] + lines(field)
        #expect(text(DowngradedHeader.downgrade(Array(before.utf8))) == others[0] + lines(expected))
        guard !field.hasPrefix("\u{e9}") else { return }
        #expect(
            text(DowngradedHeader.downgrade(Array((before + others[1]).utf8)))
                == others[0] + lines(expected) + others[1])
    }

    /// Mail from before internationalized headers.
    @Test func leavesOtherCharsets() {
        let latin = Array("Subject: caf".utf8) + [0xe9] + Array("\r\n".utf8)
        #expect(DowngradedHeader.downgrade(latin) == latin)
        let both = latin + Array("X: \u{e9}\r\n".utf8)
        #expect(DowngradedHeader.downgrade(both) == latin + Array("X: =?utf-8?B?w6k=?=\r\n".utf8))
    }

    /// Whatever stands in a field: it ends as ASCII, in lines that continue it.
    @Test func anyText() {
        var generator = Dice(seed: 5)
        let alphabet = [
            "\u{e9}", "\u{4e2d}", "a", " ", "@", "<", ">", ",", ";", ":", "(", ")", "\"", "\\", "=?", "?=", "=?utf-8?q?",
            "=C3=A9", "\r\n ", "[", "]", "/", "name=", "*", "\t", ".", "\0", "\r",
        ]
        for round in 0..<6000 {
            let name = ["From", "Subject", "Content-Type", "Content-Disposition", "Return-Path"][round % 5]
            let value = String(decoding: generator.bytes(from: alphabet, pieces: 30), as: UTF8.self)
            let start = round % 5 == 2 ? "text/plain;" : round % 5 == 3 ? "attachment;" : ""
            let field = Array("\(name): \(start)\(value)\u{e9}\r\n".utf8)
            let result = DowngradedHeader.downgrade(field)
            #expect(result.allSatisfy { $0 < 0x80 }, "\(text(field).debugDescription)")
            guard !result.isEmpty else { continue }
            let section = try? HeaderSection(result)
            #expect(section?.fields.count == 1 && section?.fieldsEnd == result.count, "\(text(result).debugDescription)")
        }
    }
}
