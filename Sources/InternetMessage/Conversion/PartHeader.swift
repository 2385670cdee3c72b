/// The header of one part while a message is made 7 bit: what it says of the encoding, and what
/// must be written instead.
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

    /// Puts one Content-Transfer-Encoding in the place of those that there are, or at the end.
    ///
    /// - Parameter isMessage: it is a message's header, in which the field counts only with
    ///   MIME-Version. Octets that nobody has labelled are of an unknown charset (RFC 1428).
    func setEncoding(_ name: String, isMessage: Bool, _ plan: inout SevenBitPlan) {
        var line = "Content-Transfer-Encoding: \(name)\r\n"
        if isMessage, section.count(of: "mime-version") == 0 {
            if !hasType, section.count(of: "content-type") == 0 {
                line = "Content-Type: text/plain; charset=unknown-8bit\r\n\(line)"
            }
            line = "MIME-Version: 1.0\r\n\(line)"
        }
        var octets = Array(line.utf8)
        for field in section.fields(named: "content-transfer-encoding") {
            plan.replace(place(field.whole), by: octets)
            octets = []
        }
        if !octets.isEmpty {
            plan.replace(place(section.fieldsEnd..<section.fieldsEnd), by: octets)
        }
    }

    private func place(_ range: Range<Int>) -> Range<Int> {
        offset + range.lowerBound..<offset + range.upperBound
    }
}
