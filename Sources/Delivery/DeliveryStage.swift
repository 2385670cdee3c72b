package import Spool
internal import SMTP

/// What a delivery to another host is at; mostly it waits for that.
package enum DeliveryStage: UInt8, Sendable {
    case lookUp, connection, greeting, hello, startTLS, tls, authentication
    case reset, mail, recipient, data, content, end

    /// For programs.
    package var name: String {
        switch self {
        case .lookUp: "lookup"
        case .connection: "connect"
        case .greeting: "greeting"
        case .hello: "ehlo"
        case .startTLS: "starttls"
        case .tls: "tls"
        case .authentication: "auth"
        case .reset: "rset"
        case .mail: "mail"
        case .recipient: "rcpt"
        case .data: "data"
        case .content: "content"
        case .end: "end"
        }
    }

    /// Goes behind the host's name and a comma.
    package var words: String {
        switch self {
        case .lookUp: "looking up its hosts and their TLS policies"
        case .connection: "connecting"
        case .greeting: "waiting for the greeting"
        case .hello: "waiting for the reply to EHLO"
        case .startTLS: "waiting for the reply to STARTTLS"
        case .tls: "in the TLS handshake"
        case .authentication: "logging in"
        case .reset: "waiting for the reply to RSET"
        case .mail: "waiting for the reply to MAIL"
        case .recipient: "waiting for the reply to RCPT"
        case .data: "waiting for the reply to DATA"
        case .content: "sending the content"
        case .end: "waiting for the reply to the message"
        }
    }

    /// Nil: between messages.
    init?(_ stage: SMTPClientStage) {
        switch stage {
        case .greeting: self = .greeting
        case .hello: self = .hello
        case .startTLS: self = .startTLS
        case .authentication: self = .authentication
        case .reset: self = .reset
        case .mail: self = .mail
        case .recipient: self = .recipient
        case .dataStart: self = .data
        case .content: self = .content
        case .dataEnd: self = .end
        case .idle, .quit: return nil
        }
    }
}

/// A lease that is on its way to another host, for whoever watches.
package struct DeliveryUnderWay: Sendable {
    package var destination: Destination
    /// Nil while the hosts are looked up.
    package var host: String?
    package var address: String?
    package var stage: DeliveryStage
    /// Since the lease was taken up.
    package var age: Duration

    package init(
        destination: Destination, host: String? = nil, address: String? = nil, stage: DeliveryStage,
        age: Duration
    ) {
        self.destination = destination
        self.host = host
        self.address = address
        self.stage = stage
        self.age = age
    }
}
