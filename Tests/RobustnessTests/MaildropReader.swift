import Glibc
import TestSupport

/// A POP3 client that reads the identifiers of the messages in a maildrop.
struct MaildropReader {
    let port: UInt16

    func identifiers(of user: String) throws -> [Int] {
        let descriptor = try Loopback.connect(port: port)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let stream = fdopen(dup(descriptor), "r") else { throw TestFailure("no stream") }
        defer { fclose(stream) }
        func line() throws -> String {
            var text = [CChar](repeating: 0, count: 4096)
            guard fgets(&text, Int32(text.count), stream) != nil else {
                throw TestFailure("POP3 connection lost")
            }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        func command(_ text: String) throws -> String {
            _ = Glibc.send(descriptor, text + "\r\n", text.utf8.count + 2, Int32(MSG_NOSIGNAL))
            let answer = try line()
            guard answer.hasPrefix("+OK") else { throw TestFailure("\(text): \(answer)") }
            return answer
        }
        _ = try line()
        _ = try command("USER \(user)@example.org")
        _ = try command("PASS \(CrashingServer.password)")
        let count = Int(try command("STAT").split(separator: " ")[1]) ?? 0
        var identifiers: [Int] = []
        for number in 0..<count {
            _ = try command("TOP \(number + 1) 0")
            while true {
                let text = try line()
                if text == ".\r\n" { break }
                if text.hasPrefix("Message-ID: <load-"), let digits = text.split(separator: "-").last,
                    let identifier = Int(digits.prefix { $0 != "@" })
                {
                    identifiers.append(identifier)
                }
            }
        }
        _ = try command("QUIT")
        return identifiers
    }
}
