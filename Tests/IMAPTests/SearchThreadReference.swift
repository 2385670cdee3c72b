import IMAP

/// RFC 5256's REFERENCES as the RFC tells it, slowly and recursively, to compare with.
final class ThreadReference {
    private final class Container {
        var row: ThreadRow?
        var parent: Container?
        var children: [Container] = []

        var first: ThreadRow { row ?? children[0].first }

        func isBelow(_ other: Container) -> Bool {
            self === other || parent.map { $0.isBelow(other) } ?? false
        }
    }

    private var containers: [[UInt8]: Container] = [:]
    private var all: [Container] = []
    private var root = Container()

    /// The threads as THREAD writes them.
    static func threads(_ rows: [ThreadRow], gathersSubjects: Bool = true) -> String {
        let reference = ThreadReference()
        reference.link(rows)
        reference.prune(reference.root)
        reference.sort(reference.root)
        if gathersSubjects {
            reference.gather()
            reference.sort(reference.root)
        }
        return reference.root.children.map { "(\(reference.text($0)))" }.joined()
    }

    private func container(_ id: [UInt8]) -> Container {
        if let known = containers[id] { return known }
        let new = Container()
        containers[id] = new
        all.append(new)
        return new
    }

    private func setParent(_ child: Container, _ parent: Container?) {
        child.parent?.children.removeAll { $0 === child }
        child.parent = parent
        parent?.children.append(child)
    }

    /// Steps 1 and 2.
    private func link(_ rows: [ThreadRow]) {
        for row in rows {
            var own: Container
            if row.messageID.isEmpty || containers[row.messageID]?.row != nil {
                own = Container()
                all.append(own)
            } else {
                own = container(row.messageID)
            }
            own.row = row
            let ancestors = row.references.map { container($0) }
            for (parent, child) in zip(ancestors, ancestors.dropFirst()) {
                if child.parent == nil, !parent.isBelow(child) { setParent(child, parent) }
            }
            if let last = ancestors.last, !last.isBelow(own) { setParent(own, last) }
        }
        for container in all where container.parent == nil { setParent(container, root) }
    }

    /// Step 3.
    private func prune(_ container: Container) {
        for child in container.children { prune(child) }
        for child in container.children where child.row == nil {
            if child.children.isEmpty {
                setParent(child, nil)
            } else if container !== root || child.children.count == 1 {
                for grandchild in child.children { setParent(grandchild, container) }
                setParent(child, nil)
            }
        }
    }

    /// Steps 4 and 6.
    private func sort(_ container: Container) {
        for child in container.children { sort(child) }
        container.children.sort {
            ($0.first.sentDate, $0.first.number) < ($1.first.sentDate, $1.first.number)
        }
    }

    /// Step 5.
    private func gather() {
        var table: [[UInt8]: Container] = [:]
        for container in root.children {
            let subject = container.first.subject
            guard !subject.isEmpty else { continue }
            if let known = table[subject] {
                if container.row == nil, known.row != nil {
                    table[subject] = container
                } else if known.row != nil, container.row != nil, known.first.isReply,
                    !container.first.isReply
                {
                    table[subject] = container
                }
            } else {
                table[subject] = container
            }
        }
        for container in root.children {
            let subject = container.first.subject
            guard !subject.isEmpty, let known = table[subject], known !== container,
                container.parent === root
            else { continue }
            if known.row == nil {
                if container.row == nil {
                    for child in container.children { setParent(child, known) }
                    setParent(container, nil)
                } else {
                    setParent(container, known)
                }
            } else if container.first.isReply, !known.first.isReply {
                setParent(container, known)
            } else {
                let group = Container()
                setParent(known, group)
                setParent(container, group)
                setParent(group, root)
                table[subject] = group
            }
            sort(root)
        }
    }

    private func text(_ container: Container) -> String {
        var parts = container.row.map { ["\($0.number)"] } ?? []
        if container.children.count == 1 {
            parts.append(text(container.children[0]))
        } else if container.children.count > 1 {
            parts.append(container.children.map { "(\(text($0)))" }.joined())
        }
        return parts.joined(separator: " ")
    }
}
