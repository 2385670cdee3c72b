/// The header of one part while a message is converted: what it says of the encoding, and what must
/// be written instead.
struct PartHeader {
    enum Label { case sevenBit, eightBit, binary, encoded }

    private let section: HeaderSection
    private let offset: Int
    private let hasType: Bool
    let label: Label

    /// - Parameter bytes: the header, its empty line included if it has one.
    init(_ bytes: [UInt8], of part: MIMEPart) throws(ConversionFailure) {
        offset = part.header.lowerBound
        // Readers differ in whether fields behind a line that is none count.
        hasType = part.content.hasReadType
        do {
            section = try HeaderSection(bytes)
        } catch {
            throw .tooComplex
        }
        label = Self.label(part.content.encoding)
    }

    private static func label(_ encoding: [UInt8]?) -> Label {
        guard let encoding else { return .sevenBit }
        return encoding.withUnsafeBytes { name in
            if name.isASCIIEqual("7bit") { return .sevenBit }
            if name.isASCIIEqual("8bit") { return .eightBit }
            return name.isASCIIEqual("binary") ? .binary : .encoded
        }
    }

    /// What is to be changed in the header.
    ///
    /// - Parameters:
    ///   - encoding: one Content-Transfer-Encoding takes the place of those that there are, or comes
    ///     to the end; nil: they stay.
    ///   - isDowngraded: other fields beyond ASCII become ASCII.
    ///   - isMessage: it is a message's header, in which the encoding counts only with MIME-Version.
    ///     Octets that nobody has labelled are of an unknown charset (RFC 1428).
    func write(
        encoding: String?, isDowngraded: Bool, isMessage: Bool, _ plan: inout ConversionPlan
    ) {
        var line = encoding.map { label($0, isMessage: isMessage) } ?? []
        let isDowngraded = isDowngraded && section.bytes.withUnsafeBytes(\.hasEightBitOctets)
        if encoding != nil || isDowngraded {
            for field in section.fields {
                if encoding != nil, section.isNamed(field, "content-transfer-encoding") {
                    plan.replace(place(field.whole), by: line)
                    line = []
                } else if isDowngraded,
                    let octets = DowngradedHeader.replacement(for: field, in: section)
                {
                    plan.replace(place(field.whole), by: octets)
                }
            }
        }
        if !line.isEmpty { plan.replace(place(section.fieldsEnd..<section.fieldsEnd), by: line) }
    }

    private func label(_ encoding: String, isMessage: Bool) -> [UInt8] {
        var line = "Content-Transfer-Encoding: \(encoding)\r\n"
        if isMessage, section.count(of: "mime-version") == 0 {
            if !hasType, section.count(of: "content-type") == 0 {
                line = "Content-Type: text/plain; charset=unknown-8bit\r\n\(line)"
            }
            line = "MIME-Version: 1.0\r\n\(line)"
        }
        return Array(line.utf8)
    }

    private func place(_ range: Range<Int>) -> Range<Int> {
        offset + range.lowerBound..<offset + range.upperBound
    }
}
