import Directory
import MailModel

/// Which clients may have the mail of which domains. A domain that is on hold, or does not exist, is
/// nobody's.
struct RetrievalPolicy {
    let directory: any MailDirectory

    enum Answer {
        case allowed([String])
        /// The cause is for the log: the client learns nothing of the directory.
        case refused(cause: String)
        case unavailable(cause: String)
    }

    /// ETRN: from the networks that the domain's entry names, and by the users whom it names.
    func mayStart(_ domain: String, from address: String, _ account: Account?) async -> Answer {
        await check(domain, .etrn) { retrieval in
            if retrieval.networks.contains(where: { $0.contains(address) }) { return .found(true) }
            guard let account else { return .found(false) }
            return await directory.mayRetrieve(domain: domain, account)
        }
    }

    /// ATRN: all of these domains or none; without any, all that the user may have.
    func mayTake(_ domains: [String], _ account: Account) async -> Answer {
        guard !domains.isEmpty else { return await all(account) }
        for domain in domains {
            let answer = await check(domain, .atrn) { _ in
                await directory.mayRetrieve(domain: domain, account)
            }
            guard case .allowed = answer else { return answer }
        }
        return .allowed(domains)
    }

    private func all(_ account: Account) async -> Answer {
        switch await directory.retrievableDomains(by: account) {
        case .found(let domains):
            let names = domains.filter { $0.mayLeave(by: .atrn) }.map(\.name)
            return names.isEmpty ? .refused(cause: "no domain is this user's") : .allowed(names)
        case .notFound: return .refused(cause: "no domain is this user's")
        case .unavailable(let fault): return .unavailable(cause: fault.cause)
        }
    }

    private func check(
        _ name: String, _ way: Retrieval.Way, _ mayRetrieve: (Retrieval) async -> Lookup<Bool>
    ) async -> Answer {
        switch await directory.domain(named: name) {
        case .found(let domain):
            guard let retrieval = domain.retrieval, domain.mayLeave(by: way) else {
                return .refused(cause: "\(domain.dn) does not allow \(way)")
            }
            switch await mayRetrieve(retrieval) {
            case .found(true): return .allowed([name])
            case .found(false), .notFound:
                return .refused(cause: "\(retrieval.dn) does not name this client")
            case .unavailable(let fault): return .unavailable(cause: fault.cause)
            }
        case .notFound: return .refused(cause: "no such domain")
        case .unavailable(let fault): return .unavailable(cause: fault.cause)
        }
    }
}

extension MailDomain {
    fileprivate func mayLeave(by way: Retrieval.Way) -> Bool {
        status == .active && retrieval?.ways.contains(way) == true
    }
}
