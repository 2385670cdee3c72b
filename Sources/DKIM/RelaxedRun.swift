extension UnsafeRawBufferPointer {
    private typealias Block = SIMD16<UInt8>

    /// The end of the octets from `start` on that relaxing leaves as they are, whole lines included.
    /// At least one octet further; `start` is neither white space nor part of a line's end.
    ///
    /// Stops before white space that may change (a tab, a space before another control or space),
    /// before a CR at the chunk's end, before a bare LF, and behind a line that an empty one may follow.
    func endOfRelaxed(from start: Int) -> Int {
        var position = start + 1
        while position < count {
            while position + Block.scalarCount < count, isPlain(at: position) {
                position += Block.scalarCount
            }
            let end = Swift.min(position + Block.scalarCount, count)
            while position < end {
                let octet = self[position]
                // Most octets are neither.
                if octet <= Octet.space {
                    let next: UInt8? = position + 1 < count ? self[position + 1] : nil
                    switch octet {
                    case Octet.tab:
                        return position
                    case Octet.space where next.map({ $0 <= Octet.space }) ?? true:
                        return position
                    case Octet.cr where next == nil:
                        return position
                    case Octet.lf where self[position - 1] != Octet.cr:
                        return position
                    case Octet.lf where next.map({ $0 <= Octet.space }) ?? true:
                        return position + 1
                    default:
                        break
                    }
                }
                position += 1
            }
        }
        return position
    }

    /// Whether the loop above would pass the 16 octets here: what it stops at is a tab, an LF without
    /// a CR, or two octets in a row of which both are at most a space and the first is no CR.
    private func isPlain(at position: Int) -> Bool {
        let previous = loadUnaligned(fromByteOffset: position - 1, as: Block.self)
        let octets = loadUnaligned(fromByteOffset: position, as: Block.self)
        let next = loadUnaligned(fromByteOffset: position + 1, as: Block.self)
        // Whole blocks: comparing with a scalar is a call for each octet, a hundred times slower.
        let (space, cr) = (Block(repeating: Octet.space), Block(repeating: Octet.cr))
        let pair = (octets .<= space) .& (next .<= space) .& (octets .!= cr)
        let bare = (octets .== Block(repeating: Octet.lf)) .& (previous .!= cr)
        return !any((octets .== Block(repeating: Octet.tab)) .| pair .| bare)
    }
}
