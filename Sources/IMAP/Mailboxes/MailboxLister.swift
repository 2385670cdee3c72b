package import MailModel

/// Decides what LIST answers (RFC 9051 section 6.3.9, RFC 5258, RFC 6154): which names, in what
/// order, with which attributes. Superiors that don't exist are part of the hierarchy as \NonExistent.
package struct MailboxLister {
    package struct Mailbox: Sendable {
        package var name: String
        package var specialUses: Set<SpecialUse>

        package init(name: String, specialUses: Set<SpecialUse> = []) {
            self.name = name
            self.specialUses = specialUses
        }
    }

    private struct Node {
        var index: Int?
        var hasChildren = false
        var isSubscribed = false
    }

    private let mailboxes: [Mailbox]
    private let selectsSubscribed: Bool
    private let selectsSpecialUse: Bool
    private let isRecursive: Bool
    private let showsSubscribed: Bool
    private let showsSpecialUse: Bool
    private var nodes: [String: Node]

    /// - Parameter command: its patterns are not looked at.
    package init(_ mailboxes: [Mailbox], subscriptions: Set<String>, for command: ListCommand) {
        self.mailboxes = mailboxes
        selectsSubscribed = command.selections.contains(.subscribed)
        selectsSpecialUse = command.selections.contains(.specialUse)
        isRecursive = command.selections.contains(.recursiveMatch)
        showsSubscribed = selectsSubscribed || command.returns.contains(.subscribed)
        showsSpecialUse =
            selectsSpecialUse || !command.isExtended || command.returns.contains(.specialUse)
        nodes = Dictionary(minimumCapacity: mailboxes.count)
        for (index, mailbox) in mailboxes.enumerated() {
            nodes[mailbox.name, default: Node()].index = index
            markSuperiors(of: mailbox.name)
        }
        for name in subscriptions where selectsSubscribed || nodes[name] != nil {
            nodes[name, default: Node()].isSubscribed = true
        }
    }

    /// The names that match, in the order of the hierarchy, INBOX first.
    /// - Parameter names: whether a pattern without wildcards is just this name.
    package func list(
        matching matches: (String) -> Bool, naming names: (String) -> Bool = { _ in false }
    ) -> [ListedMailbox] {
        let above = isRecursive ? superiorsOfSelected(names) : []
        // Above a subscribed name that does not exist there may be nothing either.
        let nodes = nodes.merging(above.map { ($0, Node()) }) { known, _ in known }
        return nodes.filter { name, node in
            (isSelected(node) || above.contains(name)) && matches(name)
        }
        .map { listed($0.key, $0.value, hasSelectedBelow: above.contains($0.key)) }
        .sorted { HierarchyOrder.precedes($0.name, $1.name) }
    }

    /// What stands above a name that meets the criteria (RFC 5258 section 3.1, RECURSIVEMATCH): but
    /// for names that the client has asked for one by one, which it is told anyway.
    private func superiorsOfSelected(_ names: (String) -> Bool) -> Set<String> {
        var above: Set<String> = []
        for (name, node) in nodes where isSelected(node) && !names(name) {
            for superior in MailboxName.superiors(of: name).reversed() {
                guard above.insert(superior).inserted else { break }
            }
        }
        return above
    }

    private mutating func markSuperiors(of name: String) {
        for superior in MailboxName.superiors(of: name).reversed() {
            if nodes[superior]?.hasChildren == true { return }
            nodes[superior, default: Node()].hasChildren = true
        }
    }

    /// Whether it meets all the selection criteria; without any, whether it is there at all.
    private func isSelected(_ node: Node) -> Bool {
        if selectsSubscribed && !node.isSubscribed { return false }
        if selectsSpecialUse {
            guard let index = node.index, !mailboxes[index].specialUses.isEmpty
            else { return false }
        }
        return selectsSubscribed || selectsSpecialUse || node.index != nil || node.hasChildren
    }

    private func listed(_ name: String, _ node: Node, hasSelectedBelow: Bool) -> ListedMailbox {
        var attributes: MailboxAttributes = node.hasChildren ? .hasChildren : .hasNoChildren
        if node.index == nil { attributes.insert(.nonexistent) }
        if showsSubscribed && node.isSubscribed { attributes.insert(.subscribed) }
        var listed = ListedMailbox(name: name, attributes: attributes, index: node.index)
        if showsSpecialUse, let index = node.index {
            listed.specialUses = SpecialUse.allCases.filter {
                mailboxes[index].specialUses.contains($0)
            }
        }
        if hasSelectedBelow {
            if selectsSubscribed { listed.childCriteria.append("SUBSCRIBED") }
            if selectsSpecialUse { listed.childCriteria.append("SPECIAL-USE") }
        }
        return listed
    }
}
