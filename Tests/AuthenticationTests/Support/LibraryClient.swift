@testable import Authentication

/// Our client, which is libsasl2's, as mutt, msmtp's peers and many others have it, against our
/// server.
struct LibraryClient {
    var login: String
    var password: String?
    var authorizationID = ""
    var mayBeSent = true
    var channelBinding: (ChannelBinding, [UInt8])?

    /// With the one mechanism on offer. Nil when the client gives up, as it does on a wrong server
    /// signature, or is not satisfied when the server is.
    func run(
        _ mechanism: String, on service: SASLService, _ context: ClientContext
    ) async -> AuthenticationOutcome? {
        await run([mechanism], on: service, context)?.outcome
    }

    func run(
        _ offered: [String], on service: SASLService, _ context: ClientContext
    ) async -> (mechanism: SASLMechanism, outcome: AuthenticationOutcome)? {
        guard let client = try? client(),
            case (let mechanism, var message)? = try? client.start(offered),
            let exchange = service.begin(mechanism.rawValue, context)
        else { return nil }
        for _ in 0..<8 {
            switch await exchange.step(message.response) {
            case .challenge(let challenge):
                guard let answer = try? client.step(challenge) else { return nil }
                message = answer
            case .done(let outcome, let serverFinal):
                if let serverFinal {
                    guard let answer = try? client.step(serverFinal) else { return nil }
                    message = answer
                }
                if case .success = outcome, !message.isComplete { return nil }
                return (mechanism, outcome)
            }
        }
        return nil
    }

    func client() throws(SASLClient.Failure) -> SASLClient {
        try SASLClient(
            SASLCredentials(
                user: login, password: password, authorizationID: authorizationID,
                mayBeSent: mayBeSent, channelBinding: channelBinding),
            service: "smtp", host: "localhost")
    }
}
