import Foundation
import Testing
import TestSupport

/// Delivery status notifications (RFC 3461, RFC 3464) as Python's email module reads them.
@Suite(.ownThreads) struct ReportTests {
    let server: RunningMartlet

    init() throws { server = try OutboundServer.shared.get() }

    @Test(arguments: [true, false]) func failure(_ isWhole: Bool) throws {
        let sink = try Sink(["--rule", "rcpt <bad * 550-5.1.1 No such user\r\n550 5.1.1 at all"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\nSubject: told\r\n\r\nthe body\r\n", to: ["bad@\(domain)"], as: user,
            parameters: " ENVID=QQ+2B1 RET=\(isWhole ? "FULL" : "HDRS")",
            recipientParameters: " ORCPT=rfc822;Orig+2Binal@\(domain)")
        let message = try server.messages(of: user)[0]
        #expect(message[0] == "Return-Path: <>")
        let report = try MailTool.report(message)
        #expect(report.type == "multipart/report;delivery-status")
        #expect(report.defects == [] && report.automatic?.hasPrefix("auto-") == true)
        #expect(report.from.contains("MAILER-DAEMON@mail.example.org") && report.to.contains(user.address))
        #expect(report.types == ["text/plain", "message/delivery-status", isWhole ? "message/rfc822" : "text/rfc822-headers"])
        #expect(report.message["reporting-mta"] == "dns; mail.example.org")
        #expect(report.message["original-envelope-id"] == "QQ+1")
        #expect(report.message["arrival-date"] != nil)
        let recipient = try #require(report.recipients.first)
        #expect(recipient["final-recipient"] == "rfc822; bad@\(domain)")
        #expect(recipient["original-recipient"] == "rfc822; Orig+inal@\(domain)")
        #expect(recipient["action"] == "failed" && recipient["status"] == "5.1.1")
        #expect(recipient["remote-mta"] == "dns; [127.0.0.1]", "\(recipient)")
        #expect(recipient["diagnostic-code"]?.contains("550") == true)
        #expect(recipient["diagnostic-code"]?.contains("No such user at all") == true)
        #expect(recipient["last-attempt-date"] != nil)
        #expect(report.text.contains("bad@\(domain)") && report.text.contains("No such user at all"))
        #expect(report.returned.contains("Subject: told"))
        #expect(report.returned.contains("the body") == isWhole)
    }

    @Test func relayedToAHostWithoutDSN() throws {
        let (sink, user) = (try Sink(), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user,
            recipientParameters: " NOTIFY=SUCCESS,FAILURE")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["action"] == "relayed")
        #expect(report.recipients.first?["status"]?.hasPrefix("2.") == true)
        #expect(try sink.messages()[0].recipients == ["RCPT TO:<a@\(domain)>"])
    }

    @Test func passedOnToAHostWithDSN() throws {
        let (sink, user) = (try Sink(["--keywords", "DSN,PIPELINING"]), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user, parameters: " RET=HDRS ENVID=id+2B",
            recipientParameters: " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first@\(domain)")
        let message = try sink.messages()[0]
        #expect(message.mail?.contains(" RET=HDRS ENVID=id+2B") == true)
        #expect(message.recipients == ["RCPT TO:<a@\(domain)> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first@\(domain)"])
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    @Test func neverWhenNobodyIsToBeTold() throws {
        let sink = try Sink(["--rule", "rcpt * * 550 5.1.1 No"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user, recipientParameters: " NOTIFY=NEVER")
        #expect(try eventually { try sink.commands().contains { $0.hasPrefix("RCPT") } })
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    /// To a sender elsewhere, with the null reverse-path; and when it is refused, there is no other.
    @Test func reportsGoOutAndEndThere() throws {
        let refusing = try Sink(["--rule", "rcpt * * 550 5.1.1 No"])
        let home = try Sink(["--rule", "end * * 550 5.7.1 Not here either"])
        let (domain, senders) = (try server.domain(to: refusing), try server.domain(to: home))
        try server.deliver(to: ["a@\(domain)"], from: "s@\(senders)", "Subject: x\r\n\r\n")
        let message = try home.messages()[0]
        #expect(message.mail?.hasPrefix("MAIL FROM:<>") == true)
        #expect(message.recipients == ["RCPT TO:<s@\(senders)>"])
        #expect(try MailTool.report(message.lines).recipients.first?["status"] == "5.1.1")
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) && !$0.contains(senders) } })
        #expect(try home.messages().count == 1)
    }

    @Test func delayAndDoubleBounce() throws {
        let options = RunningMartlet.Options(
            sections: """
                queue: {first_remote_delay: 1s, maximum_delay: 10s, delay_warning: 10s}
                outbound: {failure_memory: 1s}
                """, directory: "postmaster: carol@example.org")
        let server = try RunningMartlet(options)
        let slow = try Sink(["--rule", "rcpt * * 451 4.2.0 Come again"])
        let (user, never) = (server.newUser(), server.newUser())
        let domain = try server.domain(to: slow)
        try server.submit("From: \(user.address)\r\nSubject: late\r\n\r\nbody", to: ["a@\(domain)"], as: user)
        try server.submit(
            "From: \(never.address)\r\n\r\n", to: ["b@\(domain)"], as: never, recipientParameters: " NOTIFY=FAILURE")

        let refusing = try Sink(["--rule", "rcpt * * 550 5.1.1 No"])
        try server.deliver(to: ["x@\(try server.domain(to: refusing))"], from: "", "Subject: lost report\r\n\r\n")
        let double = try MailTool.report(server.messages(of: SampleUsers.carol)[0])
        #expect(double.recipients.first?["status"] == "5.1.1")
        #expect(double.returned.contains("Subject: lost report"))

        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["action"] == "delayed")
        #expect(report.recipients.first?["status"] == "4.2.0")
        #expect(report.recipients.first?["will-retry-until"] != nil)
        #expect(report.returned.contains("Subject: late") && !report.returned.contains("body"))
        // Once, although it is tried on and on.
        let attempts = try slow.commands().filter { $0.contains("<a@") }.count
        #expect(try eventually { try slow.commands().filter { $0.contains("<a@") }.count > attempts })
        #expect(try server.messages(of: user).count == 1)
        try (try server.pop3(never)).ask("STAT", "+OK 0 0$")
    }
}
