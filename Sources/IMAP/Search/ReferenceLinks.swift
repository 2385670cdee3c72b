/// Who is whose parent by Message-ID and References (RFC 5256 section 3, REFERENCES steps 1 to 3).
///
/// Time is all but linear in the identifiers, whatever a sender has put there: a link that would close a
/// circle is found by disjoint sets instead of walking up, and nothing recurs.
struct ReferenceLinks {
    private static let none: Int32 = -1

    /// By container; the first ones are the messages, in their order, the others stand for identifiers
    /// of messages that are not there.
    private var parents: [Int32]
    private var sets: [Int32]
    private let messages: Int

    init(_ rows: [ThreadRow]) {
        messages = rows.count
        parents = Array(repeating: Self.none, count: rows.count)
        sets = (0..<Int32(rows.count)).map { $0 }
        var containers: [[UInt8]: Int32] = [:]
        containers.reserveCapacity(rows.count)
        // The first message of an identifier has it; others with the same have none.
        for (index, row) in rows.enumerated() where !row.messageID.isEmpty {
            if containers[row.messageID] == nil { containers[row.messageID] = Int32(index) }
        }
        var references: [[Int32]] = []
        references.reserveCapacity(rows.count)
        for row in rows {
            references.append(
                row.references.map { id in
                    if let known = containers[id] { return known }
                    let new = Int32(parents.count)
                    parents.append(Self.none)
                    sets.append(new)
                    containers[id] = new
                    return new
                })
        }
        // What a message itself says of its parent counts before what others presume (step 1.B); one
        // whose word would close a circle has no parent at all.
        var rootsForGood: Set<Int32> = []
        for (index, ancestors) in references.enumerated() {
            guard let parent = ancestors.last else { continue }
            if !link(Int32(index), to: parent) { rootsForGood.insert(Int32(index)) }
        }
        for ancestors in references {
            for (parent, child) in zip(ancestors, ancestors.dropFirst())
            where !rootsForGood.contains(child) {
                link(child, to: parent)
            }
        }
    }

    /// False when the child has a parent or would become its own ancestor.
    @discardableResult
    private mutating func link(_ child: Int32, to parent: Int32) -> Bool {
        guard parents[Int(child)] == Self.none else { return false }
        // A container without a parent is the root of its tree.
        let root = self.root(parent)
        guard root != child else { return false }
        parents[Int(child)] = parent
        sets[Int(child)] = root
        return true
    }

    private mutating func root(_ container: Int32) -> Int32 {
        var root = container
        while sets[Int(root)] != root { root = sets[Int(root)] }
        var next = container
        while sets[Int(next)] != root {
            let following = sets[Int(next)]
            sets[Int(next)] = root
            next = following
        }
        return root
    }

    /// For each message the one above it that is there; and for those without one, what they have in
    /// common: the topmost container that is not there (step 3).
    func pruned() -> (parents: [Int?], commonRoots: [Int?]) {
        // The nearest message at or above each missing container, or -2 - the topmost container.
        var resolved = [Int32?](repeating: nil, count: parents.count)
        var path: [Int32] = []
        func resolve(_ start: Int32) -> Int32 {
            var current = start
            path.removeAll(keepingCapacity: true)
            var answer: Int32
            while true {
                if current < Int32(messages) {
                    answer = current
                    break
                }
                if let known = resolved[Int(current)] {
                    answer = known
                    break
                }
                path.append(current)
                let parent = parents[Int(current)]
                if parent == Self.none {
                    answer = -2 - current
                    break
                }
                current = parent
            }
            for container in path { resolved[Int(container)] = answer }
            return answer
        }
        var nearest: [Int?] = Array(repeating: nil, count: messages)
        var common: [Int?] = Array(repeating: nil, count: messages)
        for message in 0..<messages where parents[message] != Self.none {
            let above = resolve(parents[message])
            if above >= 0 { nearest[message] = Int(above) } else { common[message] = Int(-2 - above) }
        }
        return (nearest, common)
    }
}
