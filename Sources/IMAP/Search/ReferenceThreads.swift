extension ThreadForest {
    /// THREAD=REFERENCES (RFC 5256 section 3).
    package static func references(_ rows: [ThreadRow]) -> ThreadForest {
        var builder = ReferenceThreads(rows)
        builder.sortRoots()
        builder.gatherSubjects()
        return builder.finish()
    }

    /// THREAD=REFS: by references alone; the thread with the newest message comes last.
    package static func refs(_ rows: [ThreadRow]) -> ThreadForest {
        var builder = ReferenceThreads(rows)
        builder.sortRootsByNewest()
        return builder.finish()
    }
}

private struct ReferenceThreads {
    let rows: [ThreadRow]
    var forest: ThreadForest

    /// Steps 1 to 3: trees by references, children in the order of their dates.
    init(_ rows: [ThreadRow]) {
        self.rows = rows
        forest = ThreadForest(
            numbers: rows.map(\.number), children: Array(repeating: [], count: rows.count))
        let (parents, commonRoots) = ReferenceLinks(rows).pruned()
        var groups: [Int: Int] = [:]
        // In the order of dates, so that every list of children is.
        let byDate = rows.indices.sorted {
            (rows[$0].sentDate, rows[$0].number) < (rows[$1].sentDate, rows[$1].number)
        }
        for row in byDate {
            if let parent = parents[row] {
                forest.children[parent].append(row)
            } else if let common = commonRoots[row] {
                if let group = groups[common] {
                    forest.children[group].append(row)
                } else {
                    let group = forest.addNode(nil, children: [row])
                    groups[common] = group
                    forest.roots.append(group)
                }
            } else {
                forest.roots.append(row)
            }
        }
        // Nothing stands above a single one.
        for index in forest.roots.indices {
            let root = forest.roots[index]
            if forest.numbers[root] == nil, forest.children[root].count == 1 {
                forest.roots[index] = forest.children[root][0]
            }
        }
    }

    /// The message that stands for the thread: its root or, when that is not there, the first child.
    private func first(_ node: Int) -> Int {
        var node = node
        while forest.numbers[node] == nil { node = forest.children[node][0] }
        return node
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let first = rows[self.first(a)]
        let second = rows[self.first(b)]
        return (first.sentDate, first.number) < (second.sentDate, second.number)
    }

    /// Step 4.
    mutating func sortRoots() { forest.roots.sort(by: isBefore) }

    /// By the latest internal date in each thread (draft-ietf-morg-inthread section 4).
    mutating func sortRootsByNewest() {
        var newest: [(date: Int64, root: Int)] = []
        for root in forest.roots {
            var date = Int64.min
            var pending = [root]
            while let node = pending.popLast() {
                if forest.numbers[node] != nil { date = max(date, rows[node].internalDate) }
                pending += forest.children[node]
            }
            newest.append((date, root))
        }
        newest.sort {
            ($0.date, rows[first($0.root)].number) < ($1.date, rows[first($1.root)].number)
        }
        forest.roots = newest.map(\.root)
    }

    /// Step 5: threads with one base subject become one.
    mutating func gatherSubjects() {
        var bySubject: [[UInt8]: Int] = [:]
        for root in forest.roots {
            let subject = rows[first(root)].subject
            guard !subject.isEmpty else { continue }
            if let known = bySubject[subject] {
                let takesPlace =
                    isMissing(root) && !isMissing(known)
                    || !isMissing(root) && !isMissing(known) && isReply(known) && !isReply(root)
                if takesPlace { bySubject[subject] = root }
            } else {
                bySubject[subject] = root
            }
        }
        var merged: Set<Int> = []
        var roots: [Int] = []
        /// Roots in whose place a new one stands.
        var replaced: [Int: Int] = [:]
        for root in forest.roots {
            let subject = rows[first(root)].subject
            guard !subject.isEmpty, replaced[root] == nil, let keeper = bySubject[subject],
                keeper != root
            else {
                roots.append(root)
                continue
            }
            if isMissing(keeper) {
                forest.children[keeper] += isMissing(root) ? forest.children[root] : [root]
            } else if isReply(root), !isReply(keeper) {
                forest.children[keeper].append(root)
            } else {
                let group = forest.addNode(nil, children: [keeper, root])
                bySubject[subject] = group
                replaced[keeper] = group
                merged.insert(group)
                continue
            }
            merged.insert(keeper)
        }
        forest.roots = roots.map { replaced[$0] ?? $0 }
        // Step 6.
        for node in merged { forest.children[node].sort(by: isBefore) }
        sortRoots()
    }

    private func isMissing(_ node: Int) -> Bool { forest.numbers[node] == nil }

    private func isReply(_ node: Int) -> Bool { rows[first(node)].isReply }

    func finish() -> ThreadForest { forest }
}
