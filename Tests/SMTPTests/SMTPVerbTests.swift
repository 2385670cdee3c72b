import Testing

@testable import SMTP

@Test func everyVerbIsItsOwnName() {
    for verb in SMTPVerb.allCases {
        let name = "\(verb)".uppercased()
        var text = Array(name.utf8)
        let found = text.withUnsafeMutableBytes { bytes in
            var cursor = ByteCursor(UnsafeRawBufferPointer(bytes))
            return SMTPVerb(&cursor)
        }
        #expect(found == verb, "\(name)")
    }
}
