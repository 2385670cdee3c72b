internal import CLinux
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Gives up root's rights once the ports are bound.
package enum Privileges {
    static var isRoot: Bool { geteuid() == 0 }

    /// Whether the system has it; nil when it cannot be asked.
    static func hasUser(_ name: String) -> Bool? {
        errno = 0
        return getpwnam(name) != nil ? true : errno == 0 ? false : nil
    }

    /// As `hasUser`.
    static func hasGroup(_ name: String) -> Bool? {
        errno = 0
        return getgrnam(name) != nil ? true : errno == 0 ? false : nil
    }

    static func isRoot(_ user: String) -> Bool { getpwnam(user)?.pointee.pw_uid == 0 }

    /// Programs that this process runs gain no rights by set-user-ID or capabilities of their files.
    /// Holds for the calling thread and those it starts: to be called before there are others.
    package static func gainNoMore() throws(ServerStartError) {
        guard martlet_set_no_new_privileges() == 0 else { throw failure("no_new_privs") }
    }

    /// Makes the whole process, with all its threads, run as `user`, with its supplementary groups
    /// and as `group`, or the user's own. Whoever is that user already needs no rights for it.
    ///
    /// When it throws, the process may have lost some of its rights and must end.
    package static func drop(to user: String, group: String? = nil) throws(ServerStartError) {
        let account = try account(of: user, group: group)
        guard account.uid != 0 else {
            throw ServerStartError("user \(user) is root: choose one without its rights")
        }
        if geteuid() == account.uid && getuid() == account.uid && getegid() == account.gid { return }
        guard initgroups(user, account.gid) == 0 else { throw failure("initgroups for \(user)") }
        // The group first: afterwards there is no right to change it.
        guard setgid(account.gid) == 0 else {
            throw failure("setgid for \(user)")
        }
        guard setuid(account.uid) == 0 else {
            throw failure("setuid to \(user)")
        }
        try check(account)
        try gainNoMore()
    }

    private struct Account {
        let uid: uid_t
        let gid: gid_t
    }

    private static func account(
        of user: String, group: String?
    ) throws(ServerStartError) -> Account {
        errno = 0
        guard let entry = getpwnam(user) else {
            throw errno == 0 ? ServerStartError("there is no user \(user)") : failure("user \(user)")
        }
        let (uid, ownGroup) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        guard let group else { return Account(uid: uid, gid: ownGroup) }
        errno = 0
        guard let entry = getgrnam(group) else {
            throw errno == 0 ? ServerStartError("there is no group \(group)") : failure("group \(group)")
        }
        return Account(uid: uid, gid: entry.pointee.gr_gid)
    }

    /// For root, setuid and setgid change the real, the effective and the saved identity: none of
    /// them can be had again.
    private static func check(_ account: Account) throws(ServerStartError) {
        let isChanged =
            getuid() == account.uid && geteuid() == account.uid && getgid() == account.gid
            && getegid() == account.gid
        let isRegained =
            setuid(0) == 0 || seteuid(0) == 0
            || account.gid != 0 && (setgid(0) == 0 || setegid(0) == 0)
        guard isChanged, !isRegained else {
            throw ServerStartError("root's rights could not be given up")
        }
    }

    private static func failure(_ call: String) -> ServerStartError {
        ServerStartError("\(call): \(String(cString: strerror(errno)))")
    }
}
