import Glibc

/// Whom a state directory belongs to. What root makes in it, the server must be able to use.
package struct StateOwner: Sendable {
    private let user: uid_t
    private let group: gid_t

    /// Root's own when there is no such file.
    package init(of path: String) {
        var status = stat()
        let isThere = stat(path, &status) == 0
        user = isThere ? status.st_uid : geteuid()
        group = isThere ? status.st_gid : getegid()
    }

    /// Gives the file to the owner; only root can, and only root has to.
    package func take(_ path: String) {
        if geteuid() == 0 { _ = lchown(path, user, group) }
    }
}
