import Foundation
import Glibc
import Testing
import TestSupport

/// `martlet queue` against a running server, and without one.
@Suite(.ownThreads) struct QueueTests {
    /// Nobody listens where mail for other hosts goes.
    private static let options = RunningMartlet.Options(
        sections: "outbound: {relay_hosts: \"127.0.0.1:1\"}")

    /// A message to erin, who is forwarded to a host that nobody can reach, once it was tried.
    private func deferred(_ server: RunningMartlet, from sender: String = "sender@elsewhere.example") throws -> String {
        let id = try server.deliver(to: ["erin@example.org"], from: sender, "Subject: for erin\r\n\r\nbody")
        _ = try eventually { try server.queue().first { $0.contains("\"id\":\"\(id)\"") && $0.contains("deferred") } }
        return id
    }

    private func status(_ server: RunningMartlet, _ arguments: String...) throws -> (Int32, String) {
        let result = try server.martlet(["queue"] + arguments)
        return (result.status, result.output)
    }

    @Test func looking() throws {
        let server = try RunningMartlet(Self.options)
        #expect(try status(server, "list") == (0, "The queue is empty.\n"))
        let id = try deferred(server)
        let (code, listed) = try status(server, "list")
        #expect(code == 0 && listed.contains("Waiting: 1 message."))
        for text in ["ID ", "\(id) ", " deferred ", "sender@elsewhere.example", "erin@elsewhere.example"] {
            #expect(listed.contains(text), "\(text): \(listed)")
        }
        #expect(try status(server, "list", "--domain", "*.example").1.contains(id))
        #expect(try status(server, "list", "--domain", "example.org").1 == "No such message waits.\n")
        #expect(try status(server, "list", "--older-than", "1h").1 == "No such message waits.\n")
        #expect(try status(server, "list", "--newer-than", "1h", "--state", "deferred").1.contains(id))
        #expect(try status(server, "list", "--older-than", "yesterday").0 == 64)
        #expect(try status(server, "list", "no id!").0 == 64)

        let shown = try status(server, "show", id).1
        for text in ["Queue id:    \(id)", "Sender:      <sender@elsewhere.example>", "was sent to erin@example.org", "Subject: for erin"] {
            #expect(shown.contains(text), "\(text): \(shown)")
        }
        #expect(!shown.contains("body"))
        let json = try status(server, "show", "--json", id)
        #expect(json.0 == 0 && json.1.contains("\"state\":\"deferred\"") && json.1.contains("Subject: for erin"))
        #expect(try status(server, "show", "ZZZZZ").0 == 1)

        let summary = try status(server, "summary").1.split(separator: "\n")
        #expect(summary.count == 3 && summary[1].contains("TOTAL 1 1 "), "\(summary)")
        #expect(summary[2].contains("elsewhere.example"))
        #expect(try status(server, "summary", "--sender", "--json").1.contains("\"elsewhere.example\""))
        #expect(try !status(server, "summary", "--state", "hold").1.contains("elsewhere.example"))
    }

    /// One line, and 64.
    @Test(arguments: [
        (["show"], "martlet queue show: missing expected argument '<id>'"),
        (["show", "no id!"], "martlet queue show: “no id!” is not a queue identifier"),
        (["trace", "no id!"], "martlet queue trace: “no id!” is not a queue identifier"),
        (["list", "no id!"], "martlet queue list: “no id!” is not a queue identifier"),
        (["list", "--state", "asleep"], "martlet queue list: the value 'asleep' is invalid for '--state"),
        (["list", "--older-than", "yesterday"], "expected a time, as in 90s, 30m, 2h or 5d"),
        (["list", "--limit", "few"], "martlet queue list: the value 'few' is invalid for '--limit"),
        (["hold"], "martlet queue hold: say which mail is meant, or --all"),
        (["frobnicate"], "martlet queue: "),
    ])
    func wrongUse(_ arguments: [String], _ said: String) throws {
        let result = try RunningMartlet.shared.get().martlet(["queue"] + arguments)
        #expect(result.status == 64 && result.output.contains(said), "\(result)")
        #expect(result.output.split(separator: "\n").count == 1 && result.output.contains(" --help)\n"), "\(result)")
    }

