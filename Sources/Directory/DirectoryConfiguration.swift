package import MailModel

/// All that `Directory` is told.
package struct DirectoryConfiguration: Sendable {
    package var connection: DirectoryConnectionConfiguration
    package var resolver: ResolverConfiguration
    package var cache: CacheLifetimes

    package init(
        connection: DirectoryConnectionConfiguration, resolver: ResolverConfiguration,
        cache: CacheLifetimes = CacheLifetimes()
    ) {
        self.connection = connection
        self.resolver = resolver
        self.cache = cache
    }

    package init(
        connection: DirectoryConnectionConfiguration, base: String,
        attributeMap: AttributeMap = .stock, subaddressSeparator: Character? = "+",
        localHosts: Set<String> = [], postmaster: EmailAddress? = nil,
        cache: CacheLifetimes = CacheLifetimes()
    ) {
        self.init(
            connection: connection,
            resolver: ResolverConfiguration(
                base: base, attributeMap: attributeMap,
                subaddressSeparator: subaddressSeparator, localHosts: localHosts,
                postmaster: postmaster),
            cache: cache)
    }
}
