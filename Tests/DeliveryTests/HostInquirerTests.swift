import DNS
import Logging
import MailModel
import TestSupport
import Testing
import Transport

@testable import Delivery

/// Which host of a distributed domain has an address, over real connections.
@Suite(.timeLimit(.minutes(5))) struct HostInquirerTests {
    private static func bob(_ name: String = "bob") -> EmailAddress {
        EmailAddress(localPart: name, domain: "spread.example")
    }

    /// - Parameter ours: ports that this server listens on.
    private func withInquirer<Value>(
        ours: Set<UInt16> = [], _ configure: (inout InquiryConfiguration) -> Void = { _ in },
        _ body: (HostInquirer) async throws -> Value
    ) async throws -> Value {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = InquiryConfiguration(hostName: "mx.example.org")
        // Nobody becomes impatient with a slow machine, and sessions last.
        configuration.deadline = .seconds(120)
        configuration.patience = .seconds(120)
        configuration.connectTimeout = .seconds(60)
        configuration.idleLifetime = .seconds(600)
        configure(&configuration)
        let group = TransportGroup()
        let connector = Connector(group: group)
        let dns = try DNSResolver(
            configuration: DNSConfiguration(servers: ["127.0.0.1@9"]), logger: logger)
        let inquirer = HostInquirer(
            configuration: configuration, connector: connector,
            tls: try TLSClientContext(configuration: TLSClientConfiguration()),
            finder: HostFinder(
                configuration: OutboundConfiguration(hostName: "mx.example.org"), dns: dns,
                isOurs: { ours.contains($0.port) }),
            logger: logger)
        let result: Result<Value, any Error>
        do { result = .success(try await body(inquirer)) } catch { result = .failure(error) }
        await inquirer.close()
        await connector.shutDown()
        await dns.shutDown()
        try await group.shutDown()
        return try result.get()
    }

    private func hop(_ host: MemberHost, _ address: String = "127.0.0.1") -> NextHop {
        NextHop(host: address, port: host.port)
    }

    /// Nobody listens there.
    private func dead() throws -> NextHop { NextHop(host: "127.0.0.1", port: try Loopback.freePort()) }

    @Test(arguments: [MemberHost.Verifying.yes, .unsure, .no])
    func theOneThatKnowsGetsIt(_ verifying: MemberHost.Verifying) async throws {
        let one = try MemberHost(verifying)
        let two = try MemberHost(verifying, known: ["carol"])
        let hosts = [hop(one), hop(two)]
        try await withInquirer { inquirer in
            #expect(await inquirer.ask(Self.bob(), hosts, for: nil) == .knows(hosts[0]))
            #expect(await inquirer.ask(Self.bob("carol"), hosts, for: nil) == .knows(hosts[1]))
            #expect(await inquirer.ask(Self.bob("eve"), hosts, for: nil) == .nobody)
        }
        // In their order, and over one session each.
        #expect(try two.commands().filter { $0.contains("bob") }.isEmpty)
        for host in [one, two] {
            #expect(try host.commands().filter { $0 == "connected" }.count == 1)
        }
        // We do not wait for the answer to it.
        while try one.commands().last != "QUIT" { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func aHostThatIsDownKeepsNobodyFromKnowing() async throws {
        let one = try MemberHost(.yes)
        let hosts = [try dead(), hop(one)]
        try await withInquirer { inquirer in
            #expect(await inquirer.ask(Self.bob(), hosts, for: nil) == .knows(hosts[1]))
            guard case .unavailable(let cause) = await inquirer.ask(Self.bob("eve"), hosts, for: nil)
            else {
                Issue.record("a host that is down might know eve")
                return
            }
            #expect(cause.contains("refused"))
        }
    }

    @Test(arguments: ["late", "dies"]) func undecidedIsNotUnknown(_ name: String) async throws {
        let one = try MemberHost(.unsure)
        let two = try MemberHost(.unsure, known: [])
        try await withInquirer { inquirer in
            let hosts = [hop(one), hop(two)]
            guard case .unavailable = await inquirer.ask(Self.bob(name), hosts, for: nil) else {
                Issue.record("\(name) is not unknown")
                return
            }
            // The next one was asked all the same.
            let commands = try two.commands()
            #expect(commands.contains { $0.contains(name) })
        }
    }

    @Test func theNextOneIsAskedWhileAHostIsSilent() async throws {
        let one = try MemberHost(.yes, options: "mute")
        let two = try MemberHost(.yes)
        let hosts = [hop(one), hop(two)]
        try await withInquirer { $0.patience = .milliseconds(100) } _: { inquirer in
            #expect(await inquirer.ask(Self.bob(), hosts, for: nil) == .knows(hosts[1]))
        }
    }

    @Test func silenceEndsByTheDeadline() async throws {
        let one = try MemberHost(.unsure)
        let two = try MemberHost(.yes)
        let hosts = [hop(one), hop(two)]
        try await withInquirer {
            $0.deadline = .seconds(1)
            $0.patience = .milliseconds(50)
        } _: { inquirer in
            guard case .unavailable(let cause) = await inquirer.ask(Self.bob("hangs"), hosts, for: nil)
            else {
                Issue.record("the silent host might know")
                return
            }
            #expect(cause.contains("within"))
        }
    }

    @Test func answersAreRememberedAndQuestionsShared() async throws {
        let one = try MemberHost(.unsure)
        let hosts = [hop(one)]
        try await withInquirer { inquirer in
            await withTaskGroup { group in
                for name in ["bob", "eve"] {
                    for _ in 0..<20 {
                        group.addTask { _ = await inquirer.ask(Self.bob(name), hosts, for: nil) }
                    }
                }
            }
            #expect(await inquirer.ask(Self.bob(), hosts, for: nil) == .knows(hosts[0]))
        }
        for name in ["bob", "eve"] {
            #expect(
                try one.commands().filter { $0.hasPrefix("RCPT") && $0.contains(name) }.count == 1)
        }
    }

    @Test func answersAreForgotten() async throws {
        let one = try MemberHost(.yes)
        let hosts = [hop(one)]
        try await withInquirer { $0.negativeLifetime = .zero } _: { inquirer in
            for _ in 0..<2 { _ = await inquirer.ask(Self.bob("eve"), hosts, for: nil) }
        }
        #expect(try one.commands().filter { $0.contains("eve") }.count == 2)
    }

    @Test func tlsThatDoesNotWorkIsLeftOut() async throws {
        let one = try MemberHost(.yes, options: "badtls")
        let hosts = [hop(one)]
        try await withInquirer { inquirer in
            #expect(await inquirer.ask(Self.bob(), hosts, for: nil) == .knows(hosts[0]))
        }
        #expect(try one.commands().filter { $0 == "connected" }.count == 2)
    }

    @Test func hostsThatAskAreNotAsked() async throws {
        let one = try MemberHost(.yes, address: "127.0.0.2")
        let hosts = [hop(one, "127.0.0.2")]
        try await withInquirer { inquirer in
            #expect(await inquirer.ask(Self.bob(), hosts, for: "127.0.0.2") == .nobody)
            let commands = try one.commands()
            #expect(commands == ["listening"])
            #expect(await inquirer.ask(Self.bob(), hosts, for: "127.0.0.3") == .knows(hosts[0]))
        }
    }

    @Test func thisServerIsNotAsked() async throws {
        let one = try MemberHost(.yes)
        try await withInquirer(ours: [one.port]) { inquirer in
            #expect(await inquirer.ask(Self.bob(), [hop(one)], for: nil) == .nobody)
        }
        #expect(try one.commands() == ["listening"])
    }
}
