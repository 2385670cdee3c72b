internal import NIOCore
internal import Transport

/// The sockets that listen before the server has opened anything else: those that a service manager
/// has handed over, and those for whose ports root's rights are needed, which are given up next.
///
/// A handed-over socket belongs to the listener of its name (FileDescriptorName=), which then listens
/// where its sockets do and nowhere else; or, without such a name, to the one whose address and
/// port it has. Clients that come before the server is ready wait in the sockets' backlogs.
struct EarlySockets: Sendable {
    /// What the pages for monitoring are called among listeners.
    static let monitoring = "monitoring"

    /// An address of the configuration.
    struct Address: Hashable, CustomStringConvertible {
        var listener: String
        var host: String
        var port: Int

        /// The section of the configuration that has it.
        var key: String {
            listener == EarlySockets.monitoring ? listener : "listeners.\(listener)"
        }

        var description: String { "\(host) port \(port)" }
    }

    private var byName: [String: [ListeningSocket]] = [:]
    private var byAddress: [Address: ListeningSocket] = [:]

    /// - Throws: `ServerStartError` when a socket is of no use or an address can't be had.
    init(_ configuration: ServerConfiguration) throws(ServerStartError) {
        let inherited: [ListeningSocket]
        do {
            inherited = try InheritedSockets.take()
        } catch {
            throw ServerStartError("a socket of the service manager: \(error)")
        }
        try self.init(
            configuration, inherited,
            opensAll: Privileges.isRoot && configuration.user != nil)
    }

    /// - Parameter opensAll: there will be no right to open them later.
    init(
        _ configuration: ServerConfiguration, _ inherited: [ListeningSocket], opensAll: Bool
    ) throws(ServerStartError) {
        let addresses = Self.addresses(configuration)
        // The pages for monitoring are nowhere but where the configuration says.
        let names = Set(configuration.listeners.map(\.name))
        for socket in inherited { try assign(socket, names, addresses) }
        guard opensAll else { return }
        for address in addresses where byName[address.listener] == nil && byAddress[address] == nil {
            do {
                byAddress[address] = try ListeningSocket.open(
                    host: address.host, port: address.port, name: address.listener)
            } catch {
                let kind = address.listener == Self.monitoring ? "" : "listener "
                throw ServerStartError(
                    "\(kind)\(address.listener): cannot listen on \(address): "
                        + "\(ListeningPlace.reason(error))")
            }
        }
    }

    private mutating func assign(
        _ socket: ListeningSocket, _ names: Set<String>, _ addresses: [Address]
    ) throws(ServerStartError) {
        guard let host = socket.address.ipAddress else {
            // Whoever comes over a Unix socket would count as this host's administrator.
            throw ServerStartError("socket \(socket.name) is no network socket: its unit must name a port")
        }
        if names.contains(socket.name) {
            byName[socket.name, default: []].append(socket)
        } else if let address = addresses.first(where: { $0.isAddress(of: socket) }) {
            guard byAddress.updateValue(socket, forKey: address) == nil else {
                throw ServerStartError(
                    "two sockets on \(host) port \(socket.port): disable one of their units")
            }
        } else {
            throw ServerStartError(
                "socket \(socket.name) on \(host) port \(socket.port) is no listener's: "
                    + "FileDescriptorName= of its unit must be one of \(names.sorted().joined(separator: ", ")); "
                    + "or disable the unit")
        }
    }

    func places(_ listener: ListenerConfiguration) -> [ListeningPlace] {
        places(Self.addresses(listener))
    }

    /// None when there are no such pages.
    func places(_ monitoring: MonitoringSettings) -> [ListeningPlace] {
        places(Self.addresses(monitoring))
    }

    private func places(_ addresses: [Address]) -> [ListeningPlace] {
        if let name = addresses.first?.listener, let sockets = byName[name] {
            return (sockets + addresses.compactMap { byAddress[$0] }).map { .socket($0) }
        }
        return addresses.map { address in
            byAddress[address].map { .socket($0) }
                ?? .address(host: address.host, port: address.port)
        }
    }

    static func addresses(_ configuration: ServerConfiguration) -> [Address] {
        configuration.listeners.flatMap { addresses($0) } + addresses(configuration.monitoring)
    }

    private static func addresses(_ listener: ListenerConfiguration) -> [Address] {
        listener.addresses.map {
            Address(listener: listener.name, host: $0, port: listener.port)
        }
    }

    private static func addresses(_ monitoring: MonitoringSettings) -> [Address] {
        monitoring.port.map {
            [Address(listener: Self.monitoring, host: monitoring.address, port: $0)]
        } ?? []
    }
}

extension EarlySockets.Address {
    fileprivate func isAddress(of socket: ListeningSocket) -> Bool {
        guard port == socket.port else { return false }
        // A name that resolves to nothing is told when it is to be listened on.
        return (try? SocketAddress.makeAddressResolvingHost(host, port: port)) == socket.address
    }
}
