import FuzzSupport
import MailModel

@testable import Authentication

/// Our own part of SASL: base 64, SCRAM's first message, secrets of the directory.
enum SASLTarget {
    static let words = FuzzSupport.words([
        "n,,n=user,r=abc", "y,,", "p=tls-exporter,,", "p=tls-server-end-point,a=x,", "n,a=other,n=u=2Cv=3D,r=x", "n=", "r=", "a=", "=2C", "=3D", ",", "=", "m=x,",
        "AGEAYg==", "AA==", "AAA=", "AB==", "====", "SCRAM-SHA-256", "SCRAM-SHA-1", "$", ":", "4096", "-1", "2147483648", " $ ",
        "SCRAM-SHA-256$4096:QSXCR+Q6sek8bf92$qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=:qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=",
        "\0", "\u{e9}", " ",
    ])

    static func check(_ text: [UInt8], _: inout Dice) throws(Violation) {
        if let decoded = Base64.decode(text) {
            try expect(Base64.encode(decoded).utf8.elementsEqual(text), "base 64 has one spelling")
        }
        try expect(Base64.decode(Base64.encode(text).utf8) == text, "base 64 keeps octets")
        if let first = ScramClientFirst(text) {
            try expect(text.starts(with: first.gs2Header) && !first.login.isEmpty, "the first message begins with its header")
        }
        if let secret = ScramSecret(authPassword: String(decoding: text, as: UTF8.self)) {
            try expect(ScramSecret(authPassword: secret.authPassword) == secret, "a secret is read as it is written")
        }
    }
}
