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
        case "spread.example": return .askHosts(address, [NextHop(host: "one.example")])
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
