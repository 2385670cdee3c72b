internal import CCurl

/// One GET by libcurl, which blocks its thread.
final class PolicyTransfer {
    /// RFC 8461 section 3.3 asks for a limit and suggests this one.
    private static let sizeLimit = 64 * 1024
    /// Leaves time for a host's next address.
    private static let connectSeconds = 15
    private static let library = martlet_curl_initialize()

    private let isStopped: () -> Bool
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(isStopped: @escaping () -> Bool) { self.isStopped = isStopped }

    func run(
        host: String, port: UInt16, addresses: [String], authorities: String?, within time: Duration
    ) -> Result<[UInt8], PolicyFetchError> {
        guard Self.library == CURLE_OK, let curl = curl_easy_init() else {
            return .failure(.failed("libcurl does not start"))
        }
        defer { curl_easy_cleanup(curl) }
        // The names that libcurl would look up otherwise.
        let resolved = curl_slist_append(nil, "\(host):\(port):" + addresses.joined(separator: ","))
        defer { curl_slist_free_all(resolved) }
        let milliseconds = time / .milliseconds(1)
        let code = configure(
            curl, url: "https://\(host):\(port)/.well-known/mta-sts.txt",
            milliseconds: max(1, Int(milliseconds)), authorities: authorities, resolved: resolved)
        guard code == CURLE_OK else { return .failure(Self.failure(code)) }
        let result = curl_easy_perform(curl)
        if isTooLarge { return .failure(.tooLarge) }
        guard result == CURLE_OK else { return .failure(Self.failure(result)) }
        return check(curl)
    }

    private func configure(
        _ curl: UnsafeMutableRawPointer, url: String, milliseconds: Int, authorities: String?,
        resolved: UnsafeMutablePointer<curl_slist>?
    ) -> CURLcode {
        let context = Unmanaged.passUnretained(self).toOpaque()
        var codes = [
            martlet_curl_set_text(curl, CURLOPT_URL, url),
            martlet_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "https"),
            martlet_curl_set_text(curl, CURLOPT_PROXY, ""),
            martlet_curl_set_text(curl, CURLOPT_USERAGENT, "martlet"),
            martlet_curl_set_list(curl, CURLOPT_RESOLVE, resolved),
            // Signals are the process's; libcurl would use SIGALRM.
            martlet_curl_set_number(curl, CURLOPT_NOSIGNAL, 1),
            martlet_curl_set_number(curl, CURLOPT_FOLLOWLOCATION, 0),
            martlet_curl_set_number(curl, CURLOPT_SSL_VERIFYPEER, 1),
            martlet_curl_set_number(curl, CURLOPT_SSL_VERIFYHOST, 2),
            martlet_curl_set_number(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
            martlet_curl_set_number(curl, CURLOPT_TIMEOUT_MS, milliseconds),
            martlet_curl_set_number(
                curl, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, Self.connectSeconds * 1000)),
            martlet_curl_set_number(curl, CURLOPT_MAXFILESIZE, Self.sizeLimit),
            martlet_curl_set_writer(curl, takeBody, context),
            martlet_curl_set_progress(curl, watch, context),
        ]
        if let authorities {
            codes.append(martlet_curl_set_text(curl, CURLOPT_CAINFO, authorities))
            codes.append(martlet_curl_set_text(curl, CURLOPT_CAPATH, nil))
        }
        return codes.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    private func check(_ curl: UnsafeMutableRawPointer) -> Result<[UInt8], PolicyFetchError> {
        let status = martlet_curl_status(curl)
        guard status == 200 else { return .failure(.status(status)) }
        let type = martlet_curl_content_type(curl).map { String(cString: $0) } ?? ""
        let essence = type.prefix { $0 != ";" && $0 != " " }
        guard essence.lowercased() == "text/plain" else {
            return .failure(.contentType(String(type.prefix(100))))
        }
        return .success(body)
    }

    private static func failure(_ code: CURLcode) -> PolicyFetchError {
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION: return .untrusted(reason)
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge
        case CURLE_ABORTED_BY_CALLBACK: return .busy
        default: return .failed(reason)
        }
    }

    /// False ends the transfer.
    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= Self.sizeLimit else {
            isTooLarge = true
            return false
        }
        body += bytes
        return true
    }

    fileprivate var mustEnd: Bool { isStopped() }
}

/// libcurl's write callback: another number than that of the octets ends the transfer.
private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let transfer = Unmanaged<PolicyTransfer>.fromOpaque(context!).takeUnretainedValue()
    return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// libcurl's progress callback, about once a second and more often while octets arrive.
private func watch(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    Unmanaged<PolicyTransfer>.fromOpaque(context!).takeUnretainedValue().mustEnd ? 1 : 0
}
