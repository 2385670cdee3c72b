/// A setting of the attribute map that can't be used.
package struct AttributeMapError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension AttributeMap {
    /// The names that `override` knows, for the configuration's reference.
    package static let overridableKeys: [String] =
        lists.keys.sorted() + singles.keys.sorted()
        + ["domain.name", "domain.quotaUnit", "uniqueID", "user.quotaUnit"]

    private typealias Setting<Value> = any WritableKeyPath<AttributeMap, Value> & Sendable

    private static let lists: [String: Setting<[String]>] = [
        "addresses": \.addresses,
        "internationalAddresses": \.internationalAddresses,
        "user.classes": \.user.classes,
        "user.logins": \.user.logins,
        "user.displayName": \.user.displayName,
        "user.forwarding": \.user.forwarding,
        "user.forwardsValues": \.user.forwards.values,
        "user.keepCopyValues": \.user.keepCopy.values,
        "group.classes": \.group.classes,
        "group.members": \.group.members,
        "group.memberAddresses": \.group.memberAddresses,
        "group.memberURLs": \.group.memberURLs,
        "domain.classes": \.domain.classes,
        "domain.otherNames": \.domain.otherNames,
    ]

    private static let singles: [String: Setting<String?>] = [
        "user.quota": \.user.quota,
        "user.messageQuota": \.user.messageQuota,
        "user.services": \.user.services,
        "user.forwards": \.user.forwards.attribute,
        "user.keepCopy": \.user.keepCopy.attribute,
        "user.homeServer": \.user.homeServer,
        "user.routingAddress": \.user.routingAddress,
        "user.scramSecrets": \.user.scramSecrets,
        "user.actsAs": \.user.actsAs,
        "group.membersMaySend": \.group.membersMaySend,
        "domain.aliasOf": \.domain.aliasOf,
        "domain.catchAll": \.domain.catchAll,
        "domain.postmaster": \.domain.postmaster,
        "domain.quota": \.domain.quota,
        "domain.messageQuota": \.domain.messageQuota,
        "domain.routingHosts": \.domain.routingHosts,
        "domain.memberHosts": \.domain.memberHosts,
        "domain.smartHosts": \.domain.smartHosts,
        "domain.retrieval": \.domain.retrieval,
        "domain.retrievalNetworks": \.domain.retrievalNetworks,
        "domain.retrievers": \.domain.retrievers,
        "domain.holdTime": \.domain.holdTime,
        "domain.dkimKeys": \.domain.dkimKeys,
        "domain.tlsPolicy": \.domain.tlsPolicy,
        "domain.maximumRecipients": \.domain.maximumRecipients,
        "domain.maximumMessageSize": \.domain.maximumMessageSize,
        "domain.queueWeight": \.domain.queueWeight,
    ]

    private static let neverEmpty: Set<String> = ["addresses", "user.classes", "user.logins"]

    /// Replaces one setting of a preset, as in the configuration: `user.addresses: [mail]`. No
    /// value switches the setting off, where it can be. The `uniqueID`, the domain's `name` and
    /// quota units (`bytes`, `kilobytes`, `megabytes`) take exactly one value.
    package mutating func override(
        _ key: String, with values: [String]
    ) throws(AttributeMapError) {
        switch key {
        case "user.quotaUnit": user.quotaUnit = try Self.unit(key, values)
        case "domain.quotaUnit": domain.quotaUnit = try Self.unit(key, values)
        case "uniqueID": uniqueID = try Self.one(key, values)
        case "domain.name": domain.name = try Self.one(key, values)
        default: try overrideListed(key, with: values)
        }
        name = name.hasSuffix("+") ? name : name + "+"
    }

    private mutating func overrideListed(
        _ key: String, with values: [String]
    ) throws(AttributeMapError) {
        if !["user.forwardsValues", "user.keepCopyValues"].contains(key),
            let wrong = values.first(where: { !LDAPFilter.isAttributeName($0) })
        {
            throw AttributeMapError(
                description: values.count > 1
                    ? "expected \(Self.kind(key)), which “\(wrong)” can't be" : "expected \(Self.kind(key))")
        }
        if let list = Self.lists[key] {
            guard !values.isEmpty || !Self.neverEmpty.contains(key) else {
                throw AttributeMapError(description: "expected one or more \(Self.kind(key))")
            }
            self[keyPath: list] = values
        } else if let single = Self.singles[key] {
            guard values.count <= 1 else {
                throw AttributeMapError(
                    description: "expected the name of one attribute, or nothing to do without it")
            }
            self[keyPath: single] = values.first
        } else {
            throw AttributeMapError(description: "no such setting of the attribute map")
        }
    }

    private static func kind(_ key: String) -> String {
        key.hasSuffix(".classes") ? "names of object classes" : "names of attributes"
    }

    private static func one(
        _ key: String, _ values: [String]
    ) throws(AttributeMapError) -> String {
        guard values.count == 1, LDAPFilter.isAttributeName(values[0]) else {
            throw AttributeMapError(description: "expected the name of one attribute")
        }
        return values[0]
    }

    private static func unit(
        _ key: String, _ values: [String]
    ) throws(AttributeMapError) -> QuotaUnit {
        switch values {
        case ["bytes"]: .bytes
        case ["kilobytes"]: .kilobytes
        case ["megabytes"]: .megabytes
        default: throw AttributeMapError(description: "expected bytes, kilobytes or megabytes")
        }
    }
}
