@testable import InternetMessage

/// A message's way to 7 bit, its octets given in portions.
enum Conversion {
    static func plan(
        _ bytes: [UInt8], for target: ConversionSurvey.Target = .sevenBit, portion: Int = 1 << 16
    ) throws(ConversionFailure) -> ConversionPlan {
        var survey = ConversionSurvey(size: bytes.count, for: target)
        while let range = try survey.wanted(atMost: portion) {
            bytes.withUnsafeBytes { survey.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
        return survey.finish()
    }

    static func convert(
        _ bytes: [UInt8], for target: ConversionSurvey.Target = .sevenBit, portion: Int = 1 << 16
    ) throws(ConversionFailure) -> [UInt8] {
        var writer = ConversionWriter(try plan(bytes, for: target, portion: portion))
        var output: [UInt8] = []
        while let range = writer.wanted(atMost: portion) {
            bytes.withUnsafeBytes { writer.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
            output += writer.takeOutput()
        }
        return output + writer.takeOutput()
    }

    static func convert(_ text: String) -> String {
        do {
            let converted = try convert(Array(text.replacing("\n", with: "\r\n").utf8))
            return String(decoding: converted, as: UTF8.self).replacing("\r\n", with: "\n")
        } catch {
            return "\(error)"
        }
    }

    /// What the leaves of a message stand for.
    static func leaves(_ bytes: [UInt8]) -> [[UInt8]] {
        parsed(bytes).tree.locations.filter { $0.kind == .leaf }.map { leaf in
            var decoder = TransferDecoder(leaf.encoding)
            var content: [UInt8] = []
            bytes.withUnsafeBytes {
                decoder.decode(UnsafeRawBufferPointer(rebasing: $0[leaf.body]), into: &content)
            }
            decoder.finish(into: &content)
            return content
        }
    }
}
