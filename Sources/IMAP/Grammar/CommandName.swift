/// The commands' names; `UID` stands before some.
enum CommandName: String, CaseIterable {
    case append = "APPEND", authenticate = "AUTHENTICATE", cancelUpdate = "CANCELUPDATE"
    case capability = "CAPABILITY", check = "CHECK", close = "CLOSE", compress = "COMPRESS"
    case copy = "COPY", create = "CREATE", delete = "DELETE", deleteACL = "DELETEACL"
    case enable = "ENABLE", esearch = "ESEARCH", examine = "EXAMINE", expunge = "EXPUNGE"
    case fetch = "FETCH", getACL = "GETACL", getMetadata = "GETMETADATA", getQuota = "GETQUOTA"
    case getQuotaRoot = "GETQUOTAROOT", id = "ID", idle = "IDLE", list = "LIST"
    case listRights = "LISTRIGHTS", login = "LOGIN", logout = "LOGOUT", lsub = "LSUB"
    case move = "MOVE", myRights = "MYRIGHTS", namespace = "NAMESPACE", noop = "NOOP"
    case notify = "NOTIFY", rename = "RENAME", replace = "REPLACE", search = "SEARCH"
    case select = "SELECT", setACL = "SETACL", setMetadata = "SETMETADATA", setQuota = "SETQUOTA"
    case sort = "SORT", startTLS = "STARTTLS", status = "STATUS", store = "STORE"
    case subscribe = "SUBSCRIBE", thread = "THREAD", uid = "UID"
    case unauthenticate = "UNAUTHENTICATE", unselect = "UNSELECT", unsubscribe = "UNSUBSCRIBE"

    static let table = Keyword.table(of: CommandName.self)
}
