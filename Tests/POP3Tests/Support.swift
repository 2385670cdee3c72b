import FuzzSupport
import NIOCore

@testable import POP3

extension Dice {
    mutating func text(from alphabet: [String], pieces: Int) -> String {
        (0..<Int.random(in: 0...pieces, using: &self)).map { _ in alphabet.randomElement(using: &self)! }
            .joined()
    }
}

/// Where a transcript begins.
enum Start: Sendable {
    case clear, tls, transaction
}

/// Plays the driver: alice's password is "secret", and every other login fails in a way of its own.
struct Player {
    var session: POP3Session
    var output = ByteBuffer()
    var isClosed = false
    var removed: [Int]?

    static let messages = [
        "Subject: one\r\n\r\nfirst\r\nsecond\r\nthird\r\n", "Subject: two\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n",
        "no body", "Subject: four\r\n\r\n",
    ]

    init(_ start: Start) {
        let clear = LoginOffer(allowsPassword: false, offersTLS: true, mechanisms: { ["SCRAM-SHA-256"] })
        session = POP3Session(
            configuration: POP3SessionConfiguration(
                hostName: "mail.test", maximumBadCommands: 4, maximumResponseLength: 1000),
            offer: start == .clear ? clear : Self.secure)
        if start == .transaction {
            feed("USER alice\r\nPASS secret\r\n")
            output.clear()
        }
    }

    private static let secure = LoginOffer(
        allowsPassword: true, offersTLS: false, mechanisms: { ["SCRAM-SHA-256", "PLAIN"] })

    var text: String { String(buffer: output) }

    mutating func feed(_ text: String) { feed(ByteBuffer(string: text)) }

    mutating func feed(_ bytes: ByteBuffer) {
        guard !isClosed else { return }
        session.receive(bytes)
        while let action = session.advance(&output) {
            if action == .flush {
                var rest = ByteBuffer()
                swap(&rest, &output)
                flushed.writeBuffer(&rest)
            } else {
                perform(action)
            }
            if isClosed { break }
        }
        flushed.writeBuffer(&output)
        swap(&flushed, &output)
        flushed.clear()
    }

    private var flushed = ByteBuffer()

    private mutating func perform(_ action: POP3Action) {
        switch action {
        case .flush: break
        case .startTLS: session.tlsEstablished(Self.secure)
        case .verifyPassword(let login, let password): verify(login, String(decoding: password, as: UTF8.self))
        case .beginAuthentication(let mechanism, let initial):
            switch (mechanism, initial) {
            case ("PLAIN", let response?): respond(response)
            case ("PLAIN", nil): session.challenged(base64: "", &output)
            default: session.loginFailed(.mechanismUnavailable, &output)
            }
        case .continueAuthentication(let response): respond(response)
        case .abandonAuthentication: break
        case .measure(let indices):
            // As if what is sent had ten octets more.
            session.measured(
                Dictionary(
                    uniqueKeysWithValues: indices.map { ($0, Self.messages[$0].utf8.count + 10) }), &output)
        case .retrieve(let index, let lines): retrieve(index, lines)
        case .update(let deleted):
            removed = deleted
            session.updated(succeeded: !deleted.contains(3), &output)
        case .close: isClosed = true
        }
    }

    private mutating func respond(_ response: [UInt8]) {
        switch String(decoding: response, as: UTF8.self) {
        case "AGFsaWNlAHNlY3JldA==": verify("alice", "secret")
        case "more": session.challenged(base64: "bW9yZQ==", &output)
        case "": session.loginFailed(.credentials, &output)
        default: session.loginFailed(.malformedResponse, &output)
        }
    }

    private mutating func verify(_ login: String, _ password: String) {
        switch (login, password) {
        case ("alice", "secret"), ("j\u{f6}rg", "p\u{e4}ss"), ("alice", " sec ret "):
            let messages = Self.messages.enumerated().map {
                Maildrop.Message(uid: UInt32($0.offset * 10 + 1), size: $0.element.utf8.count)
            }
            session.loggedIn(Maildrop(uidValidity: 7, messages: messages), &output)
        case ("down", _): session.loginFailed(.temporary, &output)
        case ("busy", _): session.loginFailed(.inUse, &output)
        case ("broken", _): session.loginFailed(.permanent, &output)
        case ("brute", _): session.loginFailed(.tooManyFailures, closing: true, &output)
        default: session.loginFailed(.credentials, &output)
        }
    }

    private mutating func retrieve(_ index: Int, _ lines: Int?) {
        guard index < Self.messages.count - 1 || lines == nil else {
            return session.textFailed(isTemporary: true, &output)
        }
        session.beginText(index: index, bodyLines: lines, &output)
        var encoder = MultilineEncoder()
        var chunk = ByteBuffer(string: Self.messages[index])
        if let lines {
            var limiter = TopLimiter(bodyLines: lines)
            chunk = limiter.take(chunk)
        }
        var encoded = encoder.encode(chunk)
        output.writeBuffer(&encoded)
        encoder.finish(&output)
    }
}
