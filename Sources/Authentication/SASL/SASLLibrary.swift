import CSASL
import Logging
import Synchronization

/// libsasl2, set up once for the process, both sides of it: which of its plugins and options are in
/// use, and our plugin for properties. It reads no configuration file and has no store of users of
/// its own.
enum SASLLibrary {
    /// What the library's set-up said; it is done once, on first use.
    private static let initialised: Int32 = {
        martlet_sasl_use_mutexes()
        // The library keeps these pointers for ever, the name's too.
        let callbacks = UnsafeMutablePointer<sasl_callback_t>.allocate(capacity: 4)
        callbacks[0] = martlet_sasl_getopt(answerOption, nil)
        callbacks[1] = martlet_sasl_verifyfile(mayLoad, nil)
        callbacks[2] = martlet_sasl_log(logMessage, nil)
        callbacks[3] = martlet_sasl_list_end()
        let status = sasl_server_init(callbacks, applicationName.cString)
        guard status == SASL_OK else { return status }
        // libldap does the same later, and has no other plugins then.
        let clientStatus = sasl_client_init(callbacks)
        guard clientStatus == SASL_OK else { return clientStatus }
        return sasl_auxprop_add_plugin(propertyPlugin.cString, addPropertyPlugin)
    }()

    /// The library's own messages outside of exchanges go to the first logger it was started with.
    private static let logger = Mutex<Logger?>(nil)

    /// Nil when the library is ready, else its reason not to be.
    static func start(logger: Logger) -> String? {
        Self.logger.withLock { $0 = $0 ?? logger }
        return fault
    }

    /// Why the library is not ready, without a logger for it.
    static var fault: String? {
        guard initialised != SASL_OK else { return nil }
        return String(cString: sasl_errstring(initialised, nil, nil))
    }

    fileprivate static func log(_ level: Int32, _ message: String) {
        guard let logger = logger.withLock({ $0 }) else { return }
        logger.log(
            level: level == SASL_LOG_ERR ? .warning : .debug, "SASL library: \(message.printable)")
    }
}

private let applicationName: StaticString = "martlet"
private let propertyPlugin: StaticString = "martlet"

/// C strings that live as long as the process, since the library keeps what it is answered.
private let options: [(name: String, value: StaticString)] = [
    ("auxprop_plugin", propertyPlugin),
    ("mech_list", "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN EXTERNAL"),
    ("canon_user_plugin", "INTERNAL"),
    ("auto_transition", "no"),
    // Which method counts is not asked: the checkpass callback always answers first.
    ("pwcheck_method", "auxprop"),
]

extension StaticString {
    fileprivate var cString: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// SASL_CB_GETOPT: what a configuration file would hold.
private func answerOption(
    _ context: UnsafeMutableRawPointer?, _ plugin: UnsafePointer<CChar>?,
    _ name: UnsafePointer<CChar>?, _ result: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ length: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    guard let name, let result,
        let option = options.first(where: { $0.name == String(cString: name) })
    else { return SASL_FAIL }
    result.pointee = option.value.cString
    length?.pointee = UInt32(option.value.utf8CodeUnitCount)
    return SASL_OK
}

/// SASL_CB_VERIFYFILE, asked before each file is read: only the plugins of the mechanisms we offer
/// are loaded, others bring user databases, LDAP and Kerberos into the process; and no
/// configuration file is read.
private func mayLoad(
    _ context: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ type: sasl_verify_type_t
) -> Int32 {
    guard type == SASL_VRFY_PLUGIN, let file else { return SASL_CONTINUE }
    let path = String(cString: file)
    let name = path.split(separator: "/").last ?? path[...]
    return ["libscram.", "libplain.", "liblogin."].contains { name.hasPrefix($0) }
        ? SASL_OK : SASL_CONTINUE
}

/// SASL_CB_LOG. From SASL_LOG_DEBUG on messages may carry what clients sent, and SASL_LOG_PASS
/// carries passwords: those are dropped.
private func logMessage(
    _ context: UnsafeMutableRawPointer?, _ level: Int32, _ message: UnsafePointer<CChar>?
) -> Int32 {
    if let message, level <= SASL_LOG_NOTE { SASLLibrary.log(level, String(cString: message)) }
    return SASL_OK
}

private func addPropertyPlugin(
    _ utilities: UnsafePointer<sasl_utils_t>?, _ maximum: Int32,
    _ version: UnsafeMutablePointer<Int32>?,
    _ plugin: UnsafeMutablePointer<UnsafeMutablePointer<sasl_auxprop_plug_t>?>?,
    _ name: UnsafePointer<CChar>?
) -> Int32 {
    guard maximum >= SASL_AUXPROP_PLUG_VERSION, let version, let plugin else {
        return SASL_BADVERS
    }
    // The library keeps it for ever.
    let entry = UnsafeMutablePointer<sasl_auxprop_plug_t>.allocate(capacity: 1)
    entry.initialize(to: sasl_auxprop_plug_t())
    entry.pointee.auxprop_lookup = serveSecret
    entry.pointee.name = UnsafeMutablePointer(mutating: propertyPlugin.cString)
    version.pointee = SASL_AUXPROP_PLUG_VERSION
    plugin.pointee = entry
    return SASL_OK
}

/// Hands the exchange's own secret to the mechanism. It was fetched before, so nothing waits
/// here. Every user "exists": whether he does is decided after the mechanism.
private func serveSecret(
    _ context: UnsafeMutableRawPointer?, _ parameters: UnsafeMutablePointer<sasl_server_params_t>?,
    _ flags: UInt32, _ user: UnsafePointer<CChar>?, _ length: UInt32
) -> Int32 {
    guard let parameters, flags & UInt32(SASL_AUXPROP_AUTHZID) == 0,
        let callbacks = parameters.pointee.callbacks,
        let secret = SASLIdentities.of(callbacks.pointee.context)?.secret
    else { return SASL_OK }
    return prop_set(parameters.pointee.propctx, "*authPassword", secret, -1)
}

extension String {
    /// For log lines: anything but printable ASCII is replaced, and the length bounded.
    var printable: String {
        String(decoding: utf8.prefix(256).map { (0x20...0x7e).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }
}
