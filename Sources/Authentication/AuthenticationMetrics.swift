package import Metrics

/// How authentications ended.
package struct AuthenticationMetrics: Sendable {
    package struct Label: Hashable, Sendable {
        /// A GSSAPI service name: `smtp`, `pop` or `imap`.
        package var service: String
        /// A SASL mechanism, or `password`.
        package var mechanism: String
        /// `success`, or what kind of failure.
        package var result: String
    }

    /// In the place of a mechanism: a login and a password that came without SASL.
    static let password = "password"

    package let results: Counters<Label>

    init() {
        var labels: [Label] = []
        let results = ["success"] + AuthenticationFailure.Kind.allCases.map { "\($0)" }
        for service in ["smtp", "pop", "imap"] {
            for mechanism in SASLMechanism.allCases.map(\.rawValue) + [Self.password] {
                labels += results.map { Label(service: service, mechanism: mechanism, result: $0) }
            }
        }
        self.results = Counters(labels)
    }

    func count(_ outcome: AuthenticationOutcome, service: String, _ mechanism: String) {
        let result =
            switch outcome {
            case .success: "success"
            case .failure(let failure): "\(failure.kind)"
            }
        results.add(Label(service: service, mechanism: mechanism, result: result))
    }
}
