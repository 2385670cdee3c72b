import FuzzSupport

/// Messages as they should not be: nested, cut off, with boundaries at every odd place.
struct BrokenMail {
    private static let boundaries = ["foo", "foobar", "foo--", "b", "x y", "=_1"]
    private static let types = [
        "text/plain", "text/html; charset=utf-8", "TEXT/plain; charset=\"iso-8859-1\"",
        "image/png; name=\"a.png\"", "message/rfc822", "multipart/digest; boundary=%", "garbage",
        "multipart/mixed; boundary=\"%\"", "multipart/alternative;\r\n boundary=\"%\"",
        "multipart/related", "multipart/mixed; boundary=\"%", "/", "text", "message/global", "text/",
    ]
    private static let fields = [
        "From: Alice <alice@example.org>", "To: undisclosed-recipients:;", "Subject: a  b\r\n\tc",
        "Subject: caf\u{e9}", "Content-Transfer-Encoding: base64", "Content-Disposition: inline",
        "no field at all", "MIME-Version: 1.0", "Content-ID: <a@b>", "X: \0", "Date: now",
    ]
    private static let lines = [
        "line", "", "-", "--", "--nope", "--foo", "--foobar", "x--foo", "\r", "tail  ", "--b",
        "--foo--", "--x y", "\0", "--foo--bar", "--foobar--",
    ]

    var generator: Dice

    init(seed: UInt64) { generator = Dice(seed: seed) }

    mutating func message() -> [UInt8] { Array(part(depth: 0).utf8) }

    private mutating func chance(_ share: Double) -> Bool {
        Double.random(in: 0..<1, using: &generator) < share
    }

    private mutating func lineEnd() -> String { chance(0.9) ? "\r\n" : "\n" }

    private mutating func body() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            text += Self.lines.randomElement(using: &generator)! + lineEnd()
        }
        return text + (chance(0.3) ? "end" : "")
    }

    private mutating func part(depth: Int) -> String {
        let boundary = Self.boundaries.randomElement(using: &generator)!
        var type = ""
        var text = ""
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            text += Self.fields.randomElement(using: &generator)! + lineEnd()
        }
        if chance(0.8) {
            type = Self.types.randomElement(using: &generator)!
            if chance(0.4) { type = "multipart/mixed; boundary=\"%\"" }
            if let place = type.firstIndex(of: "%") { type.replaceSubrange(place...place, with: boundary) }
            text += "Content-Type: " + type + lineEnd()
        }
        if chance(0.9) { text += lineEnd() }
        guard depth < 6 else { return text + body() }
        if type.hasPrefix("message/") { return text + part(depth: depth + 1) }
        guard type.hasPrefix("multipart/") else { return text + body() }
        if chance(0.4) { text += body() }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            if chance(0.8) { text += lineEnd() }
            text += "--" + boundary + (chance(0.8) ? "" : "junk") + lineEnd() + part(depth: depth + 1)
        }
        if chance(0.7) { text += lineEnd() + "--" + boundary + "--" + (chance(0.8) ? lineEnd() : "") }
        return text + (chance(0.3) ? body() : "")
    }
}
