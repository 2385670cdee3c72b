import FuzzSupport
import NIOCore
import Testing

@testable import IMAP

/// Events don't depend on how the octets come.
@Suite struct GrammarChunkTests {
    @Test(arguments: CommandFuzz.samples) func samplesAreValid(_ text: String) {
        for event in read("a \(text)\r\nb NOOP\r\n") {
            switch event {
            case .invalid, .fatal, .appending(.failed): Issue.record("\(text): \(event)")
            default: break
            }
        }
    }

    @Test(arguments: CommandFuzz.samples + ["FOO {3+}\r\nabc", "LOGIN {2}\r\nb X {3+}\r\nabc", "APPEND a {1+}\r\nxx {2+}\r\nab"])
    func everySplit(_ text: String) {
        let octets = bytes("a \(text)\r\nb NOOP\r\n")
        let whole = read(octets)
        #expect(whole.last == .command(tag: "b", .noop))
        for size in 1...7 { #expect(read(octets, pieces: size) == whole) }
        for cut in 1..<octets.count {
            var reader = CommandReader(limits: CommandLimits())
            reader.isLoggedIn = true
            reader.receive(.init(bytes: octets[..<cut]))
            var events = drain(&reader)
            reader.receive(.init(bytes: octets[cut...]))
            events += drain(&reader)
            #expect(joined(events) == whole, "cut at \(cut)")
        }
    }
}
