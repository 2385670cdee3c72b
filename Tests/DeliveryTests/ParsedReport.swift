import InternetMessage

/// A report as a mail program reads it.
struct ParsedReport {
    struct Part {
        var contentType: String
        var encoding: String
        var body: String
    }

    enum Problem: Error { case notAReport(String) }

    let header: [(name: String, value: String)]
    let parts: [Part]
    let text: String
    /// Fields of the whole, then of each recipient.
    let perMessage: [(name: String, value: String)]
    let perRecipient: [[(name: String, value: String)]]

    init(_ bytes: [UInt8]) throws {
        text = String(decoding: bytes, as: UTF8.self)
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"))
        guard lines.allSatisfy({ $0.count <= 999 && $0.last == UInt8(ascii: "\r") }) else {
            throw Problem.notAReport("a bare LF or a long line")
        }
        let section = try HeaderSection(bytes)
        header = Self.fields(section)
        let type = header.first { $0.name == "content-type" }?.value ?? ""
        guard type.hasPrefix("multipart/report; report-type=delivery-status; boundary=\""),
            let boundary = type.split(separator: "\"").dropFirst().first
        else { throw Problem.notAReport(type) }
        let body = String(decoding: bytes[section.fieldsEnd...], as: UTF8.self)
        let pieces = body.components(separatedBy: "\r\n--\(boundary)")
        guard pieces.count == 5, pieces[4] == "--\r\n" else {
            throw Problem.notAReport("\(pieces.count) pieces")
        }
        parts = try pieces[1...3].map { piece in
            let bytes = Array(piece.utf8.dropFirst(2))
            let section = try HeaderSection(bytes)
            let fields = Self.fields(section)
            return Part(
                contentType: fields.first { $0.name == "content-type" }?.value ?? "",
                encoding: fields.first { $0.name == "content-transfer-encoding" }?.value ?? "",
                body: String(decoding: bytes[(section.fieldsEnd + 2)...], as: UTF8.self))
        }
        let groups = try (parts[1].body + "\r\n").components(separatedBy: "\r\n\r\n")
            .filter { !$0.isEmpty }
            .map { Self.fields(try HeaderSection(Array(($0 + "\r\n").utf8))) }
        guard let first = groups.first else { throw Problem.notAReport("no status") }
        perMessage = first
        perRecipient = Array(groups.dropFirst())
    }

    static func fields(_ section: HeaderSection) -> [(name: String, value: String)] {
        section.fields.map {
            (
                String(decoding: section.bytes[$0.name], as: UTF8.self).lowercased(),
                String(decoding: section.unfoldedValue($0), as: UTF8.self)
            )
        }
    }

    func header(_ name: String) -> String? { header.first { $0.name == name }?.value }
    func perMessage(_ name: String) -> String? { perMessage.first { $0.name == name }?.value }
    func recipient(_ name: String, at index: Int = 0) -> String? {
        perRecipient[index].first { $0.name == name }?.value
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var start = startIndex
        for range in ranges(of: separator) {
            parts.append(String(self[start..<range.lowerBound]))
            start = range.upperBound
        }
        return parts + [String(self[start...])]
    }
}
