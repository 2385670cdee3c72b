import MailModel
import NIOCore
import Testing

@testable import SMTP

/// What a host says of an address, by its replies to the commands in their order.
@Suite struct HostInquiryTests {
    /// Behind the greeting and EHLO: the host's replies, and what the client sends for them.
    struct Row: CustomTestStringConvertible, Sendable {
        var replies: [String]
        var commands: [String]
        var answer: String
        var pipelines = false

        var testDescription: String { replies.joined(separator: ", ") }
    }

    private static let probe = ["VRFY bob@example.org", "MAIL FROM:<>", "RCPT TO:<bob@example.org>"]

    static let rows = [
        // VRFY decides.
        Row(replies: ["250 <bob@example.org>"], commands: ["VRFY bob@example.org"], answer: "knows"),
        Row(replies: ["251 will forward"], commands: ["VRFY bob@example.org"], answer: "knows"),
        Row(replies: ["550 5.1.1 who"], commands: ["VRFY bob@example.org"], answer: "no"),
        Row(replies: ["553 5.1.3 what"], commands: ["VRFY bob@example.org"], answer: "no"),
        // It does not, and RCPT does.
        Row(replies: ["252 2.5.0 perhaps", "250 ok", "250 ok"], commands: probe, answer: "knows"),
        Row(replies: ["252 perhaps", "250 ok", "251 ok"], commands: probe, answer: "knows"),
        Row(replies: ["252 perhaps", "250 ok", "550 5.1.1 who"], commands: probe, answer: "no"),
        Row(replies: ["502 5.5.1 never", "250 ok", "550 unknown"], commands: probe, answer: "no"),
        Row(replies: ["500 what", "250 ok", "551 5.1.6 moved"], commands: probe, answer: "no"),
        Row(replies: ["504 what", "250 ok", "553 5.1.8 no"], commands: probe, answer: "no"),
        // Without an enhanced code it might mean that VRFY is not for us.
        Row(replies: ["550 no", "250 ok", "250 ok"], commands: probe, answer: "knows"),
        Row(replies: ["550 5.7.1 no", "250 ok", "250 ok"], commands: probe, answer: "knows"),
        Row(replies: ["450 4.2.0 busy", "250 ok", "550 5.1.1 who"], commands: probe, answer: "no"),
        // Nor does RCPT.
        Row(replies: ["252 x", "250 ok", "450 4.2.1 later"], commands: probe, answer: "?"),
        Row(replies: ["252 x", "250 ok", "252 perhaps"], commands: probe, answer: "?"),
        Row(replies: ["252 x", "250 ok", "550 5.7.1 denied"], commands: probe, answer: "?"),
        Row(replies: ["252 x", "250 ok", "552 5.2.2 full"], commands: probe, answer: "?"),
        Row(replies: ["252 x", "250 ok", "554 no"], commands: probe, answer: "?"),
        Row(replies: ["252 x", "550 5.7.1 no bounces"], commands: Array(probe.prefix(2)), answer: "?"),
        Row(replies: ["252 x", "451 later"], commands: Array(probe.prefix(2)), answer: "?"),
        Row(
            replies: ["252 x", "250 ok", "550 5.1.1 who"], commands: probe, answer: "no",
            pipelines: true),
        Row(
            replies: ["252 x", "451 later", "503 first MAIL"], commands: probe, answer: "?",
            pipelines: true),
        // The end.
        Row(replies: ["421 4.3.2 down"], commands: ["VRFY bob@example.org"], answer: "gone"),
        Row(replies: ["252 x", "421 down"], commands: Array(probe.prefix(2)), answer: "gone"),
        Row(replies: ["garbage"], commands: ["VRFY bob@example.org"], answer: "gone"),
    ]

    @Test(arguments: rows) func answers(_ row: Row) {
        var host = ScriptedHost(row.replies, pipelines: row.pipelines)
        #expect(host.ask("bob@example.org") == row.answer)
        #expect(host.commands == row.commands)
        #expect(host.replies.isEmpty)
    }

