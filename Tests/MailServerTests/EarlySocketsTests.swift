import Foundation
import NIOCore
import TestSupport
import Testing
import Transport

@testable import MailServer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Which listener gets which of the sockets that are there already.
@Suite struct EarlySocketsTests {
    private static func configuration(_ listeners: String) throws -> ServerConfiguration {
        try ServerConfiguration.parse(
            ConfigurationText.least.replacing("  mx:\n  pop3s: {}\n", with: listeners),
            file: "/etc/martlet/martlet.yaml")
    }

    private static func socket(_ name: String, host: String = "127.0.0.1") throws -> ListeningSocket {
        try ListeningSocket.open(host: host, port: 0, name: name)
    }

    /// All sockets of its name, and no other place.
    @Test(.enabled(if: Loopback.hasIPv6, "this host has no ::1")) func byName() throws {
        let sockets = [try Self.socket("mx"), try Self.socket("mx", host: "::1")]
        defer { sockets.forEach { close($0.descriptor) } }
        let configuration = try Self.configuration("  mx: {address: 192.0.2.1}\n  pop3: {address: [127.0.0.1, \"::1\"]}\n")
        let early = try EarlySockets(configuration, sockets, opensAll: false)
        #expect(early.places(configuration.listeners[0]).map(\.description) == sockets.map { "\($0.address.ipAddress!) port \($0.port)" })
        #expect(early.places(configuration.listeners[1]).map(\.description) == ["127.0.0.1 port 110", "::1 port 110"])
    }

    @Test func byAddress() throws {
        let socket = try Self.socket("martlet-mx.socket")
        defer { close(socket.descriptor) }
        let configuration = try Self.configuration("  mx: {address: [127.0.0.1, \"::1\"], port: \(socket.port)}\n")
        let places = try EarlySockets(configuration, [socket], opensAll: false).places(configuration.listeners[0])
        guard case .socket(let taken) = places[0], case .address("::1", socket.port) = places[1] else {
            Issue.record("\(places)")
            return
        }
        #expect(taken.descriptor == socket.descriptor)
    }

    @Test func whatNobodyKnowsIsRefused() throws {
        let socket = try Self.socket("nntp")
        defer { close(socket.descriptor) }
        let configuration = try Self.configuration("  mx: {}\n  imap: {}\n")
        let error = #expect(throws: ServerStartError.self) {
            try EarlySockets(configuration, [socket], opensAll: false)
        }
        #expect(error?.description.contains("must be one of imap, mx;") == true)
    }

    /// Its clients would count as this host's owner.
    @Test func aUnixSocketIsRefused() throws {
        let path = NSTemporaryDirectory() + "early-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        #expect(isBound && listen(descriptor, 1) == 0)
        defer { close(descriptor) }
        let configuration = try Self.configuration("  imap: {}\n")
        let error = #expect(throws: ServerStartError.self) {
            try EarlySockets(configuration, [ListeningSocket(descriptor: descriptor, name: "imap")], opensAll: false)
        }
        #expect(error?.description.hasPrefix("socket imap is no network socket") == true)
    }

    @Test func allAreOpenedWhereRightsGo() throws {
        let configuration = try Self.configuration("  mx: {address: 127.0.0.1, port: 0}\n")
        let places = try EarlySockets(configuration, [], opensAll: true).places(configuration.listeners[0])
        guard case .socket(let socket) = places[0] else {
            Issue.record("\(places)")
            return
        }
        #expect(socket.port != 0)
        close(socket.descriptor)
    }
}
