import MailModel
import Synchronization
import TLSPolicy

/// A DNS and a web that say what a test wants, and count how often they are asked.
final class FakeSource: MTASTSSource {
    struct World {
        var announcement = MTASTSAnnouncement.records(["v=STSv1; id=1"])
        var file: Result<String, PolicyFetchError> = .success(policyText())
        /// In milliseconds since 1970.
        var time: Int64 = 1_700_000_000_000
        var texts: [String] = []
        var fetches: [String] = []
    }

    let world = Mutex(World())

    func change(_ body: (inout World) -> Void) { world.withLock { body(&$0) } }
    func wait(_ seconds: Int64) { change { $0.time += seconds * 1000 } }

    var now: Timestamp { world.withLock { Timestamp(milliseconds: $0.time) } }
    var counts: [Int] { world.withLock { [$0.texts.count, $0.fetches.count] } }

    func text(_ name: String) async -> MTASTSAnnouncement {
        world.withLock {
            $0.texts.append(name)
            return $0.announcement
        }
    }

    func fetch(_ host: String) async throws(PolicyFetchError) -> [UInt8] {
        let file = world.withLock {
            $0.fetches.append(host)
            return $0.file
        }
        return Array(try file.get().utf8)
    }
}

func policyText(mode: String = "enforce", host: String = "mail.example.org", age: Int = 604_800) -> String {
    "version: STSv1\r\nmode: \(mode)\r\nmx: \(host)\r\nmax_age: \(age)\r\n"
}
