/// A name that a client gives for an account, its own or the one to act as.
enum LoginName {
    /// Octets.
    static let maximumLength = 512
    /// For the log.
    static let refusal = "login is blank, too long, or has characters that SASLprep refuses"

    /// The form in which the directory is asked for it: RFC 4616 section 2, RFC 5802 section 5.1 and,
    /// for POP3 with UTF8, RFC 6856 section 2.2; for whom to act as, RFC 4954 section 4 and RFC 5034
    /// section 4.
    ///
    /// Nil when the name is not worth a look-up: empty, blank, too long, or what SASLprep refuses,
    /// such as control characters.
    static func prepared(_ name: String) -> String? {
        guard name.utf8.count <= maximumLength, let prepared = SASLprep.prepare(name),
            prepared.utf8.count <= maximumLength, prepared.utf8.contains(where: { $0 != 0x20 })
        else { return nil }
        return prepared
    }
}

/// A password as it is asked of the directory.
struct PreparedPassword: Sendable {
    /// Octets, as the client sent it.
    static let maximumLength = 1024
    /// For the log.
    static let refusal = "password is empty, too long, not UTF-8 where it must be, or has characters that SASLprep refuses"

    /// As the client sent it.
    let typed: [UInt8]
    /// By SASLprep. It is what goes over the wire in a simple bind (RFC 4511 section 4.2).
    let prepared: [UInt8]

    /// Nil when there can be no such password: empty, too long, or what SASLprep refuses, but for its
    /// rule for the direction of text: Hebrew and Arabic passwords with a digit at one end break it and
    /// are in use. What looks alike deceives nobody where nothing is shown.
    ///
    /// Octets that are no UTF-8 (old clients send ISO 8859-1) are compared as they are, as a simple bind
    /// does (RFC 4513 section 5.1.3).
    /// - Parameter mustBeText: no such octets, by the rule of the mechanism (PLAIN: RFC 4616 section 2).
    init?(_ typed: [UInt8], mustBeText: Bool = false) {
        guard typed.count <= Self.maximumLength else { return nil }
        guard let text = String(validating: typed, as: UTF8.self) else {
            if mustBeText || typed.contains(0) { return nil }
            (self.typed, prepared) = (typed, typed)
            return
        }
        guard let prepared = SASLprep.prepare(text, inAnyDirection: true), !prepared.isEmpty
        else { return nil }
        self.typed = typed
        self.prepared = Array(prepared.utf8)
    }

    /// Preparation has changed it, which few passwords have to fear.
    var isChanged: Bool { typed != prepared }
}

/// A user name and a password as a client of SCRAM has them (RFC 5802 sections 2.2 and 5.1): whoever typed
/// them, the server's keys are made of this form.
package enum ScramPreparation {
    /// Nil when there can be no such name: SASLprep refuses it, or nothing is left of it.
    package static func user(_ name: String) -> String? {
        SASLprep.prepare(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The same, in any direction of text: see `PreparedPassword`.
    package static func password(_ text: String) -> String? {
        SASLprep.prepare(text, inAnyDirection: true).flatMap { $0.isEmpty ? nil : $0 }
    }
}
