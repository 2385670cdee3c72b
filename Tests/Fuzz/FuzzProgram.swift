import FuzzSupport
import Glibc

/// libFuzzer over the target that MARTLET_FUZZ_TARGET names; scripts/fuzz runs it. `main` is libFuzzer's.
///
///     martlet-fuzz list                  the targets' names
///     martlet-fuzz prepare DIR           texts to begin with, and DIR.dict
///     martlet-fuzz repeat SECONDS        looks for what takes more than linear time
///     martlet-fuzz [-OPTION=VALUE…] [DIR|FILE…]    libFuzzer's own
enum FuzzProgram {
    static let target: FuzzTarget = {
        let name = getenv("MARTLET_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fail("MARTLET_FUZZ_TARGET must name one of the targets that `list` prints")
        }
        return target
    }()

    /// Returns when the arguments are libFuzzer's.
    static func run(_ arguments: [String]) {
        switch arguments.first {
        case "list": for target in FuzzTarget.all { print(target.name) }
        case "prepare" where arguments.count == 2: prepare(arguments[1])
        case "repeat" where arguments.count == 2:
            exit(RepeatSearch.run(target, seconds: Int(arguments[1]) ?? 60) ? 0 : 1)
        default: return
        }
        exit(0)
    }

    private static func prepare(_ directory: String) {
        for (number, input) in target.inputs(count: 300).enumerated() {
            write(input, to: "\(directory)/start-\(number)")
        }
        write(Array(target.dictionary.utf8), to: directory + ".dict")
    }

    private static func write(_ octets: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0, Glibc.write(descriptor, octets, octets.count) == octets.count else {
            fail("can't write \(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    private static func fail(_ text: String) -> Never {
        print(text)
        exit(2)
    }
}

@_cdecl("LLVMFuzzerInitialize")
func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
    FuzzProgram.run((1..<max(1, Int(count.pointee))).map { String(cString: arguments.pointee[$0]) })
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzProgram.target.run(UnsafeBufferPointer(start: data, count: size))
    return 0
}
