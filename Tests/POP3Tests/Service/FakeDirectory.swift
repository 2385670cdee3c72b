import Authentication
import Directory
import MailModel

/// Knows alice and bob; bob may not use POP3. The password is "secret" for all of them, and "down"
/// is a login that the directory can't tell anything of.
struct FakeDirectory: AuthenticationDirectory {
    static let alice = Account(
        id: AccountID(high: 1, low: 1), dn: "uid=alice", login: "alice",
        primaryAddress: EmailAddress(localPart: "alice", domain: "example.org"), addresses: [])
    static let bob = Account(
        id: AccountID(high: 1, low: 2), dn: "uid=bob", login: "bob",
        primaryAddress: EmailAddress(localPart: "bob", domain: "example.org"), addresses: [],
        services: [.smtp])

    func account(login: String) async -> Lookup<Account> {
        switch login {
        case "alice": .found(Self.alice)
        case "bob": .found(Self.bob)
        case "down": .unavailable(DirectoryFault(.connection, "no answer"))
        default: .notFound
        }
    }

    func account(certificate subject: String, emails: [String]) async -> Lookup<Account> { .notFound }

    func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome {
        password == Array("secret".utf8) ? .success(warnings: []) : .invalidCredentials
    }

    func scramSecrets(for account: Account) async -> Lookup<[String]> { .notFound }

    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool> { .found(false) }
}
