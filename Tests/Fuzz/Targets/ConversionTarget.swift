import FuzzSupport
import InternetMessage

@testable import DKIM

/// A message on its way to others: to 7 bit, to lines, to ASCII headers, under a signature.
enum ConversionTarget {
    static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        let portion = Int.random(in: 1...200, using: &dice)
        try check(text, .sevenBit, portion)
        try check(text, .lines(asciiHeaders: dice.chance(50)), portion)
        let downgraded = DowngradedHeader.downgrade(text)
        if !text.contains(where: { $0 >= 0x80 }) { try expect(downgraded == text, "an ASCII header stays as it is") }
        let pieces = dice.split(text)
        try expect(eightBit([text]) == eightBit(pieces), "8 bit is found in any pieces")
        try expect(bodyHash([text]) == bodyHash(pieces), "the body's hash does not depend on pieces")
        if let section = try? HeaderSection(text) { _ = try? SignedFields(section) }
    }

    private static func check(
        _ text: [UInt8], _ target: ConversionSurvey.Target, _ portion: Int
    ) throws(Violation) {
        guard let whole = convert(text, target, text.count + 1), let parts = convert(text, target, portion)
        else { return }
        try expect(whole.octets == parts.octets, "the form does not depend on portions")
        try expect(whole.octets.count <= whole.plan.estimatedSize, "the size is not above its estimate")
        if whole.plan.isEmpty { try expect(whole.octets == text, "what needs no other form stays as it is") }
        if case .lines(let asciiHeaders) = target, !whole.plan.isEmpty {
            for getsAll in [false, true] {
                var scanner = LineFormScanner(asciiHeaders: asciiHeaders, getsAll: getsAll)
                text.withUnsafeBytes { scanner.scan($0) }
                try expect(scanner.finish() == .mayNeedOther, "what needs another form is found")
            }
        }
    }

    private static func convert(
        _ text: [UInt8], _ target: ConversionSurvey.Target, _ portion: Int
    ) -> (plan: ConversionPlan, octets: [UInt8])? {
        text.withUnsafeBytes { bytes in
            var survey = ConversionSurvey(size: bytes.count, for: target)
            do throws(ConversionFailure) {
                while let range = try survey.wanted(atMost: portion) {
                    survey.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
                }
            } catch {
                return nil
            }
            let plan = survey.finish()
            var writer = ConversionWriter(plan)
            var output: [UInt8] = []
            while let range = writer.wanted(atMost: portion) {
                writer.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
                output += writer.takeOutput()
            }
            return (plan, output + writer.takeOutput())
        }
    }

    private static func eightBit(_ pieces: [[UInt8]]) -> [Bool] {
        var scanner = EightBitScanner()
        for piece in pieces { piece.withUnsafeBytes { scanner.scan($0) } }
        return [scanner.isInHeader, scanner.isInBody]
    }

    private static func bodyHash(_ pieces: [[UInt8]]) -> [UInt8] {
        var body = RelaxedBody()
        for piece in pieces { piece.withUnsafeBytes { body.update($0) } }
        return body.finish()
    }
}
