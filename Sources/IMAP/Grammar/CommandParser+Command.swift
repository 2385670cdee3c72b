/// The command as a whole (RFC 9051 section 9).
extension CommandParser {
    // command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
    mutating func command() throws(ParseFailure) -> IMAPCommand {
        let name = try head()
        let command = try arguments(of: name)
        try end()
        return command
    }

    // tag SP command-name
    mutating func head() throws(ParseFailure) -> CommandName {
        guard !isAtEnd else { throw .syntax(SyntaxError(.syntax, "empty command line")) }
        let octets = take(while: \.isTagCharacter)
        guard !octets.isEmpty, octets.count <= limits.maximumTagLength,
            isAtEnd || peek == Octet.space
        else { throw .syntax(SyntaxError(.syntax, "the command's tag is not valid")) }
        tag = String(decoding: octets, as: UTF8.self)
        try oneSpace()
        let start = position
        guard let keyword = keyword(), let name = CommandName.table[keyword], !isInWord else {
            position = start
            throw .syntax(SyntaxError(.unknownCommand, "unknown command"))
        }
        self.name = name
        return name
    }

    /// A word that was read goes on with characters that no word of the protocol has.
    var isInWord: Bool { peek?.isAtomCharacter ?? false }

    private mutating func arguments(of name: CommandName) throws(ParseFailure) -> IMAPCommand {
        switch name {
        case .capability: return .capability
        case .noop: return .noop
        case .logout: return .logout
        case .startTLS: return .startTLS
        case .unauthenticate: return .unauthenticate
        case .namespace: return .namespace
        case .idle: return .idle
        case .check: return .check
        case .close: return .close
        case .unselect: return .unselect
        case .expunge: return .expunge
        case .append, .replace: throw .isStreamed
        case .uid: return try uid()
        default: break
        }
        try space()
        return switch name {
        case .fetch: .fetch(try fetch(isUID: false))
        case .store: .store(try store(isUID: false))
        case .copy: .copy(try copy(isUID: false))
        case .move: .move(try copy(isUID: false))
        case .search: .search(try search(isUID: false))
        case .sort: .sort(try sort(isUID: false))
        case .thread: .thread(try thread(isUID: false))
        case .esearch: try multiSearch()
        case .cancelUpdate: try cancelUpdate()
        case .login: try login()
        case .authenticate: try authenticate()
        case .id: try id()
        case .enable: try enable()
        case .compress: .compress(try upperCaseAtom("a compression mechanism"))
        case .select: .select(try select(isReadOnly: false))
        case .examine: .select(try select(isReadOnly: true))
        case .create: try create()
        case .delete: .delete(mailbox: try mailbox())
        case .rename: try rename()
        case .subscribe: .subscribe(mailbox: try mailbox())
        case .unsubscribe: .unsubscribe(mailbox: try mailbox())
        case .list: .list(try listCommand())
        case .lsub: try lsub()
        case .status: try status()
        case .getQuota: .getQuota(root: try astringText("a quota root"))
        case .getQuotaRoot: .getQuotaRoot(mailbox: try mailbox())
        case .setQuota: try setQuota()
        case .setACL: try setACL()
        case .deleteACL: try deleteACL()
        case .getACL: .getACL(mailbox: try mailbox())
        case .listRights: try listRights()
        case .myRights: .myRights(mailbox: try mailbox())
        case .getMetadata: .getMetadata(try getMetadata())
        case .setMetadata: try setMetadata()
        case .notify: .notify(try notify())
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .namespace, .idle, .check,
            .close, .unselect, .expunge, .append, .replace, .uid:
            throw expected("the end of the command")
        }
    }

    // uid         = "UID" SP (copy / move / fetch / search / store / uid-expunge)
    //               ; sort, thread (RFC 5256), replace (RFC 8508)
    // uid-expunge = "EXPUNGE" SP sequence-set
    private mutating func uid() throws(ParseFailure) -> IMAPCommand {
        try oneSpace()
        let start = position
        let name = try word(in: CommandName.table, "a command that may follow UID")
        if name == .replace { throw .isStreamed }
        try space()
        switch name {
        case .fetch: return .fetch(try fetch(isUID: true))
        case .store: return .store(try store(isUID: true))
        case .copy: return .copy(try copy(isUID: true))
        case .move: return .move(try copy(isUID: true))
        case .search: return .search(try search(isUID: true))
        case .sort: return .sort(try sort(isUID: true))
        case .thread: return .thread(try thread(isUID: true))
        case .expunge: return .uidExpunge(try sequenceSet())
        default:
            position = start
            throw expected("a command that may follow UID")
        }
    }
}
