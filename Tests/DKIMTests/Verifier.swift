import DKIM
import Glibc
import TestSupport

/// Debian's python3-dkim and python3-nacl, with a resolver that knows our keys alone.
enum Verifier {
    /// For each message "pass" or "fail" of its signatures, in their order.
    static func verify(_ messages: [[UInt8]], keys: [DKIMKey]) throws -> [String] {
        let files = try TemporaryDirectory()
        for (index, message) in messages.enumerated() {
            try write(message, to: "\(files.path)/\(index).eml")
        }
        let records = try keys.map { "\(try $0.recordName(domain: signingDomain)). \($0.record)\n" }
        try TextFile.write(records.joined(), to: files.path + "/records")
        try TextFile.write(script, to: files.path + "/verify.py")
        let output = try ChildProcess.run(
            ["/usr/bin/python3", files.path + "/verify.py", files.path, "\(messages.count)", "\(keys.count)"],
            in: files.path)
        let results = output.split(separator: "\n").map(String.init)
        guard results.count == messages.count else { throw TestFailure("not one line each: \(output)") }
        return results
    }

    private static let script = """
        import sys, dkim
        directory, messages, signatures = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        records = dict(line.split(" ", 1) for line in open(directory + "/records"))
        def lookup(name, timeout=5):
            return records.get(name.decode() if isinstance(name, bytes) else name, "").encode()
        def result(message, index):
            try:
                return dkim.DKIM(message).verify(idx=index, dnsfunc=lookup)
            except dkim.DKIMException:
                return False
        for number in range(messages):
            message = open(f"{directory}/{number}.eml", "rb").read()
            print(*("pass" if result(message, i) else "fail" for i in range(signatures)))
        """

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { throw TestFailure(path) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw TestFailure(path) }
    }
}
