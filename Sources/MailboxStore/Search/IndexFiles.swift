import MailModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The files of the accounts' indexes, named by the accounts' ids.
struct IndexFiles: Sendable {
    /// An index with so many messages more than the account's twofold is made anew: more than half
    /// of it are messages that are gone.
    private static let tolerated = 1000

    private static let suffix = ".sqlite"

    let directory: String

    init(directory: String) {
        self.directory = directory
        // When it can't be made, opening fails and says so.
        mkdir(directory, 0o700)
    }

    /// The accounts that have an index.
    func accounts() -> Set<AccountID> {
        guard let entries = opendir(directory) else { return [] }
        defer { closedir(entries) }
        var accounts: Set<AccountID> = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(Self.suffix) else { continue }
            if let account = AccountID(name.dropLast(Self.suffix.utf8.count)) {
                accounts.insert(account)
            }
        }
        return accounts
    }

    /// Opens the account's index, or begins a new one when it is damaged, of another version or
    /// mostly of messages that are gone.
    /// - Parameter messages: that the account has.
    func open(_ account: AccountID, messages: Int) throws(SQLiteFile.Failure) -> AccountIndex {
        let path = path(account)
        do throws(SQLiteFile.Failure) {
            let documents = try AccountIndex.documents(path: path)
            if documents > messages * 2 + Self.tolerated { remove(account) }
            return try AccountIndex(path: path)
        } catch {
            remove(account)
            return try AccountIndex(path: path)
        }
    }

    func remove(_ account: AccountID) {
        for suffix in ["", "-wal", "-shm"] { unlink(path(account) + suffix) }
    }

    private func path(_ account: AccountID) -> String {
        directory + "/" + account.description + Self.suffix
    }
}
