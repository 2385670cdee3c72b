extension ThreadForest {
    /// THREAD=ORDEREDSUBJECT (RFC 5256 section 3): messages of one base subject are a thread, the
    /// first of them the root of all others; threads go by their first messages' dates.
    package static func orderedSubject(_ rows: [ThreadRow]) -> ThreadForest {
        var forest = ThreadForest(
            numbers: rows.map(\.number), children: Array(repeating: [], count: rows.count))
        let byDate = rows.indices.sorted {
            (rows[$0].sentDate, rows[$0].number) < (rows[$1].sentDate, rows[$1].number)
        }
        var firstOfSubject: [[UInt8]: Int] = [:]
        for row in byDate {
            if let root = firstOfSubject[rows[row].subject] {
                forest.children[root].append(row)
            } else {
                firstOfSubject[rows[row].subject] = row
                forest.roots.append(row)
            }
        }
        return forest
    }
}
