import MailModel
import Testing

@testable import SMTP

func parse(_ line: String, utf8: Bool = false, bare: Bool = false) throws(SMTPReply) -> SMTPCommand {
    try parse(Array(line.utf8), utf8: utf8, bare: bare)
}

func parse(_ line: [UInt8], utf8: Bool = false, bare: Bool = false) throws(SMTPReply) -> SMTPCommand {
    let result = line.withUnsafeBytes { bytes -> Result<SMTPCommand, SMTPReply> in
        do throws(SMTPReply) {
            return .success(
                try SMTPCommand.parse(bytes, .init(smtpUTF8: utf8, allowsBarePaths: bare)))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

@Suite struct CommandGrammarTests {
    static func address(_ local: String, _ domain: String) -> EmailAddress {
        EmailAddress(localPart: local, domain: domain)
    }

    @Test(arguments: [
        ("EHLO mx.example.org", SMTPCommand.ehlo("mx.example.org")),
        ("ehlo  mx.example.org ", .ehlo("mx.example.org")),
        ("EHLO [192.0.2.1]", .ehlo("[192.0.2.1]")),
        ("EHLO [IPv6:2001:db8::1]", .ehlo("[IPv6:2001:db8::1]")),
        ("HELO my_laptop", .helo("my_laptop")),
        ("DATA", .data), ("data ", .data), ("RSET", .rset), ("QUIT", .quit), ("Noop", .noop),
        ("NOOP whatever", .noop), ("HELP", .help), ("HELP MAIL", .help), ("STARTTLS", .startTLS),
        ("starttls  ", .startTLS), ("VRFY alice", .vrfy("alice")),
        ("VRFY alice SMTPUTF8", .vrfy("alice")), ("EXPN staff ", .expn("staff")),
        ("BDAT 0 LAST", .bdat(size: 0, isLast: true)), ("BDAT 86", .bdat(size: 86, isLast: false)),
        ("bdat 86 last ", .bdat(size: 86, isLast: true)),
        ("BDAT 10 LAST foo", .malformedChunk(size: 10)), ("BDAT 1 FIRST", .malformedChunk(size: 1)),
        ("BDAT 2 LASTLY", .malformedChunk(size: 2)), ("BDAT 3 4", .malformedChunk(size: 3)),
        ("AUTH PLAIN", .auth(mechanism: "PLAIN", initialResponse: nil)),
        ("AUTH plain =", .auth(mechanism: "PLAIN", initialResponse: "=")),
        ("AUTH SCRAM-SHA-256-PLUS YQ==", .auth(mechanism: "SCRAM-SHA-256-PLUS", initialResponse: "YQ==")),
    ])
    func simple(_ line: String, _ command: SMTPCommand) throws {
        #expect(try parse(line) == command)
    }

    @Test(arguments: [
        ("", 500), ("FOO", 500), ("EHLOx a", 500), ("MAILFROM:<a@b>", 500), ("ééé", 500),
        ("EHLO", 501), ("EHLO ", 501), ("EHLO a b", 501), ("EHLO a(b)", 501), ("HELO é", 501),
        ("DATA now", 501), ("RSET x", 501), ("QUIT x", 501), ("STARTTLS x", 501),
        ("VRFY", 501), ("EXPN ", 501), ("BDAT", 501), ("BDAT x", 501), ("BDAT 1x", 501),
        ("BDAT -1", 501), ("BDAT LAST", 501), ("BDAT 99999999999999999999", 501),
        ("BDAT +1 LAST", 501), ("BDAT 1,LAST", 501), ("AUTH", 501), ("AUTH PL/AIN", 501),
        ("AUTH ABCDEFGHIJKLMNOPQRSTU", 501), ("AUTH PLAIN a b", 501), ("TURN", 502),
        ("SEND FROM:<a@b>", 502), ("XCLIENT ADDR=127.0.0.1", 554),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2", 554), ("GET / HTTP/1.1", 554), ("POST / HTTP/1.1", 554),
        ("NOOP \u{0}", 500), ("NOOP \u{7}", 500), ("EHLO a\tb", 500), ("NOOP \u{7f}", 500),
    ])
    func refused(_ line: String, _ code: Int) {
        let error = #expect(throws: SMTPReply.self) { try parse(line) }
        #expect(error.map { Int($0.code) } == code, "\(line)")
    }

    @Test(arguments: [
        ("MAIL FROM:<>", ReversePath.null),
        ("mail from:<a@b.example>", .address(address("a", "b.example"))),
        ("MAIL FROM: <a@b.example>", .address(address("a", "b.example"))),
        ("MAIL  FROM:<a@B.Example> ", .address(address("a", "b.example"))),
        ("MAIL FROM:<@x.example,@y.example:a@b.example>", .address(address("a", "b.example"))),
        ("MAIL FROM:<\"a b\"@b.example>", .address(address("a b", "b.example"))),
        ("MAIL FROM:<\"a\\\"b\"@b.example>", .address(address("a\"b", "b.example"))),
        ("MAIL FROM:<\"x@y\"@b.example>", .address(address("x@y", "b.example"))),
        ("MAIL FROM:<\"\"@b.example>", .address(address("", "b.example"))),
        ("MAIL FROM:<a..b.@docomo.example>", .address(address("a..b.", "docomo.example"))),
        ("MAIL FROM:<a+b=c/d@b.example>", .address(address("a+b=c/d", "b.example"))),
        ("MAIL FROM:<a%b@c>", .address(address("a%b", "c"))),
        ("MAIL FROM:<a@[192.0.2.1]>", .address(address("a", "[192.0.2.1]"))),
        ("MAIL FROM:<a@[IPv6:2001:db8::1]>", .address(address("a", "[ipv6:2001:db8::1]"))),
        ("MAIL FROM:<a@[ipv6:::1]>", .address(address("a", "[ipv6:::1]"))),
        ("MAIL FROM:<a@[IPv6:::]>", .address(address("a", "[ipv6:::]"))),
        ("MAIL FROM:<a@[IPv6:1:2:3:4:5:6:7:8]>", .address(address("a", "[ipv6:1:2:3:4:5:6:7:8]"))),
        ("MAIL FROM:<a@[IPv6:1::8]>", .address(address("a", "[ipv6:1::8]"))),
        ("MAIL FROM:<a@[IPv6:::ffff:192.0.2.1]>", .address(address("a", "[ipv6:::ffff:192.0.2.1]"))),
        ("MAIL FROM:<a@[IPv6:1:2:3:4:5:6:192.0.2.1]>", .address(address("a", "[ipv6:1:2:3:4:5:6:192.0.2.1]"))),
        ("MAIL FROM:<a@[0.0.0.0]>", .address(address("a", "[0.0.0.0]"))),
        ("MAIL FROM:<a@[255.255.255.255]>", .address(address("a", "[255.255.255.255]"))),
        ("MAIL FROM:<a@under_score.example>", .address(address("a", "under_score.example"))),
        ("MAIL FROM:<ä@ö.example> SMTPUTF8", .address(address("ä", "ö.example"))),
        // 66 octets, but its A-label has 29.
        ("MAIL FROM:<a@\(String(repeating: "日", count: 22)).jp> SMTPUTF8",
            .address(address("a", String(repeating: "日", count: 22) + ".jp"))),
        ("MAIL FROM:<\"ä b\"@b.example> BODY=8BITMIME SMTPUTF8", .address(address("ä b", "b.example"))),
    ])
    func senders(_ line: String, _ path: ReversePath) throws {
        guard case .mail(let mail) = try parse(line) else { return #expect(Bool(false)) }
        #expect(mail.reversePath == path)
    }

    @Test(arguments: [
        ("MAIL", 501), ("MAIL FROM", 501), ("MAIL TO:<a@b>", 501), ("MAIL FROM:", 501),
        ("MAIL FROM:a@b", 501), ("MAIL FROM:<a@b", 501), ("MAIL FROM:<a>", 501),
        ("MAIL FROM:<@b>", 501), ("MAIL FROM:<a@>", 501), ("MAIL FROM:<a b@c>", 501),
        ("MAIL FROM:<a@b>x", 501), ("MAIL FROM:<a@b><c@d>", 501), ("MAIL FROM:<a@-b>", 501),
        ("MAIL FROM:<a@b->", 501), ("MAIL FROM:<a@b..c>", 501), ("MAIL FROM:<a@.b>", 501),
        ("MAIL FROM:<a@b.>", 501), ("MAIL FROM:<\"a@b>", 501), ("MAIL FROM:<\"a\"b@c>", 501),
        ("MAIL FROM:<a@[192.0.2.256]>", 501), ("MAIL FROM:<a@[1.2.3]>", 501),
        ("MAIL FROM:<a@[IPv6:xyz]>", 501), ("MAIL FROM:<a@[]>", 501), ("MAIL FROM:<a@[1.2.3.4>", 501),
        ("MAIL FROM:<@x:>", 501), ("MAIL FROM:<@x,:a@b>", 501), ("MAIL FROM:<a(c)@b>", 501),
        ("MAIL FROM:<ä@b>", 550), ("MAIL FROM:<a@ö.example>", 550),
        ("MAIL FROM:<\(String(repeating: "a", count: 65))@b>", 501),
        ("MAIL FROM:<a@\(String(repeating: "b", count: 64))>", 501),
        ("MAIL FROM:<a@\(Array(repeating: "bbbbbbbbb", count: 26).joined(separator: "."))>", 501),
        ("MAIL FROM:<a@b> SIZE=x", 501), ("MAIL FROM:<a@b> SIZE=", 501), ("MAIL FROM:<a@b> SIZE", 501),
        ("MAIL FROM:<a@b> SIZE=-1", 501), ("MAIL FROM:<a@b> SIZE=1 SIZE=2", 501),
        ("MAIL FROM:<a@b> BODY=9BIT", 501), ("MAIL FROM:<a@b> BODY", 501),
        ("MAIL FROM:<a@b> SMTPUTF8=1", 501), ("MAIL FROM:<a@b> SMTPUTF8 SMTPUTF8", 501),
        ("MAIL FROM:<a@b> RET=SOME", 501), ("MAIL FROM:<a@b> ENVID=+0D+0A", 501),
        ("MAIL FROM:<a@b> ENVID=+4", 501), ("MAIL FROM:<a@b> ENVID=a=b", 501),
        ("MAIL FROM:<a@b> ENVID=\(String(repeating: "e", count: 101))", 501),
        ("MAIL FROM:<a@b> AUTH=x", 501), ("MAIL FROM:<a@b> AUTH", 501),
        ("MAIL FROM:<a@b> FOO=1", 555), ("MAIL FROM:<a@b> FOO", 555),
        ("MAIL FROM:<a@b> NOTIFY=NEVER", 555), ("MAIL FROM:<a@b> =1", 501), ("MAIL FROM:<a@b> !", 501),
        ("RCPT", 501), ("RCPT FROM:<a@b>", 501), ("RCPT TO:<>", 501), ("RCPT TO:a@b", 501),
        ("RCPT TO:<a>", 501), ("RCPT TO:<ä@b>", 553), ("RCPT TO:<a@b> SIZE=1", 555),
        ("RCPT TO:<a@b> NOTIFY", 501), ("RCPT TO:<a@b> NOTIFY=", 501),
        ("RCPT TO:<a@b> NOTIFY=NEVER,SUCCESS", 501), ("RCPT TO:<a@b> NOTIFY=SUCCESS,", 501),
        ("RCPT TO:<a@b> NOTIFY=NEVER NOTIFY=NEVER", 501), ("RCPT TO:<a@b> ORCPT=rfc822", 501),
        ("RCPT TO:<a@b> ORCPT=;a@b", 501), ("RCPT TO:<a@b> ORCPT=rfc822;", 501),
        ("RCPT TO:<a@b> ORCPT=rfc822;a+0D+0Ab", 501), ("RCPT TO:<a@b> ORCPT=rfc822;a+00b", 501),
        ("RCPT TO:<a@b> ORCPT=rfc822;+FF", 501), ("RCPT TO:<a@b> ORCPT=r_f;a", 501),
        ("RCPT TO:<a@b> ORCPT=rfc822;\(String(repeating: "o", count: 500))", 501),
        ("RCPT TO:<a@b> ORCPT=rfc822;a ORCPT=rfc822;a", 501),
    ])
    func pathsRefused(_ line: String, _ code: Int) {
        let error = #expect(throws: SMTPReply.self) { try parse(line) }
        #expect(error.map { Int($0.code) } == code, "\(line)")
    }

    /// RFC 5321 section 4.1.3.
    @Test(arguments: [
        "[IPv6:1::2::3]", "[IPv6:1:2:3:4:5:6:7]", "[IPv6:1:2:3:4:5:6:7:8:9]", "[IPv6:1:2:3:4:5:6:7::8]",
        "[IPv6:12345::]", "[IPv6:g::1]", "[IPv6::::1]", "[IPv6::1:2]", "[IPv6:1:2:]", "[IPv6:]", "[IPv6:1]",
        "[IPv6:::ffff:192.0.2.256]", "[IPv6:::ffff:192.0.2]", "[IPv6:192.0.2.1]", "[IPv6:fe80::1%eth0]",
        "[IPv6:2001:db8::/32]", "[IPv6: ::1]", "[IPv61::1]",
        // Without the tag, and with one that there is not.
        "[2001:db8::1]", "[::1]", "[IPv4:192.0.2.1]", "[tag:x.y]",
        "[256.0.0.1]", "[192.0.2.999]", "[192.0.2.1000]", "[192.0.2]", "[192.0.2.1.1]", "[192.0.2.]", "[.0.2.1]",
        "[192.0.2.-1]", "[192.0.2.1/32]", "[0x7f.0.0.1]", "[localhost]", "[]",
    ])
    func literalsRefused(_ literal: String) {
        let sender = #expect(throws: SMTPReply.self) { try parse("MAIL FROM:<a@\(literal)>") }
        #expect(sender == .invalidSender)
        let recipient = #expect(throws: SMTPReply.self) { try parse("RCPT TO:<a@\(literal)>") }
        #expect(recipient == .invalidRecipient)
    }

    @Test(arguments: [
        String(repeating: "b", count: 64), Array(repeating: "ö", count: 130).joined(separator: "."),
        "ö." + String(repeating: "b", count: 64), String(repeating: "日", count: 90),
    ])
    func longDomainsRefused(_ domain: String) {
        let error = #expect(throws: SMTPReply.self) { try parse("MAIL FROM:<a@\(domain)> SMTPUTF8") }
        #expect(error == .invalidSender)
    }

    @Test func mailParameters() throws {
        let line = "MAIL FROM:<a@b> size=123 Body=BinaryMIME RET=hdrs ENVID=x+2By AUTH=a+2Bc@d.example SMTPUTF8"
        guard case .mail(let mail) = try parse(line) else { return #expect(Bool(false)) }
        #expect(mail.size == 123)
        #expect(mail.body == .binaryMIME)
        #expect(mail.returnContent == .headers)
        #expect(mail.envelopeID == "x+y")
        #expect(mail.submitter == .address(Self.address("a+c", "d.example")))
        #expect(mail.smtpUTF8)
        #expect(try parse("MAIL FROM:<> AUTH=<> SIZE=99999999999999999999 BODY=7BIT RET=FULL") == .mail({
            var mail = MailCommand(reversePath: .null)
            mail.submitter = .unknown
            mail.size = .max
            mail.body = .sevenBit
            mail.returnContent = .full
            return mail
        }()))
    }

    @Test func recipients() throws {
        #expect(try parse("RCPT TO:<PostMaster>") == .rcpt(RecipientCommand(path: .postmaster)))
        var recipient = RecipientCommand(path: .address(Self.address("Postmaster", "b.example")))
        #expect(try parse("RCPT TO:<Postmaster@b.example>") == .rcpt(recipient))
        recipient.notify = [.success, .delay]
        recipient.originalRecipient = OriginalRecipient(addressType: "rfc822", address: "o p@q")
        #expect(try parse("RCPT TO: <Postmaster@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+20p@q")
            == .rcpt(recipient))
        #expect(try parse("RCPT TO:<ä@b>", utf8: true)
            == .rcpt(RecipientCommand(path: .address(Self.address("ä", "b")))))
        #expect(try parse("RCPT TO:a@b", bare: true)
            == .rcpt(RecipientCommand(path: .address(Self.address("a", "b")))))
        #expect(try parse("RCPT TO:postmaster", bare: true)
            == .rcpt(RecipientCommand(path: .postmaster)))
    }

    @Test(arguments: ["MAIL FROM:<", "RCPT TO:<", "VRFY "])
    func invalidUTF8(_ start: String) {
        for bad in [[0xff], [0xc3, 0x28], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]] as [[UInt8]] {
            let line = Array(start.utf8) + bad + Array("@b> SMTPUTF8".utf8)
            let error = #expect(throws: SMTPReply.self) { try parse(line, utf8: true) }
            #expect(error?.code == 500)
        }
    }
}
