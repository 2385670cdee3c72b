import FuzzSupport
import Glibc
import Storage
import Synchronization

/// A disk in memory that remembers what was synced, so that a power cut can be played: at a chosen
/// call everything stops, and `image` is what a machine would find when it starts again. It can also
/// fail a chosen call, or be full.
final class FaultyFileSystem: FileSystem {
    /// What a power cut makes of writes that were not synced.
    enum Unsynced: Sendable, CaseIterable {
        case lost
        case kept
        /// Some sectors of 512 octets have arrived, some have not.
        case torn
    }

    enum Call: Sendable { case open, write, sync, truncate, unlink, syncDirectory }

    final class Node: Sendable {
        /// What a reader sees, and what would survive.
        let contents = Mutex<(current: [UInt8], durable: [UInt8])>(([], []))

        init(_ bytes: [UInt8] = []) { contents.withLock { $0 = (bytes, bytes) } }
    }

    fileprivate struct State {
        var names: [String: Node] = [:]
        var durableNames: [String: Node] = [:]
        var calls = 0
        var cutAt: Int?
        var isCut = false
        /// Fails the calls of this kind for which it returns an error number.
        var failing: (@Sendable (Call, String) -> Int32?)?
        var free: Int64 = 1 << 40
        var image: [String: [UInt8]] = [:]
    }

    private let state = Mutex(State())
    fileprivate let read = Atomic<Int>(0)
    private let unsynced: Unsynced
    private let onPowerCut: @Sendable () -> Void

    init(
        _ files: [String: [UInt8]] = [:], unsynced: Unsynced = .lost, cutAt: Int? = nil,
        onPowerCut: @escaping @Sendable () -> Void = {}
    ) {
        self.unsynced = unsynced
        self.onPowerCut = onPowerCut
        state.withLock { state in
            state.names = files.mapValues { Node($0) }
            state.durableNames = state.names
            state.cutAt = cutAt
        }
    }

    /// Calls that change something, so far.
    var calls: Int { state.withLock { $0.calls } }
    /// Octets read, so far.
    var octetsRead: Int { read.load(ordering: .relaxed) }
    var isCut: Bool { state.withLock { $0.isCut } }
    var files: [String: [UInt8]] {
        state.withLock { $0.names.mapValues { $0.contents.withLock { $0.current } } }
    }
    /// What survives a power cut: the one that happened, or one that would happen now.
    var image: [String: [UInt8]] {
        state.withLock { state in state.isCut ? state.image : survivors(state) }
    }

    func fail(_ failing: (@Sendable (Call, String) -> Int32?)?) {
        state.withLock { $0.failing = failing }
    }

    func setFree(_ bytes: Int64) { state.withLock { $0.free = bytes } }

    // MARK: FileSystem

    func createDirectory(_ path: String) throws(FileSystemError) {
        // SQLite needs the real one.
        try SystemFileSystem().createDirectory(path)
    }

    func open(_ path: String, _ opening: FileOpening) throws(FileSystemError) -> any StorageFile {
        if opening == .existing {
            let node = try look { $0.names[path] }
            guard let node else { throw FileSystemError(call: "open", path: path, code: ENOENT) }
            return FaultyFile(self, node, path)
        }
        let node = try change(.open, path) { state in
            let node = state.names[path] ?? Node()
            state.names[path] = node
            return node
        }
        return FaultyFile(self, node, path)
    }

    private final class Lock: FileLock {}

    func lock(_ path: String, isShared: Bool) throws(FileSystemError) -> any FileLock { Lock() }

    func list(_ directory: String) throws(FileSystemError) -> [String] {
        try look { state in
            state.names.keys.compactMap { path in
                path.hasPrefix(directory + "/") ? String(path.dropFirst(directory.count + 1)) : nil
            }
        }
    }

    func unlink(_ path: String) throws(FileSystemError) {
        try change(.unlink, path) { $0.names[path] = nil }
    }

    func syncDirectory(_ path: String) throws(FileSystemError) {
        try change(.syncDirectory, path) { $0.durableNames = $0.names }
    }

