/// What sessions may be used for each other's messages.
struct SessionKey: Hashable, Sendable {
    var way: RoutePlan.Way
    var tls: TLSLevel
    var requiresTLS: Bool
}
