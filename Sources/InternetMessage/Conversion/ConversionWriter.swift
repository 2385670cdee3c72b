/// Writes a message after a plan. It asks for the message's octets, in their order and
/// each of them once, and gives output in portions:
///
/// ```
/// while let range = writer.wanted(atMost: 65536) {
///     writer.receive(the octets in that range)
///     let output = writer.takeOutput()
/// }
/// ```
package struct ConversionWriter: Sendable {
    private enum Encoder {
        case quotedPrintable(QuotedPrintableEncoder)
        case base64(Base64LineEncoder)
    }

    private let plan: ConversionPlan
    private var edits: ArraySlice<ConversionPlan.Edit>
    private var position = 0
    private var encoder: Encoder?
    private var output: [UInt8] = []

    package init(_ plan: ConversionPlan) {
        self.plan = plan
        edits = plan.edits[...]
    }

    /// The octets of the message that are to be received next; nil at the end. After nil too there
    /// may be output to take.
    package mutating func wanted(atMost count: Int) -> Range<Int>? {
        while let edit = edits.first, edit.range.lowerBound <= position {
            switch edit.replacement {
            case .octets(let octets):
                output += octets
                position = edit.range.upperBound
                edits.removeFirst()
                continue
            case .quotedPrintable where encoder == nil: encoder = .quotedPrintable(.init())
            case .base64 where encoder == nil: encoder = .base64(.init())
            case .quotedPrintable, .base64: break
            }
            if position < edit.range.upperBound {
                return position..<min(position + count, edit.range.upperBound)
            }
            endEncoding()
            edits.removeFirst()
        }
        let end = edits.first?.range.lowerBound ?? plan.size
        return position < end ? position..<min(position + count, end) : nil
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        position += bytes.count
        switch encoder {
        case nil: output.append(contentsOf: bytes)
        case .quotedPrintable(var encoder):
            encoder.encode(bytes, into: &output)
            self.encoder = .quotedPrintable(encoder)
        case .base64(var encoder):
            self.encoder = nil
            encoder.encode(bytes, into: &output)
            self.encoder = .base64(encoder)
        }
    }

    private mutating func endEncoding() {
        switch encoder {
        case nil: break
        case .quotedPrintable(var encoder): encoder.finish(into: &output)
        case .base64(var encoder): encoder.finish(into: &output)
        }
        encoder = nil
    }

    package mutating func takeOutput() -> [UInt8] {
        defer { output.removeAll(keepingCapacity: true) }
        return output
    }
}
