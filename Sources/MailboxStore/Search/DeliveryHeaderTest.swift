/// Looks for a text in delivery headers, which belong to a mailbox's copy of a message and so are in
/// no index.
struct DeliveryHeaderTest {
    private let condition: TextCondition
    /// By the header: most messages of a mailbox have one of a few.
    private var outcomes: [[UInt8]: Bool] = [:]

    init(_ condition: TextCondition) { self.condition = condition }

    mutating func matches(_ row: Int, of columns: MessageColumns) -> Bool {
        guard condition.concernsDeliveryHeader, let header = columns.deliveryHeader(row) else {
            return false
        }
        return matches(header)
    }

    mutating func matches(_ header: [UInt8]) -> Bool {
        guard condition.concernsDeliveryHeader, !header.isEmpty else { return false }
        if let known = outcomes[header] { return known }
        var text = SearchableText()
        text.headers = HeaderNormalizer.lines(of: header)
        let outcome = text.matches(condition)
        outcomes[header] = outcome
        return outcome
    }

    func isUnknown(_ row: Int, of columns: MessageColumns) -> Bool {
        condition.concernsDeliveryHeader && columns.deliveryHeader(row) == nil
    }
}
