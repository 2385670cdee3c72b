import FuzzSupport
import Testing

/// Protocol sessions fed with damaged conversations. None may crash or loop, and what a client's
/// octets mean must not depend on how they were split into segments.
@Suite struct SessionFuzzTests {
    @Test func smtp() async throws {
        try await FuzzRun.run("SMTP", cases: 800, of: SMTPFuzz.words, upTo: 40, SMTPFuzz.check)
    }

    @Test func pop3() async throws {
        try await FuzzRun.run("POP3", cases: 800, of: POP3Fuzz.words, upTo: 40, POP3Fuzz.check)
    }
}
