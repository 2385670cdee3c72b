import CSASL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A name and a password where the library finds them.
private final class SASLIdentity {
    let user: UnsafeMutablePointer<CChar>
    let secret: UnsafeMutablePointer<sasl_secret_t>
    private let secretLength: Int

    /// Nil only for want of memory.
    init?(_ user: String, _ password: String) {
        var password = password
        let made = password.withUTF8 { martlet_sasl_secret($0.baseAddress, $0.count) }
        guard let made, let user = strdup(user) else { return nil }
        secret = made
        self.user = user
        secretLength = password.utf8.count
    }

    deinit {
        explicit_bzero(secret, MemoryLayout<sasl_secret_t>.size + secretLength)
        free(secret)
        free(user)
    }
}

/// What libsasl2 asks a client for. It keeps pointers to what it is told, as long as the
/// connection lives.
final class SASLClientAnswers {
    private let typed: SASLIdentity
    /// As SCRAM has them, which the library leaves to us; nil when SASLprep refuses either.
    private let prepared: SASLIdentity?
    private let authorizationID: UnsafeMutablePointer<CChar>
    private var isScram = false

    /// Nil only for want of memory.
    init?(_ credentials: SASLCredentials) {
        guard let typed = SASLIdentity(credentials.user, credentials.password ?? ""),
            let authorizationID = strdup(credentials.authorizationID)
        else { return nil }
        self.typed = typed
        self.authorizationID = authorizationID
        if let user = ScramPreparation.user(credentials.user),
            let password = credentials.password.flatMap(ScramPreparation.password)
        {
            prepared = SASLIdentity(user, password)
        } else {
            prepared = nil
        }
    }

    deinit { free(authorizationID) }

    var allowsScram: Bool { prepared != nil }

    /// Servers prepare for themselves what PLAIN and LOGIN bring them (RFC 4616 section 2).
    func choose(_ mechanism: SASLMechanism) { isScram = mechanism.scramHash != nil }

    static let callbackCount = 4

    func fill(_ callbacks: UnsafeMutablePointer<sasl_callback_t>) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        callbacks[0] = martlet_sasl_getsimple(UInt(SASL_CB_AUTHNAME), answerName, context)
        callbacks[1] = martlet_sasl_getsimple(UInt(SASL_CB_USER), answerName, context)
        callbacks[2] = martlet_sasl_getsecret(answerSecret, context)
        callbacks[3] = martlet_sasl_list_end()
    }

    fileprivate func name(_ id: Int32) -> UnsafeMutablePointer<CChar> {
        id == SASL_CB_USER ? authorizationID : identity.user
    }

    fileprivate var password: UnsafeMutablePointer<sasl_secret_t> { identity.secret }

    private var identity: SASLIdentity { isScram ? prepared ?? typed : typed }

    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> SASLClientAnswers? {
        context.map { Unmanaged<SASLClientAnswers>.fromOpaque($0).takeUnretainedValue() }
    }
}

private func answerName(
    _ context: UnsafeMutableRawPointer?, _ id: Int32,
    _ result: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ length: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    guard let answers = SASLClientAnswers.of(context), let result else { return SASL_BADPARAM }
    let name = answers.name(id)
    result.pointee = UnsafePointer(name)
    length?.pointee = UInt32(strlen(name))
    return SASL_OK
}

private func answerSecret(
    _ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ id: Int32,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<sasl_secret_t>?>?
) -> Int32 {
    guard let answers = SASLClientAnswers.of(context), let result else { return SASL_BADPARAM }
    result.pointee = answers.password
    return SASL_OK
}
