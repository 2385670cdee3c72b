internal import CUnbound
internal import Glibc
internal import Synchronization

/// A context of libunbound: its cache and the thread of its own that asks the servers. Made by one
/// thread, then used by one other alone, the question loop's: hence unchecked.
final class UnboundContext: @unchecked Sendable {
    let handle: OpaquePointer
    /// Readable when there are answers.
    let descriptor: Int32
    private var isClosed = false

    /// Making and deleting contexts touches globals of libunbound that no lock of its own guards.
    private static let library = Mutex<Void>(())

    init(_ configuration: DNSConfiguration, servers: [String], anchorFile: String?)
        throws(DNSConfigurationError)
    {
        let made: Result<OpaquePointer, DNSConfigurationError> = Self.library.withLock { _ in
            Self.make(configuration, servers, anchorFile)
        }
        handle = try made.get()
        descriptor = ub_fd(handle)
    }

    deinit { close() }

    /// Ends libunbound's thread. Questions that are not answered are forgotten: their callbacks are
    /// not called. Nothing else may be called afterwards.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        Self.library.withLock { _ in ub_ctx_delete(handle) }
    }

    // MARK: Making

    private static func make(
        _ configuration: DNSConfiguration, _ servers: [String], _ anchorFile: String?
    ) -> Result<OpaquePointer, DNSConfigurationError> {
        guard let context = ub_ctx_create() else {
            let problem = "libunbound: \(String(cString: strerror(errno)))"
            return .failure(DNSConfigurationError(subject: "", problem: problem))
        }
        do throws(DNSConfigurationError) {
            try setUp(context, configuration, servers, anchorFile)
            return .success(context)
        } catch {
            ub_ctx_delete(context)
            return .failure(error)
        }
    }

    /// Everything must be set before the first question, which makes the settings final.
    private static func setUp(
        _ context: OpaquePointer, _ configuration: DNSConfiguration, _ servers: [String],
        _ anchorFile: String?
    ) throws(DNSConfigurationError) {
        for (option, value) in options(configuration) {
            try check(ub_ctx_set_option(context, option, value), "\(option) \(value)")
        }
        for server in servers {
            try check(ub_ctx_set_fwd(context, server), server, "not an address of a name server")
        }
        if let anchorFile {
            guard access(anchorFile, R_OK) == 0 else {
                throw DNSConfigurationError(
                    subject: anchorFile, problem: String(cString: strerror(errno)))
            }
            try check(ub_ctx_add_ta_file(context, anchorFile), anchorFile)
        }
        try check(ub_ctx_async(context, 1), "")
        // The keys are read now, and libunbound's thread starts: with a question that it answers
        // by itself.
        let problem = anchorFile.map { "libunbound can't begin; are there keys in \($0)?" }
        try check(
            ub_resolve_async(
                context, "localhost.", Int32(DNSRecordType.a.rawValue), 1, nil,
                { _, _, result in ub_resolve_free(result) }, nil),
            "", problem)
    }

    private static func options(_ configuration: DNSConfiguration) -> [(String, String)] {
        let third = max(configuration.cacheBytes / 3, 1 << 16)
        return [
            ("module-config:", configuration.validates ? "validator iterator" : "iterator"),
            ("do-not-query-localhost:", "no"),
            // The library's defaults, 16 and 2, are for programs with a question now and then.
            ("outgoing-range:", "\(min(max(configuration.maximumOutstanding, 1), 256))"),
            ("outgoing-num-tcp:", "32"),
            // Records take twice the room of the messages that refer to them.
            ("msg-cache-size:", "\(third)"),
            ("rrset-cache-size:", "\(2 * third)"),
            ("key-cache-size:", "\(third)"),
            // A server that was silent is tried again after seconds, not after 15 minutes: there
            // may be only this one.
            ("infra-cache-max-rtt:", "4000"),
            ("infra-host-ttl:", "5"),
            // Whether names that RFC 6761 and RFC 8375 keep from the public DNS exist here is
            // for the servers to say, which may know of private zones.
            ("local-zone:", "test. transparent"),
            ("local-zone:", "home.arpa. transparent"),
            ("unblock-lan-zones:", "yes"),
            // Reports to the root of which keys are trusted are the servers' to make.
            ("trust-anchor-signaling:", "no"),
        ]
    }

    private static func check(
        _ status: Int32, _ subject: String, _ problem: String? = nil
    ) throws(DNSConfigurationError) {
        guard status != UB_NOERROR.rawValue else { return }
        throw DNSConfigurationError(
            subject: subject, problem: problem ?? String(cString: ub_strerror(status)))
    }
}
