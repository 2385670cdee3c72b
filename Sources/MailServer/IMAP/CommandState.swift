internal import IMAP

/// The states of a session (RFC 9051 section 3), as far as a command needs one.
enum CommandState { case any, notAuthenticated, authenticated, selected }

extension IMAPCommand {
    var requiredState: CommandState {
        switch self {
        case .capability, .noop, .logout, .id: .any
        case .startTLS, .login, .authenticate: .notAuthenticated
        case .enable, .unauthenticate, .compress, .select, .create, .delete, .rename, .subscribe,
            .unsubscribe, .list, .lsub, .namespace, .status, .idle, .getQuota, .getQuotaRoot,
            .setQuota, .setACL, .deleteACL, .getACL, .listRights, .myRights, .getMetadata,
            .setMetadata, .notify, .multiSearch:
            .authenticated
        case .check, .close, .unselect, .expunge, .uidExpunge, .search, .sort, .thread, .fetch,
            .store, .copy, .move, .cancelUpdate:
            .selected
        }
    }

    /// FETCH, STORE, SEARCH and its kin by sequence numbers, which must not move meanwhile (RFC 9051
    /// section 7.5.1, RFC 5256 section 3).
    var forbidsExpunge: Bool {
        switch self {
        case .fetch(let command): !command.isUID
        case .store(let command): !command.isUID
        case .search(let command): !command.isUID
        case .sort(let command): !command.search.isUID
        case .thread(let command): !command.search.isUID
        default: false
        }
    }
}
