import Authentication
import Directory
import MailModel

@testable import MailServer

/// A directory of a few addresses, by their local parts. Mail to them stays in the queue, where a
/// test can read it.
struct FakeDirectory: MailDirectory, AuthenticationDirectory {
    static let alice = Account(
        id: AccountID(high: 0, low: 1), dn: "uid=alice,dc=example,dc=org", login: "alice",
        primaryAddress: EmailAddress(localPart: "alice", domain: "example.org"),
        addresses: [
            EmailAddress(localPart: "alice", domain: "example.org"),
            EmailAddress(localPart: "al", domain: "example.org"),
        ])

    func resolve(_ address: EmailAddress) async -> Resolution {
        switch address.domain {
        case "example.org": break
        case "routed.example":
            return .deliver([RoutedAddress(address: address, route: .remote(.domain))])
        case "spread.example":
            let two = NextHop(host: "two.example", port: 2525)
            return .askHosts(address, [NextHop(host: "one.example"), two])
        default: return .notLocal
        }
        func to(_ names: String...) -> Resolution {
            .deliver(
                names.map {
                    RoutedAddress(
                        address: EmailAddress(localPart: $0, domain: "example.org"), route: .unresolved)
                })
        }
        switch address.localPart {
        case "alice", "al", "postmaster": return to("alice")
        case "bob": return to("bob")
        case "staff": return to("alice", "bob", "carol")
        case "silent": return .rejected(.directoryUnavailable("slapd is gone"))
        default: return .rejected(MailError(550, .init(5, 1, 1), "User unknown"))
        }
    }

    func maySend(as address: EmailAddress, _ account: Account) async -> Lookup<Bool> {
        if address.localPart == "silent" {
            return .unavailable(DirectoryFault(.timeout, "slapd is gone"))
        }
        return .found(account.addresses.contains(address))
    }

    /// Domains that are not always online: of the client at 127.0.0.1, of alice, of bob.
    func domain(named name: String) async -> Lookup<MailDomain> {
        var domain = MailDomain(name: name, dn: "dc=\(name)")
        let local = ["127.0.0.0/30"].compactMap { IPNetwork($0) }
        switch name {
        case "net.example", "empty.example", "busy.example", "broken.example":
            let isNet = name == "net.example"
            domain.retrieval = Retrieval(
                dn: domain.dn, ways: isNet ? [.etrn] : [.etrn, .atrn], networks: local,
                retrievers: ["alice"])
        case "held.example":
            domain.status = .hold
            domain.retrieval = Retrieval(
                dn: domain.dn, ways: [.etrn, .atrn], networks: local, retrievers: ["alice"])
        case "alice.example", "bob.example":
            let elsewhere = ["192.0.2.0/24"].compactMap { IPNetwork($0) }
            domain.retrieval = Retrieval(
                dn: domain.dn, ways: [.etrn, .atrn], networks: elsewhere,
                retrievers: [name == "alice.example" ? "alice" : "bob"])
        case "atrn-only.example":
            domain.retrieval = Retrieval(
                dn: domain.dn, ways: [.atrn], networks: local, retrievers: ["alice"])
        case "online.example", "example.org": break
        case "silent.example": return .unavailable(DirectoryFault(.timeout, "slapd is gone"))
        default: return .notFound
        }
        return .found(domain)
    }

    func mayRetrieve(domain name: String, _ account: Account) async -> Lookup<Bool> {
        await domain(named: name).map { $0.retrieval?.retrievers.contains(account.login) == true }
    }

    func retrievableDomains(by account: Account) async -> Lookup<[MailDomain]> {
        var found: [MailDomain] = []
        for name in ["alice.example", "atrn-only.example", "bob.example", "held.example"] {
            if case .found(let domain) = await domain(named: name),
                domain.retrieval?.retrievers.contains(account.login) == true
            {
                found.append(domain)
            }
        }
        return .found(found)
    }

    func account(login: String) async -> Lookup<Account> {
        switch login {
        case "alice": .found(Self.alice)
        case "silent": .unavailable(DirectoryFault(.timeout, "slapd is gone"))
        default: .notFound
        }
    }

    func account(certificate subject: String, emails: [String]) async -> Lookup<Account> {
        .notFound
    }

    func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome {
        password == Array("secret".utf8) ? .success(warnings: []) : .invalidCredentials
    }

    func scramSecrets(for account: Account) async -> Lookup<[String]> { .notFound }

    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool> { .found(false) }
}
