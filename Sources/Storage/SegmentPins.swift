import Synchronization

/// Segments that appended messages may be written to, and that the index knows nothing of yet: they
/// look dead, and must stay.
final class SegmentPins: Sendable {
    private let pins = Mutex<[UInt64: Int]>([:])

    /// Keeps all segments from this one on, as long as the returned object is not released.
    func take(from segment: UInt64) -> SegmentPin {
        pins.withLock { $0[segment, default: 0] += 1 }
        return SegmentPin(segment, of: self)
    }

    fileprivate func release(_ segment: UInt64) {
        pins.withLock { pins in
            let left = pins[segment, default: 1] - 1
            pins[segment] = left == 0 ? nil : left
        }
    }

    /// Segments from this one on stay; nil when none has to.
    var lowest: UInt64? { pins.withLock { $0.keys.min() } }
}

final class SegmentPin: Sendable {
    private let segment: UInt64
    private let pins: SegmentPins

    fileprivate init(_ segment: UInt64, of pins: SegmentPins) {
        self.segment = segment
        self.pins = pins
    }

    deinit { pins.release(segment) }
}