    @Test func takesTheTransactionBackBeforeTheNextQuestion() {
        var host = ScriptedHost(["252 x", "250 ok", "250 ok", "250 reset", "250 ok", "550 5.1.1 who"])
        #expect(host.ask("bob@example.org") == "knows")
        #expect(host.ask("eve@example.org") == "no")
        // A host that has said that it does not verify is not asked to.
        #expect(
            host.commands == Self.probe + ["RSET", "MAIL FROM:<>", "RCPT TO:<eve@example.org>"])
        #expect(host.quit() == "QUIT")
    }

    @Test func verifiesAgainAfterAClearAnswer() {
        var host = ScriptedHost(["550 5.1.1 who", "250 here"])
        #expect(host.ask("bob@example.org") == "no")
        #expect(host.ask("eve@example.org") == "knows")
        #expect(host.commands == ["VRFY bob@example.org", "VRFY eve@example.org"])
    }

    @Test func hostsWithoutSMTPUTF8HaveNoSuchAddresses() {
        var host = ScriptedHost([])
        #expect(host.ask("jürgen@example.org") == "no")
        #expect(host.commands == [])
        var other = ScriptedHost(["252 x", "250 ok", "250 ok"], extensions: ["SMTPUTF8"])
        #expect(other.ask("jürgen@example.org") == "knows")
        #expect(
            other.commands == [
                "VRFY jürgen@example.org SMTPUTF8", "MAIL FROM:<> SMTPUTF8",
                "RCPT TO:<jürgen@example.org>",
            ])
    }

    @Test func aHostThatIsCutOffHasNotAnswered() {
        var host = ScriptedHost(["252 x"])
        #expect(host.ask("bob@example.org") == "waits")
        host.inquiry.fail(.lost(.mail, cause: "reset"))
        #expect(host.proceed() == "gone")
    }

    /// What is there before the question is no answer to it.
    @Test(arguments: ["550 5.1.1 stray\r\n", "550-5.1.1 stra"]) func aReplyBeforeTheQuestion(text: String) {
        var host = ScriptedHost(["250 here"])
        host.input.writeString(text)
        #expect(host.ask("bob@example.org") == "gone")
        #expect(host.commands == [])
    }

    @Test func aReplyToNothingEndsTheSession() {
        var host = ScriptedHost([])
        host.input.writeString("250 hello\r\n")
        #expect(host.proceed() == "gone")
    }
}

/// The host's side by a list of replies, one for each command.
private struct ScriptedHost {
    var inquiry: HostInquiry
    var replies: [String]
    var commands: [String] = []
    var input = ByteBuffer()
    private var output = ByteBuffer()

    init(_ replies: [String], extensions: [String] = [], pipelines: Bool = false) {
        self.replies = []
        inquiry = HostInquiry(SMTPClientConfiguration(hostname: "client.example"), isEncrypted: false)
        let names = extensions + (pipelines ? ["PIPELINING"] : [])
        var hello = ["host.example"] + names
        let last = hello.removeLast()
        input.writeString("220 host.example\r\n")
        _ = inquiry.next(&input, &output)
        input.writeString(hello.map { "250-\($0)\r\n" }.joined() + "250 \(last)\r\n")
        _ = proceed()
        commands = []
        self.replies = replies
    }

    mutating func ask(_ address: String) -> String {
        inquiry.ask(EmailAddress(address)!)
        return proceed()
    }

    mutating func quit() -> String {
        inquiry.quit(&output)
        return takeCommands().joined(separator: " ")
    }

    mutating func proceed() -> String {
        while true {
            let action = inquiry.next(&input, &output)
            for command in takeCommands() {
                commands.append(command)
                if !replies.isEmpty { input.writeString(replies.removeFirst() + "\r\n") }
            }
            switch action {
            case .read:
                if input.readableBytes == 0 { return "waits" }
            case .ready: return "ready"
            case .startTLS: return "startTLS"
            case .closed: return "gone"
            case .answered(.knows): return "knows"
            case .answered(.doesNotKnow): return "no"
            case .answered(.undecided): return "?"
            }
        }
    }

    private mutating func takeCommands() -> [String] {
        defer { output.clear() }
        return String(buffer: output).split(separator: "\r\n").map(String.init)
    }
}
