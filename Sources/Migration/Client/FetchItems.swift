internal import MailModel

/// "* n FETCH (name value …)" by name in upper case.
struct FetchItems {
    private var values: [String: ResponseValue] = [:]

    init?(_ response: ServerResponse) {
        guard response.values.count >= 3, response.values[1].text?.uppercased() == "FETCH",
            let items = response.values[2].items
        else { return nil }
        var index = 0
        while index + 1 < items.count {
            if let name = items[index].text { values[name.uppercased()] = items[index + 1] }
            index += 2
        }
    }

    subscript(name: String) -> ResponseValue? { values[name] }
}

extension MessageFlags {
    static let names: [(name: String, flag: MessageFlags)] = [
        ("\\Seen", .seen), ("\\Answered", .answered), ("\\Flagged", .flagged),
        ("\\Deleted", .deleted), ("\\Draft", .draft),
    ]

    /// False when it is no system flag that is kept.
    mutating func insert(named name: String) -> Bool {
        guard let known = Self.names.first(where: { $0.name.lowercased() == name.lowercased() })
        else { return false }
        insert(known.flag)
        return true
    }
}
