import CZlib
import FuzzSupport
import NIOCore
import Testing

@testable import Transport

/// Freeing zlib's memory between two uses, which the streams must survive.
@Suite struct CompressionStateTests {
    /// A client's stream, written with the largest window.
    private struct Peer: ~Copyable {
        private let stream: ZlibStream

        init() throws {
            stream = try ZlibStream(
                start: { martlet_deflate_init($0, 9, -15, 9) }, end: { deflateEnd($0) })
        }

        func deflate(_ text: [UInt8]) -> ByteBuffer {
            var text = text
            var space = [UInt8](repeating: 0, count: text.count + 1024)
            let zlib = stream.pointer
            let count = text.withUnsafeMutableBufferPointer { plain in
                space.withUnsafeMutableBufferPointer { space in
                    zlib.pointee.next_in = plain.baseAddress
                    zlib.pointee.avail_in = UInt32(plain.count)
                    zlib.pointee.next_out = space.baseAddress
                    zlib.pointee.avail_out = UInt32(space.count)
                    _ = CZlib.deflate(zlib, Z_SYNC_FLUSH)
                    return space.count - Int(zlib.pointee.avail_out)
                }
            }
            return ByteBuffer(bytes: space[..<count])
        }
    }

    /// The client refers to what it sent before we had freed the stream.
    @Test func anInflaterGoesOnAfterItsRelease() throws {
        let peer = try Peer()
        var inflater = Inflater()
        var random = Dice(seed: 1)
        let text = (0..<20_000).map { _ in UInt8.random(in: 32...126, using: &random) }
        var sizes: [Int] = []
        for _ in 0..<4 {
            var compressed = peer.deflate(text)
            sizes.append(compressed.readableBytes)
            var plain = ByteBuffer()
            let isDone = try inflater.inflate(&compressed, into: &plain, limit: 65536)
            #expect(isDone)
            #expect(plain.readableBytesView.elementsEqual(text))
            inflater.release()
        }
        #expect(sizes[3] < 1000)
    }

    /// Inside of a block there is more to a stream than its window.
    @Test func aReleaseInsideOfABlockIsPutOff() throws {
        let peer = try Peer()
        var inflater = Inflater()
        let text = Array("tag UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n".utf8)
        for _ in 0..<3 {
            let all = peer.deflate(text)
            var plain = ByteBuffer()
            for byte in all.readableBytesView {
                var compressed = ByteBuffer(bytes: [byte])
                _ = try inflater.inflate(&compressed, into: &plain, limit: 65536)
                inflater.release()
            }
            #expect(plain.readableBytesView.elementsEqual(text))
        }
    }

    @Test func aDeflaterGoesOnAfterItsRelease() throws {
        var deflater = Deflater()
        var inflater = Inflater()
        for size in [1, 100, 70_000, 0, 8000, 300_000] {
            let text = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) })
            var compressed = ByteBuffer()
            try deflater.deflate(text, flush: false, into: &compressed)
            try deflater.deflate(text, flush: true, into: &compressed)
            deflater.release()
            var plain = ByteBuffer()
            let isDone = try inflater.inflate(&compressed, into: &plain, limit: 1 << 20)
            #expect(isDone)
            #expect(plain.readableBytes == 2 * size)
        }
    }

    @Test func noMoreIsInflatedThanThereIsRoomFor() throws {
        let peer = try Peer()
        var inflater = Inflater()
        var compressed = peer.deflate([UInt8](repeating: 7, count: 1 << 20))
        var total = 0
        var isDone = false
        while !isDone {
            var plain = ByteBuffer()
            isDone = try inflater.inflate(&compressed, into: &plain, limit: 65536)
            #expect(plain.readableBytes <= 65536)
            #expect(isDone || plain.readableBytes == 65536)
            total += plain.readableBytes
        }
        #expect(total == 1 << 20)
    }
}
