internal import MailModel
internal import NIOCore
internal import POP3

/// A login at a POP3 server (RFC 1939, RFC 5034).
struct POP3HomeDialogue: HomeDialogue {
    private enum Phase { case greeting, startTLS, utf8, authentication }

    private let startsTLS: Bool
    private let isUTF8: Bool
    private let response: String
    private var phase = Phase.greeting
    private var isResponseSent = false

    /// - Parameters:
    ///   - isUTF8: the client has asked for it (RFC 6856).
    ///   - message: of PLAIN.
    init(startsTLS: Bool, isUTF8: Bool, message: [UInt8]) {
        self.startsTLS = startsTLS
        self.isUTF8 = isUTF8
        response = Base64.encode(message)
    }

    mutating func take(_ line: String, _ output: inout ByteBuffer) -> HomeStep {
        let isPositive = line.hasPrefix("+OK")
        switch phase {
        case .greeting where isPositive && startsTLS:
            phase = .startTLS
            output.writeStaticString("STLS\r\n")
            return .read
        case .greeting where isPositive:
            begin(&output)
            return .read
        case .startTLS where isPositive:
            return .startTLS
        // Without the mode, headers come as they are all the same, or are mended.
        case .utf8:
            authenticate(&output)
            return .read
        case .authentication where isPositive:
            return .loggedIn(String(line.dropFirst(4)))
        case .authentication where line.hasPrefix("+") && !isResponseSent:
            isResponseSent = true
            output.writeString("\(response)\r\n")
            return .read
        case .authentication: return .failed(Self.refusal(line))
        case .greeting, .startTLS: return .failed(HomeFailure(.unavailable, line))
        }
    }

    mutating func tlsEstablished(_ output: inout ByteBuffer) { begin(&output) }

    private mutating func begin(_ output: inout ByteBuffer) {
        guard isUTF8 else { return authenticate(&output) }
        phase = .utf8
        output.writeStaticString("UTF8\r\n")
    }

    private mutating func authenticate(_ output: inout ByteBuffer) {
        phase = .authentication
        let line = "AUTH PLAIN \(response)\r\n"
        isResponseSent = line.utf8.count <= POP3SessionConfiguration.maximumLineLength
        output.writeString(isResponseSent ? line : "AUTH PLAIN\r\n")
    }

    /// RFC 2449 section 8, RFC 3206.
    private static func refusal(_ line: String) -> HomeFailure {
        let upper = line.uppercased()
        if upper.hasPrefix("-ERR [SYS/") { return HomeFailure(.unavailable, line) }
        return HomeFailure(upper.hasPrefix("-ERR [IN-USE]") ? .inUse : .refused, line)
    }
}
