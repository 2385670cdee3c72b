import NIOCore
import Testing

@testable import POP3

struct Transcript: Sendable, CustomTestStringConvertible {
    let start: Start
    let input: String
    let output: String

    init(_ start: Start, _ input: String, _ output: String) {
        self.start = start
        self.input = input
        self.output = output
    }

    var testDescription: String { "\(start): \(input.prefix(60))" }
}

private let notNow = "-ERR not now\r\n"
private let unknown = "-ERR unknown command\r\n"
private let noSuch = "-ERR no such message\r\n"
private let missing = "-ERR argument missing\r\n"
private let notNumber = "-ERR a number was expected\r\n"
private let tooMany = "-ERR too many arguments\r\n"
private let bye = "+OK goodbye\r\n"
private let loggedIn = "+OK maildrop has 4 messages\r\n"
private let sendPass = "+OK send PASS\r\n"
private let wrong = "-ERR [AUTH] authentication failed\r\n"
private let needsTLS = "-ERR [AUTH] TLS is required first\r\n"
private let marked = "+OK marked as deleted\r\n"
private let ending = "-ERR too many bad commands\r\n"
private let tail = "LANG\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nIMPLEMENTATION Martlet\r\n.\r\n"
private let secureCapabilities =
    "+OK capabilities follow\r\nTOP\r\nUIDL\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\nUTF8 USER\r\n" + tail
private let clearCapabilities =
    "+OK capabilities follow\r\nTOP\r\nUIDL\r\nSASL SCRAM-SHA-256\r\nSTLS\r\nUTF8\r\n" + tail
private let one = "Subject: one\r\n\r\nfirst\r\nsecond\r\nthird\r\n"
private let top = "+OK top of message follows\r\n"
private let removed = "+OK deleted messages removed, goodbye\r\n"
private let long = String(repeating: "x", count: 300)

