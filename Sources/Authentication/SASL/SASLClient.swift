/// The client's side of one authentication exchange, over libsasl2: the best mechanism that both
/// sides know and that is fit for the connection, then answers to the server's challenges. Used by
/// one task at a time; does no I/O.
package final class SASLClient {
    package struct Message: Sendable, Equatable {
        /// Nil only at the start, when the server speaks first.
        package var response: [UInt8]?
        /// Nothing is left to say, and the server has proved itself if the mechanism makes it. A
        /// success that the server claims before is not to be believed.
        package var isComplete: Bool
    }

    package struct Failure: Error, Sendable, Equatable {
        /// For the log.
        package var cause: String
    }

    private let credentials: SASLCredentials
    private let connection: SASLClientConnection
    private let answers: SASLClientAnswers
    private var mechanism: SASLMechanism?
    /// It has said all.
    private var isFinished = false

    /// - Parameter host: the server's name.
    package init(
        _ credentials: SASLCredentials, service: String, host: String
    ) throws(Failure) {
        if let fault = SASLLibrary.fault { throw Failure(cause: fault) }
        guard let answers = SASLClientAnswers(credentials) else {
            throw Failure(cause: "out of memory")
        }
        self.credentials = credentials
        self.answers = answers
        connection = try SASLClientConnection(service: service, host: host, answers)
    }

    /// Chooses one of the mechanisms that the server offers.
    package func start(
        _ offered: [String]
    ) throws(Failure) -> (mechanism: SASLMechanism, message: Message) {
        guard mechanism == nil else { throw Failure(cause: "the exchange has begun already") }
        let known = Set(offered.compactMap(SASLMechanism.init(named:)))
        guard let mechanism = SASLMechanism.allCases.first(where: {
            known.contains($0) && isUsable($0)
        }) else {
            throw Failure(cause: noMechanism(offered))
        }
        self.mechanism = mechanism
        answers.choose(mechanism)
        if mechanism == .external { connection.setExternal(credentials.user) }
        if mechanism.scramHash != nil, let (kind, octets) = credentials.channelBinding {
            connection.setBinding(kind, octets)
        }
        let message = try connection.start(mechanism.rawValue)
        isFinished = message.isComplete
        return (mechanism, message)
    }

    /// The answer to a challenge, both decoded.
    package func step(_ challenge: [UInt8]) throws(Failure) -> Message {
        guard let mechanism, challenge.count <= SASLExchange.maximumResponseLength else {
            throw Failure(cause: "a challenge is too long or out of turn")
        }
        // The library would fail without a word.
        guard !isFinished else {
            throw Failure(cause: "the host wants more than \(mechanism.rawValue) has to say")
        }
        var message = try connection.step(challenge)
        isFinished = message.isComplete
        message.response = message.response ?? []
        return message
    }

    /// What an administrator needs to see what doesn't fit.
    private func noMechanism(_ offered: [String]) -> String {
        let usable = SASLMechanism.allCases.filter(isUsable).map(\.rawValue).joined(separator: " ")
        let names = offered.isEmpty ? "nothing" : offered.joined(separator: " ").printable
        let known = credentials.password == nil ? "without a password" : "with a password"
        var text = "it offers \(names); configured is user \(credentials.user.printable) \(known)"
        text += usable.isEmpty ? "" : ", good for \(usable)"
        if credentials.password != nil, !credentials.mayBeSent {
            text += " (PLAIN and LOGIN only over TLS)"
        }
        if credentials.password != nil, !answers.allowsScram {
            text += " (no SCRAM: SASLprep refuses the user or the password)"
        }
        return text
    }

    private func isUsable(_ mechanism: SASLMechanism) -> Bool {
        switch mechanism {
        case .external: credentials.password == nil
        case .plain, .login: credentials.password != nil && credentials.mayBeSent
        default:
            answers.allowsScram
                && (!mechanism.bindsChannel || credentials.channelBinding != nil)
        }
    }
}