    func freeBytes(at path: String) throws(FileSystemError) -> Int64 { try look { $0.free } }

    // MARK: Faults

    fileprivate func look<T>(_ body: (State) -> T) throws(FileSystemError) -> T {
        let result: T? = state.withLock { $0.isCut ? nil : body($0) }
        guard let result else { throw FileSystemError(call: "look", path: "", code: EIO) }
        return result
    }

    fileprivate func change<T>(_ call: Call, _ path: String, _ body: (inout State) -> T)
        throws(FileSystemError) -> T
    {
        let result: Result<T, FileSystemError> = state.withLock { state in
            if !state.isCut, state.calls + 1 == state.cutAt {
                state.image = survivors(state)
                state.isCut = true
                onPowerCut()
            }
            if state.isCut {
                return .failure(FileSystemError(call: "\(call)", path: path, code: EIO))
            }
            state.calls += 1
            if let code = state.failing?(call, path) {
                return .failure(FileSystemError(call: "\(call)", path: path, code: code))
            }
            return .success(body(&state))
        }
        return try result.get()
    }

    private func survivors(_ state: State) -> [String: [UInt8]] {
        let names = unsynced == .kept ? state.names : state.durableNames
        return names.mapValues { node in
            node.contents.withLock { contents in
                switch unsynced {
                case .lost: contents.durable
                case .kept: contents.current
                case .torn: Self.tear(contents.current, contents.durable, seed: state.calls)
                }
            }
        }
    }

    private static func tear(_ current: [UInt8], _ durable: [UInt8], seed: Int) -> [UInt8] {
        var random = Dice(seed: UInt64(truncatingIfNeeded: seed &* 31 &+ current.count))
        var torn = durable + [UInt8](repeating: 0, count: max(0, current.count - durable.count))
        for start in stride(from: 0, to: current.count, by: 512) where Bool.random(using: &random) {
            let end = min(start + 512, current.count)
            torn.replaceSubrange(start..<end, with: current[start..<end])
        }
        return torn
    }
}

private final class FaultyFile: StorageFile {
    private let fileSystem: FaultyFileSystem
    private let node: FaultyFileSystem.Node
    private let path: String

    init(_ fileSystem: FaultyFileSystem, _ node: FaultyFileSystem.Node, _ path: String) {
        self.fileSystem = fileSystem
        self.node = node
        self.path = path
    }

    func size() throws(FileSystemError) -> Int64 {
        try fileSystem.look { _ in Int64(node.contents.withLock { $0.current.count }) }
    }

    func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileSystemError) {
        let bytes = buffers.flatMap { Array($0) }
        let put: @Sendable () -> Void = { [node] in
            node.contents.withLock { contents in
                let end = Int(offset) + bytes.count
                let missing = max(0, end - contents.current.count)
                contents.current.append(contentsOf: [UInt8](repeating: 0, count: missing))
                contents.current.replaceSubrange(Int(offset)..<end, with: bytes)
            }
        }
        do throws(FileSystemError) {
            try fileSystem.change(.write, path) { _ in put() }
        } catch {
            // A write that fails may have written some.
            if !fileSystem.isCut { put() }
            throw error
        }
    }

    func sync() throws(FileSystemError) {
        try fileSystem.change(.sync, path) { _ in
            node.contents.withLock { $0.durable = $0.current }
        }
    }

    func truncate(to size: Int64) throws(FileSystemError) {
        try fileSystem.change(.truncate, path) { _ in
            node.contents.withLock { $0.current.removeSubrange(Int(size)...) }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileSystemError)
        -> Int
    {
        try fileSystem.look { _ in
            node.contents.withLock { contents in
                let bytes = contents.current.dropFirst(Int(offset)).prefix(buffer.count)
                buffer.copyBytes(from: bytes)
                fileSystem.read.add(bytes.count, ordering: .relaxed)
                return bytes.count
            }
        }
    }

    /// Nothing is ever cached, so that the I/O threads' way is tested.
    func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool { false }
}
