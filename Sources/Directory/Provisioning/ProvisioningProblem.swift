/// Something in an LDIF file that would make mail go wrong, or that the directory refused.
package struct ProvisioningProblem: Error, Sendable, Codable, CustomStringConvertible {
    package var file: String
    /// From 1: of the value, or of the record's first line.
    package var line: Int
    package var dn: String
    /// What is wrong and what would be right.
    package var text: String

    init(file: String, line: Int, dn: String, text: String) {
        self.file = file
        self.line = line
        self.dn = dn
        self.text = text
    }

    init(_ record: ProvisioningRecord, line: Int? = nil, _ text: String) {
        self.init(
            file: record.place.file, line: line ?? record.place.line, dn: record.change.dn, text: text)
    }

    package var description: String {
        (dn.isEmpty ? [file + (line > 0 ? ":\(line)" : ""), text] : ["\(file):\(line)", dn, text])
            .joined(separator: ": ")
    }
}

/// A change as it stands in an LDIF file.
struct ProvisioningRecord: Sendable {
    struct Place: Hashable, Sendable, CustomStringConvertible {
        var file: String
        var line: Int
        var description: String { "\(file):\(line)" }
    }

    var place: Place
    var change: DirectoryChange
    /// Of each value of an add, of each step of a modify.
    var valueLines: [Int] = []

    init(file: String, line: Int, change: DirectoryChange, valueLines: [Int] = []) {
        place = Place(file: file, line: line)
        self.change = change
        self.valueLines = valueLines
    }
}
