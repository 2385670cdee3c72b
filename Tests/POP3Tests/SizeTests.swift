import NIOCore
import Testing

@testable import POP3

/// STAT and LIST in maildrops with messages that RETR sends in another form.
@Suite struct SizeTests {
    private func session() -> POP3Session {
        var session = POP3Session(
            configuration: POP3SessionConfiguration(hostName: "mail.test"),
            offer: LoginOffer(allowsPassword: true, offersTLS: false, mechanisms: { [] }))
        var replies = ByteBuffer()
        let messages = (1...4).map {
            Maildrop.Message(uid: UInt32($0), size: 100 * $0, isMeasured: $0 % 2 == 1)
        }
        session.loggedIn(Maildrop(uidValidity: 7, messages: messages), &replies)
        return session
    }

    private func answers(
        _ session: inout POP3Session, _ line: String, _ measured: [Int]? = nil
    ) -> String {
        var replies = ByteBuffer()
        session.receive(ByteBuffer(string: line + "\r\n"))
        while let action = session.advance(&replies) {
            guard case .measure(let indices) = action else { return "\(action)" }
            #expect(indices == measured)
            session.measured(Dictionary(uniqueKeysWithValues: indices.map { ($0, 1000 + $0) }), &replies)
        }
        return String(buffer: replies)
    }

    @Test func onlyWhatIsAskedForIsMeasured() {
        var session = session()
        #expect(answers(&session, "UIDL 2") == "+OK 2 7.2\r\n")
        #expect(answers(&session, "LIST 1") == "+OK 1 100\r\n")
        #expect(answers(&session, "LIST 2", [1]) == "+OK 2 1001\r\n")
        #expect(answers(&session, "LIST 2") == "+OK 2 1001\r\n")
        #expect(answers(&session, "STAT", [3]) == "+OK 4 2404\r\n")
        #expect(
            answers(&session, "LIST")
                == "+OK 4 messages\r\n1 100\r\n2 1001\r\n3 300\r\n4 1003\r\n.\r\n")
    }

    @Test func marksAreCounted() {
        var session = session()
        _ = answers(&session, "DELE 2")
        #expect(answers(&session, "STAT", [3]) == "+OK 3 1403\r\n")
        _ = answers(&session, "RSET")
        #expect(answers(&session, "STAT", [1]) == "+OK 4 2404\r\n")
        _ = answers(&session, "DELE 4")
        #expect(answers(&session, "STAT") == "+OK 3 1401\r\n")
    }
}
