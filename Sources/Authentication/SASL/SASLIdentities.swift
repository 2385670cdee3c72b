import CSASL

/// What passes between one exchange and libsasl2's callbacks: the secret to serve, and the names
/// and the password that the mechanism has read. Only touched within calls of the library.
///
/// The names are only ever kept here. The library itself is told the same harmless name for
/// everyone, so it can neither cut, trim nor compare them, nor add a realm; and its plugins'
/// paths for names that it would refuse, some of which leak, are never walked.
final class SASLIdentities {
    /// An `authPassword` value for SCRAM.
    var secret: String?
    private(set) var authenticationID: [UInt8]?
    /// Nil when the client asked for no other identity.
    private(set) var authorizationID: [UInt8]?
    private(set) var password: [UInt8]?

    static func of(_ context: UnsafeMutableRawPointer?) -> SASLIdentities? {
        context.map { Unmanaged<SASLIdentities>.fromOpaque($0).takeUnretainedValue() }
    }

    /// SASL_CB_CANON_USER.
    func canonicalise(_ name: [UInt8], isAuthenticationID: Bool) {
        if isAuthenticationID { authenticationID = name } else { authorizationID = name }
    }

    /// SASL_CB_SERVER_USERDB_CHECKPASS.
    func capture(password: [UInt8]) {
        self.password = password
    }

    static let callbackCount = 3

    /// The callbacks of a connection whose mechanism reports here. `SASLLibrary` finds its way
    /// back through the first one's context.
    func fill(_ callbacks: UnsafeMutablePointer<sasl_callback_t>) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        callbacks[0] = martlet_sasl_canon_user(canonicaliseUser, context)
        callbacks[1] = martlet_sasl_checkpass(capturePassword, context)
        callbacks[2] = martlet_sasl_list_end()
    }
}

private func canonicaliseUser(
    _ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?,
    _ name: UnsafePointer<CChar>?, _ length: UInt32, _ flags: UInt32,
    _ realm: UnsafePointer<CChar>?, _ output: UnsafeMutablePointer<CChar>?, _ capacity: UInt32,
    _ outputLength: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    guard let name, let output, let outputLength, capacity > 1,
        let identities = SASLIdentities.of(context)
    else { return SASL_BADPARAM }
    identities.canonicalise(
        Array(UnsafeRawBufferPointer(start: name, count: Int(length))),
        isAuthenticationID: flags & UInt32(SASL_CU_AUTHID) != 0)
    output[0] = CChar(bitPattern: UInt8(ascii: "*"))
    output[1] = 0
    outputLength.pointee = 1
    return SASL_OK
}

/// Says yes to every password: it is verified once the library has returned, without holding up a
/// thread.
private func capturePassword(
    _ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?,
    _ user: UnsafePointer<CChar>?, _ password: UnsafePointer<CChar>?, _ length: UInt32,
    _ properties: OpaquePointer?
) -> Int32 {
    guard let password, let identities = SASLIdentities.of(context) else { return SASL_BADPARAM }
    identities.capture(
        password: Array(UnsafeRawBufferPointer(start: password, count: Int(length))))
    return SASL_OK
}
