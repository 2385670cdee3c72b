import MailModel
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("\u{0}a\u{0}b", "AGEAYg=="),
    ])
    func roundTrip(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zm8=x", "Zh==", "Zm9=", "Zm9v====",
        "Zm 9v", "Zm9v\n", "Z-_v", "=Zm9", "é===",
    ])
    func refused(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
