internal import IMAP
internal import MailModel
internal import NIOCore

/// An IMAP client, as much of one as moving mail needs. Blocking; used by one thread.
final class IMAPClient {
    struct Place {
        var host: String
        var port: Int
        /// From the first octet; else STARTTLS is required.
        var implicitTLS: Bool
        /// A PEM file of CAs; nil: the system's.
        var authorities: String?
        /// Off only when the user says so.
        var verifiesCertificate = true
    }

    private static let outputSize = 64 * 1024

    private let socket: ClientSocket
    private var reader: ResponseReader
    private var lastTag = 0
    /// Waits until it is worth a system call, or until an answer is wanted.
    private var output = ByteBuffer()
    private(set) var capabilities: Set<String> = []

    init(_ place: Place) throws(MigrationError) {
        socket = try ClientSocket(host: place.host, port: place.port)
        if place.implicitTLS { try Self.secure(socket, place) }
        reader = ResponseReader(socket)
        try greet()
        guard !place.implicitTLS else { return }
        try perform("STARTTLS")
        guard !reader.hasUnreadInput else {
            throw MigrationError("\(place.host): it sent more before TLS than it may")
        }
        try Self.secure(socket, place)
        reader = ResponseReader(socket)
        try perform("CAPABILITY")
    }

    /// A server's local socket, which lets its owner act for anybody.
    init(socketPath: String, account: String) throws(MigrationError) {
        socket = try ClientSocket(path: socketPath)
        reader = ResponseReader(socket)
        try greet()
        do throws(MigrationError) {
            try perform(
                "AUTHENTICATE EXTERNAL \(Base64.encode(Array(account.utf8)))", shown: "the server says")
        } catch {
            throw error.isOfOneMessage ? .refusedAccount(account, error.description) : error
        }
        try perform("CAPABILITY")
    }

    private static func secure(_ socket: ClientSocket, _ place: Place) throws(MigrationError) {
        try socket.startTLS(
            name: place.host, authorities: place.authorities, verifies: place.verifiesCertificate)
    }

    private func greet() throws(MigrationError) {
        let greeting = try reader.read()
        guard greeting.tag == "*", ["OK", "PREAUTH"].contains(greeting.keyword) else {
            throw MigrationError("the server refuses: \(greeting.humanText)")
        }
    }

    func logIn(user: String, password: String) throws(MigrationError) {
        if capabilities.isEmpty { try perform("CAPABILITY") }
        let plain = Base64.encode([0] + Array(user.utf8) + [0] + Array(password.utf8))
        if capabilities.contains("AUTH=PLAIN"), capabilities.contains("SASL-IR") {
            try perform("AUTHENTICATE PLAIN \(plain)", shown: "AUTHENTICATE PLAIN")
        } else {
            var command = ByteBuffer()
            command.writeStaticString("LOGIN ")
            command.writeIMAPQuoted(user)
            command.writeStaticString(" ")
            command.writeIMAPQuoted(password)
            try perform(command, shown: "LOGIN")
        }
        try perform("CAPABILITY")
    }

    // MARK: Commands

    @discardableResult
    func perform(
        _ command: String, shown: String? = nil,
        _ untagged: (ServerResponse) throws(MigrationError) -> Void = { _ in },
        sink: ResponseReader.LiteralSink? = nil
    ) throws(MigrationError) -> ServerResponse {
        try perform(ByteBuffer(string: command), shown: shown ?? command, untagged, sink: sink)
    }

    /// Sends a command and reads up to its tagged answer, which must be OK.
    @discardableResult
    func perform(
        _ command: ByteBuffer, shown: String,
        _ untagged: (ServerResponse) throws(MigrationError) -> Void = { _ in },
        sink: ResponseReader.LiteralSink? = nil
    ) throws(MigrationError) -> ServerResponse {
        let tag = nextTag()
        var line = ByteBuffer(string: tag + " ")
        line.writeImmutableBuffer(command)
        line.writeStaticString("\r\n")
        try send(line)
        return try answer(to: tag, shown, untagged, sink: sink)
    }

    func nextTag() -> String {
        lastTag += 1
        return "A\(lastTag)"
    }

    func send(_ bytes: ByteBuffer) throws(MigrationError) {
        output.writeImmutableBuffer(bytes)
        if output.readableBytes >= Self.outputSize { try flush() }
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws(MigrationError) {
        guard bytes.count < Self.outputSize else {
            try flush()
            try socket.write(bytes)
            return
        }
        output.writeBytes(bytes)
        if output.readableBytes >= Self.outputSize { try flush() }
    }

    private func flush() throws(MigrationError) {
        var failure: MigrationError?
        output.withUnsafeReadableBytes { bytes in
            do throws(MigrationError) { try socket.write(bytes) } catch { failure = error }
        }
        output.clear()
        if let failure { throw failure }
    }

    @discardableResult
    func answer(
        to tag: String, _ shown: String,
        _ untagged: (ServerResponse) throws(MigrationError) -> Void = { _ in },
        sink: ResponseReader.LiteralSink? = nil
    ) throws(MigrationError) -> ServerResponse {
        try flush()
        while true {
            let response = try reader.read(sink: sink)
            if response.tag == tag {
                guard response.keyword == "OK" else {
                    throw MigrationError(
                        "\(shown): \(response.keyword) \(response.humanText)", isOfOneMessage: true)
                }
                return response
            }
            if response.tag == "+" { continue }
            switch response.keyword {
            case "CAPABILITY":
                capabilities = Set(response.values.dropFirst().compactMap { $0.text?.uppercased() })
            case "BYE" where shown != "LOGOUT":
                throw MigrationError("the server ends the session: \(response.humanText)")
            default: try untagged(response)
            }
        }
    }

    func logOut() {
        // Whatever comes of it, everything before it was answered.
        _ = try? perform("LOGOUT")
    }
}

extension IMAPClient {
    /// A mailbox's name as it goes over the wire.
    static func quoted(_ mailbox: String) -> String {
        var name = ByteBuffer()
        name.writeIMAPMailbox(mailbox, utf8: false)
        return String(buffer: name)
    }
}

extension MigrationError {
    /// - Parameter reply: the server's.
    fileprivate static func refusedAccount(_ account: String, _ reply: String) -> MigrationError {
        let address = account.contains("@") ? account : "ADDRESS"
        let advice =
            reply.contains("[UNAVAILABLE]")
            ? "its directory or home server does not answer now: see martlet check"
            : "no user of the directory has this login or address, or may not log in: "
                + "see martlet explain \(address)"
        return MigrationError("account “\(account)”: \(advice) (\(reply))")
    }
}
