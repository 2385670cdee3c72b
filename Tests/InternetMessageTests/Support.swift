import FuzzSupport

extension Dice {
    mutating func bytes(from alphabet: [String], pieces: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...pieces, using: &self) {
            bytes += alphabet.randomElement(using: &self)!.utf8
        }
        return bytes
    }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
