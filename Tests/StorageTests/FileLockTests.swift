import Foundation
import Testing

@testable import Storage

@Suite struct FileLockTests {
    @Test func oneHolderOrManySharers() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/lock"
        let files = SystemFileSystem()
        var holder: (any FileLock)? = try files.lock(path)
        #expect(throws: FileSystemError.self) { try files.lock(path) }
        #expect(throws: FileSystemError.self) { try files.lock(path, isShared: true) }
        withExtendedLifetime(holder) {}
        holder = nil
        let sharers = [try files.lock(path, isShared: true), try files.lock(path, isShared: true)]
        #expect(throws: FileSystemError.self) { try files.lock(path) }
        withExtendedLifetime(sharers) {}
    }

    /// A process that is being started has the descriptor, too, until its program runs.
    @Test func aCopyOfTheDescriptorDoesNotKeepIt() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/lock"
        let files = SystemFileSystem()
        var holder: (any FileLock)? = try files.lock(path)
        let descriptor = try #require(Self.descriptors.first { Self.path(of: $0) == path })
        let copy = dup(descriptor)
        defer { close(copy) }
        withExtendedLifetime(holder) {}
        holder = nil
        #expect(Self.path(of: copy) == path)
        let next = try files.lock(path)
        withExtendedLifetime(next) {}
    }

    private static var descriptors: [Int32] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return (names ?? []).compactMap { Int32($0) }
    }

    private static func path(of descriptor: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
    }
}
