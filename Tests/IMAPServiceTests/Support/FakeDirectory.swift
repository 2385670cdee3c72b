import Authentication
import Directory
import MailModel
import Synchronization

@testable import MailServer

/// Accounts that tests change as they like. The password is "secret" for all of them, and "down" is
/// a login that the directory can't tell anything of.
final class FakeDirectory: AuthenticationDirectory, IMAPDirectory {
    private struct State {
        var accounts: [Account] = []
        var isSilent = false
    }

    private let state = Mutex(State())

    init() {
        for (number, login) in ["alice", "bob", "carol"].enumerated() {
            add(Self.account(login, number: UInt64(number)))
        }
        var mail = Self.account("mailonly", number: 10)
        mail.services = [.smtp, .pop3]
        add(mail)
        var away = Self.account("away", number: 11)
        away.homeServer = NextHop("other.example.org")
        add(away)
    }

    static func account(_ login: String, number: UInt64) -> Account {
        let address = EmailAddress(localPart: login, domain: "example.org")
        return Account(
            id: AccountID(high: 1, low: number), dn: "uid=\(login)", login: login,
            primaryAddress: address, addresses: [address])
    }

    func add(_ account: Account) { state.withLock { $0.accounts.append(account) } }

    func change(_ login: String, _ change: (inout Account) -> Void) {
        state.withLock { state in
            for index in state.accounts.indices where state.accounts[index].login == login {
                change(&state.accounts[index])
            }
        }
    }

    func remove(_ login: String) {
        state.withLock { $0.accounts.removeAll { $0.login == login } }
    }

    func setSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    private func find(_ isMeant: (Account) -> Bool) -> Lookup<Account> {
        state.withLock { state in
            if state.isSilent { return .unavailable(DirectoryFault(.connection, "no answer")) }
            return state.accounts.first(where: isMeant).map { .found($0) } ?? .notFound
        }
    }

    func account(login: String) async -> Lookup<Account> {
        if login == "down" { return .unavailable(DirectoryFault(.connection, "no answer")) }
        return find { $0.login == login || $0.primaryAddress.description == login }
    }

    func account(id: AccountID) async -> Lookup<Account> { find { $0.id == id } }
    func current(_ account: Account) async -> Lookup<Account> { find { $0.id == account.id } }

    func account(certificate subject: String, emails: [String]) async -> Lookup<Account> {
        .notFound
    }

    func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome {
        password == Array("secret".utf8) ? .success(warnings: []) : .invalidCredentials
    }

    func scramSecrets(for account: Account) async -> Lookup<[String]> { .notFound }

    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool> {
        .found(actor.login == "alice" && target.login == "bob")
    }

    func group(named name: String) async -> Lookup<DirectoryGroup> { .notFound }
    func group(id: AccountID) async -> Lookup<DirectoryGroup> { .notFound }
    func groups(of account: Account) async -> Lookup<Set<AccountID>> { .found([]) }

    func setQuota(_ quota: Quota, of account: Account) async -> QuotaChange {
        .refused("not this one's")
    }
}
