internal import ArgumentParser
internal import Delivery
internal import Directory
internal import MailModel
internal import MailServer

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show every search, entry and rule that decides where mail to an address goes.",
        discussion: """
            For an address elsewhere, and for members and forwards elsewhere of one that is here, it \
            also shows the way out: the route that counts, the hosts with their preferences and \
            addresses, and what TLS each of them must have. The directory and the DNS are asked, and \
            hosts that publish MTA-STS policies; no mail host is.

            Exit status: 0 mail to it is delivered here or has a way out, 1 it would be refused or \
            returned, 75 the directory or the DNS can't tell now, mail waits until something is mended, \
            or other hosts must be asked for the address.

            Examples:
              martlet explain alice@example.org
              martlet explain --json staff@example.net
              martlet explain --sender alice@example.org someone@elsewhere.example
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print JSON.") var json = false
    @Option(
        help: ArgumentHelp(
            "Who hands the mail in: the smart host of that domain counts then.", valueName: "address"))
    var sender: String?
    @Argument(help: "The address, as in alice@example.org.") var address: String

    func validate() throws {
        for text in [sender, address].compactMap(\.self) { _ = try emailAddress(text) }
    }

    func run() async throws {
        let address = try emailAddress(address)
        let sender = try sender.map(emailAddress)
        let explainer = AddressExplainer(configuration: try options.load())
        let explanation = await explainer.explain(address)
        // The DNS may take its time.
        if !json { print(explanation.text) }
        if !json, explanation.outcome == "not local" {
            print("   taken from clients that have logged in, or that relay_networks has")
        }
        let (ways, omitted) = try await explainer.ways(explanation, of: address, sender: sender)
        await explainer.shutDown()
        if json {
            print(try encodeJSON(Report(explanation: explanation, ways: ways)))
        } else {
            for way in ways { print(way.text) }
            if omitted > 0 { print("… and \(counted(omitted, "recipient")) in other domains") }
        }
        throw ExitCode(Self.status(explanation, ways))
    }

    private static func status(_ explanation: Explanation, _ ways: [RouteExplanation]) -> Int32 {
        switch explanation.outcome {
        case "deliver", "not local":
            // What is delivered here, or will be looked up again, needs no way out.
            if explanation.recipients.count > explanation.leaving.count { return 0 }
            if ways.contains(where: { [.leaves, .waits].contains($0.verdict) }) { return 0 }
            return ways.contains { $0.verdict == .deferred } ? 75 : 1
        case let outcome: return outcome.hasPrefix("4") || outcome.hasPrefix("ask ") ? 75 : 1
        }
    }

    /// The keys of both in one object.
    private struct Report: Encodable {
        let explanation: Explanation
        let ways: [RouteExplanation]

        private enum CodingKeys: CodingKey { case ways }

        func encode(to encoder: any Encoder) throws {
            try explanation.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(ways, forKey: .ways)
        }
    }
}

private func emailAddress(_ text: String) throws -> EmailAddress {
    guard let address = EmailAddress(text) else {
        throw ValidationError("“\(text)” is not an address; expected local@domain")
    }
    return address
}

extension RouteExplanation {
    /// For a terminal.
    fileprivate var text: String {
        let shown = recipients.prefix(5).joined(separator: ", ")
        let more = recipients.count > 5 ? " and \(recipients.count - 5) more" : ""
        var lines = ["way of \(shown)\(more)"] + rules.map { "  \($0)" }
        for host in hosts {
            let addresses = host.addresses.joined(separator: ", ")
            lines.append("  \(host.flavour) \(host.name) port \(host.port): \(addresses)")
            lines += (host.rules + [host.tls]).map { "    \($0)" }
        }
        let end =
            switch verdict {
            case .leaves: "leaves"
            case .waits: "waits for its host: \(reason ?? "")"
            case .deferred: "waits: \(reason ?? "")"
            case .refused: "is returned: \(reason ?? "")"
            }
        lines.append("  => \(end)")
        return lines.map(printable).joined(separator: "\n")
    }
}
