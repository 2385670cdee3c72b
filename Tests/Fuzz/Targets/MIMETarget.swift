import FuzzSupport
import IMAP
import InternetMessage

/// A message's structure and text, and how IMAP shows them.
enum MIMETarget {
    static let words = FuzzSupport.words([
        "MIME-Version: 1.0\r\n", "Content-Type: ", "text/plain", "text/html; charset=utf-8", "; charset=\"iso-8859-1\"",
        "; charset=utf-7", "; charset=iso-2022-jp", "; charset=utf-16", "; name*0*=utf-8''%e2; name*1=b", "; boundary=b", "; boundary=\"x y\"",
        "multipart/mixed; boundary=b\r\n", "multipart/digest; boundary=\"=_1\"\r\n", "multipart/alternative;\r\n boundary=bb\r\n",
        "message/rfc822\r\n", "message/global\r\n", "message/delivery-status\r\n", "image/png; name=a.png\r\n",
        "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n", "Content-Transfer-Encoding: binary\r\n",
        "Content-Transfer-Encoding: 8bit\r\n", "Content-Disposition: attachment; filename=x\r\n", "Content-ID: <a@b>\r\n",
        "Content-Language: de, en\r\n", "Content-MD5: x\r\n", "Content-Location: u\r\n", "Content-Description: caf\u{e9}\r\n",
        "From: \"A\" <a@b>\r\n", "To: g: a@b, c@d;\r\n", "Subject: Re: [x] =?utf-8?q?=C3=A9?= (fwd)\r\n", "References: <a@b> <c@d>\r\n",
        "In-Reply-To: <x@y>\r\n", "Message-ID: <z@z>\r\n", "Date: Mon, 1 Jan 2024 00:00:00 +0100\r\n", "\r\n", "\r\n\r\n", "\n", "\r", "--b\r\n", "--b--\r\n",
        "--bb\r\n", "--=_1\r\n", "--", "=", "=\r\n", "=E9", "SGVsbG8=", "PGI+", "<p>", "</p>", "<style>", "<!--", "-->", "&amp;", "&#x1f600;", "&#", ";",
        "\u{1b}$B", "\u{1b}(B", "+AOk-", "\0", "\u{e9}", "\u{1f600}", "text ", " ", "\t", "(", ")", "\\", "\"",
    ])

    static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        let message = parsed([text])
        let tree = message.tree
        try expect(parsed(dice.split(text)).tree == tree, "the structure does not depend on pieces")
        try checkStructure(message, text)
        let keys = MessageKeys(message)
        try expect(MessageKeys(decoding: keys.encoded) == keys, "keys are read as they are written")
        _ = keys.values
        let portion = Int.random(in: 1...200, using: &dice)
        let read = texts(tree, text, portion)
        let again = texts(tree, text, text.count + 1)
        try expect(read.text == again.text, "text does not depend on portions")
        try expect(read.preview == again.preview, "the preview does not depend on portions")
        try expect(
            (read.preview?.unicodeScalars.count ?? 0) <= PreviewReader.maximumCharacters, "the preview is short")
        let facts = MessageFacts(describing: message, preview: read.preview)
        guard let decoded = MessageFacts(decoding: facts.encoded) else { throw Violation("facts can be read") }
        try expect(decoded.parts == tree && Array(decoded.envelope) == Array(facts.envelope), "facts are read as they are written")
        for part in [[], [1], [2], [1, 1], [1, 2], [1, 1, 1], [0], [3, 1]] { _ = decoded.section(part) }
        // What a damaged disk may hold.
        var damaged = facts.encoded
        dice.mutate(&damaged)
        if let facts = MessageFacts(decoding: damaged) {
            _ = (Array(facts.envelope), Array(facts.bodyStructure), facts.preview.map { Array($0) }, facts.section([1]))
        }
        damaged = keys.encoded
        dice.mutate(&damaged)
        _ = MessageKeys(decoding: damaged)?.values
    }

    static func parsed(_ pieces: [[UInt8]]) -> MIMEMessage {
        var parser = MIMEParser()
        for piece in pieces { piece.withUnsafeBytes { parser.append($0) } }
        return parser.finish()
    }

    private static func checkStructure(_ message: MIMEMessage, _ text: [UInt8]) throws(Violation) {
        try expect(
            message.parts[0].header.lowerBound == 0 && message.parts[0].body.upperBound == text.count,
            "the first part is the message")
        for (index, part) in message.parts.enumerated() {
            try expect(part.header.upperBound == part.body.lowerBound, "a body follows its header")
            var position = part.body.lowerBound
            for child in message.children(of: index) {
                try expect(message.parts[child].header.lowerBound >= position, "parts lie behind each other")
                position = message.parts[child].body.upperBound
            }
            try expect(position <= part.body.upperBound, "parts lie in theirs")
        }
    }

    private static func texts(_ tree: PartTree, _ bytes: [UInt8], _ portion: Int) -> (text: [UInt8], preview: String?) {
        bytes.withUnsafeBytes { bytes in
            var text: [UInt8] = []
            var reader = MessageTextReader(tree, scope: .all)
            while let range = reader.wanted(atMost: portion) {
                reader.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
                text += reader.takeText()
            }
            var preview = PreviewReader(tree)
            while let range = preview.wanted(atMost: portion) {
                preview.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            return (text + reader.takeText(), preview.finish())
        }
    }
}
