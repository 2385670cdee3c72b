internal import class Foundation.JSONEncoder

/// Waiting recipients by domain and age, as Postfix's qshape counts them.
package struct QueueSummary: Sendable {
    /// Where the columns end, in minutes; a last one is for all that is older.
    package static let minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280]

    package struct Row: Sendable {
        package var total = 0
        package var ages = [Int](repeating: 0, count: QueueSummary.minutes.count + 1)

        fileprivate mutating func add(_ column: Int) {
            total += 1
            ages[column] += 1
        }
    }

    package private(set) var domains: [String: Row] = [:]
    package private(set) var total = Row()

    init() {}

    mutating func add(_ domain: String, age: Duration) {
        let minutes = age.components.seconds / 60
        let column = Self.minutes.firstIndex { minutes < $0 } ?? Self.minutes.count
        domains[domain, default: Row()].add(column)
        total.add(column)
    }

    /// The fullest domains first.
    private var rows: [(name: String, row: Row)] {
        domains.map { ($0.key.isEmpty ? "<>" : $0.key, $0.value) }
            .sorted { ($1.row.total, $0.name) < ($0.row.total, $1.name) }
    }

    /// A line a domain, a line of totals first.
    package var table: String {
        let titles = ["T"] + Self.minutes.map(String.init) + ["\(Self.minutes.last!)+"]
        var lines = [("", titles)]
        for (name, row) in [("TOTAL", total)] + rows {
            lines.append((name, ([row.total] + row.ages).map(String.init)))
        }
        let first = lines.map(\.0.count).max()!
        let widths = titles.indices.map { column in lines.map { $0.1[column].count }.max()! + 1 }
        return lines.map { name, cells in
            var line = Column.right(name, first)
            for (cell, width) in zip(cells, widths) { line += Column.right(cell, width) }
            return line
        }.joined(separator: "\n")
    }

    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let output = Output(total: .init("", total), domains: rows.map { .init($0.name, $0.row) })
        // Strings and numbers only: encoding them can't fail.
        return String(decoding: try! encoder.encode(output), as: UTF8.self)
    }

    private struct Output: Encodable {
        struct Line: Encodable {
            var domain: String?
            var total: Int
            /// By the age in minutes that none of them has reached.
            var ages: [String: Int] = [:]

            init(_ domain: String, _ row: Row) {
                self.domain = domain.isEmpty ? nil : domain
                total = row.total
                let names = QueueSummary.minutes.map(String.init) + ["older"]
                for (name, count) in zip(names, row.ages) { ages[name] = count }
            }
        }

        var total: Line
        var domains: [Line]
    }
}
