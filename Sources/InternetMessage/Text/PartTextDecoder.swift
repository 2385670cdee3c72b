/// The text of one text part, from its encoded octets as they come: transfer encoding and charset are
/// removed, HTML is reduced to its text.
struct PartTextDecoder: Sendable {
    private var transfer: TransferDecoder
    private let charset: CharsetDecoder
    private var html: HTMLText?
    private var decoded: [UInt8] = []
    private var converted: [UInt8] = []

    init(_ part: PartLocation) {
        transfer = TransferDecoder(part.encoding)
        charset = part.charset.flatMap { CharsetDecoder(named: $0) } ?? CharsetDecoder()
        html = part.text == .html ? HTMLText() : nil
    }

    /// Appends UTF-8.
    mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        decoded.removeAll(keepingCapacity: true)
        transfer.decode(bytes, into: &decoded)
        convert(into: &output)
    }

    mutating func finish(into output: inout [UInt8]) {
        decoded.removeAll(keepingCapacity: true)
        transfer.finish(into: &decoded)
        convert(into: &output)
        converted.removeAll(keepingCapacity: true)
        charset.finish(into: &converted)
        reduce(into: &output)
        html?.finish(into: &output)
    }

    private mutating func convert(into output: inout [UInt8]) {
        guard html != nil else {
            decoded.withUnsafeBytes { charset.decode($0, into: &output) }
            return
        }
        converted.removeAll(keepingCapacity: true)
        decoded.withUnsafeBytes { charset.decode($0, into: &converted) }
        reduce(into: &output)
    }

    private mutating func reduce(into output: inout [UInt8]) {
        guard html != nil else {
            output += converted
            return
        }
        converted.withUnsafeBytes { html?.decode($0, into: &output) }
    }
}
