import DKIM
import InternetMessage
import MailModel
import Testing

@Suite struct FieldTests {
    @Test(arguments: [
        ("From: a@b\r\n", "from:from:subject:date:to:cc"),
        (
            "Received: x\r\nTo: b@c\r\nFrom: a@b\r\nSubject: s\r\nMessage-ID: <1@b>\r\nX-Own: y\r\n",
            "from:from:subject:subject:date:to:to:cc:message-id"
        ),
        (
            "FROM: a@b\r\nfrom: c@d\r\nDate : x\r\nList-Id: <l>\r\nDKIM-Signature: v=1\r\nReply-To: r@b\r\n",
            "from:from:from:subject:date:date:to:cc:reply-to:list-id"
        ),
        (
            "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n",
            "from:from:subject:date:to:cc:mime-version:content-type:content-transfer-encoding"
        ),
    ])
    func whatIsSigned(_ header: String, names: String) throws {
        let fields = try signatureFields(Array((header + "\r\nbody").utf8), keys: [SampleKeys.ed25519.get()])
        #expect(tag("h", of: fields) == names)
    }

    @Test func tags() throws {
        let message = Array("From: a@b\r\nTo: \(String(repeating: "c@d, ", count: 100))\r\n\r\nbody\r\n".utf8)
        let fields = try signatureFields(
            message, keys: try SampleKeys.pair(), now: Timestamp(milliseconds: 1_767_225_600_999))
        let text = String(decoding: fields, as: UTF8.self)
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 })
        let starts = lines.dropLast().filter { !$0.hasPrefix("\t") }
        #expect(
            starts.map { $0.prefix(40) } == [
                "DKIM-Signature: v=1; a=rsa-sha256; c=rel", "DKIM-Signature: v=1; a=ed25519-sha256; c",
            ])
        #expect(tag("c", of: fields) == "relaxed/relaxed")
        #expect(tag("d", of: fields) == "example.org")
        #expect(tag("s", of: fields) == "s2026")
        #expect(tag("t", of: fields) == "1767225600")
        #expect(tag("b", of: fields)?.utf8.count == 344)
        for absent in ["i", "l", "x", "z"] { #expect(tag(absent, of: fields) == nil) }
    }

    @Test(arguments: [
        ("Subject: s\r\n\r\n", DKIMError.noFrom), ("\r\n", .noFrom), ("", .noFrom),
        ("From: a@b\r\nno field\r\n\r\n", .malformedHeader),
        ("From: a@b\r\n" + String(repeating: "To: c@d\r\n", count: 201) + "\r\n", .tooManyFields(limit: 200)),
    ])
    func whatIsNotSigned(_ message: String, error: DKIMError) throws {
        let key = try SampleKeys.ed25519.get()
        #expect(throws: error) { try signatureFields(Array(message.utf8), keys: [key]) }
    }

    @Test(arguments: ["", "org", "bücher.example", "a b.org", "example.org;", "example..org"])
    func domains(_ domain: String) throws {
        let header = try HeaderSection(Array("From: a@b\r\n".utf8))
        let key = try SampleKeys.ed25519.get()
        #expect(throws: DKIMError.badName(domain)) {
            try DKIMSigning(keys: [key], domain: domain, header: header, now: .now)
        }
    }
}
