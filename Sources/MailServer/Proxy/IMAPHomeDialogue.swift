internal import MailModel
internal import NIOCore

/// A login at an IMAP server (RFC 9051 section 6.2).
struct IMAPHomeDialogue: HomeDialogue {
    private enum Phase { case greeting, startTLS, capability, authentication, loggedIn }

    private let startsTLS: Bool
    private let response: String
    private var phase = Phase.greeting
    private var capabilities = ""
    private var isResponseSent = false

    /// - Parameter message: of PLAIN.
    init(startsTLS: Bool, message: [UInt8]) {
        self.startsTLS = startsTLS
        response = Base64.encode(message)
    }

    mutating func take(_ line: String, _ output: inout ByteBuffer) -> HomeStep {
        if let capabilities = Self.capabilities(in: line) { self.capabilities = capabilities }
        let upper = line.uppercased()
        switch phase {
        case .greeting: return takeGreeting(line, upper, &output)
        case .authentication where upper.hasPrefix("+"): return sendResponse(&output)
        case _ where upper.hasPrefix("* BYE"): return .failed(HomeFailure(.unavailable, line))
        default: break
        }
        guard upper.hasPrefix(Self.tag + " ") else { return .read }
        let isPositive = upper.hasPrefix(Self.tag + " OK")
        switch phase {
        case .greeting: return .read
        case .startTLS:
            return isPositive ? .startTLS : .failed(HomeFailure(.unavailable, "STARTTLS: \(line)"))
        case .capability:
            guard isPositive else { return .failed(HomeFailure(.unavailable, line)) }
            return authenticate(&output)
        case .authentication:
            guard isPositive else { return .failed(Self.refusal(line, upper)) }
            // Those from before the login are not the whole.
            if let capabilities = Self.capabilities(in: line) { return .loggedIn(capabilities) }
            phase = .loggedIn
            command("CAPABILITY", &output)
            return .read
        case .loggedIn:
            return isPositive
                ? .loggedIn(capabilities) : .failed(HomeFailure(.unavailable, line))
        }
    }

    mutating func tlsEstablished(_ output: inout ByteBuffer) { askCapabilities(&output) }

    // MARK: - Steps

    private static let tag = "A1"

    private func command(_ text: String, _ output: inout ByteBuffer) {
        output.writeString("\(Self.tag) \(text)\r\n")
    }

    private mutating func takeGreeting(
        _ line: String, _ upper: String, _ output: inout ByteBuffer
    ) -> HomeStep {
        guard upper.hasPrefix("* OK") else { return .failed(HomeFailure(.unavailable, line)) }
        if startsTLS {
            phase = .startTLS
            command("STARTTLS", &output)
            return .read
        }
        guard capabilities.isEmpty else { return authenticate(&output) }
        askCapabilities(&output)
        return .read
    }

    private mutating func askCapabilities(_ output: inout ByteBuffer) {
        phase = .capability
        capabilities = ""
        command("CAPABILITY", &output)
    }

    private mutating func authenticate(_ output: inout ByteBuffer) -> HomeStep {
        let names = Set(capabilities.uppercased().split(separator: " "))
        guard names.contains("AUTH=PLAIN") else {
            return .failed(HomeFailure(.unavailable, "it does not offer PLAIN"))
        }
        phase = .authentication
        // RFC 4959.
        isResponseSent = names.contains("SASL-IR")
        command("AUTHENTICATE PLAIN" + (isResponseSent ? " \(response)" : ""), &output)
        return .read
    }

    private mutating func sendResponse(_ output: inout ByteBuffer) -> HomeStep {
        guard !isResponseSent else {
            return .failed(HomeFailure(.unavailable, "a challenge out of turn"))
        }
        isResponseSent = true
        output.writeString("\(response)\r\n")
        return .read
    }

    /// Of `* CAPABILITY ...`, or of the response code.
    private static func capabilities(in line: String) -> String? {
        let upper = line.uppercased()
        if upper.hasPrefix("* CAPABILITY ") { return String(line.dropFirst(13)) }
        guard let code = upper.range(of: "[CAPABILITY "),
            let end = line[code.upperBound...].firstIndex(of: "]")
        else { return nil }
        return String(line[code.upperBound..<end])
    }

    private static func refusal(_ line: String, _ upper: String) -> HomeFailure {
        if ["[UNAVAILABLE]", "[SERVERBUG]", "[CONTACTADMIN]"].contains(where: upper.contains) {
            return HomeFailure(.unavailable, line)
        }
        return HomeFailure(
            upper.contains("[LIMIT]") || upper.contains("[INUSE]") ? .inUse : .refused, line)
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? { ranges(of: text).first }
}