private let authorization: [Transcript] = [
    .init(.clear, "", ""), .init(.clear, "QUIT\r\n", bye), .init(.clear, "quit\r\n", bye),
    .init(.clear, "QuIt\r\nNOOP\r\n", bye), .init(.clear, "QUIT\n", bye), .init(.clear, "QUIT  \r\n", bye),
    .init(.clear, "QUIT x\r\n", tooMany), .init(.clear, "CAPA\r\n", clearCapabilities),
    .init(.tls, "CAPA\r\n", secureCapabilities), .init(.transaction, "CAPA\r\n", secureCapabilities),
    .init(.clear, "CAPA x\r\n", tooMany), .init(.clear, "USER alice\r\n", needsTLS),
    .init(.clear, "PASS secret\r\n", needsTLS), .init(.clear, "USER alice\r\nPASS secret\r\n", needsTLS + needsTLS),
    .init(.tls, "USER alice\r\nPASS secret\r\n", sendPass + loggedIn),
    .init(.tls, "user alice\r\npass secret\r\n", sendPass + loggedIn),
    .init(.tls, "USER alice\r\nPASS  sec ret \r\n", sendPass + loggedIn),
    .init(.tls, "USER alice \r\nPASS secret\r\n", sendPass + loggedIn),
    .init(.tls, "USER alice\r\nPASS secret \r\n", sendPass + wrong),
    .init(.tls, "USER alice\r\nPASS SECRET\r\n", sendPass + wrong),
    .init(.tls, "USER nobody\r\nPASS secret\r\n", sendPass + wrong),
    .init(.tls, "USER alice\r\nPASS \r\n", sendPass + wrong),
    .init(.tls, "USER alice\r\nPASS\r\n", sendPass + missing), .init(.tls, "USER\r\n", missing),
    .init(.tls, "USER \r\n", missing), .init(.tls, "USER a b\r\n", tooMany),
    .init(.tls, "PASS secret\r\n", "-ERR USER first\r\n"),
    .init(.tls, "USER alice\r\nPASS x\r\nPASS secret\r\n", sendPass + wrong + "-ERR USER first\r\n"),
    .init(.tls, "USER alice\r\nPASS x\r\nUSER alice\r\nPASS secret\r\n", sendPass + wrong + sendPass + loggedIn),
    .init(.tls, "USER bob\r\nUSER alice\r\nPASS secret\r\n", sendPass + sendPass + loggedIn),
    .init(.tls, "USER alice\r\nCAPA\r\nPASS secret\r\n", sendPass + secureCapabilities + loggedIn),
    .init(.tls, "USER down\r\nPASS x\r\n", sendPass + "-ERR [SYS/TEMP] can't log you in now, try again later\r\n"),
    .init(.tls, "USER busy\r\nPASS x\r\n", sendPass + "-ERR [IN-USE] another session has this maildrop\r\n"),
    .init(.tls, "USER broken\r\nPASS x\r\n", sendPass + "-ERR [SYS/PERM] the maildrop can't be opened\r\n"),
    .init(.tls, "USER brute\r\nPASS x\r\nNOOP\r\n", sendPass + "-ERR [SYS/TEMP] too many failed logins, try again later\r\n"),
    .init(.tls, "UTF8\r\nUSER j\u{f6}rg\r\nPASS p\u{e4}ss\r\n", "+OK UTF8 mode\r\n" + sendPass + loggedIn),
    .init(.tls, "APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n", "-ERR APOP is not supported\r\n"),
    .init(.clear, "NOOP\r\n", notNow), .init(.clear, "STAT\r\n", notNow), .init(.clear, "LIST\r\n", notNow),
    .init(.clear, "RETR 1\r\n", notNow), .init(.clear, "DELE 1\r\n", notNow), .init(.clear, "RSET\r\n", notNow),
    .init(.clear, "TOP 1 1\r\n", notNow), .init(.clear, "UIDL\r\n", notNow),
    .init(.clear, "\r\n", unknown), .init(.clear, " QUIT\r\n", unknown), .init(.clear, "EHLO x\r\n", unknown),
    .init(.clear, "XTND\r\n", unknown), .init(.clear, "GET / HTTP/1.1\r\n", unknown), .init(.clear, "QUITX\r\n", unknown),
    .init(.clear, "Q\r\nQU\r\nQUI\r\n", unknown + unknown + unknown),
    .init(.clear, "A\r\nB\r\nC\r\nD\r\nCAPA\r\n", unknown + unknown + unknown + unknown + ending),
    .init(.clear, "QUIT\rCAPA\r\n", "-ERR line holds a bare CR or NUL\r\n"),
    .init(.clear, "QUIT\r\r\n", "-ERR line holds a bare CR or NUL\r\n"),
    .init(.clear, "QUIT\0\r\n", "-ERR line holds a bare CR or NUL\r\n"),
    .init(.clear, long + "\r\nQUIT\r\n", "-ERR line too long\r\n" + bye),
    .init(.tls, "USER " + String(repeating: "a", count: 248) + "\r\n", sendPass),
    .init(.tls, "USER " + String(repeating: "a", count: 249) + "\r\n", "-ERR line too long\r\n"),
    .init(.clear, "STLS\r\n", "+OK begin TLS\r\n"), .init(.clear, "STLS x\r\n", tooMany),
    .init(.tls, "STLS\r\n", "-ERR TLS can't begin now\r\n"), .init(.transaction, "STLS\r\n", notNow),
    .init(.clear, "UTF8\r\nSTLS\r\n", "+OK UTF8 mode\r\n-ERR TLS can't begin now\r\n"),
    .init(.transaction, "UTF8\r\n", notNow), .init(.tls, "UTF8 x\r\n", tooMany),
    .init(.tls, "LANG\r\n", "+OK languages follow\r\nen English\r\n.\r\n"),
    .init(.tls, "LANG EN\r\n", "+OK en English\r\n"), .init(.tls, "LANG *\r\n", "+OK en English\r\n"),
    .init(.tls, "LANG de\r\n", "-ERR language not available\r\n"), .init(.tls, "LANG en x\r\n", tooMany),
    .init(.transaction, "LANG en\r\n", "+OK en English\r\n"),
    .init(.tls, "AUTH\r\n", "+OK mechanisms follow\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n"),
    .init(.tls, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", loggedIn),
    .init(.tls, "auth plain AGFsaWNlAHNlY3JldA==\r\n", loggedIn),
    .init(.tls, "AUTH PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n", "+ \r\n" + loggedIn),
    .init(.tls, "AUTH PLAIN\r\n*\r\nCAPA\r\n", "+ \r\n-ERR authentication cancelled\r\n" + secureCapabilities),
    .init(.tls, "AUTH PLAIN\r\nQUIT\r\n", "+ \r\n-ERR malformed authentication response\r\n"),
    .init(.tls, "AUTH PLAIN\r\nmore\r\nAGFsaWNlAHNlY3JldA==\r\nNOOP\r\n",
        "+ \r\n+ bW9yZQ==\r\n" + loggedIn + "+OK nothing done\r\n"),
    .init(.tls, "AUTH PLAIN =\r\n", wrong), .init(.tls, "AUTH PLAIN\r\n\r\n", "+ \r\n" + wrong),
    .init(.tls, "AUTH PLAIN !!!\r\n", "-ERR malformed authentication response\r\n"),
    .init(.tls, "AUTH PLAIN a b\r\n", tooMany),
    .init(.tls, "AUTH CRAM-MD5\r\n", "-ERR authentication mechanism not available\r\n"),
    .init(.tls, "AUTH PLAIN \(long)\r\n", "-ERR malformed authentication response\r\n"),
    .init(.tls, "AUTH PLAIN\r\n\(long)\(long)\(long)\(long)\r\nQUIT\r\n", "+ \r\n-ERR line too long\r\n" + bye),
    .init(.tls, "AUTH PLAIN \(long)\(long)\(long)\(long)\r\nQUIT\r\n", "-ERR line too long\r\n" + bye),
    .init(.tls, "AUTH PLAIN\r\nab\0c\r\nQUIT\r\n", "+ \r\n-ERR line holds a bare CR or NUL\r\n" + bye),
    .init(.transaction, "AUTH PLAIN\r\n", notNow), .init(.transaction, "USER alice\r\n", notNow),
    .init(.transaction, "PASS secret\r\n", notNow), .init(.transaction, "APOP x y\r\n", notNow),
]

private let transaction: [Transcript] = [
    .init(.transaction, "STAT\r\n", "+OK 4 96\r\n"), .init(.transaction, "STAT x\r\n", tooMany),
    .init(.transaction, "LIST\r\n", "+OK 4 messages\r\n1 38\r\n2 34\r\n3 7\r\n4 17\r\n.\r\n"),
    .init(.transaction, "LIST 2\r\n", "+OK 2 34\r\n"), .init(.transaction, "list 02\r\n", "+OK 2 34\r\n"),
    .init(.transaction, "LIST 0\r\n", noSuch), .init(.transaction, "LIST 5\r\n", noSuch),
    .init(.transaction, "LIST -1\r\n", notNumber), .init(.transaction, "LIST x\r\n", notNumber),
    .init(.transaction, "LIST 1 2\r\n", tooMany),
    .init(.transaction, "LIST 99999999999999999999999999\r\n", noSuch),
    .init(.transaction, "UIDL\r\n", "+OK 4 messages\r\n1 7.1\r\n2 7.11\r\n3 7.21\r\n4 7.31\r\n.\r\n"),
    .init(.transaction, "UIDL 3\r\n", "+OK 3 7.21\r\n"), .init(.transaction, "UIDL 9\r\n", noSuch),
    .init(.transaction, "UIDL a\r\n", notNumber), .init(.transaction, "UIDL 1 1\r\n", tooMany),
    .init(.transaction, "RETR 1\r\n", "+OK 38 octets\r\n\(one).\r\n"),
    .init(.transaction, "RETR 2\r\n", "+OK 34 octets\r\nSubject: two\r\n\r\n..dot\r\n...\r\n..\r\nend\r\n.\r\n"),
    .init(.transaction, "RETR 3\r\n", "+OK 7 octets\r\nno body\r\n.\r\n"),
    .init(.transaction, "RETR 4\r\n", "+OK 17 octets\r\nSubject: four\r\n\r\n.\r\n"),
    .init(.transaction, "RETR\r\n", missing), .init(.transaction, "RETR x\r\n", notNumber),
    .init(.transaction, "RETR 0\r\n", noSuch), .init(.transaction, "RETR 5\r\n", noSuch),
    .init(.transaction, "RETR 1 1\r\n", tooMany), .init(.transaction, "RETR 1x\r\n", notNumber),
    .init(.transaction, "RETR  1\r\n", "+OK 38 octets\r\n\(one).\r\n"),
    .init(.transaction, "TOP 1 0\r\n", top + "Subject: one\r\n\r\n.\r\n"),
    .init(.transaction, "TOP 1 1\r\n", top + "Subject: one\r\n\r\nfirst\r\n.\r\n"),
    .init(.transaction, "TOP 1 2\r\n", top + "Subject: one\r\n\r\nfirst\r\nsecond\r\n.\r\n"),
    .init(.transaction, "TOP 1 3\r\n", top + one + ".\r\n"), .init(.transaction, "TOP 1 4\r\n", top + one + ".\r\n"),
    .init(.transaction, "TOP 1 99999999999999999999\r\n", top + one + ".\r\n"),
    .init(.transaction, "TOP 2 2\r\n", top + "Subject: two\r\n\r\n..dot\r\n...\r\n.\r\n"),
    .init(.transaction, "TOP 3 0\r\n", top + "no body\r\n.\r\n"),
    .init(.transaction, "TOP 4 0\r\nNOOP\r\n", "-ERR [SYS/TEMP] the message can't be read\r\n+OK nothing done\r\n"),
    .init(.transaction, "TOP 1\r\n", missing), .init(.transaction, "TOP\r\n", missing),
    .init(.transaction, "TOP 1 -1\r\n", notNumber), .init(.transaction, "TOP 9 1\r\n", noSuch),
    .init(.transaction, "TOP 1 1 1\r\n", tooMany),
    .init(.transaction, "NOOP\r\n", "+OK nothing done\r\n"), .init(.transaction, "NOOP x\r\n", tooMany),
    .init(.transaction, "DELE 1\r\n", marked), .init(.transaction, "DELE 1\r\nDELE 1\r\n", marked + noSuch),
    .init(.transaction, "DELE\r\n", missing), .init(.transaction, "DELE 9\r\n", noSuch),
    .init(.transaction, "DELE 1\r\nSTAT\r\n", marked + "+OK 3 58\r\n"),
    .init(.transaction, "DELE 2\r\nLIST\r\n", marked + "+OK 3 messages\r\n1 38\r\n3 7\r\n4 17\r\n.\r\n"),
    .init(.transaction, "DELE 2\r\nUIDL\r\n", marked + "+OK 3 messages\r\n1 7.1\r\n3 7.21\r\n4 7.31\r\n.\r\n"),
    .init(.transaction, "DELE 1\r\nRETR 1\r\nTOP 1 0\r\nLIST 1\r\nUIDL 1\r\n", marked + noSuch + noSuch + noSuch + noSuch),
    .init(.transaction, "DELE 1\r\nRSET\r\nSTAT\r\n", marked + "+OK nothing is marked as deleted\r\n+OK 4 96\r\n"),
    .init(.transaction, "RSET x\r\n", tooMany), .init(.transaction, "QUIT\r\n", bye),
    .init(.transaction, "DELE 1\r\nRSET\r\nQUIT\r\n", marked + "+OK nothing is marked as deleted\r\n" + bye),
    .init(.transaction, "DELE 1\r\nDELE 3\r\nQUIT\r\nNOOP\r\n", marked + marked + removed),
    .init(.transaction, "DELE 4\r\nQUIT\r\n", marked + "-ERR [SYS/TEMP] deleted messages were not removed\r\n"),
    .init(.transaction, "DELE 1\r\nDELE 2\r\nDELE 3\r\nDELE 4\r\nLIST\r\nSTAT\r\n",
        marked + marked + marked + marked + "+OK 0 messages\r\n.\r\n+OK 0 0\r\n"),
    .init(.tls, "USER alice\r\nPASS secret\r\nSTAT\r\nRETR 3\r\nDELE 3\r\nQUIT\r\n",
        sendPass + loggedIn + "+OK 4 96\r\n+OK 7 octets\r\nno body\r\n.\r\n" + marked + removed),
    .init(.transaction, "STAT\nNOOP\n", "+OK 4 96\r\n+OK nothing done\r\n"),
    .init(.transaction, "RETR 9\r\nRETR 9\r\nRETR 9\r\nRETR 9\r\nRETR 9\r\nNOOP\r\n",
        noSuch + noSuch + noSuch + noSuch + noSuch + "+OK nothing done\r\n"),
]

@Suite struct TranscriptTests {
    @Test(arguments: authorization + transaction)
    func answersAtOnce(transcript: Transcript) {
        var player = Player(transcript.start)
        player.feed(transcript.input)
        #expect(player.text == transcript.output)
    }

    @Test(arguments: authorization + transaction)
    func answersTheSameHoweverItIsSplit(transcript: Transcript) {
        let input = ByteBuffer(string: transcript.input)
        for split in 0...input.readableBytes {
            var player = Player(transcript.start)
            player.feed(input.getSlice(at: 0, length: split)!)
            player.feed(input.getSlice(at: split, length: input.readableBytes - split)!)
            #expect(player.text == transcript.output)
        }
        var player = Player(transcript.start)
        for byte in input.readableBytesView { player.feed(ByteBuffer(bytes: [byte])) }
        #expect(player.text == transcript.output)
    }

    @Test func greets() {
        var output = ByteBuffer()
        Player(.clear).session.writeGreeting(&output)
        #expect(String(buffer: output) == "+OK mail.test Martlet POP3 server ready\r\n")
    }

    /// Clear text behind STLS is never answered, however it arrives (CVE-2011-0411).
    @Test(arguments: ["CAPA\r\n", "C", "\r\n", "USER x\r\nPASS y\r\n"])
    func refusesWhatFollowsSTLS(injected: String) {
        var player = Player(.clear)
        player.feed("STLS\r\n" + injected)
        #expect(player.text == "-ERR nothing may follow STLS before its reply\r\n")
        #expect(player.isClosed)
    }

    @Test func forgetsTheUserAtSTLS() {
        var session = POP3Session(
            configuration: POP3SessionConfiguration(hostName: "x"),
            offer: LoginOffer(allowsPassword: true, offersTLS: true, mechanisms: { [] }))
        var output = ByteBuffer()
        session.receive(ByteBuffer(string: "USER alice\r\nSTLS\r\n"))
        #expect(session.advance(&output) == .startTLS)
        session.tlsEstablished(LoginOffer(allowsPassword: true, offersTLS: false, mechanisms: { [] }))
        output.clear()
        session.receive(ByteBuffer(string: "PASS secret\r\n"))
        #expect(session.advance(&output) == nil)
        #expect(String(buffer: output) == "-ERR USER first\r\n")
    }

    @Test func removesOnlyAtQuit() {
        var player = Player(.transaction)
        player.feed("DELE 1\r\nDELE 3\r\n")
        #expect(player.removed == nil)
        player.feed("QUIT\r\n")
        #expect(player.removed == [0, 2])
        #expect(player.isClosed)
    }

    @Test func repliesAreHandedOverInPortions() {
        var session = Player(.transaction).session
        session.receive(ByteBuffer(string: String(repeating: "LIST\r\n", count: 10_000)))
        var flushes = 0
        var output = ByteBuffer()
        var total = 0
        while session.advance(&output) == .flush {
            #expect(output.readableBytes < POP3Session.flushThreshold + 200)
            flushes += 1
            total += output.readableBytes
            output.clear()
        }
        #expect(flushes > 10)
        #expect(total + output.readableBytes == 10_000 * 42)
    }
}