    @Test func changing() throws {
        let server = try RunningMartlet(Self.options)
        let (a, b) = (try deferred(server, from: "one@elsewhere.example"), try deferred(server, from: "two@elsewhere.example"))

        #expect(try status(server, "hold").0 == 64, "nothing is named")
        #expect(try status(server, "hold", "--all", a).0 == 64)
        #expect(try status(server, "hold", "ZZZZZ") == (1, "Nothing was changed: no such message waits.\n"))
        let held = try status(server, "hold", "--sender", "one@*")
        #expect(held.0 == 0 && held.1.hasPrefix("\(a): held, from <one@elsewhere.example> to erin@elsewhere.example\n"))
        #expect(held.1.hasSuffix("Held: 1 recipient of 1 message.\n"))
        #expect(try status(server, "list", "--state", "hold").1.contains(a))
        #expect(try status(server, "release", "--json", "--all").1.contains("\"id\":\"\(a)\""))
        #expect(try status(server, "retry", b).0 == 0)
        #expect(try eventually { try status(server, "flush") == (0, "Tried now: 2 deliveries.\n") })
        #expect(try status(server, "flush", "--domain", "nobody.example").0 == 1)
        let deleted = try eventually { () -> String? in
            let (code, text) = try status(server, "delete", a)
            return code == 0 ? text : nil
        }
        #expect(deleted.contains("Deleted: 1 recipient of 1 message."))
        #expect(try eventually { try !server.queue().contains { $0.contains("\"id\":\"\(a)\"") } })

        // The sender of a local address is told.
        let alice = SampleUsers.alice.address
        let own = try deferred(server, from: alice)
        #expect(try status(server, "delete", "--bounce", own).0 == 0)
        let report = try server.messages(of: SampleUsers.alice)
        #expect(report.last?.contains("Final-Recipient: rfc822; erin@example.org") == true, "\(report)")

        #expect(server.stop() == 0)
        let (code, text) = try status(server, "hold", b)
        #expect(code == 75 && text.contains("The server must run for this"), "\(text)")
        #expect(try status(server, "list").1.contains(b), "reading needs no server")
        #expect(try status(server, "summary").0 == 0)
        #expect(try status(server, "trace", b).1.contains("It waits:"))
    }

    @Test func tracing() throws {
        let server = try RunningMartlet(Self.options)
        let user = server.newUser()
        let local = try server.deliver(to: [user.address], "Subject: x\r\n\r\n")
        let traced = try eventually { () -> String? in
            let text = try status(server, "trace", local).1
            return text.contains("accepted") && text.contains("delivered") ? text : nil
        }
        #expect(traced.contains("accepted from 127.0.0.1, ") && traced.contains(", from <sender@elsewhere.example>"))
        #expect(traced.contains("delivered into mailboxes: \(user.address) (mailbox)"))
        #expect(traced.hasSuffix("\nIt is not in the queue.\n"))

        let id = try deferred(server, from: SampleUsers.alice.address)
        #expect(try status(server, "hold", id).0 == 0)
        #expect(try status(server, "delete", "--bounce", id).0 == 0)
        let whole = try eventually { () -> [String]? in
            let lines = try status(server, "trace", "--json", id).1.split(separator: "\n").map(String.init)
            let isWhole = lines.contains { $0.contains("\"event\":\"report\"") }
                && lines.count { $0.contains("\"event\":\"operator\"") } >= 2
            return isWhole ? lines : nil
        }
        let events = try whole.map { line in
            try JSONDecoder().decode([String: Value].self, from: Data(line.utf8))["event"]?.text ?? ""
        }
        #expect(events.prefix(2) == ["accepted", "attempt"])
        #expect(events.filter { $0 == "operator" }.count == 2 && events.contains("report"), "\(whole)")
        #expect(try status(server, "trace", "ZZZZZ").0 == 1)

        let quiet = try RunningMartlet(.init(sections: "history: off"))
        let unknown = try quiet.deliver(to: [quiet.newUser().address], "Subject: x\r\n\r\n")
        #expect(try eventually { try status(quiet, "trace", unknown).0 == 1 })
        #expect(access(quiet.state + "/history", F_OK) != 0)
    }

    /// Any JSON value, as its text when it is one.
    private struct Value: Decodable {
        var text: String?
        init(from decoder: any Decoder) throws { text = try? String(from: decoder) }
    }
}
