/// RFC 5465 and RFC 7377. Which events go with which mailboxes is the session's to say.
extension CommandParser {
    // notify           = "NOTIFY" SP (notify-add / notify-none)
    // notify-add       = "SET" [SP status-indicator] SP event-groups
    // notify-none      = "NONE"
    // status-indicator = "STATUS"
    // event-groups     = event-group *(SP event-group)
    mutating func notify() throws(ParseFailure) -> NotifyCommand {
        if skip(word: "NONE") { return NotifyCommand(groups: []) }
        guard skip(word: "SET") else { throw expected("SET or NONE") }
        try space()
        var command = NotifyCommand(groups: [], wantsStatus: skip(word: "STATUS"))
        if command.wantsStatus { try space() }
        repeat {
            guard command.groups.count < limits.maximumListLength else {
                throw tooMuch("list too long")
            }
            command.groups.append(try eventGroup())
        } while skipSpace() && !isAtEnd
        return command
    }

    // event-group = "(" filter-mailboxes SP events ")"
    // events      = ("(" event *(SP event) ")") / "NONE"
    private mutating func eventGroup() throws(ParseFailure) -> NotifyCommand.Group {
        try expect(UInt8(ascii: "("), "a group of events in parentheses")
        skipSpaces()
        let filter = try mailboxFilter()
        try space()
        var events: [NotifyCommand.Event] = []
        if !skip(word: "NONE") {
            events = try list("a list of events, or NONE") {
                parser throws(ParseFailure) in try parser.event()
            }
        }
        skipSpaces()
        try expect(UInt8(ascii: ")"), "\")\"")
        return .init(filter: filter, events: events)
    }

    // event         = message-event / mailbox-event / user-event / event-ext
    // message-event = ("MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"]) / "MessageExpunge" /
    //                 "FlagChange" / "AnnotationChange"
    // mailbox-event = "MailboxName" / "SubscriptionChange" / "MailboxMetadataChange"
    // user-event    = "ServerMetadataChange"
    // event-ext     = atom
    private mutating func event() throws(ParseFailure) -> NotifyCommand.Event {
        let start = position
        guard let keyword = keyword(), !isInWord else {
            position = start
            throw expected("an event, like MessageNew")
        }
        guard let event = Self.events[keyword] else {
            throw .syntax(SyntaxError(.badEvent, "the event is not known"))
        }
        guard event == .messageNew([]), peek == Octet.space else { return event }
        var ahead = self
        ahead.skipSpaces()
        guard ahead.peek == UInt8(ascii: "(") else { return event }
        position = ahead.position
        return .messageNew(
            try list("a list of items") {
                parser throws(ParseFailure) in try parser.fetchItem()
            })
    }

    private static let events: [Keyword: NotifyCommand.Event] = Keyword.table([
        "MESSAGENEW": .messageNew([]), "MESSAGEEXPUNGE": .messageExpunge,
        "FLAGCHANGE": .flagChange, "ANNOTATIONCHANGE": .annotationChange,
        "MAILBOXNAME": .mailboxName, "SUBSCRIPTIONCHANGE": .subscriptionChange,
        "MAILBOXMETADATACHANGE": .mailboxMetadataChange,
        "SERVERMETADATACHANGE": .serverMetadataChange,
    ])

    // filter-mailboxes    = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
    //                       ("subtree" SP one-or-more-mailbox) / ("mailboxes" SP one-or-more-mailbox)
    //                       / ("subtree-one" SP one-or-more-mailbox)               (RFC 7377)
    // one-or-more-mailbox = mailbox / many-mailboxes
    // many-mailboxes      = "(" mailbox *(SP mailbox) ")"
    private mutating func mailboxFilter() throws(ParseFailure) -> MailboxFilter {
        let filter = try word(in: Self.filters, "mailboxes, like PERSONAL or SUBTREE")
        switch filter {
        case .subtree: return .subtree(try mailboxes())
        case .subtreeOne: return .subtreeOne(try mailboxes())
        case .mailboxes: return .mailboxes(try mailboxes())
        case .selected, .selectedDelayed, .inboxes, .personal, .subscribed: return filter
        }
    }

    private mutating func mailboxes() throws(ParseFailure) -> [String] {
        try space()
        guard peek == UInt8(ascii: "(") else { return [try mailbox()] }
        return try list("a list of mailboxes") {
            parser throws(ParseFailure) in try parser.mailbox()
        }
    }

    private static let filters: [Keyword: MailboxFilter] = Keyword.table([
        "SELECTED": .selected, "SELECTED-DELAYED": .selectedDelayed, "INBOXES": .inboxes,
        "PERSONAL": .personal, "SUBSCRIBED": .subscribed, "SUBTREE": .subtree([]),
        "SUBTREE-ONE": .subtreeOne([]), "MAILBOXES": .mailboxes([]),
    ])

    // esearch        = "ESEARCH" [SP esearch-source-opts] [search-return-opts] SP search-program
    // esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
    // source-mbox    = filter-mailboxes *(SP filter-mailboxes)
    /// No scope option is known. Without a source: the selected mailbox (RFC 7377 section 2).
    mutating func multiSearch() throws(ParseFailure) -> IMAPCommand {
        var sources: [MailboxFilter] = [.selected]
        if skip(word: "IN") {
            try space()
            sources = try list("mailboxes in parentheses") { parser throws(ParseFailure) in
                let start = parser.position
                let filter = try parser.mailboxFilter()
                guard filter != .selectedDelayed else {
                    parser.position = start
                    throw parser.invalid("SELECTED-DELAYED is for NOTIFY alone")
                }
                return filter
            }
            try space()
        }
        return .multiSearch(sources: sources, try search(isUID: true))
    }
}
