internal import Logging

extension DNSResolver {
    /// Finds the hosts that take mail for a domain (RFC 5321 section 5.1). A domain that is an
    /// alias has the mail exchangers of its canonical name.
    package func mailExchangers(of domain: String) async -> MailExchangers {
        guard let name = DomainName.ascii(domain) else { return .noSuchDomain }
        switch await lookUp(name, .mx) {
        case .records(let records, let isSecure, _):
            return mailExchangers(of: name, records, isSecure: isSecure)
        case .noRecords(let isSecure):
            return await implicitExchanger(name, isSecure: isSecure)
        case .noSuchName:
            return .noSuchDomain
        case .failure(let fault):
            return .failure(fault)
        }
    }

    private func implicitExchanger(_ name: String, isSecure: Bool) async -> MailExchangers {
        switch await addresses(of: name, .all) {
        case .found: .implicit(host: name, isSecure: isSecure)
        case .none: .noAddress
        case .failure(let fault): .failure(fault)
        }
    }

    private func mailExchangers(
        of domain: String, _ records: [[UInt8]], isSecure: Bool
    ) -> MailExchangers {
        var hosts: [MailExchanger] = []
        for record in records {
            switch RecordData.exchanger(record) {
            case (let preference, .host(let name))?:
                hosts.append(MailExchanger(name: name, preference: preference))
            case (_, .root)?:
                // RFC 7505 section 3: it stands alone, whatever its preference.
                if records.count == 1 { return .nullMX }
                logIgnored(".", of: domain, "a null MX must be the only one")
            case (_, .illegal(let text))?:
                logIgnored(text, of: domain, "not the name of a host")
            case nil:
                logIgnored("", of: domain, "malformed")
            }
        }
        let sorted = inOrder(hosts)
        if sorted.isEmpty { return .noAddress }
        if sorted.count > Self.maximumMailExchangers {
            logIgnored(
                sorted[Self.maximumMailExchangers].name, of: domain,
                "the domain has \(sorted.count), and the first \(Self.maximumMailExchangers) count")
        }
        return .hosts(Array(sorted.prefix(Self.maximumMailExchangers)), isSecure: isSecure)
    }

    /// By preference, those of one preference in random order, each host once.
    private func inOrder(_ hosts: [MailExchanger]) -> [MailExchanger] {
        let ranked = shuffled(hosts).enumerated().sorted {
            ($0.element.preference, $0.offset) < ($1.element.preference, $1.offset)
        }
        var names: Set<String> = []
        return ranked.map(\.element).filter { names.insert($0.name).inserted }
    }

    private func logIgnored(_ exchanger: String, of domain: String, _ cause: String) {
        logger.notice(
            "MX record ignored",
            metadata: ["domain": "\(domain)", "mx": "\(exchanger)", "cause": "\(cause)"])
    }
}
