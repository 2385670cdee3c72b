/// Commands of any state and those before login.
extension CommandParser {
    // login = "LOGIN" SP userid SP password       ; userid = astring, password = astring
    /// UTF-8 in quoted strings is taken: there is no way to enable it before login.
    mutating func login() throws(ParseFailure) -> IMAPCommand {
        let user = try text(try astring("a user name", lenient: true))
        try space()
        return .login(user: user, password: try astring("a password", lenient: true))
    }

    // authenticate     = "AUTHENTICATE" SP auth-type [SP initial-resp]
    // auth-type        = atom
    // initial-resp     = base64 / "="                                  (RFC 4959)
    mutating func authenticate() throws(ParseFailure) -> IMAPCommand {
        let mechanism = try upperCaseAtom("the name of a SASL mechanism")
        guard skipSpace(), !isAtEnd else {
            return .authenticate(mechanism: mechanism, initialResponse: nil)
        }
        let response = take(while: \.isAtomCharacter)
        guard !response.isEmpty else { throw expected("an initial response in base 64") }
        return .authenticate(mechanism: mechanism, initialResponse: Array(response))
    }

    // id             = "ID" SP id-params-list                          (RFC 2971)
    // id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
    mutating func id() throws(ParseFailure) -> IMAPCommand {
        if skip(word: "NIL") { return .id([]) }
        return .id(
            try list("a list of names and values, or NIL", allowsEmpty: true) {
                parser throws(ParseFailure) in
                let name = try parser.astring("the name of a field", lenient: true)
                try parser.space()
                let value = try parser.nstring("the value of a field, or NIL")
                return IDField(
                    name: String(decoding: name, as: UTF8.self),
                    value: value.map { String(decoding: $0, as: UTF8.self) })
            })
    }

    // enable = "ENABLE" 1*(SP capability)
    mutating func enable() throws(ParseFailure) -> IMAPCommand {
        var names: [String] = []
        repeat {
            guard names.count < limits.maximumListLength else { throw tooMuch("list too long") }
            names.append(try upperCaseAtom("the name of a capability"))
        } while skipSpace() && !isAtEnd
        return .enable(names)
    }
}
