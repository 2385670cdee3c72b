import Testing
import TestSupport

/// Mail into other people's servers, where they are installed.
@Suite(.ownThreads) struct RealPeerTests {
    @Test(arguments: RealPeer.Kind.allCases.filter(\.isThere)) func takesOurMail(_ kind: RealPeer.Kind) throws {
        let server = try OutboundServer.shared.get()
        let peer = try RealPeer(kind, try Certificates.shared.get().org)
        let name = "\(server.newUser().address.prefix { $0 != "@" }).real.example"
        try server.add(RunningMartlet.domainEntry(
            name, ["martletRoutingHost: 127.0.0.1:\(peer.port)", "martletTLSPolicy: encrypt"]))
        let user = server.newUser()
        let large = String(repeating: String(repeating: "x", count: 70) + "\r\n", count: 20_000)
        try server.submit(
            "From: \(user.address)\r\nSubject: small\r\n\r\n..dot\r\nÄ\r\nend of small", to: ["a@\(name)", "b@\(name)"],
            as: user, parameters: " BODY=8BITMIME")
        try server.submit("From: \(user.address)\r\nSubject: large\r\n\r\n\(large)end of large", to: ["c@\(name)"], as: user)
        try server.submit(
            "From: \(user.address)\r\nSubject: Grüße\r\n\r\nend of utf8", to: ["пётр@\(name)"], as: user,
            parameters: " SMTPUTF8 BODY=8BITMIME")
        let arrived = eventually {
            ["small", "large", "utf8"].allSatisfy { peer.mbox.contains("\nend of \($0)\n") }
        }
        #expect(arrived, "\(peer.log)")
        let lines = Set(peer.mbox.split(separator: "\n"))
        #expect(lines.isSuperset(of: [".dot", "Ä", "Subject: small", "Subject: large", "Subject: Grüße"]))
        #expect(peer.mbox.split(separator: "\n").filter { $0.count == 70 && $0.allSatisfy { $0 == "x" } }.count == 20_000)
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(name) } })
        let log = try server.log().split(separator: "\n").filter { $0.contains("@\(name)") && $0.contains("status=") }
        #expect(log.allSatisfy { $0.contains("status=relayed") && $0.contains("tls=TLSv1.3") && $0.contains("reply=\"250 2.") || kind == .exim && $0.contains("reply=\"250") }, "\(log)")
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }
}
