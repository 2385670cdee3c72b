import InternetMessage

/// SASLprep (RFC 4013): the one form of user names and passwords in which they are compared, however
/// a keyboard or a system spells them.
///
/// Text is prepared as a query (RFC 3454 section 7): characters that Unicode 3.2 did not know are let
/// through.
enum SASLprep {
    /// Nil when the text holds a prohibited character or breaks the rule for scripts written from
    /// right to left. What is left may be empty. ASCII without control characters stays as it is.
    ///
    /// - Parameter inAnyDirection: without that rule.
    static func prepare(_ text: String, inAnyDirection: Bool = false) -> String? {
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var mapped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            // Section 2.1. U+200B is in both lists; the first of them counts.
            if StringprepTable.spaces.contains(scalar) {
                mapped.append(" ")
            } else if !StringprepTable.mappedToNothing.contains(scalar) {
                mapped.append(scalar)
            }
        }
        let prepared = CompatibilityForm.composed(String(mapped))
        let scalars = prepared.unicodeScalars
        guard !scalars.contains(where: StringprepTable.isProhibited),
            inAnyDirection || isWellDirected(scalars)
        else { return nil }
        return prepared
    }

    /// RFC 3454 section 6: with a character from right to left there is none from left to right, and
    /// such ones stand first and last.
    private static func isWellDirected(_ scalars: String.UnicodeScalarView) -> Bool {
        guard scalars.contains(where: StringprepTable.rightToLeft.contains) else { return true }
        guard let first = scalars.first, let last = scalars.last else { return true }
        return StringprepTable.rightToLeft.contains(first)
            && StringprepTable.rightToLeft.contains(last)
            && !scalars.contains(where: StringprepTable.leftToRight.contains)
    }
}
